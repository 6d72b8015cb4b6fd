"""The project of well-known apps: what it is, and that each damage does what it says and no more."""

from __future__ import annotations

import importlib
import sqlite3

import pytest

from tests.projects.fifteen.damages import DAMAGES, connect
from tests.servers import postgresql_ids

pytest.importorskip("wagtail", reason="the third-party apps are not installed (pip install '.[apps]')")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", *postgresql_ids()])
def test_it_migrates_from_zero_and_has_fifteen_apps(fifteen, kind):
    project = fifteen(kind)
    assert project.manage("migrate", "--check").code == 0
    own = ["shop", "archive"] + (["pgshop"] if kind != "sqlite" else [])
    outcome = project.manage("makemigrations", "--check", "--dry-run", *own)
    assert (outcome.code, outcome.stderr) == (0, ""), outcome.stdout
    code = """
        from django.apps import apps
        from django.db.migrations.loader import MigrationLoader

        labels = {app for app, _ in MigrationLoader(None).graph.nodes}
        packages = {apps.get_app_config(label).module.__name__.split(".")[0] for label in labels}
        print(*(packages - {"django", "shop", "archive", "pgshop"}))
    """
    assert len(project.python(code).stdout.split()) >= 15


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql-18"])
def test_a_damage_changes_something_and_leaves_a_sound_database(fifteen, kind, damage):
    project = fifteen(kind)
    connection, vendor = connect(project.databases["default"])
    files, before = _files(project.root), _contents(connection, vendor)
    expected = damage(connection, vendor, project.root)
    assert expected["name"]
    assert (_files(project.root), _contents(connection, vendor)) != (files, before)
    if vendor == "sqlite":
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()


def test_a_rebuilt_table_of_sqlite_differs_in_the_edited_part_alone(tmp_path):
    connection = sqlite3.connect(tmp_path / "x.sqlite3", isolation_level=None)
    connection.executescript(
        """
        CREATE TABLE "parent" ("id" integer PRIMARY KEY AUTOINCREMENT, "a" varchar(5) NOT NULL, CHECK ("a" <> ','));
        CREATE TABLE "child" ("p" integer REFERENCES "parent" ("id"));
        CREATE INDEX "i" ON "parent" ("a") WHERE "a" > 'b';
        CREATE VIEW "v" AS SELECT "a" FROM "parent";
        INSERT INTO "parent" VALUES (7, 'x');
        """
    )
    before = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    damages = importlib.import_module("tests.projects.fifteen.damages")
    damages._rebuild_column(connection, "parent", "a", lambda text: text.replace("varchar(5)", "text"))
    after = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    assert after == [(name, sql and sql.replace("varchar(5)", "text")) for name, sql in before]
    assert connection.execute('SELECT * FROM "parent"').fetchall() == [(7, "x")]
    assert connection.execute("SELECT * FROM sqlite_sequence").fetchall() == [("parent", 7)]
    connection.close()


def _files(root):
    return {path: path.read_text() for path in root.rglob("*.py")}


def _contents(connection, vendor):
    """Enough of a database to see that something changed."""
    if vendor == "sqlite":
        queries = ["SELECT name, sql FROM sqlite_master ORDER BY name"]
    else:
        queries = [
            "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
            " WHERE table_schema = 'public' ORDER BY 1, 2",
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint ORDER BY 1, 2",
            "SELECT indexname, indexdef FROM pg_indexes ORDER BY 1",
        ]
    queries.append("SELECT app, name FROM django_migrations ORDER BY 1, 2")
    return [connection.execute(query).fetchall() for query in queries]
