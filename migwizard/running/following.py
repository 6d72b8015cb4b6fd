"""What an execution makes of an earlier one, that it takes back or goes on with."""

from __future__ import annotations

from ..core.journal import Entry
from . import files
from .journal import Journal, Writer, end


def close_earlier(journal: Journal, entry: Entry) -> None:
    """Write into the execution that this one takes back, or goes on with, what became of it.

    This is due as soon as a part of the later one is committed: what is left to be done, or to be taken back, is then
    told by the later one alone, and to go on with the earlier one as well would do it twice. Done already, it does
    nothing.

    Raises:
        JournalError, OSError: when it cannot be written.
    """
    if entry.undoes is not None:
        undone = journal.entry(entry.undoes)
        if undone.undone_by is None:
            with journal.writing(undone.id) as writer:
                _end(
                    writer, undone, "rolled-back", f"It was interrupted, and taken back by number {entry.id}."
                )
                writer.write({"undone_by": entry.id})
    if entry.resumes is not None:
        resumed = journal.entry(entry.resumes)
        with journal.writing(resumed.id) as writer:
            _end(writer, resumed, "done", f"It was interrupted; number {entry.id} went on with it.")
        close_earlier(journal, resumed)


def _end(writer: Writer, entry: Entry, outcome: str, message: str) -> None:
    """Write down the end of an execution that has none, and remove what waits beside its files."""
    if not entry.finished:
        for change in files.changes(entry.steps):
            files.discard(change, entry.id)
        end(writer, outcome, message)
