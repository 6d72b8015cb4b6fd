"""How a session of SQL Server is kept in one database: a statement could name a table of any other on the server."""

from __future__ import annotations

import re
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from .escape import Escape

# The identity of a database's own user is none outside of it, whatever the login may do, and there is no way back.
IMPERSONATE = "EXECUTE AS USER = N'dbo' WITH NO REVERT"

GENUINE = "SELECT CASE WHEN @@VERSION LIKE N'Microsoft%' THEN 1 ELSE 0 END"

NAMED = re.compile(r"(?:^|;)\s*DATABASE\s*=\s*(\{(?:[^}]|\}\})*\}|[^;]*)", re.IGNORECASE)

USE = re.compile(r"(?:^|[;\n])\s*USE\s+(?!HINT\b|PLAN\b)", re.IGNORECASE)


def named_database(connection_string: str = "", *args: Any, **kwargs: Any) -> str:
    """Return the database that a connection is asked for; empty where it is the login's own."""
    given = {key.lower(): value for key, value in kwargs.items()}.get("database")
    if given is not None:
        return str(given)
    found = NAMED.search(connection_string or "")
    name = found[1].strip() if found else ""
    return name[1:-1].replace("}}", "}") if name[:1] == "{" else name


def database_of(connection: Any) -> str:
    """Return the database that a driver's connection is in."""
    return str(_ask(connection, "SELECT DB_NAME()"))


def confine(connection: Any) -> None:
    """Take from a session every right outside of its database, for good.

    A server that only speaks SQL Server's protocol, and cannot do that, leaves it to `check_statement`.

    Raises:
        Escape: when SQL Server refuses.
    """
    try:
        connection.cursor().execute(IMPERSONATE).close()
    except Exception as error:
        _settle(connection)
        if _ask(connection, GENUINE):
            raise Escape(f"The session could not be confined to the scratch database: {error}") from error
    _settle(connection)


def without_pool(driver: Any) -> None:
    """Let each connection of pyodbc or mssql-python be a session of its own."""
    if hasattr(driver, "pooling") and callable(driver.pooling):
        driver.pooling(enabled=False)
    else:
        driver.pooling = False


def check_statement(sql: str, closed: Collection[str]) -> None:
    """Look for another database in a statement, in a text that it may execute as well.

    Raises:
        Escape: when it changes to another one, or names a table of one of `closed`.
    """
    if USE.search(sql):
        raise Escape("A statement that changes to another database (USE) was stopped.")
    for name in filter(None, closed):
        written = rf"(?:\[{re.escape(name.replace(']', ']]'))}\]|\"{re.escape(name)}\"|(?<![\w@#$.]){re.escape(name)})"
        # Two full stops: with one, the name may be a schema of the scratch database itself.
        part = r"(?:\[(?:[^\]]|\]\])*\]|\"[^\"]*\"|[\w@#$]*)"
        if re.search(rf"{written}\s*\.\s*{part}\s*\.\s*[\[\"\w@#$]", sql, re.IGNORECASE):
            raise Escape(
                f"A statement that names the database {name!r}, which is not the scratch database, was stopped."
            )


def _ask(connection: Any, query: str) -> Any:
    cursor = connection.cursor()
    cursor.execute(query)
    (value,) = cursor.fetchone()
    cursor.close()
    _settle(connection)
    return value


def _settle(connection: Any) -> None:
    """End the transaction that a driver begins with the first statement."""
    if not connection.autocommit:
        # After some errors there is none any more.
        with suppress(Exception):
            connection.rollback()
