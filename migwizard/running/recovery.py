"""Executions whose process ended before it could write down how: what is in, told from the server and the files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from django.db import Error

from ..core.journal import Entry, FileChange
from ..core.lineage import holds_the_same
from ..core.situation import Situation
from ..reading.reader import Reader
from . import files
from .journal import Journal, JournalError, Told, end, picture, settled_in

OPEN = (
    "It is not known whether its commit went through: what it changed is neither as before nor as after it."
)


def settle(journal: Journal, reader: Reader, situation: Situation) -> tuple[Entry, ...]:
    """Return every interrupted execution, with what is in of it as its message.

    One that is wholly in, or not at all, gets its end in the journal now, unless nothing may be written; so it is told
    once. Any other stays `interrupted` until it is brought to its end or taken back.
    """
    return tuple(_settled(journal, reader, situation, told) for told in journal.interrupted())


def _settled(journal: Journal, reader: Reader, situation: Situation, told: Told) -> Entry:
    """Return one execution with what is known of it."""
    if told.committing is not None:
        through = went_through(reader, situation, told)
        if through is None:
            return replace(told.entry, **picture(told), message=OPEN)
        if through == "in progress":
            return replace(told.entry, message="Its transaction is still open on the server.")
        if through == "committed":
            told = settled_in(told)
            _write(journal, reader, told.entry, {"committed": True})
        else:
            told = replace(told, committing=None)
    entry = told.entry
    if not entry.done_steps and not _began_alone(entry):
        return _ended(
            journal,
            reader,
            entry,
            "rolled-back",
            "It was interrupted before its commit; nothing of it is in.",
        )
    missing = tuple(misplaced(entry))
    if entry.done_steps >= len(entry.steps) and not missing:
        return _ended(
            journal, reader, entry, "done", "It was interrupted after its commit; everything is in."
        )
    return replace(
        entry, outcome="interrupted", message=f"It was interrupted: {'; '.join(_halves(entry, missing))}."
    )


def _halves(entry: Entry, missing: tuple[FileChange, ...]) -> Iterator[str]:
    """Yield what is in of an execution, and what is not."""
    done, steps = entry.done_steps, len(entry.steps)
    if done:
        yield f"{_steps(done)} of {steps} {'are' if done > 1 else 'is'} in"
    if done < steps:
        if entry.begun_steps > done and not entry.steps[done].atomic:
            yield f"step {done + 1} was begun, and may be in by a part"
        else:
            yield f"{_steps(steps - done, done)} {'are' if steps - done > 1 else 'is'} not"
    if missing:
        names = ", ".join(change.path for change in missing)
        yield f"the commit went through, but {names} {'are' if len(missing) > 1 else 'is'} not in place"


def _steps(count: int, after: int = 0) -> str:
    """Return some steps by their numbers: `step 3`, `steps 1 to 4`."""
    first, last = after + 1, after + count
    return f"step {first}" if first == last else f"steps {first} to {last}"


def _began_alone(entry: Entry) -> bool:
    """Tell whether the step that was running last is one that no transaction held."""
    index = entry.begun_steps - 1
    return index >= 0 and not entry.steps[index].atomic


def _write(journal: Journal, reader: Reader, entry: Entry, line: dict[str, object]) -> None:
    """Add a line to an execution's file, where anything may be written."""
    if not reader.options.read_only:
        with suppress(JournalError, OSError), journal.writing(entry.id) as writer:
            writer.write(line)


def _ended(journal: Journal, reader: Reader, entry: Entry, outcome: str, message: str) -> Entry:
    """Return an execution with its end, written down where that is allowed."""
    if not reader.options.read_only:
        with suppress(JournalError, OSError), journal.writing(entry.id) as writer:
            for change in files.changes(entry.steps):
                files.discard(change, entry.id)
            end(writer, outcome, message)
    return replace(entry, outcome=outcome, message=message)  # type: ignore[arg-type]


def went_through(reader: Reader, situation: Situation, told: Told) -> str | None:
    """Return whether an announced commit went through: `committed`, `aborted`, `in progress`; None if nobody knows."""
    name = (told.committing or {}).get("transaction")
    if name:
        with suppress(Error):
            status = reader.database.transaction_status(str(name))
            if status is not None:
                return status
    entry = replace(told.entry, **picture(told))
    if not entry.records_before and not entry.records_after and not entry.tables_after:
        # It changed nothing that could be seen: files at most, which are looked at by themselves.
        return "committed" if not entry.files or _any_placed(entry) else "aborted"
    if is_as(situation, entry, after=True):
        return "committed"
    return "aborted" if is_as(situation, entry, after=False) else None


def is_as(situation: Situation, entry: Entry, *, after: bool) -> bool:
    """Tell whether rows and tables are as an execution left them, or, with `after` False, as it found them."""
    rows = {row.id: row for row in situation.records}
    present, absent = entry.records_after, entry.records_before
    if not after:
        present, absent = absent, present
    if any(rows.get(row.id) != row for row in present):
        return False
    if any(rows.get(row.id) == row for row in absent):
        return False
    if situation.live is None:
        return bool(present or absent)
    tables = entry.tables_after if after else entry.tables_before
    for name, table in tables.items():
        live = situation.live.tables.get(name)
        if live != table and not holds_the_same(live, table):
            return False
    return True


def misplaced(entry: Entry) -> Iterator[FileChange]:
    """Yield the files of an execution that do not hold what it was to write."""
    for change in entry.files:
        try:
            if files.content(change.path) != change.content:
                yield change
        except files.FileInTheWay:
            yield change


def _any_placed(entry: Entry) -> bool:
    return len(tuple(misplaced(entry))) < len(entry.files)
