"""PostgreSQL: DDL is transactional, and the catalogue says everything."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, cast

from django.db import DataError
from django.db.backends.base.base import BaseDatabaseWrapper

from migwizard.core.rights.principals import Rights
from migwizard.core.schema import Snapshot, Table, View
from migwizard.core.schema.names import quoted
from migwizard.core.situation import DatabaseInfo

from ..altering import changes as changes_of
from ..base import TransactionStatus, is_local, printable
from ..transactions import rolled_back
from . import catalogue, changes, errors, locks, shadow
from .alter import statements
from .catalogue import fetch
from .concurrency import PostgreSQLConcurrency
from .facts import read_facts
from .principals import read_rights
from .snapshot import Reading, read_schema

__all__ = ["PostgreSQL"]

DESCRIPTION = """
SELECT current_user::text, current_database()::text, current_schema()::text, current_setting('server_version')
"""


class PostgreSQL(PostgreSQLConcurrency):
    """A PostgreSQL database, version 12 or later, through psycopg 3 or psycopg2."""

    vendor: ClassVar[str] = "postgresql"
    can_read_schema: ClassVar[bool] = True
    transactional_ddl: ClassVar[bool] = True

    def describe(self) -> DatabaseInfo:
        """Return who, where and what this database is, as the server and the driver say."""
        with self.connection.cursor() as cursor:
            ((user, name, schema, version),) = fetch(cursor, DESCRIPTION)
            driver: Any = self.connection.connection
            host, port = driver.info.host or "", driver.info.port
        return DatabaseInfo(
            alias=self.connection.alias,
            vendor=self.vendor,
            name=printable(name),
            schema=printable(schema or ""),
            host=printable(host),
            port=str(port or ""),
            user=printable(user),
            version=f"PostgreSQL {version.split()[0]}",
            local=is_local(host),
        )

    def rights(self) -> Rights:
        """Return what our role may do, where the next connection makes tables, and who else there is."""
        return read_rights(self.connection, self._version())

    def snapshot(
        self,
        schema: str | None = None,
        also: Collection[str] = (),
        tables: Collection[str] | None = None,
    ) -> Snapshot:
        """Return the tables and views of `schema` (by default the current one), in some ten queries whatever its size.

        `pg_temp` is the temporary schema of the session.
        """
        with self.connection.cursor() as cursor:
            ((current, path, temporary),) = fetch(cursor, catalogue.PLACE)
            home = temporary if schema == "pg_temp" else schema or current
            version = self._version()
            found: list[Table | View] = []
            for name in dict.fromkeys([home, *also]):
                if name is None:
                    continue
                reading = Reading(cursor, version, name, home or "")
                if name == current:
                    found += read_schema(reading, tables)
                    continue
                with rolled_back(self.connection):
                    put_first(cursor, name, path)
                    found += read_schema(reading, tables)
        return Snapshot(
            schema or current or "",
            {table.name: table for table in found if isinstance(table, Table)},
            tuple(sorted((view for view in found if isinstance(view, View)), key=lambda view: view.name)),
        )

    def changed_tables(self, before: Mapping[str, str] | None) -> tuple[Mapping[str, str], frozenset[str]]:
        """Return a fingerprint of every table and view, from the versions of its catalogue rows, and what changed."""
        with self.connection.cursor() as cursor:
            after = changes.fingerprints(cursor)
        return after, changes.differing(before or {}, after)

    def alter(
        self,
        live: Mapping[str, Table],
        targets: Sequence[tuple[str, Table | None]],
        fills: Sequence[tuple[str, str, str]] = (),
        views: Sequence[View] = (),
    ) -> tuple[str, ...]:
        """Return the statements that bring tables to their targets; new columns come last.

        The server is asked only what the tables do not tell: what a name with a full stop means, and which sequence
        a column owns.
        """
        with self.connection.cursor() as cursor:
            facts = read_facts(cursor, self._version(), live, changes_of(live, targets))
        return statements(live, targets, fills, views, facts)

    @contextmanager
    def read_only(self, lock_seconds: float = 2, statement_seconds: float = 60) -> Iterator[None]:
        """Hold a read-only, repeatable-read transaction with time limits, always rolled back.

        Inside another transaction, only what follows is read-only, and its isolation stays what it was.
        """
        outermost = not self.connection.in_atomic_block and self.connection.get_autocommit()
        # Never for the session: behind PgBouncer it would pass to a stranger.
        isolation = "ISOLATION LEVEL REPEATABLE READ, " if outermost else ""
        with rolled_back(self.connection):
            with self.connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION {isolation}READ ONLY")
            self.guard_timeouts(lock_seconds, statement_seconds)
            yield

    def guard_timeouts(self, lock_seconds: float, statement_seconds: float) -> None:
        """Set `lock_timeout` and `statement_timeout` for the current transaction."""
        with self.connection.cursor() as cursor:
            locks.set_timeouts(cursor, lock_seconds, statement_seconds)

    def ensure_schema(self, name: str) -> None:
        """Make a schema in the database, unless it is there."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(name)}")

    def transaction_id(self) -> str | None:
        """Return the transaction's 64-bit number, which is never given a second time."""
        with self.connection.cursor() as cursor:
            ((number,),) = fetch(cursor, "SELECT txid_current()::text")
        return str(number)

    def transaction_status(self, name: str) -> TransactionStatus | None:
        """Return what the server's commit log says; None for one that is too old to be in it, or of another server."""
        with self.connection.cursor() as cursor:
            try:
                with rolled_back(self.connection):
                    ((status,),) = fetch(cursor, "SELECT txid_status(%s::bigint)", name)
            except DataError:
                # "transaction ID … is in the future": this is not the server that it ran on.
                return None
        return cast("TransactionStatus | None", status)

    @contextmanager
    def session_timeouts(self, lock_seconds: float, statement_seconds: float) -> Iterator[None]:
        """Set the limits for the session, as nothing else reaches statements outside of a transaction; then reset."""
        with self.connection.cursor() as cursor:
            locks.set_timeouts(cursor, lock_seconds, statement_seconds, local=False)
        try:
            yield
        finally:
            if self.connection.connection is not None and not self.connection.connection.closed:
                with self.connection.cursor() as cursor:
                    cursor.execute("RESET lock_timeout")
                    cursor.execute("RESET statement_timeout")

    def explain_error(self, error: BaseException) -> str:
        """Return one sentence that says what a failed connection or statement means, without a password."""
        return errors.explain(self, error)

    @contextmanager
    def create_shadow(self) -> Iterator[tuple[BaseDatabaseWrapper, str]]:
        """Yield a new connection in a transaction, and a schema on it in which tables can be built; rolled back."""
        with shadow.create(self.connection) as (connection, schema):
            yield connection, schema

    def _version(self) -> int:
        """Return the server's version as a number: 180001 for 18.1."""
        return int(getattr(self.connection, "pg_version"))  # noqa: B009 - the stubs know the base class only


def put_first(cursor: Any, schema: str, path: str) -> None:
    """Put a schema in front of the search path until the transaction ends."""
    first = quoted(schema)
    cursor.execute(
        "SELECT set_config('search_path', %s, true)", [f"{first}, {path}" if path.strip() else first]
    )
