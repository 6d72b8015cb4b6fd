"""Where executions are kept: one folder a database, one file an execution, numbered from 1.

The folder is the user's own (`platformdirs.user_state_path`), unless the project names one that a team shares:
`journal = "/var/lib/migwizard"` under `[tool.migwizard]` in pyproject.toml.
"""

from __future__ import annotations

import fcntl
import getpass
import hashlib
import os
import re
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

from platformdirs import user_state_path

from ...core.journal import Entry
from ...core.plan import Plan
from ...core.situation import DatabaseInfo
from .entries import FORMAT, Line, Told, Writer, read
from .form import encode

NAME = re.compile(r"(\d{6,})\.jsonl")
END = re.compile(rb'\n\{"end": [^\n]*\n')
"""A last line that is whole; one that was cut short says nothing."""


class JournalError(Exception):
    """The journal cannot be read or written; the text says why, in one sentence."""


class Journal:
    """The executions on one database and schema, those of this machine's users who share the folder."""

    def __init__(self, root: Path, database: DatabaseInfo, project: str, batch: int | None = None) -> None:
        self.database = identity(database)
        self.project = project
        self.batch = batch
        digest = hashlib.sha256(self.database.encode()).hexdigest()[:12]
        readable = re.sub(r"[^A-Za-z0-9]+", "-", Path(database.name).stem).strip("-")[:40] or "database"
        self.folder = root / f"{readable}-{digest}"

    def begin(self, plan: Plan) -> Writer:
        """Write down that a plan begins, and return what writes the rest.

        Raises:
            JournalError: when nothing can be written there; then nothing may be run.
        """
        steps = tuple(replace(step, tables=(), fills=()) for step in plan.steps)
        entry = Entry(
            0,
            self.database,
            self.project,
            who(os.environ),
            datetime.now(timezone.utc),
            plan.repair,
            plan.title,
            plan.safety,
            plan.finding,
            plan.action,
            steps=steps,
            undoes=plan.undoes,
            resumes=plan.resumes,
            batch=self.batch,
        )
        return self.opened(lambda number: {"format": FORMAT, "entry": encode(replace(entry, id=number))})

    def opened(self, first: Callable[[int], Line]) -> Writer:
        """Return what writes a new file, with its first line in it, made from its number.

        Raises:
            JournalError: when nothing can be written there.
        """
        writer = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            writer = self._create()
            writer.write(first(writer.number))
            _flush_folder(self.folder)
        except OSError as error:
            if writer is not None:
                self.path(writer.number).unlink(missing_ok=True)
                writer.close()
            raise JournalError(
                f"The journal cannot be written ({error.strerror or error}: {self.folder})."
            ) from error
        return writer

    def _create(self) -> Writer:
        """Return a new file with the next number, locked."""
        number = max(self.numbers(), default=0) + 1
        while True:
            try:
                # Readable by whoever may read the folder, written by its owner alone: it may hold rows of the history.
                descriptor = os.open(
                    self.path(number), os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o640
                )
            except FileExistsError:
                number += 1
                continue
            file = os.fdopen(descriptor, "ab")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return Writer(file, number)

    def path(self, number: int) -> Path:
        """Return the file of an execution."""
        return self.folder / f"{number:06}.jsonl"

    def numbers(self) -> tuple[int, ...]:
        """Return the numbers of all executions, the oldest first."""
        if not self.folder.is_dir():
            return ()
        found = (NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return tuple(sorted(int(match[1]) for match in found if match))

    def told(self, number: int) -> Told:
        """Return one execution as its file tells it; `interrupted` where its process is gone without an end.

        Raises:
            JournalError: when there is none of that number, or it cannot be read.
        """
        path = self.path(number)
        try:
            found = read(path)
        except FileNotFoundError as error:
            raise JournalError(f"There is no number {number} in the journal of this database.") from error
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise JournalError(f"{path} cannot be read: {error}") from error
        if found.entry.outcome == "running" and not is_locked(path):
            found = replace(found, entry=replace(found.entry, outcome="interrupted"))
        return found

    def entry(self, number: int) -> Entry:
        """Return one execution. Raises JournalError as `told` does."""
        return self.told(number).entry

    def entries(self) -> Iterator[Entry]:
        """Yield every execution that can be read, the newest first."""
        for number in reversed(self.numbers()):
            try:
                yield self.entry(number)
            except JournalError:
                continue

    def interrupted(self) -> Iterator[Told]:
        """Yield the executions whose end nobody has written down, the oldest first."""
        for number in self.numbers():
            if _has_end(self.path(number)):
                continue
            try:
                found = self.told(number)
            except JournalError:
                continue
            if found.entry.outcome == "interrupted":
                yield found

    @contextmanager
    def writing(self, number: int) -> Iterator[Writer]:
        """Yield what adds to the file of an execution that is over.

        Raises:
            JournalError: when another process has it, or it cannot be written.
        """
        try:
            file = self.path(number).open("ab")
        except OSError as error:
            raise JournalError(f"Number {number} in the journal cannot be written ({error}).") from error
        with file:
            try:
                fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise JournalError(f"Number {number} in the journal is still running.") from error
            if not _ends_a_line(self.path(number)):
                # The process was killed in the midst of a line; what is added to it would be lost with it.
                file.write(b"\n")
            yield Writer(file, number)


def end(writer: Writer, outcome: str, message: str, gone: tuple[str, ...] = ()) -> None:
    """Write down how an execution ended. Raises OSError when it cannot be written."""
    now = datetime.now(timezone.utc).isoformat()
    writer.write({"end": outcome, "message": message, "gone": gone, "at": now})


def is_locked(path: Path) -> bool:
    """Tell whether a process that is alive writes a file."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def _has_end(path: Path) -> bool:
    """Tell whether a file's end says how it ended, without reading the whole of it."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 65_536))
            return END.search(file.read()) is not None
    except OSError:
        return True


def _ends_a_line(path: Path) -> bool:
    """Tell whether the last line of a file is whole."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        return file.read() in (b"", b"\n")


def _flush_folder(folder: Path) -> None:
    """Flush a folder's own entries to disk, so that a new file in it survives a crash."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def default_root() -> Path:
    """Return the folder of all journals of this user."""
    return user_state_path("migwizard") / "journal"


def identity(database: DatabaseInfo) -> str:
    """Return which database and schema it is, as a URL without a password: `postgresql://db1:5432/shop#public`."""
    if database.vendor == "sqlite":
        name = database.name
        place = name if ":memory:" in name else os.path.realpath(name)
        return f"sqlite://{place}"
    host = f"{database.host or 'localhost'}{f':{database.port}' if database.port else ''}"
    return f"{database.vendor}://{host}/{database.name}#{database.schema}"


def who(environment: Mapping[str, str]) -> str:
    """Return who is at work: `deploy@web1`, and from where, when it is over SSH."""
    try:
        user = environment.get("SUDO_USER") or getpass.getuser()
    except (OSError, KeyError):
        user = str(os.getuid())
    client = environment.get("SSH_CONNECTION", "").split(" ")[0]
    return f"{user}@{socket.gethostname()}{f' from {client}' if client else ''}"
