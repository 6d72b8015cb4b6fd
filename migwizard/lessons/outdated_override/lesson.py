"""An outdated override.

## What happened
The shop prints its labels with an installed package. Its migrations could not run on the database of a branch office, so
they were replaced by one of the project's own: MIGRATION_MODULES points to config.migration_overrides.labels. Yesterday
the package was upgraded from 1.0 to 1.1, which brought a migration of its own along.

## What you see
`python manage.py migrate` says: No migrations to apply. Yet every page with a label fails: no such column:
labels_label.printed. Django looks into the override alone, which knows nothing of the new migration, while the models are
those of the installed version.

## What to do
Open the finding. It says which migration the package has and the override lacks, and what it does. The recommended repair
copies it into the override, where its dependency leads to the squash. Look at the file in the preview, run the repair, and
migrate.

## What to remember
Whoever overrides the migrations of a package takes over its work: each upgrade has to be followed. The docstring of the
squash says from which version and which files it was made, so that it can be told.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

TITLE = "An outdated override: a package was upgraded, and migrate does not see its new migration"

PROJECT = ("shop", "notes")

MIGRATE = ((),)

EXPECTS = ("outdated-override:labels",)


def damage(connection: sqlite3.Connection, root: Path) -> None:
    """Do nothing more: the files that came with the upgrade are the damage."""
