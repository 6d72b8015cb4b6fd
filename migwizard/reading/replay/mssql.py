"""Scratch databases on SQL Server, and how a session is kept inside of one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from ...core.schema.names import bracketed
from ...databases.microsoft import errors, scratch
from .guard import Guard
from .server import ReplayRefused
from .staging import Entry

MASTER = "master"
PERMISSION_DENIED = 262

COPIED = """
SELECT s.name FROM {database}.sys.schemas s
WHERE s.name NOT IN (N'dbo', N'guest', N'sys', N'INFORMATION_SCHEMA') AND s.name NOT LIKE N'db[_]%'
"""


class MicrosoftServer:
    """The SQL Server of one entry of DATABASES."""

    def __init__(self, entry: Entry, guard: Guard) -> None:
        self.entry = entry
        self.guard = guard

    def create(self, name: str, like: str) -> None:
        """Create the database `name` with the collation and the schemas of `like`, if that is on this server.

        Raises:
            ReplayRefused: when the login may not, or the server cannot be reached.
        """
        from django.db.utils import Error

        try:
            with self._cursor(MASTER) as cursor:
                self._check(cursor)
                scratch.sweep(cursor)
                scratch.create(cursor, name, like)
                schemas: list[str] = []
                with contextlib.suppress(Error):
                    cursor.execute(COPIED.format(database=bracketed(like)))
                    schemas = [schema for (schema,) in cursor.fetchall()]
            if schemas:
                with self._cursor(name) as cursor:
                    for schema in schemas:
                        cursor.execute(f"CREATE SCHEMA {bracketed(schema)}")
        except ReplayRefused:
            raise
        except Exception as error:
            raise ReplayRefused(self._reason(error)) from error

    def drop(self, name: str, like: str) -> None:
        """Drop the database `name` with whoever is connected to it."""
        with self._cursor(MASTER) as cursor:
            scratch.drop(cursor, name)

    @contextlib.contextmanager
    def _cursor(self, name: str) -> Iterator[Any]:
        """Yield a cursor in a database of the server, past the guard."""
        from django.db.backends.base.base import NO_DB_ALIAS
        from django.db.utils import load_backend

        backend = load_backend(self.entry["ENGINE"])
        with self.guard.trusted():
            connection = backend.DatabaseWrapper({**self.entry, "NAME": name}, alias=NO_DB_ALIAS)
            try:
                with connection.cursor() as cursor:
                    yield cursor
            finally:
                connection.close()

    def _check(self, cursor: Any) -> None:
        cursor.execute(scratch.ENGINE)
        if cursor.fetchone()[0] == scratch.AZURE_DATABASE:
            raise ReplayRefused(
                "Each database of Azure SQL Database is billed, so none is made for a replay: name a database on "
                "another server with --shadow, or use --replay FILE."
            )

    def _reason(self, error: BaseException) -> str:
        where = self.entry.get("HOST") or "the local server"
        if errors.number(error) == PERMISSION_DENIED:
            return (
                f"The login {self.entry.get('USER')!r} may not create a database on {where}; GRANT CREATE ANY DATABASE "
                "to it, name another server with --shadow, or use --replay FILE."
            )
        lines = str(error).strip().splitlines() or [type(error).__name__]
        text = lines[0].replace(str(self.entry.get("PASSWORD") or "\0"), "***")
        return f"No scratch database could be created on {where}: {text}"
