"""Migration files that are not in the project any more, but somewhere in its version control."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .graph import Key


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
