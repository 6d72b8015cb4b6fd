"""Reading, the shadow and a replay leave the live database as it is, whatever the migrations try."""

from __future__ import annotations

from pathlib import Path

from tests.projects import Project, write_project
from tests.running.kit import bytes_of, commands, connected, execute

pytest_plugins = ["tests.running.fixtures"]

MODELS = """
    from django.db import models


    class Order(models.Model):
        id = models.BigAutoField(primary_key=True)
        note = models.CharField(max_length=200, default="")
        paid = models.BooleanField(default=False)
        number = models.IntegerField(default=0)
"""

INITIAL = """
    from django.db import migrations, models


    class Migration(migrations.Migration):
        initial = True
        operations = [
            migrations.CreateModel(
                "Order",
                [
                    ("id", models.BigAutoField(primary_key=True, serialize=False)),
                    ("note", models.CharField(max_length=200, default="")),
                ],
            ),
        ]
"""

# Every place that it runs in is told apart by a line in a file: the replay must have run it, or nothing is proved.
ESCAPES = """
    import os
    from django.db import connection, connections, migrations, models

    QUALIFIED = ("public" if connection.vendor == "postgresql" else "main") + ".shop_order"


    def through_default(apps, schema_editor):
        from shop.models import Order

        with connections["default"].cursor() as cursor:
            cursor.execute("INSERT INTO shop_order (note) VALUES ('through default')")
            cursor.execute("UPDATE shop_order SET note = 'overwritten'")
        with open(os.environ["MIGWIZARD_TEST_LOG"], "a") as log:
            log.write("ran\\n")


    def other_alias(apps, schema_editor):
        with connections["other"].cursor() as cursor:
            cursor.execute("CREATE TABLE escaped (id integer)")
            cursor.execute("INSERT INTO escaped VALUES (1)")


    def by_hand(apps, schema_editor):
        settings = connections["default"].settings_dict
        name = os.environ["MIGWIZARD_TEST_LIVE"]
        try:
            if connection.vendor == "sqlite":
                import sqlite3

                with sqlite3.connect(name) as live:
                    live.execute("DELETE FROM shop_order")
            else:
                import psycopg

                given = {"user": settings["USER"], "host": settings["HOST"], "port": settings["PORT"]}
                with psycopg.connect(dbname=name, password=settings["PASSWORD"], **given) as live:
                    live.execute("DELETE FROM shop_order")
        except Exception:
            with open(os.environ["MIGWIZARD_TEST_LOG"], "a") as log:
                log.write("refused\\n")


    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.RunPython(through_default, migrations.RunPython.noop),
            migrations.RunPython(other_alias, migrations.RunPython.noop),
            migrations.RunPython(by_hand, migrations.RunPython.noop),
            migrations.RunSQL("DELETE FROM " + QUALIFIED),
            migrations.RunSQL("ALTER TABLE " + QUALIFIED + " ADD COLUMN number integer NOT NULL DEFAULT 0"),
            migrations.SeparateDatabaseAndState(
                [], [migrations.AddField("order", "number", models.IntegerField(default=0))]
            ),
        ]
"""

LATER = """
    from django.db import migrations, models


    class Migration(migrations.Migration):
        dependencies = [("shop", "0002_escapes")]
        operations = [migrations.AddField("order", "paid", models.BooleanField(default=False))]
"""


def prepared(root: Path, live, other) -> Project:
    """A project whose migrations are recorded, in a live database with rows that was then tampered with."""
    files = {
        "shop/models.py": MODELS,
        "shop/migrations/0001_initial.py": INITIAL,
        "shop/migrations/0002_escapes.py": ESCAPES,
        "shop/migrations/0003_later.py": LATER,
    }
    project = write_project(root, files, {"default": live, "other": other})
    log = root.parent / "log"
    environment = {"MIGWIZARD_TEST_LOG": str(log), "MIGWIZARD_TEST_LIVE": live["NAME"]}
    project = Project(root, databases=project.databases, environment=environment)
    migrated = project.manage("migrate", "--verbosity", "0", MIGWIZARD_TEST_LIVE="/nowhere/at/all")
    assert migrated.code == 0, migrated.stderr
    assert log.read_text() == "ran\nrefused\n"
    log.unlink()
    execute(other, "DROP TABLE escaped")
    execute(
        live,
        "INSERT INTO shop_order (note, paid, number) VALUES ('one', '1', 1), ('two', '0', 2)",
        # What no state says, what one says and is not there, and what hangs on a replay.
        "ALTER TABLE shop_order ADD COLUMN surplus integer",
        "ALTER TABLE shop_order DROP COLUMN paid",
        "CREATE TABLE nobodys (id integer)",
        "DELETE FROM django_migrations WHERE name = '0001_initial'",
    )
    return project


def test_no_command_that_reads_changes_the_live_database_by_a_byte(tmp_path, kind, new_database):
    live, other = new_database(kind), new_database(kind)
    project = prepared(tmp_path / "project", live, other)
    log = tmp_path / "log"
    before = bytes_of(live), bytes_of(other)
    groups = [
        [["check", "--no-replay", "--format", "json"], ["status", "--no-schema"]],
        [["check", "--format", "json"], ["status"], ["graph"]],
        [["plan", "repair-history", "--sql"], ["plan", "migrate", "shop"]],
        [["replay", "--output", str(tmp_path / "effects")]],
    ]
    found = []
    for group in groups:
        found += commands(project, *group)
        assert (bytes_of(live), bytes_of(other)) == before, group
    assert [outcome.code for outcome in found] == [1, 0, 1, 0, 0, 0, 1, 0], found
    # The first did not replay, the third did, and every statement of the migrations ran, elsewhere.
    assert found[0].json["database"]["schema_compared"] == "modelled"
    checked = found[2].json
    assert checked["database"]["schema_compared"] == "replayed", checked["database"]["why_not"]
    assert log.read_text().splitlines() == ["ran", "refused"]
    assert {finding["name"] for finding in checked["findings"] if finding["severity"] == "error"} == {
        "inconsistent-history",
        "recorded-not-applied",
    }
    rows = execute(live, "SELECT note FROM shop_order ORDER BY id")
    assert rows == [("one",), ("two",)]


def test_a_plan_of_a_migration_that_writes_does_not_run_it(tmp_path, kind, new_database):
    live, other = new_database(kind), new_database(kind)
    project = prepared(tmp_path / "project", live, other)
    execute(
        live,
        "DELETE FROM django_migrations WHERE app = 'shop'",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_initial', CURRENT_TIMESTAMP)",
        "ALTER TABLE shop_order DROP COLUMN number",
    )
    before = bytes_of(live), bytes_of(other)
    outcome = project.migwizard("plan", "migrate", "--no-replay")
    assert outcome.code == 0, outcome.stdout
    assert "DELETE FROM" in outcome.stdout
    assert "def through_default(apps, schema_editor):" in outcome.stdout
    assert (bytes_of(live), bytes_of(other)) == before
    assert not (tmp_path / "log").exists()


def test_a_lock_on_the_live_tables_does_not_stop_reading_for_long(new_shop):
    """Nothing that reads may wait for ever behind somebody who alters a table."""
    shop = new_shop("postgresql")
    with connected(shop.entry) as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE django_migrations IN ACCESS EXCLUSIVE MODE")
        outcome = shop.project.migwizard("check", timeout=60)
        connection.execute("ROLLBACK")
    assert outcome.code == 2
    assert outcome.stderr == (
        f"migwizard: A lock could not be had in time in database '{shop.entry['NAME']}': canceling"
        " statement due to lock timeout.\n"
    )
