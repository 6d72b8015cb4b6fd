"""A shadow schema on SQL Server: a schema of its own in a transaction that is always rolled back.

No user is made for it and nobody is impersonated: every table that a statement names is qualified by the shadow, so
that the rights to CREATE SCHEMA and CREATE TABLE are enough (db_ddladmin has them).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from ..base import ShadowLost, ShadowRefused, printable
from ..scratches import scratch_name
from ..shadows import twin
from ..transactions import rolled_back
from . import scratch
from .catalogue import fetch

LOCK_SECONDS, STATEMENT_SECONDS = 2, 60

RIGHTS = """
SELECT HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'CREATE SCHEMA'),
       HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'CREATE TABLE'),
       CAST(DATABASEPROPERTYEX(DB_NAME(), 'Updateability') AS nvarchar(20)), USER_NAME(), DB_NAME()
"""

MAY_CREATE = """
SELECT HAS_PERMS_BY_NAME(NULL, NULL, 'CREATE ANY DATABASE'), CAST(SERVERPROPERTY('EngineEdition') AS int)
"""

READING = re.compile(r"\s*(?:SELECT|SET|(?:SAVE|BEGIN|ROLLBACK)\s+TRAN(?:SACTION)?)\b", re.IGNORECASE)

COUNTING = re.compile(r"\s*SELECT\s+@@TRANCOUNT\b", re.IGNORECASE)
BACK = re.compile(r"\s*ROLLBACK\s+TRAN\w*\b", re.IGNORECASE)
"""What Django asks and does to go back to a savepoint."""

BRACKETED = r"\[(?:[^\]]|\]\])*\]"

BUILDING = re.compile(
    rf"""\s*(?P<what>
          CREATE\s+TABLE | ALTER\s+TABLE | DROP\s+TABLE
        | CREATE\s+(?:UNIQUE\s+)?(?:CLUSTERED\s+|NONCLUSTERED\s+)?INDEX\s+(?:{BRACKETED}|\w+)\s+ON
        | DROP\s+INDEX\s+(?:{BRACKETED}|\w+)\s+ON
        )\s+(?P<table>{BRACKETED}(?:\s*\.\s*{BRACKETED})*)
    """,
    re.VERBOSE | re.IGNORECASE,
)

# Literals and names are matched first, so that nothing inside one is taken for a word.
REFERENCED = re.compile(
    rf"""'(?:[^']|'')*' | {BRACKETED} | "(?:[^"]|"")*"
      | \bREFERENCES\s+(?P<table>{BRACKETED}(?:\s*\.\s*{BRACKETED})*)?
    """,
    re.VERBOSE | re.IGNORECASE,
)

COMMENT = re.compile(
    r"\s*IF\s+NOT\s+EXISTS\s*\(\s*SELECT\s+NULL\s+FROM\s+sys\.extended_properties\b", re.IGNORECASE
)


@contextmanager
def create(live: BaseDatabaseWrapper) -> Iterator[tuple[BaseDatabaseWrapper, str]]:
    """Yield a new connection, inside a transaction that will be rolled back, and the name of the shadow schema on it.

    Where the user may make no schema in the database, but the login a database, it is in one of its own, which is
    dropped afterwards.

    Raises:
        ShadowRefused: when neither may be made.
    """
    with ExitStack() as stack:
        try:
            found = stack.enter_context(_in_schema(live))
        except ShadowRefused as refusal:
            found = stack.enter_context(_in_database(live, refusal))
        yield found


@contextmanager
def _in_schema(live: BaseDatabaseWrapper) -> Iterator[tuple[BaseDatabaseWrapper, str]]:
    with _connected(live) as connection, rolled_back(connection):
        schema = _enter(connection)
        with connection.execute_wrapper(Fence(connection, schema)):
            yield connection, schema


@contextmanager
def _in_database(
    live: BaseDatabaseWrapper, refusal: ShadowRefused
) -> Iterator[tuple[BaseDatabaseWrapper, str]]:
    name, like = scratch_name(), str(live.settings_dict["NAME"])
    with _connected(live, NAME="master") as server, server.cursor() as cursor:
        ((may, engine),) = fetch(cursor, MAY_CREATE)
        # Each database of Azure SQL Database is billed, from the moment that it is there.
        if may != 1 or engine == scratch.AZURE_DATABASE:
            raise refusal
        try:
            scratch.sweep(cursor)
            scratch.create(cursor, name, like)
        except DatabaseError as error:
            raise ShadowRefused(f"{refusal} Nor is there a database of its own: {error}") from error
        try:
            with _connected(live, NAME=name) as connection, rolled_back(connection):
                _settle(connection, name)
                with connection.execute_wrapper(Fence(connection, "dbo")):
                    yield connection, "dbo"
        finally:
            scratch.drop(cursor, name)


@contextmanager
def _connected(live: BaseDatabaseWrapper, **changed: str) -> Iterator[BaseDatabaseWrapper]:
    """Yield a connection with the settings of another; what is refused here has nothing to do with tables."""
    connection = twin(live, dict(live.settings_dict["OPTIONS"]), **changed)
    try:
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            raise ShadowRefused(f"A second connection is refused: {printable(str(error))}") from error
        yield connection
    finally:
        connection.close()


def _enter(connection: BaseDatabaseWrapper) -> str:
    """Make the shadow schema and return its name."""
    schema = f"migwizard_shadow_{secrets.token_hex(6)}"
    with connection.cursor() as cursor:
        _check_rights(*fetch(cursor, RIGHTS)[0])
    _settle(connection)
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"CREATE SCHEMA [{schema}]")
        except DatabaseError as error:
            raise ShadowRefused(f"The server refuses a shadow schema: {printable(str(error))}") from error
    return schema


def _settle(connection: BaseDatabaseWrapper, name: str | None = None) -> None:
    """Set the limits of a shadow's session, and see that it is in the database `name`, if given."""
    driver: Any = connection.connection
    driver.timeout = STATEMENT_SECONDS
    with connection.cursor() as cursor:
        # A statement that fails must not take with it what the transaction has built so far.
        cursor.execute(f"SET XACT_ABORT OFF; SET LOCK_TIMEOUT {LOCK_SECONDS * 1000}")
        ((there,),) = fetch(cursor, "SELECT DB_NAME()")
    if name is not None and there != name:
        raise ShadowRefused(f"The settings lead to the database {printable(there)!r}, whatever NAME says.")


