"""Scratch databases: gone however a replay ends, and refused in one sentence where there can be none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from migwizard.databases.scratches import PREFIX, machine, scratch_name
from tests.projects import Project, write_project

from .conftest import DRIVER, Replayed, everything, scratch_databases, server_of
from .test_effects import is_sqlite, migration, project_of

CREATE = migration('migrations.CreateModel("Order", [key()])')
SLOW = migration('migrations.CreateModel("Tag", [key()]), migrations.RunPython(wait)', "shop.0001_x").replace(
    "class Migration",
    "def wait(apps, schema_editor):\n    import time\n    time.sleep(60)\n\n\nclass Migration",
)


def left_over(database: Any) -> list[str]:
    """What replays left behind on the server, or in the folder for temporary files."""
    if is_sqlite(database):
        return [
            name
            for name in os.listdir(tempfile.gettempdir())
            if name.startswith(f"migwizard-scratch-{machine()}-")
        ]
    return scratch_databases(database)


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A folder for temporary files of this test's own."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def hanging(
    tmp_path: Path, database: Any, quiet: None
) -> Iterator[tuple[Project, subprocess.Popen[str], int]]:
    """A replay that hangs in its second migration, the process that started it, and the id of its worker."""
    project = project_of(tmp_path / "project", database, CREATE, SLOW)
    parent = subprocess.Popen(
        [*DRIVER, "replay"],
        cwd=project.root,
        env=project.process_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert parent.stderr is not None
    for line in parent.stderr:
        if line.startswith("[1,"):
            break
    children = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text().split()
    yield project, parent, int(children[0])
    parent.kill()
    parent.communicate()


def gone(database: Any) -> bool:
    deadline = time.monotonic() + 20
    while left_over(database) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not left_over(database)


def answer(parent: subprocess.Popen[str]) -> Any:
    assert parent.stdout is not None
    return json.loads(parent.stdout.read())


def test_nothing_is_left_when_the_worker_is_told_to_end(
    hanging: tuple[Project, subprocess.Popen[str], int], database: Any
) -> None:
    _, parent, worker = hanging
    assert len(left_over(database)) == 1
    os.kill(worker, signal.SIGTERM)
    assert answer(parent)["error"].startswith(
        "ReplayRefused: The process of the replay ended without a word: "
    )
    assert left_over(database) == []


def test_nothing_is_left_when_the_parent_is_killed(
    hanging: tuple[Project, subprocess.Popen[str], int], database: Any
) -> None:
    _, parent, _ = hanging
    parent.kill()
    assert gone(database)


def test_what_a_killed_worker_left_is_swept_up_next_time(
    hanging: tuple[Project, subprocess.Popen[str], int], database: Any, replay: Callable[..., Replayed]
) -> None:
    project, parent, worker = hanging
    os.kill(worker, signal.SIGKILL)
    parent.communicate()
    assert len(left_over(database)) == 1
    project.write({"shop/migrations/0002_x.py": migration("", "shop.0001_x")})
    replayed = replay(project)
    assert replayed.ran == ["shop.0002_x"]
    assert left_over(database) == []


def test_only_what_nobody_needs_is_swept_up(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed]
) -> None:
    database = new_database("postgresql")
    now, long_ago = f"{int(time.time()):x}", f"{int(time.time()) - 90000:x}"
    kept = [
        scratch_name(),  # of this very process
        f"{PREFIX}00000000_1_{now}_aaaaaaaa",  # of another machine
        f"{PREFIX}of_somebody_else",
    ]
    swept = [f"{PREFIX}{machine()}_4194999_{now}_aaaaaaaa", f"{PREFIX}00000000_1_{long_ago}_aaaaaaaa"]
    with server_of(database, "postgres") as connection:
        for name in kept + swept:
            connection.execute(f'CREATE DATABASE "{name}"')
        try:
            project = project_of(tmp_path / "project", database, CREATE)
            assert replay(project).error == ""
            assert set(scratch_databases(database)) == set(kept)
        finally:
            for name in kept + swept:
                connection.execute(f'DROP DATABASE IF EXISTS "{name}"')


def test_a_role_that_may_create_no_database_is_told_what_to_do(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed]
) -> None:
    database = new_database("postgresql", tcp=True)
    with server_of(database, "postgres") as connection:
        connection.execute("DROP ROLE IF EXISTS limited")
        connection.execute("CREATE ROLE limited LOGIN PASSWORD 'secret'")
        try:
            project = project_of(tmp_path / "project", {**database, "USER": "limited"}, CREATE)
            before = everything(database)
            assert replay(project).error == (
                "ReplayRefused: The role 'limited' may not create a database on 127.0.0.1; give it CREATEDB, "
                "name another server with --shadow, or use --replay FILE."
            )
            assert everything(database) == before
            mixed = {"default": {**database, "USER": "limited"}, "shadow": database}
            other = project_of(tmp_path / "other", mixed, CREATE)
            replayed = replay(other, MIGWIZARD_TEST_SHADOW="shadow")
            assert set(replayed.tables()) == {"shop_order"}
            assert scratch_databases(database) == []
        finally:
            connection.execute("DROP ROLE limited")


def test_the_scratch_database_is_made_like_the_live_one(
    tmp_path: Path, postgresql_server: Any, replay: Callable[..., Replayed]
) -> None:
    database = postgresql_server.entry("like_live")
    with server_of(database, "postgres") as connection:
        connection.execute(
            "CREATE DATABASE like_live TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        connection.execute('ALTER DATABASE like_live SET search_path TO "My Schema", public')
        connection.execute("ALTER DATABASE like_live SET DateStyle TO 'German, DMY'")
    try:
        with server_of(database) as live:
            live.execute('CREATE SCHEMA "My Schema"')
        check = migration('migrations.CreateModel("Order", [key()]), migrations.RunPython(check)').replace(
            "class Migration",
            "def check(apps, schema_editor):\n"
            "    with schema_editor.connection.cursor() as cursor:\n"
            "        for name, value in (('server_encoding', 'LATIN1'), ('DateStyle', 'German, DMY'),\n"
            "                            ('search_path', '\"My Schema\", public')):\n"
            "            cursor.execute('SHOW ' + name)\n"
            "            assert cursor.fetchone() == (value,), name\n"
            "        cursor.execute('SELECT current_schema()')\n"
            "        assert cursor.fetchone() == ('My Schema',)\n\n\n"
            "class Migration",
        )
        replayed = replay(project_of(tmp_path / "project", database, check))
        assert replayed.effects is not None
        assert replayed.effects.failure == ""
        assert set(replayed.tables()) == {"shop_order"}
    finally:
        postgresql_server.drop_database("like_live")


def test_a_server_that_is_down_is_named_without_the_password(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed]
) -> None:
    database = new_database("postgresql", tcp=True)
    live = {"default": new_database("sqlite"), "down": {**database, "PORT": "1"}}
    model = migration(
        'migrations.CreateModel("Order", [key()]), migrations.RunPython(open_other, atomic=False)'
    ).replace(
        "class Migration",
        "def open_other(apps, schema_editor):\n"
        "    from django.db import connections\n"
        "    connections['down'].ensure_connection()\n\n\n"
        "class Migration",
    )
    replayed = replay(project_of(tmp_path / "project", live, model))
    assert replayed.effects is not None
    assert replayed.effects.failed_at == ("shop", "0001_x")
    assert replayed.effects.failure.startswith(
        "Raw Python operation: ReplayRefused: No scratch database could be created on 127.0.0.1: "
    )
    assert "secret" not in replayed.effects.failure


def test_settings_and_apps_that_fail_are_refused_with_their_reason(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed]
) -> None:
    project = project_of(tmp_path / "project", new_database("sqlite"), CREATE)
    project.write(
        {
            "shop/apps.py": "import os\nfrom django.apps import AppConfig\n\n"
            "class Shop(AppConfig):\n    name = 'shop'\n    def ready(self):\n"
            "        if os.environ.get('MIGWIZARD_REPLAY'):\n            raise ValueError('not here')\n"
        }
    )
    assert replay(project).error == "ReplayRefused: ValueError: not here"


def test_code_that_runs_when_apps_are_ready_sees_the_scratch_database(
    tmp_path: Path, database: Any, replay: Callable[..., Replayed]
) -> None:
    project = write_project(
        tmp_path / "project",
        {
            "shop/migrations/0001_x.py": CREATE,
            "shop/apps.py": """
            import os
            from django.apps import AppConfig

            class Shop(AppConfig):
                name = "shop"

                def ready(self):
                    if not os.environ.get("MIGWIZARD_REPLAY"):
                        return
                    from django.db import connection
                    print("noise on standard output")
                    with connection.cursor() as cursor:
                        cursor.execute("CREATE TABLE ready_made (a integer)")
            """,
        },
        database,
    )
    before = everything(database)
    replayed = replay(project)
    assert everything(database) == before
    assert set(replayed.tables()) == {"shop_order"}
    assert replayed.effects is not None
    assert replayed.effects.failure == ""
