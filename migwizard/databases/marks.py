"""A transaction that is watched over from its begin, so that nothing in it can end it unseen.

Whatever runs inside, a migration's SQL above all, may hold a COMMIT. What comes after that would be kept although the
rest is rolled back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

SAVEPOINT = "migwizard_start"

BEFORE = r"(?:\s|;|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
"""What may stand in front of a statement's first word."""

ENDS = re.compile(
    BEFORE + r"(?P<word>commit|end|abort|prepare\s+transaction"
    r"|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b",
    re.IGNORECASE | re.DOTALL,
)
"""A statement that ends the transaction; `ROLLBACK TO` a savepoint does not."""


class EndsTransaction(Exception):
    """A migration wanted to end the transaction that the whole plan runs in, or has ended it."""


@dataclass
class Mark:
    """What is known of a transaction that is watched over."""

    whole: bool = True
    """False when something in it ended it on the way, so that a part may have been kept."""


@contextmanager
def marked_by_savepoint(connection: Any, mark: Mark) -> Iterator[None]:
    """Set a savepoint at the start, and see at the end whether it is still there: a COMMIT would have removed it."""
    directly(connection, f"SAVEPOINT {SAVEPOINT}")
    failed = True
    try:
        with connection.execute_wrapper(keep_open):
            yield
        failed = False
    finally:
        try:
            directly(connection, f"{'ROLLBACK TO' if failed else 'RELEASE'} SAVEPOINT {SAVEPOINT}")
        except Exception:
            # A connection that is lost has been rolled back by the server.
            mark.whole = lost(connection)


def directly(connection: Any, sql: str) -> None:
    """Execute a statement on the driver's connection, past what Django forbids after an error."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(sql)
    finally:
        cursor.close()


def lost(connection: Any) -> bool:
    """Tell whether the connection is closed."""
    driver = connection.connection
    return bool(connection.closed_in_transaction or driver is None or getattr(driver, "closed", False))


def keep_open(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Refuse statements that end the transaction; the form is that of `connection.execute_wrapper`."""
    refuse(ENDS, sql)
    return execute(sql, params, many, context)


def refuse(ends: re.Pattern[str], sql: object) -> None:
    """Raise EndsTransaction for a statement that one of the patterns of such statements matches."""
    found = ends.match(sql) if isinstance(sql, str) else None
    if found is not None:
        word = " ".join(found["word"].upper().split())
        raise EndsTransaction(
            f"It ends the transaction ({word}), in which the whole repair runs; run it with manage.py migrate."
        )
