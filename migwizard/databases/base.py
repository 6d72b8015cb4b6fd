"""The interface of a database, with the conservative answers for a vendor of which nothing is known."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any, ClassVar, Literal

from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

from migwizard.core.rights.principals import Rights
from migwizard.core.schema import Snapshot, Table, View
from migwizard.core.situation import DatabaseInfo

from .concurrency import Concurrency
from .dialect import Dialect
from .marks import Mark, marked_by_savepoint
from .transactions import rolled_back

TransactionStatus = Literal["committed", "aborted", "in progress"]

LOOPBACK = ("", "localhost", "127.0.0.1", "::1")


class SchemaUnreadable(Exception):
    """The schema of this database cannot be read; the text says why, in one sentence."""


class ShadowRefused(Exception):
    """No shadow schema can be made here, or a statement would have left it; the text says why, in one sentence."""


class ShadowLost(ShadowRefused):
    """An error has ended the shadow, with all that was built in it; the text says which, in one sentence."""


class CannotAlter(Exception):
    """A table cannot be brought to a shape by statements; the text says why, in one sentence."""


class Database(Concurrency, Dialect):
    """One database behind a Django connection; this class makes no claims about the schema."""

    vendor: ClassVar[str] = ""
    """`connection.vendor` of the connections that the class is for; empty for every other one."""
    can_read_schema: ClassVar[bool] = False
    """Whether `snapshot` and `changed_tables` answer; where not, they raise SchemaUnreadable."""
    transactional_ddl: ClassVar[bool] = False
    """Whether a rollback takes back CREATE, ALTER and DROP as well."""

    results_wait: ClassVar[bool] = False
    """Whether rows that were not fetched yet keep the connection from answering anything else."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    def describe(self) -> DatabaseInfo:
        """Return who, where and what this database is. Raises Django's database errors when there is no connection."""
        settings = self.connection.settings_dict
        host = str(settings.get("HOST") or "")
        return DatabaseInfo(
            alias=self.connection.alias,
            vendor=self.connection.vendor,
            name=printable(str(settings.get("NAME") or "")),
            host=printable(host),
            port=str(settings.get("PORT") or ""),
            user=printable(str(settings.get("USER") or "")),
            version=self.connection.display_name,
            local=is_local(host),
        )

    def rights(self) -> Rights | None:
        """Return what our connection may do, where the next one makes tables, and who else there is.

        None where the server has nothing of the kind, or does not tell.
        """
        return None

    def snapshot(
        self,
        schema: str | None = None,
        also: Collection[str] = (),
        tables: Collection[str] | None = None,
    ) -> Snapshot:
        """Return the tables and views of `schema` (by default the connection's current one) as they are now.

        Tables of the schemas in `also` are keyed `schema.table`. `tables` restricts the answer to these keys.
        """
        raise SchemaUnreadable(f"The schema of a {self.connection.display_name} database cannot be read.")

    def changed_tables(self, before: Mapping[str, str] | None) -> tuple[Mapping[str, str], frozenset[str]]:
        """Return a fingerprint of every table, and the tables created, dropped or altered since `before`.

        `before` is the first part of an earlier answer on the same database, or None, for which every table is
        new. Names are keys as in a snapshot of the current schema. A table may be named although it is the same.
        """
        raise SchemaUnreadable(f"The schema of a {self.connection.display_name} database cannot be read.")

    def alter(
        self,
        live: Mapping[str, Table],
        targets: Sequence[tuple[str, Table | None]],
        fills: Sequence[tuple[str, str, str]] = (),
        views: Sequence[View] = (),
    ) -> tuple[str, ...]:
        """Return the statements, in order, that bring tables from their live shape to another one. Nothing is run.

        The change is the smallest one, and keeps every row. What is only in the live shape is dropped: two columns
        are never taken for one that was renamed.

        Args:
            live: all tables as they are, by their keys in the snapshot; one that is missing is not there.
            targets: keys and the shapes that these tables shall have; None for one that shall go.
            fills: (table, column, value) for rows that would have NULL where the target forbids it.
            views: the views that are there, which some changes of a table would break.

        Raises:
            CannotAlter: when there is no way to that shape.
        """
        raise CannotAlter(f"The tables of a {self.connection.display_name} database cannot be altered.")

    @contextmanager
    def read_only(self, lock_seconds: float = 2, statement_seconds: float = 60) -> Iterator[None]:
        """Hold a transaction in which nothing is written: the server refuses it where it can; always rolled back."""
        with rolled_back(self.connection):
            yield

    def guard_timeouts(self, lock_seconds: float, statement_seconds: float) -> None:
        """Limit, for the current transaction, how long a statement may wait for a lock and how long it may run."""

    @contextmanager
    def marked(self, mark: Mark) -> Iterator[None]:
        """Watch over the transaction that was just begun, until it is about to end, and note whether it stays whole.

        What would end it on the way is refused.

        Raises:
            EndsTransaction: when something wants to end it, or has done so.
        """
        with marked_by_savepoint(self.connection, mark):
            yield

    def settle(self) -> None:
        """Bring the connection, after a transaction, back to how Django believes that it is."""

    def check_constraints(self) -> None:
        """Raise Django's IntegrityError for rows against a constraint that the server has not checked yet."""
        self.connection.check_constraints()

    def finish(self, cursor: Any, sql: str) -> None:
        """Let a statement that was just executed run to its end, where the driver waits to be asked for more."""

    def waited_too_long(self, error: BaseException) -> bool:
        """Tell whether a statement waited too long for a lock, or took too long by itself."""
        return isinstance(error, OperationalError)

    def ensure_schema(self, name: str) -> None:
        """Make a schema in the database, unless it is there; nothing where databases have no schemas."""

    def transaction_id(self) -> str | None:
        """Return what names the current transaction for good; None where the server gives no such name."""
        return None

    def transaction_status(self, name: str) -> TransactionStatus | None:
        """Return what became of a transaction; None where the server does not know (any more)."""
        return None

    def is_pooled(self) -> bool:
        """Tell whether a pooler is between us and the server, so that a session may be another one at any time."""
        return False

    @contextmanager
    def session_timeouts(self, lock_seconds: float, statement_seconds: float) -> Iterator[None]:
        """Limit how long statements outside of any transaction may wait and run."""
        yield

    def explain_error(self, error: BaseException) -> str:
        """Return one sentence that says what a failed connection or statement means, without a password."""
        return f"{self.connection.display_name}: {self.first_line(error)}"

    def create_shadow(self) -> AbstractContextManager[tuple[BaseDatabaseWrapper, str]]:
        """Return a context: a connection, and the name of the schema on it in which tables can be built.

        All of it is gone afterwards. Raises ShadowRefused where that is not possible.
        """
        raise ShadowRefused(f"A shadow schema cannot be made in a {self.connection.display_name} database.")

    def first_line(self, error: BaseException) -> str:
        """Return the first line of an error's text, fit to print, without the connection's password."""
        lines = [line for line in str(error).splitlines() if line.strip()]
        return self.without_password(printable(lines[0])) if lines else type(error).__name__

    def without_password(self, text: str) -> str:
        """Return `text` with the connection's password, if it occurs, replaced by asterisks."""
        password = str(self.connection.settings_dict.get("PASSWORD") or "")
        return text.replace(password, "***") if password else text


def printable(text: str) -> str:
    """Return `text` on one line without control characters, so that no terminal escape in it can act."""
    return " ".join("".join(character if character.isprintable() else " " for character in text).split())


def is_local(host: str) -> bool:
    """Return whether a host is a socket, a file or loopback."""
    return host.startswith(("/", "@", "127.")) or host.lower() in LOOPBACK
