"""How one branch of an app is put on top of the other, and what forbids it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..graph import Graph, Key, MigrationFile
from ..graph.branches import Branch, Overlap, branches, overlaps
from ..situation import Situation
from .joining import (
    Unjoinable,
    beside,
    check_branches,
    check_overlaps,
    check_owned,
    dotted,
    number_of,
    orders,
    rebuilt,
)
from .references import mentions, redirected, references
from .source_text import CannotEdit


@dataclass(frozen=True, slots=True)
class Move:
    """A branch that is put on top of another one."""

    target: Key
    """The leaf that it comes to depend on."""
    names: Mapping[Key, Key]
    """Its migrations in the order of application, with the names that they get (perhaps the same)."""
    changed: Mapping[str, tuple[str | None, str | None]]
    """By path, the text of each file before and after; None where there is no file."""
    branches: tuple[Branch, Branch]
    """The branch that moves, and the one that it is put on."""
    met: tuple[Overlap, ...]
    """Where the two deal with the same thing, and the moved one does not fail."""
    mentions: tuple[tuple[str, str], ...]
    """(migration, former name) of files that name a moved migration in a text, as imports do."""

    @property
    def renames(self) -> dict[Key, Key]:
        """The migrations that get another name, in the order of application."""
        return {old: new for old, new in self.names.items() if old != new}


def choose(situation: Situation, app: str) -> Move:
    """Return the move of the branch that is not recorded here; where neither is, of the shorter one.

    Raises:
        Unjoinable: when both are recorded, when there are more than two, or when the branch cannot be moved.
    """
    found = branches(situation.graph, app)
    check_branches(situation, app, found)
    if len(found) > 2:
        raise Unjoinable(f"The app {app} has {len(found)} last migrations; name the one to move.")
    free = [branch for branch in found if not set(branch.own) & situation.recorded]
    if not free:
        raise Unjoinable(f"Both branches of {app} are recorded here; name the one to move.")
    return move(situation, sorted(free, key=lambda one: one.leaf, reverse=True)[0].leaf)


def move(situation: Situation, key: Key) -> Move:
    """Return the move of the branch that a migration belongs to.

    Raises:
        Unjoinable: when it cannot be moved.
    """
    found = branches(situation.graph, key[0])
    check_branches(situation, key[0], found)
    branch, other = _sides(found, key)
    moved = tuple(one for one in branch.own if one not in other.own)
    for one in moved:
        _check_movable(situation, one)
    _check_recorded(situation, moved, other)
    names = _new_names(situation, moved, other.leaf)
    files = _files(situation, names, other.leaf)
    after = rebuilt(situation, files, frozenset(names.get(one, one) for one in situation.recorded))
    met = overlaps(situation.graph, (branch, other))
    former = {new: old for old, new in names.items()}
    nodes = [former.get(one, one) for one in after.nodes]
    check_overlaps(met, orders(situation.graph.effective, nodes))
    changed = _changed(situation.graph.files, files)
    return Move(other.leaf, names, changed, (branch, other), met, tuple(_mentions(situation, files, names)))


def _sides(found: Sequence[Branch], key: Key) -> tuple[Branch, Branch]:
    """Return the branch that a migration belongs to, and the one to put it on."""
    mine = [branch for branch in found if key in branch.own]
    if len(mine) != 1:
        why = "every branch" if not mine else "several branches"
        raise Unjoinable(f"{dotted(key)} belongs to {why}; name a migration that only one of them has.")
    others = [branch for branch in found if branch is not mine[0]]
    return mine[0], max(others, key=lambda branch: (number_of(branch.leaf[1]) or 0, branch.leaf))


def _check_movable(situation: Situation, key: Key) -> None:
    check_owned(situation, key)
    file = situation.graph.files[key]
    if not file.source:
        raise Unjoinable(
            f"The text of {dotted(key)} is not known (it is not UTF-8), so it cannot be changed."
        )
    if file.replaces or any(key in other.replaces for other in situation.graph.files.values()):
        raise Unjoinable(f"{dotted(key)} is a squash or is replaced by one; finish the squash first.")


def _check_recorded(situation: Situation, moved: Sequence[Key], other: Branch) -> None:
    """Raise Unjoinable when a record is wrong, or applied migrations would come to depend on some that are not."""
    for key in moved:
        row = situation.truth(key)
        if row is not None and row.state in ("recorded-not-applied", "half-applied"):
            raise Unjoinable(
                f"{dotted(key)} is recorded here but not wholly in the schema; repair that first."
            )
    applied = [key for key in moved if key in situation.graph.effective]
    pending = [key for key in other.own if key not in situation.graph.effective]
    if applied and pending:
        raise Unjoinable(
            f"{dotted(applied[0])} is recorded here and {dotted(pending[0])} is not, so it is the other branch that"
            f" has to move: rebase {pending[0][0]} {pending[0][1]}."
        )


def _new_names(situation: Situation, moved: Sequence[Key], target: Key) -> dict[Key, Key]:
    """Return the names that follow the target's number; a name without a number is kept."""
    names: dict[Key, Key] = {}
    number = number_of(target[1])
    for key in moved:
        digits = re.match(r"\d+", key[1])
        name = key[1]
        if digits is not None and number is not None:
            number += 1
            name = f"{number:0{len(digits[0])}}{key[1][digits.end() :]}"
        names[key] = (key[0], name)
    taken = {*situation.graph.files, *situation.recorded} - set(names)
    for old, new in names.items():
        if new in taken:
            raise Unjoinable(
                f"{dotted(old)} would become {dotted(new)}, and there is one of that name already."
            )
    return names


