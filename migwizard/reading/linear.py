"""The `max_migration.txt` files of django-linear-migrations."""

from __future__ import annotations

import os
from collections.abc import Mapping

from ..core.graph import Key, MigrationFile
from ..core.sources.text_file import TextFile

NAME = "max_migration.txt"


def max_migrations(files: Mapping[Key, MigrationFile]) -> dict[str, TextFile]:
    """Return, by app, the file in which the name of its last migration is kept; conflict markers are kept too."""
    folders: dict[str, str] = {}
    for (app, _), file in files.items():
        folders.setdefault(app, os.path.dirname(file.path))
    found = {}
    for app, folder in folders.items():
        path = os.path.join(folder, NAME)
        try:
            with open(path, encoding="utf-8", newline="") as text:
                found[app] = TextFile(path, text.read())
        except (OSError, UnicodeDecodeError):
            continue
    return found
