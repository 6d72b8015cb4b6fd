"""Repairs on SQL Server: all or nothing, one at a time, tried without a trace, and taken back to the last digit."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from migwizard.core.schema.names import bracketed
from tests.mssql import connected
from tests.projects import Outcome, Project, copy_project

from .kit import LAST, files_of, migration

ROWS = (
    "INSERT INTO shop_customer (name) VALUES (N'Ada'), (N'Grace')",
    "INSERT INTO shop_order (customer_id, number, note, paid) VALUES (1, 100, N'first', 1), (1, 101, N'', 0)",
    "INSERT INTO shop_coupon (code, order_id) VALUES (N'SPRING', 1)",
    "INSERT INTO billing_invoice (order_id, total) VALUES (1, 12.5)",
)

CATALOGUE = (
    "SELECT t.name, c.name, c.user_type_id, c.max_length, c.is_nullable, c.is_identity, d.definition"
    " FROM sys.tables t JOIN sys.columns c ON c.object_id = t.object_id"
    " LEFT JOIN sys.default_constraints d ON d.parent_object_id = c.object_id AND d.parent_column_id = c.column_id",
    "SELECT t.name, i.name, i.is_unique, i.is_primary_key FROM sys.tables t JOIN sys.indexes i"
    " ON i.object_id = t.object_id",
    "SELECT t.name, f.name FROM sys.tables t JOIN sys.foreign_keys f ON f.parent_object_id = t.object_id",
    "SELECT t.name, k.name, k.definition FROM sys.tables t JOIN sys.check_constraints k"
    " ON k.parent_object_id = t.object_id",
)

HISTORY = "SELECT id, app, name, CAST(applied AS nvarchar(40)) FROM django_migrations"

MAKE = "    apps.get_model('shop', 'Customer').objects.create(name='made on the way')\n"
ADD = '        migrations.AddField("order", "vip", models.IntegerField(default=3)),\n'
INDEX = '        migrations.AddIndex("order", models.Index(fields=["vip"], name="by_vip")),\n'
RUN = "        migrations.RunPython(run, migrations.RunPython.noop),"


@dataclass
class Store:
    """A copy of the project `library`, without apps of Django's, on a migrated SQL Server database with rows."""

    project: Project
    entry: dict[str, Any]

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Execute statements past Django, and return the rows of the last one."""
        rows: list[tuple[Any, ...]] = []
        with connected(self.entry) as cursor:
            for statement in statements:
                cursor.execute(statement)
                rows = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
        return rows

    def everything(self) -> dict[str, Any]:
        """Every row and every definition in the database, and the files."""
        found: dict[str, Any] = {query: sorted(self.run(query), key=repr) for query in CATALOGUE}
        for (name,) in self.run("SELECT name FROM sys.tables"):
            query = HISTORY if name == "django_migrations" else f"SELECT * FROM {bracketed(name)}"
            found[name] = sorted(self.run(query), key=repr)
        return found | {"files": files_of(self.project)}

    def write(self, operations: str, code: str = "") -> None:
        """Write a migration shop.0005_more that comes after all others."""
        body = f"def run(apps, editor):\n{code}" if code else ""
        self.project.write({"shop/migrations/0005_more.py": migration(LAST, operations, body)})

    def wizard(self, *arguments: str) -> Outcome:
        """Run a command of migwizard, without a replay."""
        return self.project.migwizard(*arguments, "--no-replay", "--format", "json")

    def migrate(self) -> Any:
        """Apply what is pending, and return what became of it."""
        return self.wizard("repair", "migrate", "--yes").json


@pytest.fixture
def store(tmp_path: Path, new_database: Callable[..., dict[str, Any]]) -> Store:
    entry = new_database("mssql")
    project = copy_project("library", tmp_path / "store", entry)
    settings = project.root / "config" / "settings.py"
    apps = '"django.contrib.contenttypes", "django.contrib.auth", '
    assert apps in settings.read_text()
    settings.write_text(settings.read_text().replace(apps, ""))
    outcome = project.manage("migrate", "--verbosity", "0")
    assert outcome.code == 0, outcome.stderr
    made = Store(project, entry)
    made.run(*ROWS)
    return made


def test_a_dry_run_leaves_no_trace(store):
    store.write(ADD + INDEX + RUN, MAKE)
    before = store.everything()
    outcome = store.wizard("dry-run", "migrate")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert outcome.json["outcome"] == "rolled-back"
    assert outcome.json["message"].startswith("Dry run: ")
    assert store.everything() == before


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("    raise ValueError('no way')\n", "ValueError: no way"),
        ("    apps.get_model('shop', 'Order').objects.create(number=7)\n", "A value is missing (NULL)"),
        # Whoever goes on after an error would write into a transaction that is not ours any more.
        (
            "    try:\n        apps.get_model('shop', 'Order').objects.create(number=7)\n"
            "    except Exception:\n        pass\n    apps.get_model('shop', 'Customer').objects.create(name='x')\n",
            "",
        ),
    ],
)
def test_a_last_step_that_fails_leaves_everything_as_it_was(store, code, said):
    store.write(ADD + INDEX + RUN, MAKE + code)
    before = store.everything()
    report = store.migrate()
    assert report["outcome"] == "failed"
    assert said in report["message"]
    assert report["message"].endswith("Everything was rolled back; nothing has changed.")
    assert store.everything() == before


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        ('        migrations.RunSQL("COMMIT"),', "It ends the transaction (COMMIT)"),
        (
            "        migrations.RunSQL(\"INSERT INTO shop_customer (name) VALUES (N'x');"
            ' INSERT INTO shop_order (number) VALUES (1)"),',
            "A value is missing (NULL)",
        ),
    ],
)
def test_sql_that_would_cut_the_transaction_short_or_fails_late_is_taken_back(store, operation, said):
    store.write(ADD + operation)
    before = store.everything()
    report = store.migrate()
    assert report["outcome"] == "failed"
    assert said in report["message"]
    assert store.everything() == before


def test_a_commit_that_nobody_could_see_coming_is_told(store):
    store.write(ADD + '        migrations.RunSQL("IF 1 = 1 COMMIT TRANSACTION"),\n' + INDEX)
    report = store.migrate()
    assert report["outcome"] == "failed"
    assert report["message"].endswith(
        "A migration had ended the transaction by itself, so a part of the plan was kept: check again."
    )


def test_code_may_catch_errors_in_a_block_of_its_own(store):
    code = (
        "    try:\n        with transaction.atomic():\n"
        "            apps.get_model('shop', 'Order').objects.create(number=7)\n"
        "    except Exception:\n        pass\n"
    )
    store.write(ADD + RUN, code + MAKE)
    report = store.migrate()
    assert report["outcome"] == "done", report["message"]
    assert store.run("SELECT name FROM shop_customer WHERE id > 2") == [("made on the way",)]
    assert store.run("SELECT COUNT(*) FROM shop_order") == [(2,)]


def test_undo_brings_rows_with_their_ids_and_dates_and_the_schema_back(store, mssql_server):
    tag = """
        migrations.CreateModel("Tag", [("id", models.BigAutoField(primary_key=True)), ("name", models.TextField())]),
        migrations.AlterField("order", "note", models.TextField(null=True)),
    """
    # Babelfish adds a hash to the name of an index, and another one whenever it is made again.
    store.write(tag + ADD.replace("default=3", "null=True") + ("" if mssql_server.emulated else INDEX))
    before = store.everything()
    assert store.migrate()["outcome"] == "done"
    after = store.everything()
    for number, wanted in (("1", before), ("2", after)):
        outcome = store.wizard("repair", "undo", number, "--yes", "--set", "fill=")
        assert outcome.json["outcome"] == "done", (number, outcome.json["message"])
        found = store.everything()
        assert found["django_migrations"] == wanted["django_migrations"]
        for query in CATALOGUE:
            assert found[query] == wanted[query]
    # The server goes on numbering after what it has numbered.
    store.run("INSERT INTO django_migrations (app, name, applied) VALUES (N'a', N'b', SYSDATETIMEOFFSET())")
    assert len({row[0] for row in store.run(HISTORY)}) == len(after["django_migrations"]) + 1


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


PAUSE = """\
    import os
    open("paused", "w").close()
    while not os.path.exists("go"):
        time.sleep(0.05)
