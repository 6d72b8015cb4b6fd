"""Who else uses a database of SQL Server, how they are kept out of a repair, and what one transaction may do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, TypeVar

from django.db import DatabaseError, Error

from migwizard.core.locks import Lock
from migwizard.core.schema.names import bracketed
from migwizard.core.session import Session, listed

from .. import processes
from ..base import Database
from ..concurrency import AnotherRepair
from ..lookout import Lookout
from ..marks import Mark
from ..transactions import rolled_back
from . import activity, errors, limits
from .activity import fetch
from .dialect import MicrosoftDialect
from .transactions import Watch, drain, settle_autocommit
from .types import text

HISTORY = "django_migrations"
REPAIR = "migwizard"
READER_SECONDS = 2

UNSEEN = "another session, which this login may not see"
"""Who holds a lock, where VIEW SERVER STATE is missing, or the session has just ended."""

TAKE = """
SET NOCOUNT ON; DECLARE @result int;
EXEC @result = sp_getapplock @Resource = {name}, @LockMode = 'Exclusive', @LockOwner = '{owner}', @LockTimeout = 0;
SELECT @result
"""
LET_GO = "EXEC sp_releaseapplock @Resource = {name}, @LockOwner = 'Session'"
HOLDS = "SELECT APPLOCK_MODE('public', {name}, 'Session')"

# Under row versioning, which Azure SQL Database has by default, who reads never waits for who writes.
VERSIONED = "SELECT CAST(is_read_committed_snapshot_on AS int) FROM sys.databases WHERE database_id = DB_ID()"

Answer = TypeVar("Answer")


class MicrosoftConcurrency(MicrosoftDialect, Database):
    """What is known of others at work on a database of SQL Server, and how our own transactions behave."""

    results_wait = True

    _guarded: str | None = None
    """The lock that our session holds between several transactions."""
    _lookout: Lookout | None = None
    _sees: bool | None = None
    """Whether we may see what others do; None as long as it was not asked."""

    @contextmanager
    def repairing(self, schema: str | None = None, *, several: bool = False) -> Iterator[None]:
        """Note who blocks our statements; and hold the lock by the session where there are several transactions."""
        with ExitStack() as stack:
            if several:
                stack.enter_context(self._held_by_session(schema))
            self._lookout = Lookout(self.connection, self._session, self._blockers)
            stack.enter_context(self._lookout.installed())
            yield

    def try_lock(self, name: str, schema: str | None = None) -> str | None:
        """Take an application lock until the transaction ends. Returns who holds it when it is taken."""
        if name == REPAIR and self._session_holds():
            return None
        return self._take(self._resource(name, schema), "Transaction")

    def hold_history(self, table: str, schema: str | None = None) -> bool:
        """Lock the table so that nobody else reads or writes it; where a mere reader does not end, writes it.

        Returns False where rows are versioned: then readers see the history as it was before, and do not wait.
        """
        place = self._history(table, schema)
        if place is None:
            return False
        with self.connection.cursor() as cursor:
            ((versioned,),) = fetch(cursor, VERSIONED)
            ((former,),) = fetch(cursor, "SELECT @@LOCK_TIMEOUT")
            cursor.execute(f"SET LOCK_TIMEOUT {limits.milliseconds(READER_SECONDS)}")
        alone = True
        try:
            with self._kept():
                self._lock_table(place, "TABLOCKX, HOLDLOCK")
        except Error as error:
            if errors.number(error) != errors.LOCK_TIMEOUT:
                raise
            alone = False
        with self.connection.cursor() as cursor:
            cursor.execute(f"SET LOCK_TIMEOUT {former}")
        if not alone:
            self._lock_table(place, "TABLOCK, HOLDLOCK")
        return alone and not versioned

    def others_at_work(
        self, tables: Collection[str], schema: str | None = None, project: str = ""
    ) -> tuple[str, ...]:
        """Return a sentence for each transaction in the way, and for each `migrate` of this project on this machine.

        Transactions of others are only seen with VIEW SERVER STATE.
        """
        home = schema or self._schema()
        nobody: tuple[str, ...] = ()
        found = self._asked(lambda cursor: activity.others_at_work(cursor, HISTORY, tables, home), nobody)
        migrating = processes.migrating_project(project) if project else ()
        return found + tuple(
            f"{processes.described(process)} is migrating this project." for process in migrating
        )

    def blockers(self) -> str:
        """Return who was in the way of the last statement that failed inside `repairing`."""
        return listed(self._lookout.blamed) if self._lookout is not None else ""

    def sessions(self) -> tuple[Session, ...]:
        """Return who else is connected to the database, and what they hold; nobody where we may not see them."""
        with self.read_only(statement_seconds=10):
            return self._asked(activity.sessions, ())

    def locks_held(self) -> tuple[Lock, ...] | None:
        """Return what our transaction has locked; None where we may not see it."""
        return self._asked(activity.locks_held, None)

    def storage(self) -> Mapping[str, tuple[str, str]]:
        """Return name and place of every table, by its object id."""
        return self._asked(activity.storage, {})

    @contextmanager
    def read_only(self, lock_seconds: float = 2, statement_seconds: float = 60) -> Iterator[None]:
        """Hold a transaction with time limits, always rolled back, in which we ourselves refuse whatever may write.

        SQL Server has no transactions that only read. Its snapshots would show one moment, but forbid to read a table
        that somebody alters meanwhile, and the catalogue has none.
        """
        try:
            with (
                rolled_back(self.connection),
                limits.limited(self.connection, lock_seconds, statement_seconds),
                self.connection.execute_wrapper(limits.only_reads),
            ):
                yield
        finally:
            settle_autocommit(self.connection)

    def guard_timeouts(self, lock_seconds: float, statement_seconds: float) -> None:
        """Limit, for the session, how long a statement waits for a lock and, by the driver, how long it runs."""
        self.connection.ensure_connection()
        limits.set_limits(self.connection, lock_seconds, statement_seconds)

    @contextmanager
    def session_timeouts(self, lock_seconds: float, statement_seconds: float) -> Iterator[None]:
        """Limit how long statements outside of any transaction may wait and run."""
        self.connection.ensure_connection()
        with limits.limited(self.connection, lock_seconds, statement_seconds):
            yield

    @contextmanager
    def marked(self, mark: Mark) -> Iterator[None]:
        """Watch over the transaction that was just begun, under XACT_ABORT ON."""
        with Watch(self.connection, mark).installed():
            yield

    def settle(self) -> None:
        """Let the driver commit by itself again, now that the transaction has ended."""
        settle_autocommit(self.connection)

    def check_constraints(self) -> None:
        """Do nothing: here every constraint holds after each statement, and none waits for the commit.

        What mssql-django does validates every constraint of the whole database, and enables those that were disabled.
        """

    def finish(self, cursor: Any, sql: str) -> None:
        """Fetch the results of all statements that were sent together, so that all run and their errors are seen."""
        drain(cursor, sql)

    def waited_too_long(self, error: BaseException) -> bool:
        """Tell whether a statement waited too long for a lock, or took too long by itself."""
        return errors.number(error) == errors.LOCK_TIMEOUT or "took too long" in errors.sentence(error)

    def explain_error(self, error: BaseException) -> str:
        """Return one sentence that says what a failed connection or statement means, without a password."""
        return errors.explain(self, error)

    @contextmanager
    def _held_by_session(self, schema: str | None) -> Iterator[None]:
        """Hold the lock of a repair from transaction to transaction."""
        name = self._resource(REPAIR, schema)
        if holder := self._take(name, "Session"):
            raise AnotherRepair(holder)
        self._guarded = name
        try:
            yield
        finally:
            self._guarded = None
            # A session that is over holds nothing any more.
            with suppress(Error), self.connection.cursor() as cursor:
                cursor.execute(LET_GO.format(name=text(name)))

    def _session_holds(self) -> bool:
        """Tell whether the session has the lock, and is still the one that took it."""
        if self._guarded is None:
            return False
        with self.connection.cursor() as cursor:
            ((mode,),) = fetch(cursor, HOLDS.format(name=text(self._guarded)))
        return bool(mode == "Exclusive")

    def _take(self, name: str, owner: str) -> str | None:
        """Take a lock, or return who holds it."""
        sql = TAKE.format(name=text(name), owner=owner)
        with self.connection.cursor() as cursor:
            cursor.execute(sql, None)
            # A server may say in words as well that the lock was not granted, which is a result without rows.
            drain(cursor, sql)
            ((result,),) = cursor.fetchall()
        if result >= 0:
            return None
        return self._asked(lambda cursor: activity.holder(cursor, name), "") or UNSEEN

    def _resource(self, name: str, schema: str | None) -> str:
        """Return what a lock is called: with the database, as not everything that speaks TDS has locks for each."""
        with self.connection.cursor() as cursor:
            ((database,),) = fetch(cursor, "SELECT DB_NAME()")
        return f"{name}:{schema or self._schema()}@{database}"

    def _schema(self) -> str:
        """Return the schema that our statements are in."""
        with self.connection.cursor() as cursor:
            ((schema,),) = fetch(cursor, "SELECT SCHEMA_NAME()")
        return str(schema or "dbo")

    def _history(self, table: str, schema: str | None) -> str | None:
        """Return the history table as it is written in SQL; None where there is none."""
        place = f"{bracketed(schema or self._schema())}.{bracketed(table)}"
        with self.connection.cursor() as cursor:
            ((found,),) = fetch(cursor, "SELECT OBJECT_ID(%s, 'U')", place)
        return place if found is not None else None

    def _lock_table(self, place: str, hints: str) -> None:
        with self.connection.cursor() as cursor:
            fetch(cursor, f"SELECT TOP 1 1 FROM {place} WITH ({hints})")

    @contextmanager
    def _kept(self) -> Iterator[None]:
        """Let the transaction go on after an error inside."""
        savepoint: Any = self.connection.savepoint()
        self.connection.savepoint_ids.append(savepoint)
        try:
            yield
        except Error:
            self.connection.savepoint_rollback(savepoint)
            self.connection.needs_rollback = False
            raise
        finally:
            self.connection.savepoint_ids.pop()

    def _asked(self, ask: Callable[[Any], Answer], unknown: Answer) -> Answer:
        """Return what the server says of others; `unknown` where we may not see it, or there is no such view."""
        if self._sees is False:
            return unknown
        try:
            with rolled_back(self.connection), self.connection.cursor() as cursor:
                if self._sees is None:
                    self._sees = activity.may_see_others(cursor)
                return ask(cursor) if self._sees else unknown
        except DatabaseError as error:
            if self.waited_too_long(error):
                raise
            self._sees = False
            return unknown
        finally:
            settle_autocommit(self.connection)

    def _session(self) -> int:
        """Return the number of our own session."""
        with self.connection.cursor() as cursor:
            ((number,),) = fetch(cursor, "SELECT @@SPID")
        return int(number)

    def _blockers(self, cursor: Any, session: int) -> tuple[str, ...]:
        return activity.blockers(cursor, session) if activity.may_see_others(cursor) else ()
