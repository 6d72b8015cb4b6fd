"""One transaction whose end is known: committed, rolled back, or cut short by a migration."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from .. import databases
from ..databases.marks import EndsTransaction, Mark, directly

__all__ = ["Ending", "EndsTransaction", "one_transaction"]


@dataclass
class Ending(Mark):
    """How a transaction ended."""

    committed: bool = False

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
            with databases.of(connection).marked(ending):
                yield
    finally:
        databases.of(connection).settle()
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
