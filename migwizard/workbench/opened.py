"""The project and the connection of a workbench, and what is asked of the server as it is now."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from ..core.journal import Entry
from ..core.plan import Ran
from ..core.session import Session
from ..core.situation import Situation
from .answers import CannotRun, Reading

if TYPE_CHECKING:
    from ..reading.options import Options
    from ..reading.reader import Reader

Answer = TypeVar("Answer")


@dataclass
class Opened:
    """One project and one database."""

    options: Options
    stop: threading.Event = field(default_factory=threading.Event)
    """Set from any thread to have the running work stop and roll back."""
    reading: Reading | None = None
    batch: int | None = None
    """The batch over many schemas that is running, which is written down with each execution."""
    _reader: Reader | None = None
    _log: list[Ran] = field(default_factory=list)
    _settled: dict[int, Entry] = field(default_factory=dict)
    """Interrupted executions, as they were found when this workbench first looked."""

    @property
    def reader(self) -> Reader:
        """The open reader.

        Raises:
            CannotRun: when the workbench has not been opened.
        """
        if self._reader is None:
            raise CannotRun("The project has not been opened yet.")
        return self._reader

    def open(self) -> None:
        """Find and load the project, and connect.

        Raises:
            CannotRun: with one sentence, when there is no project or no connection.
        """
        from ..reading.reader import Reader

        reader = Reader(self.options)
        self._guarded(reader.open)
        self._guarded(reader.connect)
        self._reader = reader
        reader.cancel = self.stop
        if reader.connected:
            self._listen(reader)

    def _listen(self, reader: Reader) -> None:
        """Log every statement that goes over the connection, reads included."""
        from ..running.capture import Capture

        reader.connection.execute_wrappers.append(Capture(reader.connection, self._log.append))

    def turn_to(self, schema: str | None) -> None:
        """Look at another schema of the same database from now on; nothing of it is read yet.

        Raises:
            CannotRun: when the server refuses.
        """
        self._guarded(lambda: self.reader.turn_to(schema))
        self.options = self.reader.options
        self.reading = None
        self._settled = {}

    @contextmanager
    def turning(self) -> Iterator[None]:
        """Let other schemas be looked at for a while; at the end all is as before, what had been read included.

        Raises:
            CannotRun: when the server refuses.
        """
        asked, reading, settled = self.options.schema, self.reading, self._settled
        try:
            yield
        finally:
            self.turn_to(asked)
            self.reading, self._settled = reading, settled

    def cancel(self) -> None:
        """Ask, from any thread, for the running work to stop; a statement inside a transaction is cut short.

        One that no transaction holds comes to its end: cut short, it would leave a part behind.
        """
        self.stop.set()
        reader = self._reader
        if reader is None or not reader.connected or not reader.connection.in_atomic_block:
            return
        driver = reader.connection.connection
        cut = getattr(driver, "cancel", None) or getattr(driver, "interrupt", None)
        if cut is not None:
            # The connection may be lost or closed at this very moment; then there is nothing to cut short.
            with suppress(Exception):
                cut()

    def pause(self) -> None:
        """Ask, from any thread, a replay that is running to stop for now; what was replayed is kept."""
        self.stop.set()

    def log(self) -> tuple[Ran, ...]:
        """Return every statement that went over the connection so far, reads included."""
        return tuple(self._log)

    def sessions(self) -> tuple[Session, ...]:
        """Return who else is connected to the database, and what they lock, as far as can be seen.

        Raises:
            CannotRun: when the server does not answer.
        """
        from django.db import Error

        reader = self.reader
        if not reader.connected:
            return ()
        try:
            return reader.database.sessions()
        except Error as error:
            raise CannotRun(reader.database.explain_error(error)) from error

    def rows(self, table: str) -> int | None:
        """Return the server's estimate of a table's rows, if it has one."""
        live = self._situation().live
        found = live.tables.get(table) if live is not None else None
        return found.rows if found is not None else None

    def close(self) -> None:
        """Close the connection."""
        if self._reader is not None and hasattr(self._reader, "connection"):
            self._reader.connection.close()

    def _guarded(self, read: Callable[[], Answer]) -> Answer:
        """Return what is read. Raises CannotRun, with its reason, where that cannot be."""
        from ..reading.connected import CannotRead

        try:
            return read()
        except CannotRead as error:
            raise CannotRun(str(error)) from error

    def _situation(self) -> Situation:
        if self.reading is None:
            raise CannotRun("The database has not been read yet.")
        return self.reading.situation
