"""Tables brought to another shape, as an execution does it, and what is there afterwards."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from migwizard.core.schema import Table
from migwizard.databases import of
from migwizard.databases.ordering import in_order

from .statements import execute, quoted, value

EMULATED = "SELECT CAST(SERVERPROPERTY('babelfish') AS int)"

Tables = Mapping[str, Table]
Targets = Sequence[tuple[str, Table | None]]


def alter(connection: Any, targets: Targets, fills: Sequence[tuple[str, str, str]] = ()) -> tuple[str, ...]:
    """Bring tables to their targets in one transaction, and return the statements that did it."""
    snapshot = of(connection).snapshot()
    statements = of(connection).alter(as_named(connection, snapshot.tables), targets, fills, snapshot.views)
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("BEGIN TRANSACTION")
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
    found = tables_of(connection) if tables is None else tables
    form = without_order if connection.vendor != "sqlite" else lambda table: table
    return {name: form(table) for name, table in found.items() if table is not None}


def tables_of(connection: Any) -> Tables:
    """Return the tables of a database, by the names that their indexes were given."""
    return as_named(connection, of(connection).snapshot().tables)


def as_named(connection: Any, tables: Tables) -> Tables:
    """Return tables with the names that indexes were given: Babelfish adds the table's and a hash, and shows them."""
    if connection.vendor != "microsoft":
        return tables
    found = {}
    for name, table in tables.items():
        added = re.compile(re.escape(table.name.lower()) + r"[0-9a-f]{32}\Z")
        indexes = (replace(one, name=added.sub("", one.name)) for one in table.indexes)
        constraints = (replace(one, name=added.sub("", one.name)) for one in table.constraints)
        found[name] = replace(
            table,
            indexes=tuple(sorted(indexes, key=lambda one: one.name)),
            constraints=in_order(constraints),
        )
    return found


def is_emulated(connection: Any) -> bool:
    """Tell whether a SQL Server is another server that speaks its protocol, and keeps less."""
    return connection.vendor == "microsoft" and value(connection, EMULATED) == 1


def prepare(connection: Any) -> None:
    """Let an emulated SQL Server take what it cannot keep: whether constraints are checked."""
    if is_emulated(connection):
        for hatch in ("nocheck_add_constraint", "nocheck_existing_constraint"):
            execute(connection, f"EXEC sp_babelfish_configure 'escape_hatch_{hatch}', 'ignore'")


def without_order(table: Table) -> Table:
    """Return a table that equals any with the same columns: on a server, a new one is the last."""
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
