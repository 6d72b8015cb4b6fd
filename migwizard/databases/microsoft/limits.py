"""Time limits of a session of SQL Server, and a guard against writing, which the server has none for."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from django.db import NotSupportedError

from ..marks import BEFORE, directly

READS = re.compile(
    BEFORE + r"(?:SELECT|WITH|SET|DECLARE|IF|SAVE|ROLLBACK)\b(?!\s+(?:IDENTITY_INSERT|CONTEXT_INFO)\b)",
    re.IGNORECASE | re.DOTALL,
)

WRITES = re.compile(
    r"\b(?:INSERT|UPDATE|DELETE|MERGE|TRUNCATE|CREATE|ALTER|DROP|GRANT|REVOKE|DENY|EXEC|EXECUTE|INTO|BULK|COMMIT)\b",
    re.IGNORECASE,
)

QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[(?:[^\]]|\]\])*\]|--[^\n]*|/\*.*?\*/", re.DOTALL)


def milliseconds(seconds: float) -> int:
    """Return a time limit as SET LOCK_TIMEOUT takes it: never 0, which would not wait at all, nor -1."""
    return max(1, round(seconds * 1000))


def set_limits(connection: Any, lock_seconds: float, statement_seconds: float) -> None:
    """Limit, from now on, how long a statement may wait for a lock and, by the driver, how long it may run."""
    # Without parameters: with them, the driver would set it in a batch of its own, at whose end it is as before.
    directly(connection, f"SET LOCK_TIMEOUT {milliseconds(lock_seconds)}")
    connection.connection.timeout = max(1, math.ceil(statement_seconds))


@contextmanager
def limited(connection: Any, lock_seconds: float, statement_seconds: float) -> Iterator[None]:
    """Set limits, and bring back at the end those that were there before."""
    former = connection.connection.timeout
    cursor = connection.connection.cursor()
    try:
        cursor.execute("SELECT @@LOCK_TIMEOUT")
        (waiting,) = cursor.fetchone()
    finally:
        cursor.close()
    set_limits(connection, lock_seconds, statement_seconds)
    try:
        yield
    finally:
        # A session that was lost has no limits any more.
        with suppress(Exception):
            connection.connection.timeout = former
            directly(connection, f"SET LOCK_TIMEOUT {waiting}")


def only_reads(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Refuse statements that may write; the form is that of `connection.execute_wrapper`."""
    text = QUOTED.sub(" ", str(sql))
    if READS.match(text) is None or WRITES.search(text) is not None:
        raise NotSupportedError(f"Nothing is written while the database is read: {str(sql)[:200]}")
    return execute(sql, params, many, context)
