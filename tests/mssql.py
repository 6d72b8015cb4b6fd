"""The SQL Server that the environment names for the tests.

`MIGWIZARD_TEST_MSSQL` is a URL such as `mssql://sa:password@127.0.0.1:1433`, whose user may create databases;
`?driver=mssql-python` instead of pyodbc, `?odbc=NAME` for another ODBC driver than Microsoft's.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.servers import ServerMissing

VARIABLE = "MIGWIZARD_TEST_MSSQL"

# The login is encrypted where the server can, and its certificate is nobody's business in a test.
SECURITY = "Encrypt=optional;TrustServerCertificate=yes"


@dataclass
class SQLServer:
    """A SQL Server that runs somewhere, and the ways to make and drop databases on it."""

    host: str
    port: int
    user: str
    password: str
    driver: str = "pyodbc"
    odbc: str = "ODBC Driver 18 for SQL Server"
    databases: set[str] = field(default_factory=set)

    @classmethod
    def from_environment(cls) -> SQLServer:
        """The server that the environment names. Raises ServerMissing where it names none, or that does not answer."""
        url = os.environ.get(VARIABLE, "")
        if not url:
            raise ServerMissing(f"{VARIABLE} names no SQL Server (mssql://user:password@host:port)")
        parts = urlsplit(url)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        server = cls(
            parts.hostname or "127.0.0.1",
            parts.port or 1433,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
            **options,
        )
        try:
            with server.connect():
                return server
        except Exception as error:
            raise ServerMissing(f"the SQL Server of {VARIABLE} does not answer: {error}") from error

    def entry(self, name: str) -> dict[str, Any]:
        """The entry of DATABASES for one database."""
        options = {"extra_params": SECURITY}
        if self.driver == "mssql-python":
            options["python_driver"] = "mssql-python"
        else:
            options["driver"] = self.odbc
        return {
            "ENGINE": "mssql",
            "NAME": name,
            "USER": self.user,
            "PASSWORD": self.password,
            "HOST": self.host,
            "PORT": str(self.port),
            "OPTIONS": options,
        }

    @contextmanager
    def connect(self, name: str = "master") -> Iterator[Any]:
        """A cursor of the driver's own; every statement is committed."""
        with connected(self.entry(name)) as cursor:
            yield cursor

    def create_database(self) -> dict[str, Any]:
        """An empty database with a new random name, as an entry of DATABASES."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connect() as cursor:
            cursor.execute(f"CREATE DATABASE [{name}]")
        self.databases.add(name)
        return self.entry(name)

    def drop_database(self, name: str) -> None:
        """Drops a database and throws out whoever is still connected to it."""
        with self.connect() as cursor:
            for left in range(50, -1, -1):
                cursor.execute(
                    f"SELECT session_id FROM sys.dm_exec_sessions WHERE database_id = DB_ID(N'{name}')"
                )
                for (session,) in cursor.fetchall():
                    with contextlib.suppress(Exception):
                        cursor.execute(f"KILL {session}")
                try:
                    cursor.execute(f"DROP DATABASE IF EXISTS [{name}]")
                    break
                except Exception:
                    # Who is thrown out is gone a moment later.
                    if not left:
                        raise
                    time.sleep(0.1)
        self.databases.discard(name)

    @property
    def emulated(self) -> bool:
        """Whether it is another server that speaks the protocol, and keeps less in its catalogue."""
        with self.connect() as cursor:
            return bool(cursor.execute("SELECT CAST(SERVERPROPERTY('babelfish') AS int)").fetchone()[0])


@contextmanager
def connected(entry: Mapping[str, Any]) -> Iterator[Any]:
    """A cursor of the driver's own in the database of an entry; every statement is committed."""
    options = entry["OPTIONS"]
    words = {
        "SERVER": f"{entry['HOST']},{entry['PORT']}",
        "UID": entry["USER"],
        "PWD": "{" + entry["PASSWORD"].replace("}", "}}") + "}",
        "DATABASE": "{" + entry["NAME"].replace("}", "}}") + "}",
    }
    if "python_driver" in options:
        driver = importlib.import_module("mssql_python")
    else:
        driver = importlib.import_module("pyodbc")
        words = {"DRIVER": "{" + options["driver"] + "}", **words}
    text = ";".join(f"{word}={value}" for word, value in words.items())
    connection = driver.connect(f"{text};{options['extra_params']}", autocommit=True)
    try:
        yield connection.cursor()
    finally:
        connection.close()
