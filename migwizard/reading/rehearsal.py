"""The rehearsal: operations of migrations run by a schema editor that has no server, to see what they would do.

Nothing of the project runs but its models' fields, constraints and indexes, as the states have them: no RunPython, no
operation of a kind that is not Django's own. The history is rehearsed as well, because only that tells how what is
there is called, and of which type it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import NotSupportedError
from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from ..core.dialects.rehearsed import Event, Member, Rehearsed, RehearsedColumn
from ..core.graph import Graph, Key
from ..core.schema import table_key
from ..databases.base import printable
from ..databases.offline.catalogue import Catalogue, Layout, OnlyTheServerKnows
from .historical import ModelKey, db_table
from .shadow import excerpt
from .states import empty_state
from .tracker import Tracker

Signature = tuple[str, frozenset[str]]

REFUSALS = (NotImplementedError, NotSupportedError, FieldDoesNotExist)
"""What a backend raises for what it cannot do; mssql-django raises the last where it looks for a renamed field."""

PYTHON = "Runs Python, which cannot be written as SQL."
FOREIGN = "An operation of a kind that is not Django's own: what it does is not known before it runs."


@dataclass(slots=True)
class Part:
    """One operation while its migration is rehearsed."""

    index: int
    title: str
    events: list[Event] = field(default_factory=list)
    sql: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    note: str = ""

    def rehearsed(self, key: Key) -> Rehearsed:
        """Return what came of the operation."""
        return Rehearsed(
            key, self.index, self.title, tuple(self.events), tuple(self.sql), tuple(self.deferred), self.note
        )


class Rehearsal:
    """Goes through a graph's operations in one dialect; a new one for each time."""

    def __init__(
        self, graph: Graph, migrations: Mapping[Key, Migration], connection: Any, *, foreign: bool = False
    ) -> None:
        """Take `foreign` operations along: those of kinds that are not Django's own, whose code then runs."""
        self.foreign = foreign
        self.graph = graph
        self.migrations = migrations
        self.connection = connection
        self.state: ProjectState = empty_state(graph)
        self.tracker = Tracker(self.state, connection)
        self.editor: Any = None
        self.rendered = False
        """Whether an operation of the present migration has rendered the state."""

    @property
    def catalogue(self) -> Catalogue:
        """What the statements so far have made."""
        return self.connection.catalogue  # type: ignore[no-any-return]

    def run(
        self, wanted: Collection[Key], history: Collection[Key], *, only: Collection[Key] | None = None
    ) -> Iterator[Rehearsed]:
        """Yield what each operation of the wanted migrations would do.

        `history` are the migrations before them whose statements matter; of all others only the state is followed, if
        they are among `only`.
        """
        for key in self.graph.nodes:
            if only is not None and key not in only:
                continue
            migration = self.migrations.get(key)
            if migration is None:
                continue
            if key not in wanted and key not in history:
                for operation in migration.operations:
                    self._follow(operation, key[0])
                continue
            yield from self._migration(key, migration, key in wanted)

    def _migration(self, key: Key, migration: Migration, wanted: bool) -> Iterator[Rehearsed]:
        self.editor = self.connection.schema_editor()
        self.catalogue.fresh.clear()
        self.rendered = False
        parts: list[Part] = []
        owners: dict[int, Part] = {}
        for index, operation in enumerate(migration.operations):
            part = Part(index, title_of(operation))
            events, sql = len(self.editor.events), len(self.editor.collected_sql)
            part.note = self._operation(operation, key[0], wanted)
            part.events += self.editor.events[events:]
            part.sql += statements(self.editor, sql)
            parts.append(part)
            for statement in self.editor.deferred_sql:
                owners.setdefault(id(statement), part)
        for statement in self.editor.deferred_sql:
            # It runs at the end of the migration, but belongs to the operation that has left it for then.
            part = owners.get(id(statement), parts[-1])
            events, sql = len(self.editor.events), len(self.editor.collected_sql)
            self.editor.execute(statement, None)
            part.events += self.editor.events[events:]
            part.deferred += statements(self.editor, sql)
        if wanted:
            yield from (part.rehearsed(key) for part in parts)

    def _follow(self, operation: Operation, label: str) -> None:
        try:
            operation.state_forwards(label, self.state)
        except Exception:  # what is wrong with the state is told by others
            return

    def _operation(self, operation: Operation, label: str, wanted: bool) -> str:
        """Rehearse one operation; return what is to be said of it beside its SQL."""
        if isinstance(operation, ops.RunPython) or not (is_own(operation) or (wanted and self.foreign)):
            self._follow(operation, label)
            return PYTHON if isinstance(operation, ops.RunPython) else FOREIGN
        names = self._models(operation, label)
        before = self._excerpt(names)
        self._follow(operation, label)
        after = self._excerpt(self._renamed(operation, label, names))
        held = {table: layout.copy() for table, layout in self.catalogue.tables.items()} if wanted else {}
        begun = len(self.editor.events)
        note = self._forwards(operation, label, before, after)
        if wanted and self.connection.vendor == "microsoft":
            self.editor.events += lost(self, held, self.editor.events[begun:], after)
        return note

    def _excerpt(self, names: set[ModelKey]) -> ProjectState:
        """Return what an operation needs of the state, in the state's order, which decides that of statements."""
        return excerpt(self.state, [key for key in self.state.models if key in names])

    def _forwards(self, operation: Operation, label: str, before: ProjectState, after: ProjectState) -> str:
        """Run one operation against the editor; return what is to be said of it beside its SQL."""
        if isinstance(operation, ops.SeparateDatabaseAndState):
            return self._inner(operation, label, before)
        if not is_own(operation) and not self.foreign:
            return FOREIGN
        if isinstance(operation, ops.RunPython):
            return PYTHON
        try:
            if self.rendered and self.connection.vendor == "sqlite":
                # SQLite's editor puts the fields of a table in the order in which they were rendered: in sqlmigrate
                # the state before an operation comes first, but for the first one of a migration.
                before.apps  # noqa: B018
            operation.database_forwards(label, self.editor, before, after)
            self.rendered = self.rendered or "apps" in vars(after)
        except REFUSALS as error:
            text = f"{type(error).__name__}: {printable(str(error))}".removesuffix(": ")
            self.editor.events.append(self._refusal(operation, label, before, text))
            return f"{self.connection.display_name} cannot do this ({text})"
        except OnlyTheServerKnows as error:
            return f"The rest depends on what only the server knows: {error}."
        except Exception as error:
            return (
                f"The SQL cannot be told without a server ({type(error).__name__}: {printable(str(error))})."
            )
        return ""

    def _refusal(self, operation: Operation, label: str, before: ProjectState, text: str) -> Event:
        """Return that the backend refuses an operation, with the table and the field that it is about."""
        name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
        model = before.models.get((label, name.lower())) if isinstance(name, str) else None
        table = table_key(db_table(model, self.connection)) if model is not None else ""
        about = operation.name if isinstance(operation, ops.AlterField | ops.AddField) else ""
        column = RehearsedColumn(about, "") if about else None
        return Event("refuses", table, column, text=text)

    def _inner(self, operation: ops.SeparateDatabaseAndState, label: str, before: ProjectState) -> str:
        """Run the database operations of one that keeps them apart from the state, as it does itself."""
        notes = []
        for inner in operation.database_operations:
            after = before.clone()
            try:
                inner.state_forwards(label, after)
            except Exception as error:
                return f"The SQL cannot be told without a server ({type(error).__name__}: {printable(str(error))})."
            notes.append(self._forwards(inner, label, before, after))
            before = after
        return " ".join(dict.fromkeys(filter(None, notes)))

    def _models(self, operation: Operation, label: str) -> set[ModelKey]:
        """Return the models that must be whole while an operation is rehearsed."""
        touched = self.tracker.touched(operation, label)
        if touched is None:
            touched = {key for key in self.state.models if key[0] == label}
        for inner in getattr(operation, "database_operations", ()):
            touched = touched | self._models(inner, label)
        if self.tracker.may_spread(operation, label):
            touched = touched | self.tracker.dependents(touched)
        return touched

    def _renamed(self, operation: Operation, label: str, names: set[ModelKey]) -> set[ModelKey]:
        """Return the same models by the names that they have after an operation."""
        if isinstance(operation, ops.RenameModel):
            return names | {(label, operation.new_name.lower())}
        return names


