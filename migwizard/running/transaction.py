"""One transaction whose end is known: committed, rolled back, or cut short by a migration."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction

SAVEPOINT = "migwizard_start"

ENDS = re.compile(
    r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*"
    r"(?P<word>commit|end|abort|prepare\s+transaction|rollback(?!\s+(?:(?:work|transaction)\s+)?to\b))\b",
    re.IGNORECASE | re.DOTALL,
)
"""A statement that ends the transaction; `ROLLBACK TO` a savepoint does not."""


class EndsTransaction(Exception):
    """A migration wanted to end the transaction that the whole plan runs in."""


@dataclass
class Ending:
    """How a transaction ended."""

    committed: bool = False
    whole: bool = True
    """False when something in it ended it on the way, so that a part may have been kept."""

    def commit(self) -> None:
        """Note that the commit is through."""
        self.committed = True


@contextmanager
def one_transaction(connection: Any, ending: Ending) -> Iterator[None]:
    """Run everything inside in one transaction, which on SQLite has the file for itself from its begin.

    A `migrate` that could still read the history would decide from it what to apply, and do that when we are done.
    (With a write-ahead log SQLite lets everybody read all the same.)
    """
    sqlite = connection.vendor == "sqlite"
    off = False
    begin = None
    if sqlite:
        # SQLite ignores this inside a transaction, and its schema editor refuses to run with the checks on.
        off = connection.disable_constraint_checking()
        begin = connection._start_transaction_under_autocommit
        connection._start_transaction_under_autocommit = lambda: connection.cursor().execute(
            "BEGIN EXCLUSIVE"
        )
    try:
        with transaction.atomic(using=connection.alias):
            # The first of the functions that run after the commit, some of which may fail.
            transaction.on_commit(ending.commit, using=connection.alias)
            with marked(connection, ending):
                yield
    finally:
        if sqlite:
            connection._start_transaction_under_autocommit = begin
            # Between the statements that rebuild a table it is on, and no rollback takes it back.
            restore_renaming(connection)
            if off:
                connection.enable_constraint_checking()


def restore_renaming(connection: Any) -> None:
    """Let SQLite's renaming of a table change what refers to it again, as Django has set it."""
    if connection.connection is not None:
        directly(connection, "PRAGMA legacy_alter_table = OFF")


@contextmanager
def marked(connection: Any, ending: Ending) -> Iterator[None]:
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
            ending.whole = lost(connection)


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
    found = ENDS.match(sql) if isinstance(sql, str) else None
    if found is not None:
        word = " ".join(found["word"].upper().split())
        raise EndsTransaction(
            f"It ends the transaction ({word}), in which the whole repair runs; run it with manage.py migrate."
        )
    return execute(sql, params, many, context)
