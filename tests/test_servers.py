"""The databases that the other tests stand on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.projects import REPOSITORY, Project, write_project
from tests.servers import required


def test_a_server_goes_when_its_tests_are_killed(postgresql_server):
    code = """
        import os, signal
        from tests.servers import start_postgresql
        print(start_postgresql("postgresql-18").folder, flush=True)
        os.kill(os.getpid(), signal.SIGKILL)
    """
    program = "\n".join(line.strip() for line in code.splitlines())
    done = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert _vanishes(Path(done.stdout.strip()))


def _vanishes(folder: Path, seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return not folder.exists()


def test_a_database_comes_empty_or_as_a_copy_and_goes(new_database, postgresql_server):
    first = new_database("postgresql")
    with postgresql_server.connect(first["NAME"]) as connection:
        connection.execute("CREATE TABLE copied ()")
    second = new_database("postgresql", template=first)
    with postgresql_server.connect(second["NAME"]) as connection:
        assert connection.execute("SELECT count(*) FROM copied").fetchone() == (0,)
    postgresql_server.drop_database(second["NAME"])
    with postgresql_server.connect() as connection:
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    assert first["NAME"] in names
    assert second["NAME"] not in names


@pytest.mark.parametrize(
    ("names", "expected"),
    [("", False), ("postgresql", True), ("mariadb, postgresql-18", True), ("postgresql-15", False)],
)
def test_a_server_is_required_by_its_id_or_its_kind(monkeypatch, names, expected):
    monkeypatch.setenv("MIGWIZARD_TEST_REQUIRE", names)
    assert required("postgresql-18") is expected


MODELS = """
    from django.db import models

    class Note(models.Model):
        text = models.TextField()
"""


def test_a_project_of_two_files_migrates(tmp_path, every_database):
    project = write_project(tmp_path / "project", {"notes/models.py": MODELS}, every_database)
    assert project.manage("makemigrations", "notes").code == 0
    assert project.manage("migrate", "--verbosity", "0").code == 0
    outcome = project.python("from notes.models import Note\nprint(Note.objects.count())")
    assert (outcome.code, outcome.stdout) == (0, "0\n"), outcome.stderr


def test_a_project_may_have_several_databases(tmp_path, new_database):
    project = write_project(
        tmp_path / "project", {}, {"default": new_database("sqlite"), "other": new_database("postgresql")}
    )
    code = "from django.db import connections\nprint(*(connections[alias].vendor for alias in connections))"
    assert project.python(code).stdout == "sqlite postgresql\n"


def test_a_project_without_a_database_uses_a_file_of_its_own(tmp_path):
    project: Project = write_project(tmp_path / "project", {})
    assert project.manage("migrate", "--verbosity", "0").code == 0
    assert (project.root / "db.sqlite3").exists()