def is_own(operation: Operation) -> bool:
    """Tell whether an operation is one of Django's own kinds, of which nothing but the schema editor runs."""
    return type(operation).__module__.startswith("django.")


def statements(editor: Any, begun: int) -> list[str]:
    """Return what a schema editor has collected from a place on, without its comments."""
    return [text for one in editor.collected_sql[begun:] if not (text := str(one)).startswith("--")]


def title_of(operation: Operation) -> str:
    """Return an operation in words."""
    try:
        return printable(str(operation.describe()))
    except Exception:
        return type(operation).__name__


def lost(
    rehearsal: Rehearsal, held: Mapping[str, Layout], events: Collection[Event], after: ProjectState
) -> Iterator[Event]:
    """Yield what is gone after an operation although the models still have it."""
    catalogue = rehearsal.catalogue
    later = Catalogue(catalogue.vendor)
    later.tables = {table: layout.copy() for table, layout in catalogue.tables.items()}
    for statement in rehearsal.editor.deferred_sql:
        later.hear(str(statement))
    for table, layout in held.items():
        now = later.tables.get(table)
        if now is None or now.members == layout.members:
            continue
        renamed = {
            event.before.name: event.column.name
            for event in events
            if event.kind == "renames-column" and event.table == table and event.before and event.column
        }
        gone = {
            mark: member
            for member in layout.members.values()
            if (mark := signature(member, renamed)) not in {signature(one) for one in now.members.values()}
        }
        wanted = ideal(rehearsal, table, after) if gone else set()
        for mark, member in gone.items():
            if mark in wanted and mark[1] <= now.columns.keys():
                yield Event("loses", table, member=member)


def signature(member: Member, renamed: Mapping[str, str] = {}) -> Signature:
    """Return what makes two members of a table the same rule, whatever they are called."""
    kind = "unique" if member.unique or member.kind in ("unique", "primary") else member.kind
    kind = "default" if member.kind == "default" else kind
    return kind, frozenset(renamed.get(name, name) for name in member.columns)


def ideal(rehearsal: Rehearsal, table: str, state: ProjectState) -> set[Signature]:
    """Return the members that a table would have if it were made from a state."""
    connection = rehearsal.connection
    real, connection.catalogue = connection.catalogue, Catalogue(connection.vendor)
    try:
        editor = connection.schema_editor()
        for model in state.apps.get_models(include_auto_created=True):
            if model._meta.db_table == table:
                editor.create_model(model)
                for statement in editor.deferred_sql:
                    editor.execute(statement, None)
        members = (
            connection.catalogue.tables[table].members.values()
            if table in connection.catalogue.tables
            else ()
        )
        return {signature(member) for member in members}
    except Exception:  # then nobody can say what should be there
        return set()
    finally:
        connection.catalogue = real
