"""The modelled schema: historical states, built by Django's own schema editor where they touch nothing.

No code of the project's migrations runs here; only models of a historical state are turned into tables, in a
throw-away schema that is rolled back (PostgreSQL) or in memory (SQLite), and read by the same catalogue queries as
the live ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from django.db.migrations.migration import Migration
from django.db.migrations.state import ModelState, ProjectState

from ..core.graph import Graph, Key
from ..core.schema import Constraint, Table, place_of, table_key
from ..core.truths.lineage import OperationKey
from ..databases.base import Database, ShadowLost
from .historical import OPTIONS_POINTED_TO, ModelKey, add_pointed, db_table, in_database, m2m_table
from .states import empty_state, steps


@dataclass(slots=True)
class Built:
    """Tables as the shadow built them, and what could not be built."""

    tables: dict[str, Table] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """By table, why Django's schema editor could not build it."""


class Shadow:
    """Builds tables of historical states beside a live database."""

    def __init__(self, graph: Graph, migrations: Mapping[Key, Migration], database: Database) -> None:
        self.graph = graph
        self.migrations = migrations
        self.database = database
        self.failed: set[str] = set()
        """Tables that were built, but not whole, or that could not be built at any moment that was asked for."""
        self.partial: set[str] = set()
        """Tables that were built, but not whole."""
        self.place: Callable[[Table], Table] = lambda table: table
        """Says of a table that was built in which schemas the tables are that it points to."""

    def expected(self, applied: frozenset[Key]) -> Built:
        """Return every table that the state of the applied migrations implies.

        Raises:
            databases.base.ShadowRefused: when nothing may be created, not even in a transaction that is rolled back.
        """
        state = self.state(applied)
        with self.database.create_shadow() as (connection, schema):
            wanted = [
                key
                for key, model in state.models.items()
                if in_database(model, state, self.database.connection.alias)
            ]
            built = build(state, wanted, connection, self.database, schema)
        self.note(built)
        built.tables.update({name: self.place(table) for name, table in built.tables.items()})
        return built

    def note(self, built: Built) -> None:
        """Note what could not be built; a table that could not at one moment may be built at another."""
        self.failed.difference_update(built.tables.keys() - self.partial)
        self.partial.update(built.failed.keys() & built.tables.keys())
        self.failed.update(built.failed)

    def versions(
        self, wanted: Mapping[OperationKey, Collection[ModelKey]]
    ) -> dict[tuple[OperationKey, str], Table]:
        """Return the tables of some models as they were right after some operations."""
        found: dict[tuple[OperationKey, str], Table] = {}
        if not wanted:
            return found
        state = empty_state(self.graph)
        with self.database.create_shadow() as (connection, schema):
            for operation_key, _, apply in steps(self.graph, self.migrations, state):
                try:
                    apply()
                except Exception:  # the walk has told about it already
                    continue
                models = wanted.get(operation_key)
                if models:
                    small = excerpt(state, models)
                    built = build(
                        small,
                        [key for key in models if key in small.models],
                        connection,
                        self.database,
                        schema,
                    )
                    found.update(
                        {(operation_key, name): self.place(table) for name, table in built.tables.items()}
                    )
                    self.note(built)
        return found

    def state(self, applied: frozenset[Key]) -> ProjectState:
        """Return the project state that the applied migrations lead to; what cannot be applied is left out."""
        state = empty_state(self.graph)
        for _, _, apply in steps(self.graph, self.migrations, state, only=applied):
            try:
                apply()
            except Exception:  # on something that an unapplied migration makes
                continue
        return state


def excerpt(state: ProjectState, models: Iterable[ModelKey]) -> ProjectState:
    """Return a state with some models whole, and of those that they point to only what a foreign key needs."""
    small = {key: state.models[key].clone() for key in models if key in state.models}
    add_pointed(small, state.models, stub)
    return ProjectState(models=small, real_apps=state.real_apps)


def stub(model: ModelState) -> ModelState:
    """Return a model reduced to the columns that a foreign key may point to."""
    fields = {
        name: without_constraint(value)
        for name, value in model.fields.items()
        if not value.many_to_many and (value.primary_key or value.unique)
    }
    options = {key: value for key, value in model.options.items() if key in OPTIONS_POINTED_TO}
    return ModelState(model.app_label, model.name, list(fields.items()), options, model.bases, [])


def without_constraint(value: Any) -> Any:
    """Return a field that points to no table which would have to be there."""
    if not value.is_relation:
        return value
    value = value.clone()
    value.db_constraint = False
    return value


def build(
    state: ProjectState, wanted: Collection[ModelKey], connection: Any, database: Database, schema: str
) -> Built:
    """Create the wanted models' tables in the shadow, read them, and take them away again."""
    state, homes = bring_home(state, connection)
    built = Built()
    models = list(render(state, wanted, built, connection))
    with rolled_back(connection):
        try:
            # A savepoint a statement would take as long as all the rest, and nearly every state can be built.
            with transaction_savepoint(connection):
                create(models, connection, nullcontext)
        except ShadowLost:
            raise
        except Exception:
            for name, reason in create(models, connection, lambda: transaction_savepoint(connection)).items():
                built.failed[homes.get(name, name)] = reason
        snapshot = type(database)(connection).snapshot(schema)
    names = wanted_tables(state, wanted, connection)
    for name, table in snapshot.tables.items():
        if name in names:
            built.tables[homes.get(name, name)] = send_home(table, homes)
    return built


