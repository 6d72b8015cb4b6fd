"""Executions whose process ended before it could write down how: what is in, told from the server and the files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from django.db import Error

from ..core.graph import Record
from ..core.journal import Entry, FileChange
from ..core.schema import Table
from ..core.situation import Situation
from ..core.truths.lineage import holds_the_same
from ..reading.reader import Reader
from . import files
from .following import close_earlier
from .journal import Journal, JournalError, Told, end, image, picture, settled_in

OPEN = (
    "It is not known whether its commit went through: what it changed is neither as before nor as after it."
)


def settle(journal: Journal, reader: Reader, situation: Situation) -> tuple[Entry, ...]:
    """Return every interrupted execution, with what is in of it as its message.

    One that is wholly in, or not at all, gets its end in the journal now, unless nothing may be written; so it is told
    once. Any other stays `interrupted` until it is brought to its end or taken back.
    """
    found: dict[int, Entry] = {}
    followed: set[int | None] = set()
    for told in reversed(tuple(journal.interrupted())):
        if told.entry.id in followed:
            continue
        entry = found[told.entry.id] = _settled(journal, reader, situation, told)
        if (entry.in_place or _began_alone(entry)) and entry.outcome != "rolled-back":
            # A later one that is in says what became of the one that it takes back or goes on with.
            followed |= {entry.undoes, entry.resumes}
            if not reader.options.read_only:
                with suppress(JournalError, OSError):
                    close_earlier(journal, entry)
    return tuple(found[number] for number in sorted(found))


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
    entry = _completed(journal, reader, situation, told)
    if not entry.done_steps and not _began_alone(entry):
        return _ended(
            journal,
            reader,
            entry,
            "rolled-back",
            "It was interrupted before its commit; nothing of it is in.",
        )
    if _only_signals(entry):
        said = "It was interrupted when only pre_migrate had been sent; nothing of it is in."
        return _ended(journal, reader, entry, "rolled-back", said)
    missing = tuple(misplaced(entry))
    if entry.done_steps >= len(entry.steps) and not missing:
        return _ended(
            journal, reader, entry, "done", "It was interrupted after its commit; everything is in."
        )
    if entry.resumes is not None and entry.only_files:
        left = f"It was interrupted; its files are left to number {entry.resumes}."
        return _ended(journal, reader, entry, "rolled-back", left)
    if entry.only_files and all(_is_untouched(change) for change in entry.files):
        nowhere = "It was interrupted before its first file was in place; nothing of it is in."
        return _ended(journal, reader, entry, "rolled-back", nowhere)
    return replace(
        entry,
        outcome="interrupted",
        message=f"It was interrupted: {'; '.join(_halves(entry, missing))}.",
        misplaced=tuple(change.path for change in missing),
        untouched=tuple(change.path for change in missing if _is_untouched(change)),
    )


def _completed(journal: Journal, reader: Reader, situation: Situation, told: Told) -> Entry:
    """Return an execution with the tables that a step has changed which no transaction held.

    Its process ended before it could write down how the step left them, so that is told from how they are now.
    """
    entry, live = told.entry, situation.live
    if live is None:
        return entry
    before, after = dict(entry.tables_before), dict(entry.tables_after)
    for name, former in told.former.items():
        if name in before or live.tables.get(name) != former:
            before.setdefault(name, former)
            after[name] = live.tables.get(name)
    seen = replace(entry, tables_before=before, tables_after=after)
    if seen != entry:
        _write(journal, reader, seen, {"seen": image(seen)})
    return seen


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


def _only_signals(entry: Entry) -> bool:
    """Tell whether nothing but signals is in, which are sent again when the plan is made anew."""
    changed = entry.records_before or entry.records_after or entry.tables_after
    done = entry.steps[: entry.done_steps]
    return not changed and not _began_alone(entry) and bool(done) and all(step.signal for step in done)


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
    if _is_as(situation, entry.records_after, entry.records_before, entry.tables_after):
        return "committed"
    return "aborted" if _is_as(situation, *_met(told.entry, entry)) else None


Rows = tuple[Record, ...]
Tables = Mapping[str, Table | None]


def _met(earlier: Entry, entry: Entry) -> tuple[Rows, Rows, Tables]:
    """Return the rows that are there before an announced commit, those that are not yet, and the tables.

    Where it is not the first of its execution, these are as the commits before it have left them.
    """
    present = tuple(row for row in entry.records_before if row not in earlier.records_before)
    absent = tuple(row for row in entry.records_after if row not in earlier.records_after)
    return (*earlier.records_after, *present), absent, {**entry.tables_before, **earlier.tables_after}


def _is_as(situation: Situation, present: Rows, absent: Rows, tables: Tables) -> bool:
    """Tell whether rows are there or not, and tables as they are given."""
    rows = {row.id: row for row in situation.records}
    if any(rows.get(row.id) != row for row in present):
        return False
    if any(rows.get(row.id) == row for row in absent):
        return False
    if situation.live is None:
        return bool(present or absent)
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


def _is_untouched(change: FileChange) -> bool:
    """Tell whether a file holds what it held before."""
    with suppress(files.FileInTheWay):
        return files.content(change.path) == change.former
    return False


def _any_placed(entry: Entry) -> bool:
    return len(tuple(misplaced(entry))) < len(entry.files)
