"""Tries a plan: executes it and takes it back, so that only statements, their times and the verdict are left.

On SQLite this happens in a copy of the file, because a transaction that writes would keep the application waiting;
elsewhere in a transaction that is rolled back.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from django.db import connections

from ..core.plan import Plan, Ran, Report
from ..reading.reader import Reader
from .executor import execute


class NoCopy(Exception):
    """The database cannot be copied; the text says why, in one sentence."""


def dry_run(
    reader: Reader,
    plan: Plan,
    *,
    heard: Callable[[Ran], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Execute a plan and take it back; the report says what would have become of it.

    Its outcome is `rolled-back` when the plan went through, `failed` when a step or the check after the last one
    failed, and `refused` when it could not be tried.
    """
    path = database_file(reader.connection)
    if path is None:
        return execute(reader, plan, heard=heard, stop=stop, dry=True)
    try:
        with copied(reader.connection, path):
            return execute(reader, plan, heard=heard, stop=stop, dry=True)
    except NoCopy as error:
        return Report(plan, "refused", str(error), dry=True)


def database_file(connection: Any) -> Path | None:
    """Return the file of a SQLite database; None for one in memory, and for every other server."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA database_list")
        file = next((row[2] for row in cursor.fetchall() if row[1] == "main"), "")
    return Path(file) if file else None


@contextmanager
def copied(connection: Any, path: Path) -> Iterator[None]:
    """Let every connection to a SQLite file work on a copy of it for a while.

    Raises:
        NoCopy: when there is no room for one.
    """
    size = path.stat().st_size
    with tempfile.TemporaryDirectory(prefix="migwizard-") as folder:
        if shutil.disk_usage(folder).free < size + size // 4:
            raise NoCopy(
                f"A dry run needs a copy of the database ({size:,} bytes), for which {tempfile.gettempdir()}"
                " has no room; set TMPDIR to a folder that has."
            )
        copy = Path(folder) / path.name
        try:
            with closing(sqlite3.connect(copy)) as target:
                connection.connection.backup(target)
        except sqlite3.Error as error:
            raise NoCopy(f"A dry run needs a copy of the database, which failed: {error}.") from error
        moved = [one for one in connections.all() if one is connection or _is_on(one, path)]
        with _on_file(moved, copy):
            yield


def _is_on(connection: Any, path: Path) -> bool:
    """Tell whether another alias stands for the same file: a migration that writes to it must not reach it."""
    name = str(connection.settings_dict.get("NAME") or "")
    if connection.vendor != "sqlite" or not name:
        return False
    return os.path.realpath(name.removeprefix("file:").split("?")[0]) == os.path.realpath(path)


@contextmanager
def _on_file(moved: list[Any], copy: Path) -> Iterator[None]:
    """Point some connections to another file, and back again."""
    former = [(connection, connection.settings_dict["NAME"]) for connection in moved]
    try:
        for connection, _ in former:
            connection.close()
            connection.settings_dict["NAME"] = str(copy)
        yield
    finally:
        for connection, name in former:
            connection.close()
            connection.settings_dict["NAME"] = name
