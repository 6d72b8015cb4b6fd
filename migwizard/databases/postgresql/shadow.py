"""A shadow schema on PostgreSQL: a schema of its own in a transaction that is always rolled back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from typing import Any

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from ..base import ShadowRefused, printable
from ..shadows import twin
from ..transactions import rolled_back
from .catalogue import fetch
from .locks import set_timeouts

LOCK_SECONDS, STATEMENT_SECONDS = 2, 60

RIGHTS = """
SELECT has_database_privilege(current_database(), 'CREATE'), has_database_privilege(current_database(), 'TEMPORARY'),
       pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
       current_user::text, current_database()::text
"""

READING = re.compile(
    r"\s*(SELECT|SHOW|EXPLAIN|WITH|SET(?!\s+CONSTRAINTS)|SAVEPOINT|RELEASE|ROLLBACK\s+TO)\b", re.IGNORECASE
)
BUILDING = re.compile(
    r"""\s*(?:SET\s+CONSTRAINTS|COMMENT\s+ON\s+(?:TABLE|COLUMN|CONSTRAINT|INDEX)
        |CREATE\s+(?:UNLOGGED\s+)?TABLE|CREATE\s+(?:UNIQUE\s+)?INDEX
        |(?:ALTER|DROP)\s+(?:TABLE|INDEX|SEQUENCE))\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
QUOTED = re.compile(r'"(?:[^"]|"")*"')

# String literals are matched first, so that nothing inside one is taken for a name, and the names that are no table's
# last. What follows REFERENCES or a lone ON is a table, and ON COLUMN a table and its column.
NAMED_RELATION = re.compile(
    r"""'(?:[^']|'')*'
      | \b(?P<before>
          (?:REFERENCES|ON(?:\s+(?:TABLE|INDEX|COLUMN))?|CREATE\s+(?:UNLOGGED\s+)?TABLE
            |(?:ALTER|DROP)\s+(?:TABLE|INDEX|SEQUENCE))
          (?:\s+CONCURRENTLY)?(?:\s+IF\s+(?:NOT\s+)?EXISTS)?(?:\s+ONLY)?)
        \s+(?P<name>"(?:[^"]|"")*"(?:\s*\.\s*"(?:[^"]|"")*")*)
      | "(?:[^"]|"")*"
    """,
    re.VERBOSE | re.IGNORECASE,
)


@contextmanager
def create(live: BaseDatabaseWrapper) -> Iterator[tuple[BaseDatabaseWrapper, str]]:
    """Yield a new connection, inside a transaction that will be rolled back, and the name of the shadow schema on it.

    The live search path comes after the shadow, so that the types and operator classes of extensions are found. No
    statement reaches a live table that way: every table that one names is sought in the shadow alone.
    """
    options = {key: value for key, value in live.settings_dict["OPTIONS"].items() if key != "pool"}
    # A path that the cursor sets is, behind a pooler, another session's after the end of the transaction.
    with nullcontext() if live.in_atomic_block else rolled_back(live), live.cursor() as cursor:
        ((path,),) = fetch(cursor, "SELECT current_setting('search_path')")
    connection = twin(live, options)
    with ExitStack() as stack:
        stack.callback(connection.close)
        try:
            connection.ensure_connection()
        except DatabaseError as error:
            raise ShadowRefused(f"A second connection is refused: {printable(str(error))}") from error
        stack.enter_context(rolled_back(connection))
        schema = _enter(connection, path)
        stack.enter_context(connection.execute_wrapper(_inside(schema)))
        yield connection, schema


def _enter(connection: BaseDatabaseWrapper, path: str) -> str:
    """Make the shadow schema, put it in front of the search path, and return its name."""
    with connection.cursor() as cursor:
        schema = _schema_name(*fetch(cursor, RIGHTS)[0])
        try:
            set_timeouts(cursor, LOCK_SECONDS, STATEMENT_SECONDS)
            if schema != "pg_temp":
                cursor.execute(f'CREATE SCHEMA "{schema}"')
        except DatabaseError as error:
            raise ShadowRefused(f"The server refuses a shadow schema: {printable(str(error))}") from error
        cursor.execute(
            "SELECT set_config('search_path', %s, true)", [", ".join(filter(None, (schema, path.strip())))]
        )
    # A new cursor, because some database backends set the search path whenever they make one.
    with connection.cursor() as cursor:
        ((inside,),) = fetch(
            cursor,
            "SELECT current_schema() = %s OR %s = 'pg_temp' AND current_schema() LIKE 'pg\\_temp\\_%%'",
            *(schema, schema),
        )
    if not inside:
        backend = printable(str(connection.settings_dict["ENGINE"]))
        raise ShadowRefused(
            f"The database backend {backend} changes the search path, so a shadow schema is not safe."
        )
    return schema


def _schema_name(create: bool, temporary: bool, recovery: bool, read_only: bool, user: str, name: str) -> str:
    """Return the name of the schema that this role may make or use. Raises ShadowRefused if there is none."""
    if recovery:
        raise ShadowRefused(
            f"The server is a standby that only replays another, so nothing can be made in {name!r}."
        )
    if read_only:
        raise ShadowRefused(
            f"Transactions of {user!r} in {name!r} are read-only, so nothing can be made there."
        )
    if create:
        return f"migwizard_shadow_{secrets.token_hex(6)}"
    if temporary:
        return "pg_temp"
    raise ShadowRefused(f"{user!r} may make neither a schema nor a temporary table in {name!r}.")


def _inside(schema: str) -> Callable[..., Any]:
    """Return an execute wrapper that keeps every statement inside the shadow schema, or refuses it."""

    def execute(run: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
        return run(confined(sql, schema), params, many, context)

    return execute


def confined(sql: Any, schema: str) -> Any:
    """Return a statement with each table that it names qualified by `schema`.

    Without that, a table which is not in the shadow would be found further down the search path, and the live one
    be altered, or locked by a foreign key to it, until the rollback. Raises ShadowRefused for a statement that names
    another schema, or that neither reads nor builds.
    """
    text = str(sql)
    if READING.match(text):
        return sql
    if not BUILDING.match(text):
        raise ShadowRefused(
            f"Only tables are built in a shadow schema, so this is refused: {printable(text)[:200]}"
        )

    def qualify(match: re.Match[str]) -> str:
        if match["name"] is None:
            return match[0]
        parts = QUOTED.findall(match["name"])
        if parts[0] == f'"{schema}"':
            return match[0]
        if len(parts) > (2 if match["before"].upper().endswith("COLUMN") else 1):
            raise ShadowRefused(
                f"A statement names a table outside the shadow schema: {printable(text)[:200]}"
            )
        return f'{match["before"]} "{schema}".{match["name"]}'

    return NAMED_RELATION.sub(qualify, text)
