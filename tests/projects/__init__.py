"""Django projects in temporary folders, driven from outside.

Django can be configured once a process, so a test writes a project, and runs its `manage.py` or `migwizard` in a
process of their own.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import textwrap
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests import forks

HERE = Path(__file__).parent
REPOSITORY = HERE.parent.parent

MANAGE = '''\
"""What django-admin writes."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{settings}")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
'''

SETTINGS = """\
import json
import os
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "test"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = {apps!r}
DATABASES = json.loads(os.environ.get("MIGWIZARD_TEST_DATABASE") or "null") or {{
    "default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": BASE_DIR / "db.sqlite3"}}
}}
"""


@dataclass(frozen=True)
class Outcome:
    """How a process ended and what it wrote."""

    code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document."""
        assert self.stdout, f"nothing on standard output, exit status {self.code}: {self.stderr}"
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Project:
    """A Django project on disk, and the databases that its settings are told to use."""

    root: Path
    settings: str = "config.settings"
    databases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)

    def manage(self, *arguments: str, **options: Any) -> Outcome:
        """Runs `manage.py` with these arguments; the options are those of `run`."""
        return self.fork("manage.py", *arguments, **options)

    def migwizard(self, *arguments: str, **options: Any) -> Outcome:
        """Runs `migwizard` with these arguments, in the project's folder; the options are those of `run`."""
        return self.fork("-m", "migwizard", *arguments, **options)

    def python(self, code: str, **options: Any) -> Outcome:
        """Runs Python code after `django.setup()`."""
        start = "import django\ndjango.setup()\n"
        return self.fork("-c", start + textwrap.dedent(code), **options)

    def fork(self, *command: str, input: str = "", timeout: float = 300, **environment: str) -> Outcome:
        """Runs Python with these arguments in the project's folder, as `run` does, but at once; see `tests.forks`."""
        done = forks.run(command, self.root, self.process_environment() | environment, input, timeout)
        return Outcome(done.returncode, done.stdout, done.stderr)

    def run(self, *command: str, input: str = "", timeout: float = 300, **environment: str) -> Outcome:
        """Runs a command in the project's folder, with additions to the environment as keywords."""
        done = subprocess.run(
            command,
            cwd=self.root,
            env=self.process_environment() | environment,
            input=input,
            timeout=timeout,
            capture_output=True,
            text=True,
            encoding="utf-8",
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def process_environment(self) -> dict[str, str]:
        """The environment of a process of this project: its settings, its databases, and a home of its own."""
        home = self.root.parent / f"{self.root.name}-home"
        ours = {
            "DJANGO_SETTINGS_MODULE": self.settings,
            "MIGWIZARD_TEST_DATABASE": json.dumps(dict(self.databases)),
            "PYTHONPATH": str(REPOSITORY),
            "PYTHONIOENCODING": "utf-8",
            # Files are rewritten within one second here, which byte code would not notice.
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(home),
            **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA", "STATE")},
        }
        return {**os.environ, **ours, **self.environment}

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Writes files, by their paths in the project; text is dedented; packages get their `__init__.py`."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(textwrap.dedent(content), encoding="utf-8")
            if path.suffix == ".py":
                _make_packages(self.root, path.parent)


def _make_packages(root: Path, folder: Path) -> None:
    while folder != root:
        (folder / "__init__.py").touch()
        folder = folder.parent


def _databases(database: Mapping[str, Any] | None) -> dict[str, Any]:
    """DATABASES from one entry, from several by alias, or from nothing (the settings then use a file of SQLite)."""
    if not database:
        return {}
    return {"default": dict(database)} if "ENGINE" in database else dict(database)


def write_project(
    root: Path,
    files: Mapping[str, str | bytes],
    database: Mapping[str, Any] | None = None,
    *,
    apps: Iterable[str] | None = None,
    settings: str = "",
) -> Project:
    """Writes a project from a dict of files by path.

    `manage.py` and `config/settings.py` are written unless given. `apps` are the INSTALLED_APPS; by default the
    folders that have a `migrations` package or a `models.py`. `settings` is text added to the settings module.
    `database` is one entry of DATABASES, or several by alias.
    """
    project = Project(root, databases=_databases(database))
    if apps is None:
        markers = ("migrations", "models.py")
        apps = dict.fromkeys(
            name.split("/")[0] for name in files if name.split("/")[1:2] and name.split("/")[1] in markers
        )
    text = SETTINGS.format(apps=list(apps)) + textwrap.dedent(settings)
    standard = {"manage.py": MANAGE.format(settings=project.settings), "config/settings.py": text}
    project.write({name: content for name, content in standard.items() if name not in files})
    project.write(files)
    return project


def copy_project(name: str, root: Path, database: Mapping[str, Any] | None = None) -> Project:
    """Copies the project `tests/projects/<name>/`; what it lacks of `manage.py` and settings is written."""
    source = HERE / name
    shutil.copytree(
        source, root, ignore=shutil.ignore_patterns("__pycache__", "*.sqlite3", "damages.py", "rows.py")
    )
    if (root / "config" / "settings.py").exists():
        project = Project(root, databases=_databases(database))
        if not (root / "manage.py").exists():
            project.write({"manage.py": MANAGE.format(settings=project.settings)})
        return project
    apps = sorted(
        {path.parent.name for pattern in ("*/migrations", "*/models.py") for path in root.glob(pattern)}
    )
    return write_project(root, {}, database, apps=apps)


def fifteen_project(root: Path, database: Mapping[str, Any] | None = None) -> Project:
    """A copy of the project of well-known third-party apps."""
    return copy_project("fifteen", root, database)
