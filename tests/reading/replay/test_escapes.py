"""Migrations that try to leave the scratch database: the live one beside it must not change by a byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project, write_project

from .conftest import Replayed, everything, scratch_databases

MODELS = """
    from django.db import models

    class Order(models.Model):
        note = models.CharField(max_length=200, default="")
"""

INITIAL = """
    from django.db import migrations, models

    class Migration(migrations.Migration):
        initial = True
        operations = [
            migrations.CreateModel(
                "Order",
                [
                    ("id", models.BigAutoField(primary_key=True)),
                    ("note", models.CharField(max_length=200, default="")),
                ],
            ),
        ]
"""

# Each tells in the scratch database how it went, so that the test can know that it did run.
ESCAPES = """
    import json
    import os
    import sqlite3
    import subprocess
    import sys
    import threading

    from django.conf import settings
    from django.core import mail
    from django.db import DEFAULT_DB_ALIAS, connection, connections, migrations, models
    from django.db.utils import DatabaseError

    LIVE = json.loads(os.environ["MIGWIZARD_TEST_DATABASE"])
    POSTGRESQL = connection.vendor == "postgresql"
    SCHEMA = "public" if POSTGRESQL else "main"


    def report(apps, note):
        apps.get_model("shop", "Order").objects.create(note=note)


    def write_default(apps, schema_editor):
        from shop.models import Order

        Order.objects.create(note="through default")
        Order.objects.using("default").create(note="through default by name")


    def open_other(apps, schema_editor):
        with connections["other"].cursor() as cursor:
            cursor.execute("CREATE TABLE escaped (id integer)")
            cursor.execute("INSERT INTO escaped VALUES (1)")
            cursor.execute("SELECT count(*) FROM escaped")
            report(apps, f"other {cursor.fetchone()[0]}")
        try:
            with connections["other"].cursor() as cursor:
                cursor.execute("SELECT count(*) FROM shop_order")
        except DatabaseError:
            report(apps, "other is empty")


    def connect(entry):
        if not POSTGRESQL:
            return sqlite3.connect(entry["NAME"])
        import psycopg

        return psycopg.connect(
            dbname=entry["NAME"], user=entry["USER"], password=entry["PASSWORD"], host=entry["HOST"], port=entry["PORT"]
        )


    def connect_by_settings(apps, schema_editor):
        for alias in ("default", "other"):
            raw = connect(settings.DATABASES[alias])
            raw.execute("CREATE TABLE by_settings_%s (id integer)" % alias)
            raw.commit()
            raw.close()
        report(apps, "by settings")


    def connect_to_live(apps, schema_editor):
        for alias in ("default", "other"):
            try:
                raw = connect(LIVE[alias])
                raw.execute("CREATE TABLE escaped (id integer)")
                raw.commit()
            except PermissionError:
                report(apps, f"live {alias} refused")


    def own_connection(apps, schema_editor):
        from django.db.utils import load_backend

        wrapper = load_backend(LIVE["default"]["ENGINE"]).DatabaseWrapper(
            {**connection.settings_dict, "NAME": LIVE["default"]["NAME"]}, alias="mine"
        )
        try:
            with wrapper.cursor() as cursor:
                cursor.execute("CREATE TABLE escaped (id integer)")
        except PermissionError:
            report(apps, "own connection refused")


    def changed_settings(apps, schema_editor):
        scratch = settings.DATABASES["other"]["NAME"]
        connections["other"].close()
        settings.DATABASES["other"]["NAME"] = LIVE["other"]["NAME"]
        try:
            with connections["other"].cursor() as cursor:
                cursor.execute("CREATE TABLE escaped (id integer)")
        except PermissionError:
            report(apps, "changed settings refused")
        settings.DATABASES["other"]["NAME"] = scratch


    def in_a_thread(apps, schema_editor):
        # Not in a transaction, because SQLite would let nobody else write meanwhile.
        from shop.models import Order

        def write():
            Order.objects.create(note="in a thread")
            with connections["default"].cursor() as cursor:
                cursor.execute("CREATE TABLE thread_made (id integer)")
            connections.close_all()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()


    def attach(apps, schema_editor):
        if POSTGRESQL:
            return report(apps, "attach refused")
        raw = sqlite3.connect(":memory:")
        for statement, values in (
            ("ATTACH DATABASE '%s' AS live" % LIVE["default"]["NAME"], ()),
            ("ATTACH DATABASE 'file:%s?mode=rw' AS live" % LIVE["default"]["NAME"], ()),
            ("ATTACH DATABASE ? AS live", (LIVE["default"]["NAME"],)),
        ):
            for cursor in (raw.cursor(), connection.connection.cursor()):
                try:
                    cursor.execute(statement, values)
                except sqlite3.DatabaseError as error:
                    assert "not authorized" in str(error), error
                else:
                    raise AssertionError(statement)
        report(apps, "attach refused")


    def start_process(apps, schema_editor):
        try:
            subprocess.run([sys.executable, "manage.py", "migrate"], check=True)
        except PermissionError:
            report(apps, "process refused")


    def send_mail(apps, schema_editor):
        mail.send_mail("subject", "text", "me@example.com", ["you@example.com"])
        assert len(mail.outbox) == 1
        assert os.environ["MIGWIZARD_REPLAY"] == "1"
        report(apps, "mail in memory")


    def count(apps, schema_editor):
        notes = apps.get_model("shop", "Order").objects.values_list("note", flat=True)
        with schema_editor.connection.cursor() as cursor:
            for number, note in enumerate(sorted(notes)):
                name = note.replace(" ", "_")
                cursor.execute(f'CREATE TABLE "saw_{name}" (id integer)')


    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.RunPython(write_default),
            migrations.RunSQL(f"INSERT INTO {SCHEMA}.shop_order (note) VALUES ('qualified')"),
            migrations.RunSQL(f"CREATE TABLE {SCHEMA}.qualified (id integer)"),
            migrations.RunPython(open_other),
            migrations.RunPython(connect_by_settings, atomic=False),
            migrations.RunPython(connect_to_live, atomic=False),
            migrations.RunPython(own_connection),
            migrations.RunPython(changed_settings),
            migrations.RunPython(in_a_thread, atomic=False),
            migrations.RunPython(attach, atomic=False),
            migrations.RunPython(start_process),
            migrations.RunPython(send_mail),
            migrations.RunPython(count),
        ]
