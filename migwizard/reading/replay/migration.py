"""Runs one migration as Django's executor does, and tells the effect of each of its operations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from ...core.schema import Table
from ...core.truths.effects import TableChange
from ..other_schemas import schemas_of
from . import deferred
from .renames import renames
from .tracker import added, mentioned

if TYPE_CHECKING:
    from .chain import Chain

Changes = list[list[TableChange]]
"""The changes of each operation of one migration."""

SILENT = frozenset(f"django.db.migrations.operations.{name}" for name in ("fields", "models"))
"""Modules of the operations that change nothing without a statement that is heard."""


class MigrationRun:
    """One migration while it runs."""

    def __init__(self, chain: Chain, migration: Any) -> None:
        self.chain = chain
        self.migration = migration
        self.tracker = chain.tracker
        self.changes: Changes = []
        self.start: Mapping[str, Table] = dict(chain.tracker.tables)
        self.owners = deferred.Owners()
        self.operation = ""

    def where(self) -> str:
        """Return the operation that runs, as its `describe()` says."""
        return self.operation or "After the last operation"

    def apply(self) -> Changes:
        """Apply it as Django's executor does, and return what each operation changed."""
        chain = self.chain
        with chain.connection.schema_editor(atomic=self.migration.atomic) as editor:
            with self._watched(editor):
                chain.state = self.migration.apply(chain.state, editor)
            self.operation = ""
            self._run_deferred(editor)
            chain.record(self.migration)
        self.changes += [[] for _ in range(len(self.migration.operations) - len(self.changes))]
        return self._of_the_file()

    def _of_the_file(self) -> Changes:
        """Return the changes by the operations that the file has: receivers of pre_migrate may have added others.

        Django's contenttypes app puts a RenameContentType behind every RenameModel; what an added operation changes
        goes to the one before it.
        """
        own = {id(operation) for operation in self.chain.own[(self.migration.app_label, self.migration.name)]}
        found: Changes = []
        for operation, changes in zip(self.migration.operations, self.changes, strict=True):
            if id(operation) in own or not found:
                found.append(changes)
            else:
                found[-1] = [*found[-1], *changes]
        return found

    @contextmanager
    def _watched(self, editor: Any) -> Iterator[None]:
        """Have every operation tell when it runs, wherever Django's (or a project's own) `Migration.apply` runs it."""
        operations = {id(operation): operation for operation in self.migration.operations}.values()

        def watch(operation: Any) -> None:
            forwards = operation.database_forwards

            def database_forwards(label: str, schema_editor: Any, before: Any, after: Any) -> None:
                self._skip_to(operation)
                self._run_operation(operation, lambda: forwards(label, schema_editor, before, after), editor)
                self._see(operation, label, before, after)

            operation.database_forwards = database_forwards

        for operation in operations:
            watch(operation)
        try:
            yield
        finally:
            for operation in operations:
                del operation.database_forwards

    def _skip_to(self, operation: Any) -> None:
        """Leave those operations without changes that a `Migration.apply` of the project's own passes over."""
        while self.migration.operations[len(self.changes)] is not operation:
            self.changes.append([])

    def _run_operation(self, operation: Any, forwards: Callable[[], None], editor: Any) -> None:
        """Run one operation, and put to their owners the deferred statements of others that it runs on the way."""
        statements, index = self.chain.statements, len(self.changes)
        self.operation = str(operation.describe())
        self.owners.update(editor.deferred_sql, index - 1)
        owned = self.owners.by_text(editor.deferred_sql)
        tables: dict[str, Table] = {}
        self._make_schemas(operation)

        def before(sql: str) -> None:
            if sql in owned:
                tables.clear()
                tables.update(self.tracker.read(mentioned(sql) & self.tracker.tables.keys()))

        def after(sql: str) -> None:
            if sql in owned:
                now = self.tracker.read(tables.keys())
                for name, table in tables.items():
                    self._attribute(owned[sql], name, table, now.get(name), early=True)

        statements.start_operation()
        statements.before, statements.after = before, after
        try:
            forwards()
        finally:
            statements.before = statements.after = lambda sql: None

    def _make_schemas(self, operation: Any) -> None:
        """Make the schemas in which an operation names tables; in the live database somebody has made them by hand."""
        for schema in sorted(schemas_of([operation])):
            self.tracker.database.ensure_schema(schema)

    def _see(self, operation: Any, label: str, before: Any, after: Any) -> None:
        """Note which tables the operation changed."""
        heard = self.chain.statements.heard
        if not heard and type(operation).__module__ in SILENT:
            self.changes.append([])
            return
        seen = self.tracker.look(heard)
        names = renames(operation, label, before, after, self.chain.connection) if seen else ((), {})
        self.changes.append(list(self.tracker.changes(seen, names)))

    def _run_deferred(self, editor: Any) -> None:
        """Run what the operations deferred, as the schema editor would at its end, and put it to its owners."""
        self.owners.update(editor.deferred_sql, len(self.changes) - 1)
        statements, editor.deferred_sql = list(editor.deferred_sql), []
        for owner, group in deferred.groups(statements, self.owners):
            self.operation = str(self.migration.operations[owner].describe())
            self.chain.statements.start_operation()
            for statement in group:
                editor.execute(statement, None)
            seen = self.tracker.look(self.chain.statements.heard)
            for name, table in seen.items():
                self._attribute(owner, name, self.tracker.tables.get(name), table)
            self.tracker.note(seen)

    def _attribute(
        self, owner: int, name: str, before: Table | None, after: Table | None, *, early: bool = False
    ) -> None:
        """Put what a deferred statement changed in a table to the operation that deferred it."""
        parts = added(before, after) if before and after else None
        if parts is not None and (parts[0] or parts[1]):
            deferred.attribute(self.changes, self.start, owner, name, parts)
            known = self.tracker.tables.get(name)
            if early and known is not None:
                self.tracker.tables[name] = deferred.extended(known, parts)
        elif before != after and not early:
            deferred.replace_last(self.changes, self.start, owner, name, after)
