"""Broken projects to practise on: each is made on SQLite in a folder of its own, and teaches one repair.

A lesson is a folder here. Its project is laid out from folders in `projects/`, which `lesson.py` names, and from its
own `project/`; of two files of the same name the later one counts. `rows.sql` holds some rows for the tables, and
`changes/`, where there is one, files that came later and have never been migrated; `lesson.py` says what has been done
to it and what is to be learnt. A new lesson is a new folder and a line in `LESSONS`.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from .repository import NoRepository

LESSONS = (
    "inconsistent-history",
    "table-exists",
    "fake-gone-wrong",
    "half-applied",
    "two-leaves",
    "deleted-file",
    "not-null-over-rows",
    "outdated-override",
)
"""Names of all lessons, in the order in which they are best taken."""

FIRST: str = LESSONS[0]
"""Name of the lesson that is opened when none is named."""

SETTINGS = "config.settings"
"""Dotted name of every lesson's settings module."""

# One process for all runs of `migrate`: starting Django takes longer than the migrations.
_MIGRATE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import django
from django.core.management import call_command
django.setup()
for arguments in json.loads(sys.argv[2]):
    call_command("migrate", *arguments, verbosity=0, interactive=False)
"""

_DATE_RECORDS = """
UPDATE django_migrations SET applied = strftime('%Y-%m-%d %H:%M:%S', '2026-03-02 09:00:00', '+' || id || ' minutes')
"""


class LessonError(Exception):
    """A lesson cannot be made, for the reason given in one sentence."""


class Lesson(Protocol):
    """What the module `lesson` of each lesson's folder defines; its docstring is the explanation."""

    TITLE: str
    """What is wrong, in one line."""
    PROJECT: tuple[str, ...]
    """The folders in `projects/` that its project is made of, beside its own."""
    MIGRATE: Sequence[Sequence[str]]
    """The arguments of each `manage.py migrate` that has been run on the database, in order."""
    EXPECTS: tuple[str, ...]
    """Ids of the errors and warnings that `migwizard check` finds."""

    def damage(self, connection: sqlite3.Connection, root: Path) -> None:
        """Do to the migrated database, and to the files below `root`, what went wrong."""


def titles() -> tuple[tuple[str, str], ...]:
    """Return the name and the one-line title of every lesson, in order."""
    return tuple((name, lesson(name).TITLE) for name in LESSONS)


def explanation(name: str) -> str:
    """Return what happened in a lesson, what is seen of it and what to do, as plain text.

    Raises:
        LessonError: when there is no such lesson.
    """
    found = lesson(name)
    return (found.__doc__ or found.TITLE).strip()


def lesson(name: str) -> Lesson:
    """Return the module that describes a lesson.

    Raises:
        LessonError: when there is no such lesson.
    """
    if name not in LESSONS:
        raise LessonError(f"There is no lesson '{name}' (there are: {', '.join(LESSONS)}).")
    return cast(Lesson, import_module(f"{__name__}.{_folder(name)}.lesson"))


def make(name: str, directory: Path | None = None) -> Path:
    """Make the broken project of a lesson, and return its root.

    Args:
        name: one of `LESSONS`.
        directory: where to make it, a folder that is empty or does not exist; by default a new temporary one.

    Raises:
        LessonError: when there is no such lesson, the folder cannot be used, or Django cannot migrate the project.
    """
    taught = lesson(name)
    root, made = _empty_folder(directory)
    try:
        _lay_out(name, root)
        _migrate(root, taught.MIGRATE)
        with closing(sqlite3.connect(root / "db.sqlite3")) as connection:
            # Fixed dates, so that a lesson looks the same whenever it is made.
            connection.execute(_DATE_RECORDS)
            connection.executescript((_source(name) / "rows.sql").read_text(encoding="utf-8"))
            _copy(_source(name) / "changes", root)
            taught.damage(connection, root)
            connection.commit()
    except BaseException as error:
        _empty(root, remove=made)
        if isinstance(error, NoRepository):
            raise LessonError(f"The lesson {name} cannot be made: {error}") from error
        if isinstance(error, OSError):
            raise LessonError(f"The project cannot be made in {root}: {error.strerror or error}.") from error
        raise
    return root


def _folder(name: str) -> str:
    return name.replace("-", "_")


def _source(name: str) -> Path:
    return Path(__file__).parent / _folder(name)


def _empty_folder(directory: Path | None) -> tuple[Path, bool]:
    """Return an empty folder, and whether it was made for this."""
    if directory is None:
        return Path(tempfile.mkdtemp(prefix="migwizard-demo-")).resolve(), True
    root = directory.expanduser().resolve()
    try:
        if root.exists():
            if not root.is_dir():
                raise LessonError(f"{root} is a file, not a folder.")
            if any(root.iterdir()):
                raise LessonError(f"The folder {root} is not empty.")
            return root, False
        root.mkdir(parents=True)
    except OSError as error:
        raise LessonError(f"The folder {root} cannot be used: {error.strerror or error}.") from error
    return root, True


def _empty(root: Path, *, remove: bool) -> None:
    """Take everything out of a folder, and the folder itself if wanted."""
    for path in root.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if remove:
        root.rmdir()


def _lay_out(name: str, root: Path) -> None:
    shared = [Path(__file__).parent / "projects" / one for one in lesson(name).PROJECT]
    for folder in (*shared, _source(name) / "project"):
        _copy(folder, root)


def _copy(source: Path, root: Path) -> None:
    # Contents alone: the installed files may be read-only, and installers compile whatever ends in .py.
    for path in sorted(source.rglob("*")):
        target = root / path.relative_to(source)
        if "__pycache__" in path.parts:
            continue
        if path.is_dir():
            target.mkdir(exist_ok=True)
        else:
            target.write_bytes(path.read_bytes())


def _migrate(root: Path, runs: Sequence[Sequence[str]]) -> None:
    """Run `migrate` on the project with the Django that is installed here.

    Raises:
        LessonError: when it fails.
    """
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": SETTINGS, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _MIGRATE, str(root), json.dumps(runs)],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]
        raise LessonError(f"The project in {root} cannot be migrated: {reason}")
