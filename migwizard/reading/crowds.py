"""Rows that are there now and that a pending AlterField will meet, counted where the field's type asks for it."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from django.db import Error
from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from ..core.dialects.rehearsed import Crowd
from ..core.graph import Graph, Key
from ..core.schema import Column, Snapshot, Table, table_key
from ..databases.base import Database, printable
from ..databases.sqlite import fitting
from ..databases.transactions import rolled_back
from .historical import ModelKey, db_table, in_database
from .opaque import Code, code_of, is_opaque
from .states import empty_state

LOCK_SECONDS, ALL_SECONDS = 2, 10
"""How long one question may wait for a lock, and how long all of them may take together."""
SHOWN = 3
TEXTS = ("character varying", "character", "varchar", "char", "nvarchar", "nchar")


@dataclass(frozen=True, slots=True)
class Question:
    """A condition of rows that a pending operation will meet."""

    key: Key
    operation: int
    table: Table
    column: str
    kind: Literal["uncastable", "overlong", "cut"]
    target: str
    condition: str
    unless: tuple[Key, ...] = ()
    """Migrations whose code runs before, and may see to these rows."""


def questions(
    graph: Graph,
    migrations: Mapping[Key, Migration],
    pending: Collection[Key],
    live: Snapshot,
    database: Database,
) -> Iterator[Question]:
    """Yield what must be asked before the pending migrations alter the types of columns."""
    state = empty_state(graph)
    code: list[tuple[Key, Code]] = []
    moved: set[ModelKey] = set()
    for key in graph.nodes:
        migration = migrations.get(key)
        for index, operation in enumerate(migration.operations if migration is not None else ()):
            if key in pending:
                if isinstance(operation, ops.AlterField):
                    yield from altered(key, index, operation, state, live, database, code, moved)
                moved |= renamed(operation, key[0])
                if isinstance(operation, ops.RunPython | ops.RunSQL) or is_opaque(operation):
                    code.append((key, code_of(operation, key[0])))
            try:
                operation.state_forwards(key[0], state)
            except Exception:  # what is wrong with the state is told by others
                continue


def renamed(operation: Operation, label: str) -> set[ModelKey]:
    """Return the models of which a name changes, so that the live names are others from then on."""
    if isinstance(operation, ops.RenameModel):
        return {(label, operation.new_name.lower())}
    if isinstance(operation, ops.RenameField):
        return {(label, operation.model_name_lower)}
    if isinstance(operation, ops.AlterModelTable):
        return {(label, operation.name_lower)}
    return set()


def altered(
    key: Key,
    index: int,
    operation: ops.AlterField,
    state: ProjectState,
    live: Snapshot,
    database: Database,
    code: list[tuple[Key, Code]],
    moved: set[ModelKey],
) -> Iterator[Question]:
    """Yield what must be asked before one field is altered."""
    connection = database.connection
    place = (key[0], operation.model_name_lower)
    model = state.models.get(place)
    before = model.fields.get(operation.name) if model is not None else None
    if model is None or before is None or place in moved or not in_database(model, state, connection.alias):
        return
    if before.is_relation or operation.field.is_relation:
        return
    table = live.tables.get(table_key(db_table(model, connection)))
    if table is not None and "." in table.name:  # perhaps of another schema
        return
    names = [value.db_column or operation.name for value in (before, operation.field)]
    column = table.column(names[0]) if table is not None else None
    if table is None or table.kind != "table" or column is None or names[0] != names[1]:
        return
    types = [value.db_type(connection) for value in (before, operation.field)]
    if not types[1] or types[0] == types[1]:
        return
    unless = tuple(dict.fromkeys(k for k, one in code if one.may_change_rows(*place, table.name)))
    former, target = map(str, types)
    lenient = connection.vendor == "sqlite"
    found = lite(column, target) if lenient else full(column, former, target, database)
    for kind, condition in found:
        yield Question(key, index, table, column.name, kind, target, condition, unless)


Condition = tuple[Literal["uncastable", "overlong", "cut"], str]


def lite(column: Column, target: str) -> Iterator[Condition]:
    """Yield the conditions of values that do not fit a type of SQLite's."""
    for kind, condition in (
        ("uncastable", fitting.uncastable(column.name, target)),
        ("overlong", fitting.overlong(column.name, target)),
    ):
        if condition and not (kind == "overlong" and target.startswith("char(32)")):
            yield kind, condition  # type: ignore[misc]


def full(column: Column, former: str, target: str, database: Database) -> Iterator[Condition]:
    """Yield the condition of values that a server with types does not take."""
    after = replace(column, type=database.catalogue_type(target))
    condition = database.unfit(column, after)
    if condition:
        head, bracket, _ = after.type.partition("(")
        limited = head in TEXTS and bool(bracket)
        # Where the kind of field changes Django writes a cast (USING) for PostgreSQL, and that shortens a text
        # without an error.
        cuts = (
            limited
            and database.vendor == "postgresql"
            and former.partition("(")[0] != target.partition("(")[0]
        )
        yield ("cut" if cuts else "overlong" if limited else "uncastable"), condition


def count(database: Database, asked: Collection[Question]) -> Iterator[Crowd]:
    """Yield the rows that questions find; what cannot be counted in time is left out.

    The connection must be in a transaction.
    """
    end = time.monotonic() + ALL_SECONDS
    for one in asked:
        left = end - time.monotonic()
        if left < 1:
            return
        try:
            database.guard_timeouts(LOCK_SECONDS, left)
            with rolled_back(database.connection), database.connection.cursor() as cursor:
                where = f"FROM {database.quoted(one.table.name)} WHERE {one.condition}"
                cursor.execute(f"SELECT count(*) {where}", None)
                rows = int(cursor.fetchone()[0])
                if not rows:
                    continue
                cursor.execute(database.first(SHOWN, database.quoted(one.column), where), None)
                examples = tuple(shown(row[0]) for row in cursor.fetchall())
        except Error:
            continue
        yield Crowd(
            one.key,
            one.operation,
            one.table.name,
            one.column,
            one.kind,
            rows,
            one.target,
            examples,
            one.unless,
        )


def table_rows(database: Database, table: str, seconds: float) -> int | None:
    """Return how many rows a table has, counted no further than a thousand; None where the server does not say."""
    connection = database.connection
    inner = database.first(1000, "1 AS n", f"FROM {database.quoted(table)}")
    try:
        database.guard_timeouts(LOCK_SECONDS, seconds)
        with rolled_back(connection), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({inner}) found", None)
            return int(cursor.fetchone()[0])
    except Error:
        return None


def shown(value: object) -> str:
    """Return a value as it is shown."""
    text = printable(str(value))
    return text if len(text) <= 30 else f"{text[:29]}…"