"""

SEEN = [
    "attach refused",
    "by settings",
    "changed settings refused",
    "in a thread",
    "live default refused",
    "live other refused",
    "mail in memory",
    "other 1",
    "other is empty",
    "own connection refused",
    "process refused",
    "qualified",
    "through default",
    "through default by name",
]


def escaping_project(root: Path, databases: dict[str, Any]) -> Project:
    """A project whose live databases hold its first migration and a row; the second one tries to escape."""
    project = write_project(
        root, {"shop/models.py": MODELS, "shop/migrations/0001_initial.py": INITIAL}, databases, apps=["shop"]
    )
    for alias in databases:
        outcome = project.manage("migrate", "--database", alias)
        assert outcome.code == 0, outcome.stderr
        outcome = project.python(
            f"from shop.models import Order; Order.objects.using({alias!r}).create(note='kept')"
        )
        assert outcome.code == 0, outcome.stderr
    project.write({"shop/migrations/0002_escapes.py": ESCAPES})
    return project


@pytest.mark.parametrize(
    ("kind", "other"),
    [("sqlite", "sqlite"), ("postgresql", "postgresql"), ("postgresql-15", "postgresql-15")],
)
def test_nothing_leaves_the_scratch_database(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed], kind: str, other: str
) -> None:
    databases = {"default": new_database(kind, tcp=kind != "sqlite"), "other": new_database(other)}
    project = escaping_project(tmp_path / "project", databases)
    before = {alias: everything(entry) for alias, entry in databases.items()}

    replayed = replay(project)

    assert {alias: everything(entry) for alias, entry in databases.items()} == before
    assert replayed.effects is not None
    assert replayed.effects.failure == ""
    made = {change.after for change in replayed.changes("shop.0002_escapes")[-1]}
    assert made == {f"saw_{note.replace(' ', '_')}" for note in SEEN}
    assert {"qualified", "by_settings_default", "thread_made"} <= replayed.tables().keys()
    assert "escaped" not in replayed.tables()
    if kind != "sqlite":
        assert scratch_databases(databases["default"]) == []


def test_what_escapes_and_is_not_caught_stops_the_replay(
    tmp_path: Path, database: Any, replay: Callable[..., Replayed]
) -> None:
    """And the message says what it tried."""
    databases = {"default": database, "other": database}
    project = escaping_project(tmp_path / "project", databases)
    escape = ESCAPES.replace("except PermissionError", "except ZeroDivisionError")
    project.write({"shop/migrations/0002_escapes.py": escape})
    before = everything(database)

    replayed = replay(project)

    assert everything(database) == before
    assert replayed.effects is not None
    assert replayed.effects.failed_at == ("shop", "0002_escapes")
    assert [migration.key for migration in replayed.effects.migrations] == [("shop", "0001_initial")]
    if database["ENGINE"].endswith("sqlite3"):
        what = f"A connection to the live SQLite file '{database['NAME']}' was stopped."
    else:
        what = f"A connection to the database '{database['NAME']}', which is not the scratch database, was stopped."
    assert replayed.effects.failure == f"Raw Python operation: Escape: {what}"
