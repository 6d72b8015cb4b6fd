"""Tables brought to another shape, as an execution does it, and what is there afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from migwizard.core.schema import Table
from migwizard.databases import of

from .statements import quoted

Tables = Mapping[str, Table]
Targets = Sequence[tuple[str, Table | None]]


def alter(connection: Any, targets: Targets, fills: Sequence[tuple[str, str, str]] = ()) -> tuple[str, ...]:
    """Bring tables to their targets in one transaction, and return the statements that did it."""
    database = of(connection)
    snapshot = database.snapshot()
    statements = database.alter(snapshot.tables, targets, fills, snapshot.views)
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("BEGIN")
        try:
            for statement in statements:
                cursor.execute(statement, None)
        except BaseException:
            cursor.execute("ROLLBACK")
            raise
        cursor.execute("COMMIT")
        if sqlite:
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.execute("PRAGMA legacy_alter_table")
            assert cursor.fetchone() == (0,)
    return statements


def shapes(connection: Any, tables: Mapping[str, Table | None] | None = None) -> dict[str, Table]:
    """Return tables, by default those of a database, in the form in which they are compared."""
    found = of(connection).snapshot().tables if tables is None else tables
    form = without_order if connection.vendor == "postgresql" else lambda table: table
    return {name: form(table) for name, table in found.items() if table is not None}


def without_order(table: Table) -> Table:
    """Return a table that equals any with the same columns: on PostgreSQL, a new one is the last."""
    return replace(table, columns=tuple(sorted(table.columns, key=lambda one: one.name)))


def everything(wanted: Tables, there: Tables) -> list[tuple[str, Table | None]]:
    """Return the targets after which nothing but `wanted` is there."""
    return [(name, wanted.get(name)) for name in {**there, **wanted}]


def rows(connection: Any, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return the rows of a table in the order of the columns."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(map(quoted, columns))} FROM {quoted(table)} ORDER BY 1", None)
        return list(cursor.fetchall())


def differences(connection: Any, wanted: Mapping[str, Table | None]) -> list[tuple[str, object, object]]:
    """Return (table, what is there, what should be there) for everything that is not as wanted."""
    there, expected = shapes(connection), shapes(connection, wanted)
    found: list[tuple[str, object, object]] = []
    for name in {**there, **expected}:
        old, new = there.get(name), expected.get(name)
        if old is None or new is None:
            found.append((name, old, new))
        elif old != new:
            mine, theirs = parts(old), parts(new)
            found.append(
                (name, [one for one in mine if one not in theirs], [one for one in theirs if one not in mine])
            )
    return found


def parts(table: Table) -> list[object]:
    """Return everything that a table is made of."""
    places = [(place, column.name) for place, column in enumerate(table.columns)]
    members = (*table.columns, *table.constraints, *table.indexes, *table.triggers)
    return [*places, *members, table.comment]