def _files(situation: Situation, names: Mapping[Key, Key], target: Key) -> dict[Key, MigrationFile]:
    """Return all migration files as they are afterwards."""
    graph = situation.graph
    renames = {old: new for old, new in names.items() if old != new}
    files: dict[Key, MigrationFile] = {}
    for key, file in graph.files.items():
        replaced = dict(renames)
        source = file.source
        if key in names and not any(parent in names for parent in graph.parents[key]):
            base = _base(graph, file)
            replaced[base] = target
            source = _edited(file, {base: target})
        if set(renames) & {*file.dependencies, *file.run_before}:
            check_owned(situation, key)
            source = _edited(replace(file, source=source), renames)
        files[names.get(key, key)] = _moved(file, names.get(key, key), replaced, source)
    return files


def _base(graph: Graph, file: MigrationFile) -> Key:
    """Return the dependency of a branch's first migration that the other branch's leaf takes the place of."""
    place = {key: number for number, key in enumerate(graph.nodes)}
    own = [key for key in file.dependencies if key[0] == file.app and key in place]
    if not own:
        raise Unjoinable(f"{dotted(file.key)} names no migration of its own app that it depends on.")
    return max(own, key=place.__getitem__)


def _edited(file: MigrationFile, names: Mapping[Key, Key]) -> str:
    """Return a file's text with other names.

    Raises:
        Unjoinable: when it names one of the migrations in a way that cannot be changed.
    """
    try:
        source = redirected(file.source, names)
        written = {reference.key for reference in references(source)}
    except CannotEdit as error:
        raise Unjoinable(f"{dotted(file.key)} cannot be changed: it {error}.") from error
    for old, new in names.items():
        if old in (*file.dependencies, *file.run_before) and new not in written:
            raise Unjoinable(f"{dotted(file.key)} names {dotted(old)} in a way that cannot be changed here.")
    return source


def _moved(file: MigrationFile, key: Key, names: Mapping[Key, Key], source: str) -> MigrationFile:
    def other(keys: tuple[Key, ...]) -> tuple[Key, ...]:
        return tuple(names.get(one, one) for one in keys)

    return replace(
        file,
        name=key[1],
        path=file.path if key == file.key else beside(file, key[1]),
        dependencies=other(file.dependencies),
        run_before=other(file.run_before),
        source=source,
    )


def _changed(
    before: Mapping[Key, MigrationFile], after: Mapping[Key, MigrationFile]
) -> dict[str, tuple[str | None, str | None]]:
    """Return, by path, the texts that differ."""
    old = {file.path: file.source for file in before.values()}
    new = {file.path: file.source for file in after.values()}
    paths = sorted({*old, *new})
    return {path: (old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)}


def _mentions(
    situation: Situation, files: Mapping[Key, MigrationFile], names: Mapping[Key, Key]
) -> Iterator[tuple[str, str]]:
    """Yield the project's own files that have the former name of a migration in a text."""
    former = {old[1] for old, new in names.items() if old != new}
    for key, file in files.items():
        if not any(name in file.source for name in former) or not situation.project.owns(file):
            continue
        try:
            found = mentions(file.source, former)
        except CannotEdit:
            continue
        for name in sorted({name for _, name in found}):
            yield dotted(key), name
