"""Rows that are in the way of another shape of their table, counted before anything is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db import DatabaseError

from .. import databases
from ..core.plan import Plan
from ..core.schema import Table
from ..core.schema.filling import Place, fillable, question
from ..core.schema.names import quoted
from ..core.situation import Situation
from ..databases.base import printable
from ..databases.transactions import rolled_back
from ..reading.reader import Reader
from .losing import in_live_names, live_tables, place
from .searches import Search, searches

LOCK_SECONDS, STATEMENT_SECONDS = 2, 20

SHOWN = 3
"""How many rows are named."""

LONGEST = 40
"""How many characters of a value are shown."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Rows that are in the way."""

    text: str
    """What is wrong with how many rows, and some of them; without a full stop."""
    counted: bool = True
    rows: int = 0
    """How many rows they are, if they were counted."""
    place: Place | None = None
    """The column that a value would heal."""


def with_obstacles(reader: Reader, situation: Situation, plan: Plan) -> Plan:
    """Return a plan refused for the rows that are in the way of the shapes which its steps give to tables.

    Where a value for a column would heal it, the plan asks for one. What cannot be counted in time is a risk. The
    reader's connection must be in a transaction.
    """
    live: Mapping[str, Table] = situation.live.tables if situation.live is not None else {}
    targets = dict(in_live_names(plan.steps))
    filled = set(filled_before(plan))
    keys = {where: key for key, where in fillable(live, targets.items()).items()}
    reader.database.guard_timeouts(LOCK_SECONDS, STATEMENT_SECONDS)
    found = [
        obstacle
        for name, target in targets.items()
        if target is not None and name in live
        for obstacle in obstacles(reader, live, live[name], target, filled)
    ]
    asks = {one.place: keys[one.place] for one in found if one.counted and one.place in keys}
    texts = [
        f"{one.text}{f' (--set {asks[one.place]}=VALUE fills them)' if one.place in asks else ''}."
        for one in found
        if one.counted
    ]
    refusal = " ".join(text[:1].upper() + text[1:] for text in texts)
    return replace(
        plan,
        refusal=refusal,
        asks=(*plan.asks, *(question(key, where) for where, key in asks.items() if where is not None)),
        risks=(*plan.risks, *(one.text for one in found if not one.counted)),
    )


def filled_before(plan: Plan) -> Iterator[Place]:
    """Yield the columns that steps fill, under the names that they have before the steps."""
    tables: dict[str, str] = {}
    columns: dict[Place, str] = {}
    for step in plan.steps:
        for one in step.renames:
            tables[one.name] = one.table
            columns.update({(one.name, new): old for old, new in one.columns})
        for table, column, _ in step.fills:
            yield tables.get(table, table), columns.get((table, column), column)


def obstacles(
    reader: Reader,
    live: Mapping[str, Table],
    table: Table,
    target: Table,
    filled: set[Place],
) -> Iterator[Obstacle]:
    """Yield the rows that are in the way of one table's other shape."""
    names = written(reader.connection, live, table, target)
    for search in searches(table, target, names, live, reader.database.unfit):
        if search.place is None or search.place not in filled:
            obstacle = look(reader.connection, names[table.name], table, search)
            if obstacle is not None:
                yield obstacle


def written(connection: Any, live: Mapping[str, Table], table: Table, target: Table) -> Mapping[str, str]:
    """Return a table, and those that it will refer to, as they are written in SQL."""
    referred = {one.references[0] for one in target.constraints if one.references is not None}
    keys = tuple({table.name, *(referred & live.keys())})
    found = live_tables(connection, keys) if any("." in key for key in keys) else None
    parts = {key: found[key][0] if found is not None and key in found else (key,) for key in keys}
    return {key: place(connection, part) for key, part in parts.items()}


def look(connection: Any, name: str, table: Table, search: Search) -> Obstacle | None:
    """Return what a search finds, or None; whatever cannot be counted is said as well."""
    try:
        return find(connection, name, table, search)
    except DatabaseError:
        text = said(search, "some rows", 2)
        return Obstacle(f"It could not be counted in time whether {text}.", counted=False)


def find(connection: Any, name: str, table: Table, search: Search) -> Obstacle | None:
    """Return what a search finds in a table, whose name is quoted, or None.

    Raises:
        DatabaseError: when the server cannot answer, or not in time; the transaction goes on.
    """
    keys = search.alike_in or tuple(map(quoted, key_of(table)))
    # In small letters, because mssql-django takes every percent sign of a statement with GROUP BY for a parameter's.
    group = f" group by {', '.join(search.alike_in)} HAVING count(*) > 1" if search.alike_in else ""
    where = f"FROM {name} child WHERE {search.condition}{group}"
    count = f"SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n {where}) found"
    with rolled_back(connection), connection.cursor() as cursor:
        cursor.execute(count, None)
        rows = int(cursor.fetchone()[0])
        examples: list[Any] = []
        if rows and keys:
            listed = ", ".join(keys)
            cursor.execute(databases.of(connection).first(SHOWN, listed, f"{where} ORDER BY {listed}"), None)
            examples = cursor.fetchall()
    if not rows:
        return None
    shown = ", ".join(map(example, examples))
    of = "" if search.alike_in else " ".join(key_of(table)) if len(key_of(table)) == 1 else ""
    more = ", …" if len(examples) == SHOWN and rows > SHOWN else ""
    text = said(search, f"{rows:,} row{'' if rows == 1 else 's'}", rows)
    return Obstacle(
        f"{text}{f': {of} {shown}{more}'.replace(':  ', ': ') if shown else ''}",
        rows=rows,
        place=search.place,
    )


def said(search: Search, rows: str, number: int) -> str:
    """Return what is wrong with so many rows."""
    verbs = ("has", "is", "points") if number == 1 else ("have", "are", "point")
    text = search.words
    for word, verb in zip(("{have}", "{are}", "{point}"), verbs, strict=True):
        text = text.replace(word, verb, 1)
    return printable(text.replace("{rows}", rows, 1))


def key_of(table: Table) -> tuple[str, ...]:
    """Return the columns of a table's primary key; none without one."""
    return next((one.columns for one in table.constraints if one.kind == "primary"), ())


def example(row: tuple[Any, ...]) -> str:
    """Return the values that name a row, fit to print."""
    values = [printable(str(value)) for value in row]
    values = [value if len(value) <= LONGEST else f"{value[: LONGEST - 1]}…" for value in values]
    return values[0] if len(values) == 1 else f"({', '.join(values)})"