"""


@pytest.fixture
def paused(store: Store) -> Any:
    """A store and a repair of it in the midst of its last operation."""
    store.write(ADD + RUN, MAKE + PAUSE)
    process = subprocess.Popen(
        [sys.executable, "-m", "migwizard", "repair", "migrate", "--yes", "--no-replay"],
        cwd=store.project.root,
        env=store.project.process_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        wait_for(store.project.root / "paused", process)
        yield store, process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def test_a_second_repairer_is_refused(paused):
    store, process = paused
    store.project.write({"config/second.py": SECOND})
    outcome = store.project.python("import config.second")
    assert outcome.stdout.strip() == "taken", outcome.stderr
    (store.project.root / "go").touch()
    out, _ = process.communicate(timeout=60)
    assert out.startswith("done: "), out
    assert store.project.python("import config.second").stdout.strip() == "free"


SECOND = """
from django.db import connection
from migwizard.databases import AnotherRepair, of

try:
    with of(connection).repairing(several=True):
        print("free")
except AnotherRepair:
    print("taken")
"""


def test_whoever_is_killed_in_the_midst_leaves_nothing(paused):
    store, process = paused
    process.send_signal(signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 30
    # The server notices at the latest when it looks for the client again.
    while store.project.python("import config.second").stdout.strip() != "free":
        assert time.monotonic() < deadline
        store.project.write({"config/second.py": SECOND})
    assert store.run("SELECT COL_LENGTH(N'shop_order', N'vip')") == [(None,)]
    assert store.run("SELECT COUNT(*) FROM shop_customer") == [(2,)]
    assert store.run("SELECT COUNT(*) FROM django_migrations WHERE name = N'0005_more'") == [(0,)]
    store.wizard("check")
    (entry,) = store.project.migwizard("journal", "--format", "json").json["journal"]
    assert (entry["outcome"], entry["message"]) == (
        "rolled-back",
        "It was interrupted before its commit; nothing of it is in.",
    )
    (store.project.root / "go").touch()
    assert store.migrate()["outcome"] == "done"
