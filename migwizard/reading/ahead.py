"""What is ahead of a database: its pending operations, rehearsed in its dialect, and the rows that they will meet."""

from __future__ import annotations

import importlib.metadata
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration

from ..core.dialects.rehearsed import Ahead, Crowd, Dialect, Rehearsed
from ..core.graph import Graph, Key
from ..core.schema import Snapshot
from ..databases.base import Database, printable
from ..databases.offline.connection import same_backend
from .crowds import ALL_SECONDS, count, questions, table_rows
from .rehearsal import Rehearsal

REHEARSED = ("mysql", "microsoft")
"""Vendors for which operations are rehearsed; on the others nothing of what rows do not show goes wrong."""
CHARACTER_BYTES = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "latin1": 1, "ascii": 1}


def look_ahead(
    graph: Graph, migrations: Mapping[Key, Migration], database: Database, live: Snapshot | None
) -> Ahead | None:
    """Return what is ahead of a database; None where nothing is.

    The connection must be in a transaction.
    """
    pending = tuple(key for key in graph.nodes if key not in graph.effective and key in migrations)
    if not pending:
        return None
    connection = database.connection
    crowds: tuple[Crowd, ...] = ()
    if live is not None:
        asked = tuple(questions(graph, migrations, frozenset(pending), live, database))
        crowds = tuple(count(database, asked))
    if connection.vendor in REHEARSED:
        found = rehearsed(graph, migrations, database, pending)
        return replace(found, crowds=(*found.crowds, *crowds))
    return Ahead(dialect_of(connection), crowds=crowds) if crowds else None


def rehearsed(
    graph: Graph, migrations: Mapping[Key, Migration], database: Database, pending: tuple[Key, ...]
) -> Ahead:
    """Return what pending operations would do in the dialect of a live connection."""
    connection = database.connection
    dialect = dialect_of(connection)
    try:
        rehearsal = Rehearsal(graph, migrations, same_backend(connection, answers_of(connection)))
        found = tuple(rehearsal.run(frozenset(pending), frozenset(history(graph, migrations, pending))))
    except Exception as error:  # what it says of a migration must not keep anybody from reading all the rest
        return Ahead(dialect, failure=f"{type(error).__name__}: {printable(str(error))}")
    return Ahead(dialect, found, tuple(emptied(database, found)))


def history(graph: Graph, migrations: Mapping[Key, Migration], pending: tuple[Key, ...]) -> Iterator[Key]:
    """Yield the applied migrations of which the pending ones may need to know what they made."""
    apps = {key[0] for key in pending} | {
        parent[0] for key in pending for parent in graph.parents.get(key, ())
    }
    everything = any(
        isinstance(operation, ops.AlterField) and (operation.field.primary_key or operation.field.unique)
        for key in pending
        for operation in migrations[key].operations
    )
    for key in graph.nodes:
        if key not in pending and (everything or key[0] in apps):
            yield key


def emptied(database: Database, operations: tuple[Rehearsed, ...]) -> Iterator[Crowd]:
    """Yield how many rows the tables have to which columns are added that nothing fills."""
    end = time.monotonic() + ALL_SECONDS
    made = {
        event.table for one in operations for event in one.events if event.kind == "adds-column" and event.new
    }
    for one in operations:
        for event in one.events:
            if event.kind != "adds-empty" or event.column is None:
                continue
            left = end - time.monotonic()
            rows = 0 if event.table in made else table_rows(database, event.table, left) if left > 1 else None
            if rows is not None:
                yield Crowd(one.key, one.operation, event.table, event.column.name, "any", rows)


def answers_of(connection: Any) -> Mapping[str, object]:
    """Return what the schema editor of a live connection would ask its server, so that it need not."""
    if connection.vendor == "mysql":
        return {"mysql_server_data": connection.mysql_server_data}
    if connection.vendor == "microsoft":
        return {
            "sql_server_version": connection.sql_server_version,
            "to_azure_sql_db": connection.to_azure_sql_db,
        }
    return {"pg_version": connection.pg_version} if connection.vendor == "postgresql" else {}


def dialect_of(connection: Any) -> Dialect:
    """Return the dialect of a live connection."""
    if connection.vendor == "mysql":
        maria = connection.mysql_is_mariadb
        version = tuple(connection.mysql_version)
        title = f"{'MariaDB' if maria else 'MySQL'} {'.'.join(map(str, version[:2]))}"
        return Dialect("mariadb" if maria else "mysql", title, version, character_bytes=bytes_of(connection))
    if connection.vendor == "microsoft":
        return microsoft(connection.sql_server_version)
    if connection.vendor == "postgresql":
        number = connection.pg_version
        return Dialect("postgresql", f"PostgreSQL {number // 10000}", (number // 10000, number % 10000))
    version = tuple(int(part) for part in re.findall(r"\d+", connection.Database.sqlite_version))
    return Dialect("sqlite", f"SQLite {'.'.join(map(str, version[:2]))}", version)


def microsoft(version: int) -> Dialect:
    """Return the dialect of SQL Server as the installed backend writes it."""
    try:
        number = ".".join(importlib.metadata.version("mssql-django").split(".")[:2])
    except importlib.metadata.PackageNotFoundError:
        number = ""
    return Dialect("microsoft", f"SQL Server {version}", (version,), f"mssql-django {number}".strip())


def bytes_of(connection: Any) -> int:
    """Return how many bytes a character takes in a key, in tables that are made in this database from now on."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@character_set_database")
        return CHARACTER_BYTES.get(str(cursor.fetchone()[0]), 4)
