"""What the errors of SQLite mean, each in one sentence."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ..base import printable

if TYPE_CHECKING:
    from ..base import Database

BY_TEXT = (
    (r"file is not a database", "{file} is not a SQLite database, or it is encrypted."),
    (r"database is locked|database table is locked", "{file} is locked: {blockers}."),
    (r"disk image is malformed|malformed database schema", "{file} is damaged: {detail}."),
    (
        r"attempt to write a readonly database",
        "{file} may only be read: the file, its folder or this connection is read-only.",
    ),
    (r"database or disk is full", "The disk is full, or {file} has reached its greatest size."),
    (r"disk I/O error", "{file} cannot be read or written: the disk reports an error."),
)


DEPENDENT = re.compile(
    r"error in (view|trigger) (.+?)(?: after [\w ]+)?: ((?:no such \w+|ambiguous column name): .+)", re.DOTALL
)
"""What SQLite says when a table is renamed or dropped under something that asks for it."""


def explain(database: Database, error: BaseException) -> str:
    """Return one sentence for an error of Django or of sqlite3."""
    name = str(database.connection.settings_dict.get("NAME") or "")
    detail = database.first_line(error).rstrip(".")
    if re.search(r"unable to open database file", str(error), re.IGNORECASE):
        return printable(_unopened(Path(name)))
    if dependent := DEPENDENT.search(detail):
        kind, name, why = dependent.groups()
        return printable(
            f"The {kind} {name} asks for a table that is made anew here, which SQLite does not allow ({why}). "
            f"Drop the {kind} first, and make it again afterwards."
        )
    sentence = next(
        (sentence for pattern, sentence in BY_TEXT if re.search(pattern, str(error), re.IGNORECASE)),
        "SQLite says about {file}: {detail}.",
    )
    blockers = "{blockers}" in sentence and database.blockers()
    return printable(
        sentence.format(file=name, detail=detail, blockers=blockers or "another process is writing to it")
    )


def _unopened(path: Path) -> str:
    """Return why a file cannot be opened, as far as the file system says; SQLite does not."""
    if path.is_dir():
        return f"{path} is a folder, not a SQLite database."
    if not path.parent.is_dir():
        return f"{path} cannot be opened: there is no folder {path.parent}."
    if path.exists() and not os.access(path, os.R_OK):
        return f"{path} cannot be opened: this user may not read it."
    if not path.exists():
        return f"{path} does not exist, and cannot be made."
    return f"{path} cannot be opened."
