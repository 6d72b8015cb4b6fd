"""What several diagnoses could tell of the same cause, and whose it is: every cause makes exactly one finding.

A record without file that was renamed belongs to renamed-migration; a migration that is not recorded although applied
ones need it, to inconsistent-history; a history that is gone as a whole, to one applied-not-recorded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..core.graph import Key
from ..core.graph.build import inconsistencies
from ..core.situation import Situation
from ..core.sources.lost import new_name
from .base import rows_by_key

NAME = re.compile(r"(?P<number>\d+)(?:_(?P<suffix>.*))?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Rename:
    """A record whose file was given another name."""

    ghost: Key
    """What the record says."""
    file: Key
    """The file as it is called now; it is not recorded."""
    why: str
    """What shows it, beside the names and the schema; empty when the schema has what the file does."""


def ghosts(situation: Situation) -> tuple[Key, ...]:
    """Return the recorded migrations that are in no file and in no squash's `replaces`, in the order of the records."""
    graph = situation.graph
    replaceable = {old for file in graph.files.values() for old in file.replaces}
    return tuple(
        dict.fromkeys(
            record.key
            for record in situation.records
            if record.key not in graph.files and record.key not in replaceable
        )
    )


def holes(situation: Situation) -> tuple[Key, ...]:
    """Return every migration that is not recorded although a recorded one depends on it, directly or not.

    Django's own check names the first direct pair; once that is repaired, the next comes up. These are all of them.
    """
    graph = situation.graph
    stack = [parent for _, parent in inconsistencies(graph, situation.recorded)]
    seen = set(stack)
    while stack:
        for parent in graph.parents.get(stack.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return tuple(key for key in graph.nodes if key in seen and key not in graph.effective)


def name_candidates(situation: Situation, ghost: Key) -> tuple[Key, ...]:
    """Return the unrecorded migrations of the same app that have the number of `ghost`, or the rest of its name.

    Where a commit shows what the file was renamed to, that is the only one.
    """
    graph = situation.graph
    known = new_name(graph, situation.lost_files, ghost)
    return tuple(
        key
        for key in graph.nodes
        if known in (None, key)
        and key[0] == ghost[0]
        and key not in graph.effective
        and (key == known or _same_number(key, ghost) or _same_suffix(key, ghost))
    )


def renames(situation: Situation) -> tuple[Rename, ...]:
    """Return the records whose file was renamed, as far as the schema, or the history, shows it.

    A number in common proves nothing by itself: two branches may both have a 0007. So the schema must have what the
    file does; or, where the schema cannot show that, the rest of the name is the same, or applied migrations need it.
    """
    if situation.project.errors:
        return ()
    rows, needed = rows_by_key(situation), frozenset(holes(situation))
    claims = {ghost: name_candidates(situation, ghost) for ghost in ghosts(situation)}
    claimed = [key for candidates in claims.values() for key in candidates]
    found = []
    for ghost, candidates in claims.items():
        if len(candidates) != 1 or claimed.count(candidates[0]) != 1:
            continue
        row = rows.get(candidates[0])
        if row is None or not row.confirmed:
            continue
        if row.schema == "yes":
            found.append(Rename(ghost, candidates[0], ""))
        elif row.schema == "unobservable" and row.key in needed:
            found.append(Rename(ghost, candidates[0], "applied migrations depend on it"))
        elif row.schema == "unobservable" and new_name(situation.graph, situation.lost_files, ghost):
            found.append(Rename(ghost, candidates[0], "git has the commit that renamed it"))
        elif row.schema == "unobservable" and _same_suffix(ghost, row.key):
            found.append(Rename(ghost, candidates[0], "only the number in its name differs"))
    return tuple(found)


def _same_number(one: Key, other: Key) -> bool:
    numbers = [match["number"] for key in (one, other) if (match := NAME.match(key[1]))]
    return len(numbers) == 2 and numbers[0] == numbers[1]


def _same_suffix(one: Key, other: Key) -> bool:
    suffixes = [match["suffix"] for key in (one, other) if (match := NAME.match(key[1]))]
    return len(suffixes) == 2 and bool(suffixes[0]) and suffixes[0] == suffixes[1]


def renamed_files(situation: Situation) -> frozenset[Key]:
    """Return the files that renamed-migration tells about."""
    return frozenset(rename.file for rename in renames(situation))


def lost_history(situation: Situation) -> tuple[Key, ...]:
    """Return what the schema proves to be applied, where nothing at all is recorded; nothing otherwise."""
    if situation.records:
        return ()
    proven = tuple(
        row.key for row in situation.migrations if row.state == "applied-not-recorded" and row.confirmed
    )
    return proven if len(proven) > 1 else ()


def read_through(situation: Situation) -> frozenset[Key]:
    """Return the migrations of which something certain can be said: none of their app before them is unreadable."""
    graph = situation.graph
    tainted: set[Key] = set()
    for key in graph.nodes:
        parents = (parent for parent in graph.parents[key] if parent[0] == key[0])
        if graph.files[key].error is not None or any(parent in tainted for parent in parents):
            tainted.add(key)
    return frozenset(key for key in graph.nodes if key not in tainted)