def create(
    models: Iterable[tuple[ModelKey, Any]], connection: Any, guard: Callable[[], AbstractContextManager[None]]
) -> dict[str, str]:
    """Create the tables, each statement under a guard; return by table why one could not be made.

    Raises:
        Exception: whatever a statement raises, when the guard is none that undoes it.
    """
    failed: dict[str, str] = {}
    editor = connection.schema_editor(atomic=False)
    editor.deferred_sql = []
    works: list[tuple[str, Callable[[], None]]] = [
        (model._meta.db_table, partial(editor.create_model, model)) for _, model in models
    ]
    for name, work in works:
        attempt(name, work, guard, failed)
    for statement in editor.deferred_sql:
        table = str(getattr(statement, "parts", {}).get("table", statement)).strip('"')
        attempt(table, partial(editor.execute, statement), guard, failed)
    return failed


def attempt(
    name: str,
    work: Callable[[], None],
    guard: Callable[[], AbstractContextManager[None]],
    failed: dict[str, str],
) -> None:
    """Do one piece of work under its guard, and note why it failed; without a guard, let it fail."""
    if guard is nullcontext:
        work()
        return
    try:
        with guard():
            work()
    except ShadowLost:
        raise
    except Exception as error:
        failed[name] = f"{type(error).__name__}: {error}"


def wanted_tables(state: ProjectState, wanted: Collection[ModelKey], connection: Any) -> set[str]:
    """Return the tables that the wanted models have, many-to-many tables included."""
    return {table_key(table) for key in wanted for table in tables_of(state.models[key], connection).values()}


def bring_home(state: ProjectState, connection: Any) -> tuple[ProjectState, dict[str, str]]:
    """Return the state with tables of other schemas renamed to plain ones, and {plain name: real key}.

    A `db_table` such as `audit"."log` would otherwise be created in the real schema.
    """
    homes: dict[str, str] = {}
    state = state.clone()
    taken = {table for model in state.models.values() for table in tables_of(model, connection).values()}
    for model in state.models.values():
        fields = dict(model.fields)
        for name, table in tables_of(model, connection).items():
            if place_of(table) is None:
                continue
            plain = plain_name(table, homes, taken)
            if name:
                fields[name] = fields[name].clone()
                fields[name].db_table = plain
            else:
                model.options = {**model.options, "db_table": plain}
        model.fields = fields
    return state, homes


def tables_of(model: ModelState, connection: Any) -> dict[str, str]:
    """Return the table of a model, under an empty name, and those of its many-to-many fields by their names."""
    table = db_table(model, connection)
    relations = {
        name: m2m_table(value, name, table, connection)
        for name, value in model.fields.items()
        if value.many_to_many and getattr(value.remote_field, "through", None) is None
    }
    return {"": table, **relations}


def plain_name(table: str, homes: dict[str, str], taken: Collection[str]) -> str:
    """Return the name that a table of another schema has in the shadow, and note it.

    It is the bare one wherever no other table has that: Django makes the names of indexes and constraints from it.
    """
    key, (_, name) = table_key(table), place_of(table) or ("", table)
    while name in taken or homes.get(name, key) != key:
        name = f"{name}_"
    homes[name] = key
    return name


def send_home(table: Table, homes: Mapping[str, str]) -> Table:
    """Return a table with the names that it and its neighbours have in the live database."""
    if not homes:
        return table

    def real(constraint: Constraint) -> Constraint:
        if constraint.references is None:
            return constraint
        name, columns = constraint.references
        return replace(constraint, references=(homes.get(name, name), columns))

    return replace(
        table, name=homes.get(table.name, table.name), constraints=tuple(real(c) for c in table.constraints)
    )


def render(
    state: ProjectState, wanted: Collection[ModelKey], built: Built, connection: Any
) -> Iterator[tuple[ModelKey, Any]]:
    """Yield the wanted models, rendered, and those that their foreign keys need.

    When the state as a whole cannot be rendered, each model is rendered with its nearest neighbours only, so that one
    broken reference does not cost the others.
    """
    try:
        apps = state.apps
    except Exception:
        seen: set[ModelKey] = set()
        for key in wanted:
            small = excerpt(state, [key])
            try:
                apps = small.apps
                models = [(other, apps.get_model(*other)) for other in small.models if other not in seen]
            except Exception as error:
                built.failed[table_key(db_table(state.models[key], connection))] = (
                    f"{type(error).__name__}: {error}"
                )
                continue
            for other, model in sorted(models, key=lambda pair: pair[0] != key):
                if other == key or (other not in set(wanted) and not model._meta.proxy):
                    seen.add(other)
                    yield other, model
        return
    needed = dict.fromkeys(wanted)
    real = {}
    for key in wanted:
        meta = apps.get_model(*key)._meta
        for value in (*meta.local_fields, *meta.local_many_to_many):
            other = getattr(value.remote_field, "model", None)
            if other is not None and not isinstance(other, str):
                # A proxy has no table of its own.
                other = other._meta.concrete_model
                needed.setdefault((other._meta.app_label, other._meta.model_name))
                real[(other._meta.app_label, other._meta.model_name)] = other
    for key in needed:
        yield key, real.get(key) or apps.get_model(*key)


@contextmanager
def rolled_back(connection: Any) -> Iterator[None]:
    """Undo on leaving whatever happens inside, within the shadow's own transaction."""
    savepoint = connection.savepoint()
    try:
        yield
    finally:
        connection.savepoint_rollback(savepoint)
        connection.run_on_commit.clear()


@contextmanager
def transaction_savepoint(connection: Any) -> Iterator[None]:
    """Undo what happens inside when it fails."""
    savepoint = connection.savepoint()
    try:
        yield
    except Exception:
        connection.savepoint_rollback(savepoint)
        raise
    connection.savepoint_commit(savepoint)


__all__ = ["Built", "Shadow"]
