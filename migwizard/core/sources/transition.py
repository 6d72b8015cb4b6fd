"""A squashed migration turned into an ordinary one: what has to be written, deleted and pruned for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from ..graph import Graph, Key, MigrationFile
from ..graph.build import build
from ..journal import FileChange
from .references import Reference, mentions, redirected, references, without_replaces
from .source_text import CannotEdit


class NotReady(Exception):
    """The squash cannot become an ordinary migration, for the reason given in one sentence."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What makes an ordinary migration of a squash."""

    squash: Key
    replaced: tuple[Key, ...]
    """Everything that it replaces, through squashes that it replaces."""
    deleted: tuple[FileChange, ...]
    """The files of what it replaces."""
    redirected: tuple[FileChange, ...]
    """Files of other migrations, which name the squash instead of what it replaces."""
    rewritten: FileChange
    """The squash, which does not say any more what it replaces."""


def dotted(key: Key) -> str:
    """Return a migration as users write it."""
    return f"{key[0]}.{key[1]}"


def transition(graph: Graph, own_apps: Collection[str], squash: Key) -> Transition:
    """Return what makes an ordinary migration of a squash that is applied.

    Raises:
        NotReady: when something is in the way.
    """
    file = graph.files[squash]
    replaced = all_replaced(graph, squash)
    for key in (squash, *replaced):
        if key[0] not in own_apps:
            raise NotReady(
                f"{dotted(key)} belongs to an installed package; only its next release can finish the squash."
            )
    for other in graph.files.values():
        if other.key not in (squash, *replaced) and {squash, *replaced}.intersection(other.replaces):
            raise NotReady(f"{dotted(other.key)} replaces {dotted(squash)} in turn; finish that one.")
    if squash not in graph.effective:
        raise NotReady(f"Not everything that {dotted(squash)} replaces is recorded.")
    targets = dict.fromkeys(replaced, squash)
    changed = [
        redirection(other, targets, own_apps)
        for other in graph.files.values()
        if other.key not in replaced and targets.keys() & {*other.dependencies, *other.run_before}
    ]
    rewritten = FileChange(file.path, readable(file), edited(file, without_replaces))
    deleted = [
        FileChange(graph.files[key].path, readable(graph.files[key]), None)
        for key in replaced
        if key in graph.files
    ]
    found = Transition(squash, replaced, tuple(deleted), tuple(changed), rewritten)
    check_mentions(graph, own_apps, found)
    check_result(graph, found)
    return found


def all_replaced(graph: Graph, squash: Key) -> tuple[Key, ...]:
    """Return everything that a squash replaces, through squashes that it replaces."""
    found: dict[Key, None] = {}
    todo = list(graph.files[squash].replaces)
    while todo:
        key = todo.pop(0)
        if key not in found and key != squash:
            found[key] = None
            todo += graph.files[key].replaces if key in graph.files else ()
    return tuple(found)


def redirection(file: MigrationFile, targets: Mapping[Key, Key], own_apps: Collection[str]) -> FileChange:
    """Return what a migration becomes that depends on something replaced."""
    named = targets.keys() & {*file.dependencies, *file.run_before}
    (first, *_) = sorted(named)
    if file.key in targets.values():
        raise NotReady(f"{dotted(file.key)} depends on {dotted(first)}, which it replaces.")
    if file.app not in own_apps:
        raise NotReady(
            f"{dotted(file.key)} of an installed package depends on {dotted(first)}; only its next release can depend"
            f" on {dotted(targets[first])}."
        )
    literal = {one.key for one in edited_references(file) if one.attribute in ("dependencies", "run_before")}
    if not named <= literal:
        (hidden, *_) = sorted(named - literal)
        raise NotReady(f"{file.path} names {dotted(hidden)} in a way that cannot be edited; do it by hand.")
    return FileChange(file.path, readable(file), edited(file, lambda text: redirected(text, targets)))


def edited_references(file: MigrationFile) -> tuple[Reference, ...]:
    """Return what a file names."""
    try:
        return references(readable(file))
    except CannotEdit as error:
        raise NotReady(f"{file.path} {error}.") from error


def edited(file: MigrationFile, edit: Callable[[str], str]) -> str:
    """Return a file's text after an edit."""
    try:
        return edit(readable(file))
    except CannotEdit as error:
        raise NotReady(f"{file.path} {error}; edit it by hand.") from error


def readable(file: MigrationFile) -> str:
    """Return a file's text."""
    if not file.source:
        raise NotReady(f"{file.path} is empty or not UTF-8.")
    return file.source


def check_mentions(graph: Graph, own_apps: Collection[str], found: Transition) -> None:
    """Raise NotReady where a migration that stays seems to import from one that goes."""
    names = tuple(dict.fromkeys(name for _, name in found.replaced))
    for file in graph.files.values():
        if file.app not in own_apps or file.key in found.replaced or not any(n in file.source for n in names):
            continue
        try:
            mentioned = mentions(file.source, names)
        except CannotEdit:
            continue
        if mentioned:
            line, name = mentioned[0]
            raise NotReady(
                f"Line {line} of {file.path} names {name}, which would be deleted, and may import from it; move that"
                " code first."
            )


def check_result(graph: Graph, found: Transition) -> None:
    """Raise NotReady when the files would not fit together afterwards."""
    targets = dict.fromkeys(found.replaced, found.squash)
    files = {
        key: replace(
            file,
            dependencies=tuple(dict.fromkeys(targets.get(one, one) for one in file.dependencies)),
            run_before=tuple(dict.fromkeys(targets.get(one, one) for one in file.run_before)),
            replaces=() if key == found.squash else file.replaces,
        )
        for key, file in graph.files.items()
        if key not in found.replaced
    }
    after = build(files, {*graph.effective, found.squash}, graph.unmigrated)
    new = [key for _, key in after.missing if key not in {key for _, key in graph.missing}]
    app = found.squash[0]
    if new:
        raise NotReady(f"{dotted(new[0])} would be missing then.")
    if len(after.cycles) > len(graph.cycles):
        raise NotReady(
            f"Migrations would depend on each other in a circle: {', '.join(map(dotted, after.cycles[-1]))}."
        )
    if len(after.leaves(app)) > max(1, len(graph.leaves(app))):
        names = " and ".join(name for _, name in after.leaves(app))
        raise NotReady(f"{app} would have several last migrations: {names}.")
