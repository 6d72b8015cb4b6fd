"""What a plan loses for good: the rows of each table that goes, and the values of each column."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from django.db import DatabaseError

from .. import databases
from ..core.finding import Safety
from ..core.plan import Loss, Plan, Step
from ..core.schema import Snapshot, Table
from ..core.schema.renaming import Rename, backwards, renamed
from ..core.situation import Situation
from ..core.truths.lineage import Version
from ..core.truths.words import sentence
from ..databases.transactions import rolled_back
from .losses import is_opaque


def of_tables(live: Snapshot | None, steps: Iterable[Step]) -> Iterator[Loss]:
    """Yield the tables and columns that steps which give tables another shape do away with."""
    for name, target in in_live_names(steps):
        table = live.tables.get(name) if live is not None else None
        if table is None:
            continue
        if target is None:
            yield Loss(name)
            continue
        for column in table.columns:
            if target.column(column.name) is None and column.generated is None:
                yield Loss(name, column.name)


def in_live_names(steps: Iterable[Step]) -> Iterator[tuple[str, Table | None]]:
    """Yield the tables that steps give a shape, under the names that they and their columns have before the steps."""
    back: tuple[Rename, ...] = ()
    for step in steps:
        back = (*backwards(step.renames), *back)
        yield from renamed(dict(step.tables), back).items()


def of_opaque(situation: Situation, steps: Iterable[Step]) -> Iterator[Loss]:
    """Yield what went in the replay when an operation ran whose effect no state tells (RunSQL, …)."""
    opaque = {(step.migration, step.operation): step for step in steps if is_opaque(situation, step)}
    if situation.compared != "replayed" or not opaque:
        return
    for lineage in situation.lineages:
        for former, version in zip((None, *lineage.versions), lineage.versions, strict=False):
            step = opaque.get(version.operation)
            if step is not None:
                before, after = (version, former) if step.backwards else (former, version)
                yield from between(before, after)


def between(before: Version | None, after: Version | None) -> Iterator[Loss]:
    """Yield what of a table is gone from one version to another."""
    if before is None or before.name is None:
        return
    if after is None or after.name is None:
        yield Loss(before.name)
        return
    kept = set(after.ids.columns.values())
    for column, key in before.ids.columns.items():
        if key not in kept:
            yield Loss(before.name, column)


def lost_views(situation: Situation, losses: Iterable[Loss]) -> tuple[str, ...]:
    """Return, in one sentence each, the views that go with a table or column: PostgreSQL drops with CASCADE."""
    if situation.live is None or situation.database.vendor != "postgresql":
        return ()
    gone = [(loss.table, loss.column) for loss in losses]
    return tuple(
        f"The view {view.name} depends on {table if column is None else f'{table}.{column}'}, and goes with it."
        for view in situation.live.views
        for table, column in gone
        if any(on == table and column in (None, of) for on, of in view.depends_on)
    )


def once(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """Return losses once each, without the columns of tables that go as a whole."""
    found = dict.fromkeys((loss.table, loss.column) for loss in losses)
    whole = {table for table, column in found if column is None}
    return tuple(Loss(table, column) for table, column in found if column is None or table not in whole)


def counted(connection: Any, plan: Plan) -> Plan:
    """Return the plan with its losses counted exactly; anything that is filled makes it destructive.

    One statement a table, in a savepoint where a transaction is open, whose time limits hold. What cannot be counted
    is taken for filled.
    """
    by_table: dict[str, list[Loss]] = {}
    for loss in once(plan.loses):
        by_table.setdefault(loss.table, []).append(loss)
    if not by_table:
        return plan
    try:
        with rolled_back(connection):
            live = live_tables(connection, tuple(by_table))
    except DatabaseError:
        return uncounted(plan)
    loses: list[Loss] = []
    for name, losses in by_table.items():
        if live is None:
            loses += count(connection, place(connection, name.split(".", 1)), losses)
        elif name in live:
            parts, table = live[name]
            there = [one for one in losses if one.column is None or table.column(one.column) is not None]
            loses += count(connection, place(connection, parts), there)
    return announced(plan, tuple(loses))


def uncounted(plan: Plan) -> Plan:
    """Return the plan as one whose losses nobody could count."""
    return announced(plan, once(plan.loses))


def announced(plan: Plan, loses: tuple[Loss, ...]) -> Plan:
    """Return the plan with these losses, and what they say of its safety and its risks."""
    former = {sentence(loss) for loss in plan.loses}
    filled = tuple(sentence(loss) for loss in loses if loss.rows != 0)
    risks = (*filled, *(risk for risk in plan.risks if risk not in former))
    safety: Safety = "destructive" if filled else plan.safety
    return replace(plan, loses=loses, safety=safety, risks=risks)


def live_tables(connection: Any, keys: Sequence[str]) -> dict[str, tuple[Sequence[str], Table]] | None:
    """Return the tables that are there, with the parts of their names; None where the schema cannot be read."""
    database = databases.of(connection)
    if not database.can_read_schema:
        return None
    here = database.snapshot(tables=keys).tables
    found: dict[str, tuple[Sequence[str], Table]] = {key: ((key,), here[key]) for key in keys if key in here}
    elsewhere = [key for key in keys if key not in found and "." in key]
    if elsewhere:
        # A name without a schema may hold a dot as well, so the schemas come second.
        schemas = sorted({key.split(".", 1)[0] for key in elsewhere})
        there = database.snapshot(also=schemas, tables=elsewhere).tables
        found |= {key: (key.split(".", 1), there[key]) for key in elsewhere if key in there}
    return found


def count(connection: Any, table: str, losses: Sequence[Loss]) -> list[Loss]:
    """Return the losses of one table, whose name is quoted, with their rows; None where they cannot be counted."""
    if not losses:
        return []
    parts = [
        "count(*)" if loss.column is None else f"count({place(connection, (loss.column,))})"
        for loss in losses
    ]
    try:
        with rolled_back(connection), connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(parts)} FROM {table}", None)
            rows = cursor.fetchone()
    except DatabaseError:
        return list(losses)
    return [replace(loss, rows=number) for loss, number in zip(losses, rows, strict=True)]


def place(connection: Any, parts: Sequence[str]) -> str:
    """Return a name as an identifier."""
    return ".".join(map(databases.of(connection).quoted, parts))


def more(shown: Plan, now: Plan) -> str:
    """Return in one sentence what would be lost beyond what was shown; empty where nothing is."""
    known = {(loss.table, loss.column): loss for loss in shown.loses}
    for loss in now.loses:
        before = known.get((loss.table, loss.column), replace(loss, rows=0))
        if loss.rows == 0 or before.rows is None:
            continue
        what = loss.table if loss.column is None else f"{loss.table}.{loss.column}"
        if loss.rows is None:
            return f"{what} could not be counted again in time; the plan was shown with {before.rows:,}."
        if loss.rows > before.rows:
            noun = "row" if loss.column is None else "filled row"
            plural = "" if loss.rows == 1 else "s"
            return f"{what} has {loss.rows:,} {noun}{plural} by now; the plan was shown with {before.rows:,}."
    return ""
