"""Migration files that are not in the project any more, but somewhere in its version control."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ..graph import Graph, Key
from ..graph.build import FIRST, LATEST


@dataclass(frozen=True, slots=True)
class LostFile:
    """One version of a migration file that is missing."""

    where: str
    """As people say it: `branch feature/x`, `stash@{0}`, `deleted by 3f2a1c9 of 2026-03-01 "Clean up"`."""
    path: str
    """The absolute path at which the project would find it."""
    content: str | None
    """Its text; None where only compiled byte code is left, from which no source can be restored."""
    date: datetime | None = None
    """When this version was committed."""
    dependencies: tuple[Key, ...] = ()
    run_before: tuple[Key, ...] = ()
    replaces: tuple[Key, ...] = ()
    revision: str = ""
    """What `git show` prints it for: `3f2a1c9^:shop/migrations/0006_gone.py`."""
    also: tuple[str, ...] = ()
    """Where else the same text is."""
    renamed_to: str = ""
    """What the migration is called since a commit renamed its file; empty when it was not renamed."""
    package: str = ""
    """The absolute path of an `__init__.py` that is missing too; empty when there is one."""
    checked_out: bool = False
    """Whether the commit that is checked out, or its index, has it: only the work tree lacks it."""
    exact: bool = True
    """Whether the app's folder was called then as it is now, or as the app's label; else it may be another app's."""


LostFiles = Mapping[Key, tuple[LostFile, ...]]
"""The versions of each missing file that was looked for, the likeliest first."""


def fits(graph: Graph, lost: LostFiles, version: LostFile) -> bool:
    """Tell whether everything that a version depends on is in the project, or can be restored with it."""
    apps = {app for app, _ in graph.files}
    replaced = {old for file in graph.files.values() for old in file.replaces}
    return all(
        key in graph.files
        or key in replaced
        or (key[1] in (FIRST, LATEST) and key[0] in apps | graph.unmigrated)
        or any(is_real(other) for other in lost.get(key, ()))
        for key in version.dependencies
    )


def is_real(version: LostFile) -> bool:
    """Tell whether a version can be restored, and is not one that has another name now."""
    return version.content is not None and not version.renamed_to


def best(graph: Graph, lost: LostFiles, versions: tuple[LostFile, ...]) -> LostFile | None:
    """Return the version of a missing file that is restored unless a person says otherwise; None when there is none.

    That is the likeliest one that fits. A file that was renamed is not missing: its operations have another name now.
    """
    real = [version for version in versions if is_real(version)]
    return next((version for version in real if fits(graph, lost, version)), next(iter(real), None))


def new_name(graph: Graph, lost: LostFiles, key: Key) -> Key | None:
    """Return what a missing migration is called now, where a commit shows that its file was renamed."""
    found = {(key[0], version.renamed_to) for version in lost.get(key, ()) if version.renamed_to}
    names = [name for name in found if name in graph.files]
    return names[0] if len(names) == 1 and best(graph, lost, lost[key]) is None else None
