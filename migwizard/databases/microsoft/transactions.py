"""A transaction of SQL Server that is watched over from its begin.

With XACT_ABORT ON an error rolls the whole transaction back at once, also one in the midst of several statements that
were sent together, of which a driver tells only when it is asked for the next result. In a block of the project's own
(`atomic` within ours) it is off: such a block means to go on after an error.

The driver begins a new transaction with whatever statement comes after such an end, so from then on none may come.
Whether the transaction is still the one that was begun, a lock tells that belongs to it: it goes when that ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from django.db import InternalError

from ..marks import BEFORE, EndsTransaction, Mark, directly, lost, refuse

ENDS = re.compile(
    BEFORE + r"(?P<word>commit|rollback(?:\s+(?:tran|transaction|work))?(?=\s*(?:;|$|--|/\*)))\b",
    re.IGNORECASE | re.DOTALL,
)
"""A statement that ends the transaction; `ROLLBACK TRANSACTION` with a name goes back to a savepoint."""

PLAIN = re.compile(
    BEFORE + r"(?:SET\s+NOCOUNT\s+(?:ON|OFF)\b[\s;]*)?(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)\b",
    re.IGNORECASE | re.DOTALL,
)

# Where transactions are implicit, a first BEGIN counts twice, and a COMMIT would leave one of the two open.
BEGIN = "IF @@TRANCOUNT = 0 BEGIN TRANSACTION; WHILE @@TRANCOUNT > 1 COMMIT TRANSACTION"
LEVEL = "WHILE @@TRANCOUNT > 1 COMMIT TRANSACTION"

TAKE = "EXEC sp_getapplock @Resource = N'{name}', @LockMode = 'Exclusive', @LockOwner = 'Transaction', @LockTimeout = 0"
HOLDS = "SELECT APPLOCK_MODE('public', N'{name}', 'Transaction')"

XACT_ABORT = 16384
"""Its bit in @@OPTIONS."""

ENDED = "An error has made SQL Server roll the whole transaction back, so nothing more can be done in it."
HIDDEN = (
    "Something in it has ended the transaction in which the whole repair runs; run it with manage.py migrate."
)


class Watch:
    """What is executed in one transaction, each statement seen to be in it still."""

    def __init__(self, connection: Any, mark: Mark) -> None:
        self.connection = connection
        self.mark = mark
        self.name = f"migwizard mark {uuid4().hex}"
        self.ended = False
        """Whether the server has rolled the transaction back after an error."""
        self.abort: bool | None = None
        """Whether XACT_ABORT is on; None before it was set."""
        self.silent = False
        """Whether a statement may have left NOCOUNT on, which hides how many rows another one changes."""

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Watch over the transaction that was just begun, until it is about to end."""
        (options,) = self.ask("SELECT @@OPTIONS")
        directly(self.connection, BEGIN)
        directly(self.connection, TAKE.format(name=self.name))
        failed = True
        try:
            with self.connection.execute_wrapper(self):
                yield
            failed = False
        finally:
            self.close(failed)
            with suppress(Exception):
                directly(self.connection, f"SET XACT_ABORT {'ON' if options & XACT_ABORT else 'OFF'}")
        if not self.mark.whole:
            raise EndsTransaction(HIDDEN)

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Run one statement; the form is that of `connection.execute_wrapper`."""
        if self.ended:
            raise InternalError(ENDED)
        refuse(ENDS, sql)
        self.prepare()
        try:
            result = execute(sql, params, many, context)
            drain(context["cursor"], str(sql))
        except Exception:
            self.look(context["cursor"])
            raise
        several = holds_several(str(sql))
        self.silent = not params and "nocount" in str(sql).lower()
        # As long as rows wait to be fetched, the connection answers nothing else.
        if several and context["cursor"].description is None and not self.holds():
            self.mark.whole = False
            raise EndsTransaction(HIDDEN)
        return result

    def prepare(self) -> None:
        """Set what the next statement must run under."""
        abort = not self.connection.savepoint_ids
        if abort != self.abort:
            directly(self.connection, f"SET XACT_ABORT {'ON' if abort else 'OFF'}")
            self.abort = abort
        if self.silent:
            directly(self.connection, "SET NOCOUNT OFF")
            self.silent = False

    def look(self, cursor: Any) -> None:
        """See after an error whether the transaction is still there; `cursor` is the one that the error came by."""
        try:
            # What other statements of the same text have to say would keep the connection from answering.
            cursor.close()
            self.ended = not self.holds()
        except Exception:
            # Most often the connection is lost; and what cannot be told is not gone on with.
            self.ended = True

    def holds(self) -> bool:
        """Tell whether the transaction is the one that was begun."""
        return bool(self.ask(HOLDS.format(name=self.name))[0] == "Exclusive")

    def close(self, failed: bool) -> None:
        """See at the end whether the transaction stayed whole, and leave no more than one of it open."""
        try:
            if self.holds():
                directly(self.connection, LEVEL)
            elif not self.ended:
                self.mark.whole = False
        except Exception:
            # A connection that is lost has been rolled back by the server.
            if not failed:
                raise
            self.mark.whole = self.mark.whole and (self.ended or lost(self.connection))

    def ask(self, query: str) -> Any:
        """Return the one row of a query, past what Django forbids after an error."""
        cursor = self.connection.connection.cursor()
        try:
            cursor.execute(query)
            return cursor.fetchone()
        finally:
            cursor.close()


def holds_several(sql: str) -> bool:
    """Tell whether a text may hold more than one statement that reads or changes rows."""
    found = PLAIN.match(sql)
    return found is None or re.search(r";\s*\S", sql[found.end() :]) is not None


def drain(cursor: Any, sql: str) -> None:
    """Fetch the results of all statements that were sent together, so that all run and their errors are seen.

    Rows are left for whoever asked for them.
    """
    if holds_several(sql):
        while cursor.description is None and cursor.nextset():
            pass


def settle_autocommit(connection: Any) -> None:
    """Let the driver commit by itself again, where Django takes for granted that it does.

    mssql-django only tells the driver as long as a transaction is open, and by then it is not.
    """
    if not lost(connection) and connection.autocommit and not connection.connection.autocommit:
        connection.connection.autocommit = True
