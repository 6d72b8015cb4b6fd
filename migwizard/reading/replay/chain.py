"""Runs a chain of migrations on an empty scratch database, as `migrate` does, and tells each operation's effect."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from ...core.graph import Key
from ...core.schema import Table
from ...core.truths.effects import TableChange
from .cache import Entry
from .guard import Guard
from .migration import MigrationRun
from .statements import Recorder, rebuild
from .tracker import Tracker


class MigrationFailed(Exception):
    """A migration raised an error; the text says which operation and what, in one sentence."""


class RebuildFailed(Exception):
    """What the cache says and what came of its statements do not agree."""


@dataclass(frozen=True, slots=True)
class Node:
    """One migration to run."""

    key: Key
    cache_key: str


class Chain:
    """One scratch database, from empty to the end of the chain.

    Args:
        alias: of the scratch database in DATABASES.
        nodes: the migrations in the order in which they are run.
        unmigrated: labels of the apps without migrations.
        thorough: read every table after every operation that may have changed the schema.
    """

    def __init__(
        self,
        alias: str,
        nodes: Sequence[Node],
        unmigrated: Sequence[str],
        guard: Guard,
        *,
        thorough: bool = False,
    ) -> None:
        from django.db import connections
        from django.db.migrations.recorder import MigrationRecorder
        from django.db.migrations.state import ProjectState

        self.connection: Any = connections[alias]
        self.guard = guard
        self.nodes = nodes
        self.unmigrated = unmigrated
        self.statements = Recorder(self.connection)
        self.tracker = Tracker(self.connection, self.statements.paused, thorough=thorough)
        self.history = MigrationRecorder(self.connection)
        self.state = ProjectState(real_apps=set(unmigrated))
        self.migrations: dict[Key, Any] = {}
        self.own: dict[Key, tuple[Any, ...]] = {}
        """The operations of each migration as its file has them, before receivers of pre_migrate add any."""
        self.signals: tuple[TableChange, ...] = ()

    def start(self) -> None:
        """Do what `migrate` does before the first migration."""
        with self.statements.paused():
            self.connection.prepare_database()
        self.tracker.start()
        with self.guard.running(), self.statements.paused():
            self._emit_pre_migrate()
            self.signals = self.tracker.changes(self.tracker.look())
            self._synchronize()
            self.history.ensure_schema()
        self.tracker.start()

    def rebuild(self, entries: Sequence[Entry]) -> None:
        """Bring the database to where it was after these migrations, without running them.

        Raises:
            RebuildFailed: when it comes out differently.
        """
        expected = dict(self.tracker.tables)
        with self.statements.paused():
            for entry in entries:
                migration = self.migration(entry.key)
                try:
                    rebuild(self.connection, entry.statements)
                except Exception as error:
                    raise RebuildFailed(f"{'.'.join(entry.key)}: {error}") from error
                self.record(migration)
                migration.mutate_state(self.state, preserve=False)
                _follow(expected, entry)
        self.tracker.start()
        if self.tracker.tables != expected:
            raise RebuildFailed("the rebuilt schema is not the one that the cache describes")

    def run(self, node: Node) -> Entry:
        """Run one migration.

        Raises:
            MigrationFailed: when it fails.
        """
        try:
            migration = self.migration(node.key)
        except Exception as error:
            raise MigrationFailed(f"The file cannot be imported: {_text(error)}") from error
        _ = self.state.apps
        run = MigrationRun(self, migration)
        try:
            with self.guard.running():
                operations = run.apply()
        except Exception as error:
            raise MigrationFailed(f"{run.where()}: {_text(error)}") from error
        return Entry(node.key, node.cache_key, tuple(map(tuple, operations)), self.statements.take())

    def finish(self) -> tuple[TableChange, ...]:
        """Do what `migrate` does after the last migration; return what receivers of its signals changed.

        Raises:
            MigrationFailed: when one of them fails.
        """
        try:
            with self.guard.running(), self.statements.paused():
                self._emit_post_migrate()
        except Exception as error:
            raise MigrationFailed(f"A receiver of post_migrate failed: {_text(error)}") from error
        changes = self.tracker.changes(self.tracker.look())
        names = {change.after for change in changes}
        early = [
            change for change in self.signals if change.table == self.tracker.tables.get(change.after or "")
        ]
        return (*(change for change in early if change.after not in names), *changes)

    def overlooked(self) -> tuple[str, ...]:
        """Return the tables that are not as they were last seen: none, if every change was noticed."""
        seen = dict(self.tracker.tables)
        self.tracker.start()
        now = self.tracker.tables
        return tuple(sorted(name for name in seen.keys() | now.keys() if seen.get(name) != now.get(name)))

    def migration(self, key: Key) -> Any:
        """Return one migration, imported as Django does."""
        if key not in self.migrations:
            from django.db.migrations.loader import MigrationLoader

            package, _ = MigrationLoader.migrations_module(key[0])
            module = import_module(f"{package}.{key[1]}")
            self.migrations[key] = module.Migration(key[1], key[0])
            self.own[key] = tuple(self.migrations[key].operations)
        return self.migrations[key]

    def _plan(self) -> list[tuple[Any, bool]]:
        plan = []
        for node in self.nodes:
            try:
                plan.append((self.migration(node.key), False))
            except Exception:  # The replay stops there, with a reason.
                break
        return plan

    def _emit_pre_migrate(self) -> None:
        from django.core.management.base import OutputWrapper
        from django.core.management.sql import emit_pre_migrate_signal

        given: Any = {"stdout": OutputWrapper(io.StringIO()), "plan": self._plan()}
        emit_pre_migrate_signal(0, False, self.connection.alias, apps=self.state.apps, **given)
        # What comes next may still change the state, which is cheaper while nothing is rendered.
        del self.state.apps

    def _synchronize(self) -> None:
        """Create the tables of apps without migrations, as Django's test runner has it done."""
        if self.unmigrated:
            from django.core.management.commands.migrate import Command

            command = Command(stdout=io.StringIO(), stderr=io.StringIO())
            command.verbosity = 0
            command.sync_apps(self.connection, set(self.unmigrated))

    def _emit_post_migrate(self) -> None:
        from django.core.management.base import OutputWrapper
        from django.core.management.sql import emit_post_migrate_signal

        from ..receivers import post_migrate_apps

        apps: Any = post_migrate_apps(self.state)
        given: Any = {"stdout": OutputWrapper(io.StringIO()), "plan": self._plan()}
        emit_post_migrate_signal(0, False, self.connection.alias, apps=apps, **given)

    def record(self, migration: Any) -> None:
        """Record a migration as applied, in the scratch database; a squash by what it replaces."""
        with self.statements.paused():
            for app, name in migration.replaces or [(migration.app_label, migration.name)]:
                self.history.record_applied(app, name)


def _follow(tables: dict[str, Table], entry: Entry) -> None:
    """Bring tables to where a migration leaves them."""
    for changes in entry.operations:
        for change in changes:
            if change.before is not None:
                tables.pop(change.before, None)
        for change in changes:
            if change.after is not None and change.table is not None:
                tables[change.after] = change.table


def _text(error: BaseException) -> str:
    lines = [line for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
