"""Who else uses a PostgreSQL database, and how they are kept out of a repair."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

from migwizard.core.locks import Lock
from migwizard.core.session import Session, listed

from .. import processes
from ..base import Database
from ..concurrency import AnotherRepair
from ..lookout import Lookout, connect
from ..transactions import rolled_back
from . import activity, locks
from .dialect import PostgreSQLDialect

HISTORY = "django_migrations"
REPAIR = "migwizard"
NO_IDLE_LIMIT = "SELECT set_config('idle_in_transaction_session_timeout', '0', true)"


class PostgreSQLConcurrency(PostgreSQLDialect, Database):
    """What is known of others at work on a PostgreSQL database."""

    _guard: BaseDatabaseWrapper | None = None
    """A second connection, which holds the lock of a repair of several transactions."""
    _lookout: Lookout | None = None

    @contextmanager
    def repairing(self, schema: str | None = None, *, several: bool = False) -> Iterator[None]:
        """Note who blocks our statements; and hold the lock between several transactions on a second connection.

        There it is held by a transaction that does nothing else, and so works behind any pooler; that has no snapshot
        which would keep rows from being vacuumed. Where the server gives us no second connection, or ends it, each
        transaction takes the lock by itself (`try_lock`), and another repair may come in between two of them: each
        compares what it finds with what it expects.
        """
        with ExitStack() as stack:
            if several:
                stack.enter_context(self._guarded(schema))
            self._lookout = Lookout(self.connection, self._process, activity.blockers)
            stack.enter_context(self._lookout.installed())
            yield

    def try_lock(self, name: str, schema: str | None = None) -> str | None:
        """Take an advisory lock until the transaction ends. Returns who holds it when it is taken; None when we do."""
        if self._lookout is not None:
            self._lookout.number = self._process()
        if name == REPAIR and self._guard_holds():
            return None
        with self.connection.cursor() as cursor:
            return locks.try_lock(cursor, name, schema)

    def hold_history(self, table: str, schema: str | None = None) -> bool:
        """Lock the table so that nobody else reads or writes it; where a mere reader does not end, writes it."""
        with self.connection.cursor() as cursor:
            return locks.hold(cursor, self.connection, table, schema)

    def others_at_work(
        self, tables: Collection[str], schema: str | None = None, project: str = ""
    ) -> tuple[str, ...]:
        """Return a sentence for each transaction in the way, and for each `migrate` of this project on this machine.

        A transaction that only changes rows of one of `tables` counts when it lasts longer than a moment. A `migrate`
        elsewhere that has not yet done anything in its transaction, or is between two migrations, cannot be seen.
        """
        with self.connection.cursor() as cursor:
            found = activity.others_at_work(cursor, HISTORY, tables, schema)
        migrating = processes.migrating_project(project) if project else ()
        return found + tuple(
            f"{processes.described(process)} is migrating this project." for process in migrating
        )

    def blockers(self) -> str:
        """Return who was in the way of the last statement that failed inside `repairing`."""
        return listed(self._lookout.blamed) if self._lookout is not None else ""

    def sessions(self) -> tuple[Session, ...]:
        """Return who else is connected to the database, and what they hold; whoever is waited for comes first."""
        with self.read_only(statement_seconds=10), self.connection.cursor() as cursor:
            return activity.sessions(cursor)

    def locks_held(self) -> tuple[Lock, ...]:
        """Return what our transaction has locked, of tables, indexes and sequences."""
        with self.connection.cursor() as cursor:
            return activity.locks_held(cursor)

    def storage(self) -> Mapping[str, tuple[str, str]]:
        """Return name and file of every table, by its object id."""
        with self.connection.cursor() as cursor:
            return activity.storage(cursor)

    @contextmanager
    def _guarded(self, schema: str | None) -> Iterator[None]:
        """Hold the lock on a second connection; do without where there is none."""
        holder: str | None = None
        with ExitStack() as stack:
            with suppress(Error):
                guard = connect(self.connection)
                stack.callback(guard.close)
                stack.enter_context(rolled_back(guard))
                with guard.cursor() as cursor:
                    cursor.execute(NO_IDLE_LIMIT)
                    holder = locks.try_lock(cursor, REPAIR, schema or self._current_schema())
                self._guard = None if holder else guard
            if holder:
                raise AnotherRepair(holder)
            try:
                yield
            finally:
                self._guard = None

    def is_pooled(self) -> bool:
        """Tell whether the server's process has another number than the one that answered when we connected."""
        driver: Any = self.connection.connection
        return int(driver.info.backend_pid) != self._process()

    def _process(self) -> int:
        """Return the number of the process that serves our own connection; what the driver knows is a pooler's."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    def _current_schema(self) -> str | None:
        """Return the schema that our own connection is in."""
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()::text")
            return str(cursor.fetchone()[0])

    def _guard_holds(self) -> bool:
        """Tell whether the second connection has the lock, and is still there."""
        if self._guard is None:
            return False
        try:
            with self._guard.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            self._guard = None
            return False
        return True
