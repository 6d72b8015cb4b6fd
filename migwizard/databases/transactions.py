"""A transaction that is always rolled back, on any connection.

`django.db.transaction.atomic` looks the connection up by its alias, so it cannot be used on one that is not
registered: it would silently open a transaction on the live database instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def rolled_back(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Hold a transaction, or a savepoint inside the one that is open, and roll it back at the end."""
    if connection.in_atomic_block or not connection.get_autocommit():
        with _savepoint(connection):
            yield
    else:
        with _outermost(connection):
            yield


@contextmanager
def _outermost(connection: BaseDatabaseWrapper) -> Iterator[None]:
    connection.commit_on_exit = True
    connection.needs_rollback = False
    connection.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    connection.in_atomic_block = True
    try:
        yield
    finally:
        connection.in_atomic_block = False
        connection.needs_rollback = False
        if not connection.closed_in_transaction:
            try:
                connection.rollback()
            except Error:
                # The connection is lost, and the server has rolled back by itself.
                connection.close()
        if connection.closed_in_transaction:
            connection.connection = None
        elif connection.connection is not None:
            connection.set_autocommit(True)


@contextmanager
def _savepoint(connection: BaseDatabaseWrapper) -> Iterator[None]:
    # Without `atomic` around it, SQLite's wrapper makes no savepoints; Django's Atomic pretends in the same way.
    pretend = not connection.in_atomic_block
    connection.in_atomic_block = True
    savepoint: Any = connection.savepoint()
    # As Django's Atomic notes it: inside, an error is not the end of the transaction.
    connection.savepoint_ids.append(savepoint)
    try:
        yield
    finally:
        connection.savepoint_ids.pop()
        if not connection.closed_in_transaction:
            connection.needs_rollback = False
            try:
                # None where the database knows no savepoints: then what was done stays until the end.
                if savepoint is not None:
                    connection.savepoint_rollback(savepoint)
                    connection.savepoint_commit(savepoint)
            except Error:
                connection.needs_rollback = True
        if pretend:
            connection.in_atomic_block = False
