"""Where batches are kept: one folder a database, beside those of its schemas, and one file a batch.

Each execution of a batch is in the journal of its own schema, with the number of the batch. What is here says which
schemas were to have their turn, and which have had it; its file is locked for as long as any process works at it.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ...core.situation import DatabaseInfo
from ...core.tenants.batch import Batch, SchemaResult, Task
from .entries import FORMAT, Writer, lines_of
from .form import decode, encode
from .store import Journal, JournalError, is_locked, who


class Batches(Journal):
    """The batches on one database, over whatever schemas."""

    def __init__(self, root: Path, database: DatabaseInfo, project: str) -> None:
        super().__init__(root, replace(database, schema=""), project)
        self.folder = self.folder.with_name(f"{self.folder.name}-batches")

    def start(self, task: Task, schemas: tuple[str, ...], idle: tuple[str, ...] = ()) -> tuple[Batch, Writer]:
        """Write down that a batch begins, and return it with what writes the rest.

        Raises:
            JournalError: when nothing can be written there; then nothing may be run.
        """
        now = datetime.now(timezone.utc)
        batch = Batch(0, task, schemas, who(os.environ), now, self.database, idle)

        def first(number: int) -> dict[str, Any]:
            return {"format": FORMAT, "batch": encode(replace(batch, id=number))}

        writer = self.opened(first)
        return replace(batch, id=writer.number), writer

    def go_on(self, number: int) -> Writer:
        """Return what writes the rest of an interrupted batch, locked.

        Raises:
            JournalError: when a process is still at work on it, or it cannot be written.
        """
        try:
            file = self.path(number).open("r+b")
        except OSError as error:
            raise JournalError(f"There is no batch {number} in the journal of this database.") from error
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.close()
            raise JournalError(f"Batch {number} is still running.") from error
        # What was cut short by a crash would spoil the next line.
        content = file.read()
        file.seek(content.rfind(b"\n") + 1)
        file.truncate()
        return Writer(file, number)

    def one(self, number: int) -> Batch:
        """Return one batch as its file tells it; `interrupted` where nobody is at work on it any more.

        Raises:
            JournalError: when there is none of that number, or it cannot be read.
        """
        path = self.path(number)
        try:
            found = _read(path)
            gone = found.ended is None and not is_locked(path)
        except FileNotFoundError as error:
            raise JournalError(f"There is no batch {number} in the journal of this database.") from error
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise JournalError(f"{path} cannot be read: {error}") from error
        return replace(found, outcome="interrupted") if gone else found

    def all(self) -> Iterator[Batch]:
        """Yield every batch that can be read, the newest first."""
        for number in reversed(self.numbers()):
            try:
                yield self.one(number)
            except JournalError:
                continue

    def mark_undone(self, number: int, by: int) -> None:
        """Write down that another batch took this one back. Raises JournalError when that cannot be written."""
        with self.writing(number) as writer:
            writer.write({"undone_by": by})


def had_turn(writer: Writer, result: SchemaResult) -> None:
    """Write down what became of one schema. Raises OSError when it cannot be written."""
    writer.write({"result": encode(result)})


def has_ended(writer: Writer, outcome: str) -> None:
    """Write down that every schema has had its turn. Raises OSError when it cannot be written."""
    writer.write({"end": outcome, "at": datetime.now(timezone.utc).isoformat()})


def _read(path: Path) -> Batch:
    """Return what a file tells. Raises ValueError when it is none of ours."""
    lines = list(lines_of(path.read_bytes()))
    if not lines or lines[0].get("format") != FORMAT or "batch" not in lines[0]:
        raise ValueError(f"{path} was not written by this version of migwizard.")
    batch: Batch = decode(Batch, lines[0]["batch"])
    results: dict[str, SchemaResult] = {}
    for line in lines[1:]:
        match line:
            case {"result": dict(given)}:
                result = decode(SchemaResult, given)
                results[result.schema] = result
            case {"end": ("done" | "failed") as outcome, "at": str(at)}:
                batch = replace(batch, outcome=outcome, ended=datetime.fromisoformat(at))
            case {"undone_by": int(number)}:
                batch = replace(batch, undone_by=number)
    return replace(batch, results=tuple(results.values()))
