"""Who else uses a SQLite database: processes of this machine, as far as Linux shows them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import OperationalError

from migwizard.core.session import Session, listed

from .. import processes
from ..base import Database
from ..standard import DoubleQuotes
from . import catalogue, locks
from .catalogue import fetch, fetch_for


class SQLiteConcurrency(DoubleQuotes, Database):
    """What is known of others at work on a SQLite file."""

    _repairing = False

    @contextmanager
    def repairing(self, schema: str | None = None, *, several: bool = False) -> Iterator[None]:
        """Keep other repairs of the file away, from now on and whatever the transactions inside do."""
        path = self._file()
        if path is None:
            yield
            return
        with locks.exclusive(path):
            self._repairing = True
            try:
                yield
            finally:
                self._repairing = False

    def try_lock(self, name: str, schema: str | None = None) -> str | None:
        """Return who else repairs the file between two transactions; in ours, SQLite itself lets nobody write.

        There is one lock for the whole file, whatever its name.
        """
        path = self._file()
        return None if path is None or self._repairing else locks.holder(path)

    def hold_history(self, table: str, schema: str | None = None) -> bool:
        """Return whether our transaction, an exclusive one, has the file for itself: not with a write-ahead log."""
        with self.connection.cursor() as cursor:
            return str(fetch(cursor, "PRAGMA journal_mode")[0][0]) != "wal"

    def others_at_work(
        self, tables: Collection[str], schema: str | None = None, project: str = ""
    ) -> tuple[str, ...]:
        """Return a sentence for each `migrate` that has the file open, and for whoever is writing to it.

        Only processes of this machine are seen, and of other users, unless we are root, only those that write.
        """
        path = self._file()
        if path is None:
            return ()
        found = {
            process: f"{processes.described(process)} is migrating this database."
            for process in processes.processes()
            if processes.migrates(processes.arguments(process))
            and processes.opened(process, self._files(path))
        }
        for process, mode in locks.users(path).items():
            if mode == "RESERVED" and process not in found:
                found[process] = f"{processes.described(process)} is writing to this database."
        return tuple(found[process] for process in sorted(found))

    def sessions(self) -> tuple[Session, ...]:
        """Return the processes that have the file open, as far as can be seen; those that write come first."""
        path = self._file()
        if path is None:
            return ()
        modes = locks.users(path)
        files = self._files(path)
        users = modes.keys() | {number for number in processes.processes() if processes.opened(number, files)}
        found = [
            Session(
                process,
                processes.owner(process),
                processes.program(process),
                since=processes.begun(process),
                state={"RESERVED": "writing", "SHARED": "reading", "": "connected"}[modes.get(process, "")],
                holds=((path.name, modes[process]),) if process in modes else (),
            )
            for process in sorted(users)
        ]
        return tuple(sorted(found, key=lambda one: one.state != "writing"))

    def blockers(self) -> str:
        """Return who keeps us from locking the file, as the end of a sentence."""
        path = self._file()
        modes = locks.users(path) if path is not None else {}
        for mode, does in (("RESERVED", "writing to it"), ("SHARED", "reading it")):
            found = [processes.described(process) for process in sorted(modes) if modes[process] == mode]
            if found:
                return f"{listed(found)} {'is' if len(found) == 1 else 'are'} {does}"
        return ""

    def waited_too_long(self, error: BaseException) -> bool:
        """Tell whether a statement waited too long for the file; none is ended because it takes long."""
        return isinstance(error, OperationalError) and "locked" in str(error)

    def storage(self) -> Mapping[str, tuple[str, str]]:
        """Return the page at which each table of `main` begins: a rebuilt table begins elsewhere."""
        with self.connection.cursor() as cursor:
            if fetch(cursor, "PRAGMA auto_vacuum")[0][0]:
                # Then pages are moved whenever another table is dropped.
                return {}
            rows = fetch_for(cursor, catalogue.ROOT_PAGES, "main", None)
        return {name: (name, str(page)) for name, page in rows}

    def _file(self) -> Path | None:
        """Return the file of `main`; None for a database in memory."""
        self.connection.ensure_connection()
        # Past Django, which refuses every statement after one that failed in its transaction.
        driver: Any = self.connection.connection
        files = {name: file for _, name, file in driver.execute("PRAGMA database_list")}
        return Path(files["main"]) if files.get("main") else None

    def _files(self, path: Path) -> set[tuple[int, int]]:
        """Return device and inode of the file."""
        known = locks.identity(path)
        return {known} if known is not None else set()