def _check_rights(
    create_schema: int | None, create_table: int | None, updateability: str, user: str, name: str
) -> None:
    """Raise ShadowRefused when this user can make no table in a schema of its own."""
    if updateability == "READ_ONLY":
        raise ShadowRefused(f"The database {printable(name)!r} is read-only, so nothing can be made there.")
    lacking = [
        right for right, may in (("CREATE SCHEMA", create_schema), ("CREATE TABLE", create_table)) if may == 0
    ]
    if lacking:
        raise ShadowRefused(
            f"The user {printable(user)!r} may not {' or '.join(lacking)} in {printable(name)!r}."
        )


class Fence:
    """Keeps every statement of a connection inside the shadow schema, or refuses it."""

    def __init__(self, connection: BaseDatabaseWrapper, schema: str) -> None:
        self.connection = connection
        self.schema = schema
        self.lost = ""
        """Why the transaction, and the shadow with it, is gone."""

    def __call__(self, run: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Run one statement; the form is that of `connection.execute_wrapper`."""
        if self.lost:
            if COUNTING.match(str(sql)):
                return run(sql, params, many, context)
            if BACK.match(str(sql)):
                return None
            raise ShadowLost(self.lost)
        confined_sql = confined(sql, self.schema)
        if confined_sql is None:
            return None
        try:
            return run(confined_sql, params, many, context)
        except DatabaseError as error:
            if self._is_gone():
                self.lost = f"The server ended the transaction of the shadow schema: {printable(str(error))}"
                raise ShadowLost(self.lost) from error
            raise

    def _is_gone(self) -> bool:
        """Tell whether an error has ended the transaction: some do, whatever XACT_ABORT says."""
        driver: Any = self.connection.connection
        try:
            cursor = driver.cursor()
            cursor.execute(f"SELECT XACT_STATE(), SCHEMA_ID(N'{self.schema}')")
            state, number = cursor.fetchone()
        except Exception:
            return True
        return state != 1 or number is None


def confined(sql: Any, schema: str) -> str | None:
    """Return a statement with each table that it names qualified by `schema`; None for a comment, which is left out.

    Raises:
        ShadowRefused: for a statement that names another schema, or that neither reads nor builds a table whose name
            is in brackets, as Django's are.
    """
    text = str(sql)
    if READING.match(text):
        return text
    if COMMENT.match(text):
        return None
    match = BUILDING.match(text)
    if match is None:
        raise ShadowRefused(
            f"Only tables are built in a shadow schema, so this is refused: {printable(text)[:200]}"
        )

    def qualify(match: re.Match[str]) -> str:
        if not match[0][:10].upper().startswith("REFERENCES"):
            return match[0]
        return f"REFERENCES {_qualified(match['table'], schema, text)}"

    place = match.end("table")
    head = text[: match.start("table")] + _qualified(match["table"], schema, text)
    return head + REFERENCED.sub(qualify, text[place:])


def _qualified(table: str | None, schema: str, text: str) -> str:
    parts = re.findall(BRACKETED, table or "")
    if len(parts) == 1:
        return f"[{schema}].{parts[0]}"
    if len(parts) == 2 and parts[0] == f"[{schema}]":
        return ".".join(parts)
    raise ShadowRefused(f"A statement names a table outside the shadow schema: {printable(text)[:200]}")
