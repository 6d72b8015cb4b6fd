"""The guard of a replay: no connection but to a scratch database, no statement but to one, no other process.

The settings point to scratch databases before any code of the project can read them; this is the second line of
defence, for a migration that kept a live address from elsewhere. What it cannot stop: another driver than psycopg,
psycopg2, sqlite3 and, where DATABASES has a SQL Server, pyodbc and mssql-python, another server reached by the scratch
one (dblink), and any other network traffic.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from . import confinement
from .escape import Escape

__all__ = ["Escape", "Guard", "file_of"]

PROCESS_EVENTS = frozenset(
    (
        "subprocess.Popen",
        "os.system",
        "os.exec",
        "os.posix_spawn",
        "os.spawn",
        "os.fork",
        "os.forkpty",
        "pty.spawn",
    )
)


class Guard:
    """Watches one process until it ends; install it before any code of the project is imported."""

    def __init__(self) -> None:
        self.databases: set[str] = set()
        """Names of the scratch databases on servers."""
        self.before_connecting: Callable[[str], None] = lambda name: None
        """Called with the name of a scratch database before somebody connects to it."""
        self._closed: set[str] = set()
        self._files: set[tuple[int, int]] = set()
        self._paths: set[str] = set()
        self._trusted = threading.local()
        self._running = False

    def install(self) -> None:
        """Put the guard between this process and the drivers; there is no way to take it off."""
        sys.addaudithook(self._audit)
        self._guard_sqlite()
        if importlib.util.find_spec("psycopg") is not None:
            self._guard_psycopg()
        if importlib.util.find_spec("psycopg2") is not None:
            self._guard_psycopg2()

    def close_files(self, paths: Collection[str]) -> None:
        """Refuse these SQLite files from now on, by whatever path they are reached."""
        for path in paths:
            self._paths.add(os.path.realpath(path))
            if os.path.exists(path):
                status = os.stat(path)
                self._files.add((status.st_dev, status.st_ino))

    def close_databases(self, names: Collection[str]) -> None:
        """Refuse these databases of SQL Servers from now on, whether a connection or a statement names them."""
        self._closed.update(names)
        for name in ("pyodbc", "mssql_python") if names else ():
            if importlib.util.find_spec(name) is not None:
                self._guard_mssql(importlib.import_module(name))

    @contextmanager
    def trusted(self) -> Iterator[None]:
        """Let this thread connect to any database of a server: scratch databases are made from another one."""
        before = getattr(self._trusted, "on", False)
        self._trusted.on = True
        try:
            yield
        finally:
            self._trusted.on = before

    @contextmanager
    def running(self) -> Iterator[None]:
        """Refuse other processes meanwhile: they would know nothing of the scratch databases."""
        self._running = True
        try:
            yield
        finally:
            self._running = False

    def watch(self, connection: Any) -> None:
        """Assert, now and at every statement, that a Django connection is to a scratch database."""
        self._check(connection)
        connection._migwizard_watched = connection.connection
        if self._statement not in connection.execute_wrappers:
            connection.execute_wrappers.insert(0, self._statement)

    def _statement(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]
    ) -> Any:
        connection = context["connection"]
        if connection.connection is not connection._migwizard_watched:
            self._check(connection)
        if connection.vendor == "microsoft" and not getattr(self._trusted, "on", False):
            confinement.check_statement(str(sql), self._closed)
        return execute(sql, params, many, context)

    def _check(self, connection: Any) -> None:
        raw = connection.connection
        if getattr(self._trusted, "on", False) or raw is None:
            return
        if connection.vendor == "postgresql":
            self._check_name(raw.info.dbname)
        elif connection.vendor == "microsoft":
            self._check_name(confinement.database_of(raw))
        elif connection.vendor == "sqlite":
            self._check_file(connection.settings_dict["NAME"])
        else:
            raise Escape(
                f"A statement for {connection.display_name} was stopped: no scratch database stands for it."
            )

    def _check_name(self, name: str | None) -> None:
        if name not in self.databases:
            raise Escape(
                f"A connection to the database {name!r}, which is not the scratch database, was stopped."
            )

    def _check_file(self, database: Any) -> None:
        path = file_of(database)
        if path is None:
            return
        if os.path.realpath(path) in self._paths:
            raise Escape(f"A connection to the live SQLite file {path!r} was stopped.")
        try:
            status = os.stat(path)
        except OSError:
            return
        if (status.st_dev, status.st_ino) in self._files:
            raise Escape(f"A connection to the live SQLite file {path!r} was stopped.")

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "sqlite3.connect":
            self._check_file(arguments[0])
        elif self._running and event in PROCESS_EVENTS:
            raise Escape(
                f"A migration tried to start another process ({event}), which a replay does not allow."
            )

    def _guard_sqlite(self) -> None:
        """Let no file be attached to a SQLite connection but those that may be opened."""
        import sqlite3

        original: Callable[..., sqlite3.Connection] = sqlite3.connect
        attach = getattr(sqlite3, "SQLITE_ATTACH", 24)

        def authorize(action: int, argument: str | None, *rest: Any) -> int:
            if action == attach:
                if argument is None:  # The name is an expression, whose value nobody tells us.
                    return sqlite3.SQLITE_DENY
                try:
                    self._check_file(argument)
                except Escape:
                    return sqlite3.SQLITE_DENY
            return sqlite3.SQLITE_OK

        def connect(*args: Any, **kwargs: Any) -> sqlite3.Connection:
            connection = original(*args, **kwargs)
            connection.set_authorizer(authorize)
            return connection

        sqlite3.connect = sqlite3.dbapi2.connect = connect  # type: ignore[assignment]

    def _guard_psycopg(self) -> None:
        import psycopg
        from psycopg import conninfo as conninfos

        # Every way to connect, sync or async, pooled or not, comes through here.
        base: Any = psycopg.BaseConnection
        holders: list[Any] = (
            [base] if hasattr(base, "_connect_gen") else [psycopg.Connection, psycopg.AsyncConnection]
        )
        for holder in holders:
            original = holder._connect_gen.__func__

            def connect_gen(
                cls: Any, conninfo: str = "", /, *args: Any, original: Any = original, **kwargs: Any
            ) -> Any:
                self._check_address(conninfos.conninfo_to_dict(conninfo).get("dbname"))
                return original(cls, conninfo, *args, **kwargs)

            holder._connect_gen = classmethod(connect_gen)

    def _guard_psycopg2(self) -> None:
        import psycopg2

        original = psycopg2._connect

        def connect(dsn: str, *args: Any, **kwargs: Any) -> Any:
            self._check_address(psycopg2.extensions.parse_dsn(dsn).get("dbname"))
            return original(dsn, *args, **kwargs)

        psycopg2._connect = connect

    def _guard_mssql(self, driver: Any) -> None:
        """Let pyodbc, or mssql-python, connect to scratch databases alone, and keep its sessions inside of them."""
        original = driver.connect
        # A session that was confined cannot be given to somebody else.
        confinement.without_pool(driver)

        def connect(*args: Any, **kwargs: Any) -> Any:
            if getattr(self._trusted, "on", False):
                return original(*args, **kwargs)
            self.before_connecting(confinement.named_database(*args, **kwargs))
            connection = original(*args, **kwargs)
            try:
                self._check_name(confinement.database_of(connection))
                confinement.confine(connection)
            except BaseException:
                connection.close()
                raise
            return connection

        driver.connect = connect

    def _check_address(self, name: Any) -> None:
        if getattr(self._trusted, "on", False):
            return
        self._check_name(None if name is None else str(name))
        self.before_connecting(str(name))


def file_of(database: Any) -> str | None:
    """Return the path of the file that SQLite would open for `database`; None for one in memory."""
    name = os.fsdecode(database) if isinstance(database, bytes | os.PathLike) else str(database)
    if name.startswith("file:"):
        parts = urlsplit(name)
        if "mode=memory" in parts.query or parts.path == ":memory:":
            return None
        name = unquote(parts.path)
    return None if name in ("", ":memory:") else name
