"""A migration file cannot be imported.

## What it finds
Files in a `migrations` package that raise an error when they are imported, that have no class
`Migration`, or that are stale `.pyc` files. What their syntax tree says (dependencies, names of
operations) is still shown.

## Why it matters
Django imports all migration files before it does anything, so one that fails stops `migrate`,
`makemigrations`, `showmigrations` and the test run. And as long as it cannot be read, nobody knows what
it does, so whatever it may have touched cannot be compared.

## Example
`BadMigrationError: Migration 0007_note in app shop has no Migration class`: a script was put into the
folder `migrations`.

## How it is repaired
Correct the file, or take it out if it is none. A helper module belongs elsewhere, or gets a name that
begins with an underscore. If it imports something that is gone (an old model's function, a removed
package), put a copy of what it needs into the migration itself. Delete stale `.pyc` files.
"""

from __future__ import annotations

from ..core.finding import Finding, Subject
from ..core.graph import MigrationFile
from ..core.situation import Situation
from .base import Info, dates, dotted, finding_id, listed, sentence
from .evidence import record_line

INFO = Info("unreadable-migration", "error", "A migration file cannot be imported")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each file that cannot be imported; none where the whole project cannot be loaded.

    In that case most files fail for the project's reason, and project-unreadable tells how many do.
    """
    if situation.project.errors:
        return ()
    return tuple(
        _finding(situation, file)
        for _, file in sorted(situation.graph.files.items())
        if file.error is not None
    )


def _finding(situation: Situation, file: MigrationFile) -> Finding:
    return Finding(
        finding_id(INFO, dotted(file.key)),
        INFO.name,
        INFO.severity,
        Subject(*file.key),
        sentence(file.error or ""),
        evidence=(
            f"the file is {file.path}",
            *_known(file),
            record_line(file.key, dates(situation)),
        ),
    )


def _known(file: MigrationFile) -> tuple[str, ...]:
    """Return what could be read of the file without importing it."""
    known = []
    if file.dependencies:
        known.append(f"it depends on {listed([dotted(key) for key in file.dependencies], 6)}")
    if file.operations:
        known.append(f"its operations are {listed([operation.name for operation in file.operations], 6)}")
    return tuple(known)
