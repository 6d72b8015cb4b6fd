"""One execution's file: a line an event, each flushed to disk before the next thing happens.

The first line says what is to be done; the last one that is whole says how far it came. A line that was cut short by a
full disk or a crash is one that was never written.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import IO, Any, get_type_hints

from ...core.journal import Entry
from ...core.plan import Ran
from ...core.schema import Table
from .form import decode, encode

FORMAT = 1
"""Of a line's form; a file with another number was written by a version that this one cannot read."""

CHANGED = ("records_before", "records_after", "tables_before", "tables_after", "renames", "files", "lost")
"""Fields of an entry that say what it changed."""

KINDS = get_type_hints(Entry)

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An execution as its file tells it, with what only the settling of an interrupted one needs."""

    entry: Entry
    committing: Mapping[str, Any] | None = None
    """The announcement of a commit of which the file does not say that it went through."""
    done: int = 0
    """How many steps are done, whether they are committed or not."""
    former: Mapping[str, Table | None] = field(default_factory=dict)
    """Tables that a step deals with which no transaction holds, as they were before the execution; empty once it is
    written down what became of them."""
    placed: frozenset[str] = frozenset()
    """Files that are known to be in their place."""


class Writer:
    """Writes one execution's file, and holds it locked for as long as its process lives."""

    def __init__(self, file: IO[bytes], number: int) -> None:
        self.file = file
        self.number = number

    def write(self, line: Line) -> None:
        """Append a line and flush it to disk.

        Raises:
            OSError: when it cannot be written; then the line does not count.
        """
        self.file.write(json.dumps(line).encode() + b"\n")
        self.file.flush()
        os.fsync(self.file.fileno())

    def close(self) -> None:
        """Close the file, which unlocks it."""
        self.file.close()


def read(path: Path) -> Told:
    """Return what a file tells.

    Raises:
        ValueError: when it is none of ours, or of a version that this one cannot read.
        OSError: when it cannot be read.
    """
    lines = list(lines_of(path.read_bytes()))
    if not lines or lines[0].get("format") != FORMAT:
        raise ValueError(f"{path} was not written by this version of migwizard.")
    told = Told(decode(Entry, lines[0]["entry"]))
    for line in lines[1:]:
        told = _and(told, line)
    return told


def lines_of(content: bytes) -> Iterator[Line]:
    """Yield the lines of a file that are whole."""
    for text in content.split(b"\n")[:-1]:
        try:
            line = json.loads(text)
        except ValueError:
            # Cut short, and written again once there was room.
            continue
        if isinstance(line, dict):
            yield line


def _and(told: Told, line: Line) -> Told:
    """Return what is told with one more line."""
    entry = told.entry
    match line:
        case {"begin": int(step)}:
            former = decode(Mapping[str, Table | None], line.get("former", {}))
            entry = replace(entry, begun_steps=max(entry.begun_steps, step + 1))
            return replace(told, entry=entry, former={**told.former, **former})
        case {"done": int(step)}:
            ran = decode(tuple[Ran, ...], line.get("ran", ()))
            # What no transaction holds is in as soon as it is done.
            alone = step < len(entry.steps) and not entry.steps[step].atomic
            return replace(
                told,
                done=step + 1,
                entry=replace(
                    entry, done_steps=step + 1 if alone else entry.done_steps, ran=(*entry.ran, *ran)
                ),
            )
        case {"committing": dict(announced)}:
            return replace(told, committing=announced, former={})
        case {"seen": dict(seen)}:
            return replace(told, entry=replace(entry, **decoded(seen)))
        case {"committed": _}:
            return settled_in(told)
        case {"placed": str(path)}:
            return replace(told, placed=told.placed | {path})
        case {"end": str(outcome)}:
            ended = datetime.fromisoformat(line["at"])
            return replace(
                told,
                entry=replace(
                    entry,
                    outcome=decode(str, outcome),
                    message=line.get("message", ""),
                    gone=tuple(line.get("gone", ())),
                    ended=ended,
                ),
            )
        case {"undone_by": int(number)}:
            return replace(told, entry=replace(entry, undone_by=number))
    return told


def settled_in(told: Told) -> Told:
    """Return what is told once the announced commit is known to have gone through."""
    if told.committing is None:
        return told
    entry = replace(told.entry, **picture(told), done_steps=told.done)
    return replace(told, entry=entry, committing=None)


def picture(told: Told) -> dict[str, Any]:
    """Return the fields of the entry that an announced commit changes, as they are once it has gone through."""
    return decoded(told.committing or {})


def decoded(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of an entry that an image of it holds."""
    return {name: decode(KINDS[name], given[name]) for name in CHANGED if name in given}


def image(entry: Entry) -> Line:
    """Return what the announcement of a commit holds of an entry: everything that it changed so far."""
    return {name: encode(getattr(entry, name)) for name in CHANGED}
