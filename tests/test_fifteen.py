"""The project of well-known apps: what it is, and that each damage does what it says and no more."""

from __future__ import annotations

import importlib
import sqlite3

import pytest

from tests.extent import ALL, KINDS, spread
from tests.projects import Project, fifteen_project
from tests.projects.fifteen.damages import DAMAGES, connect
from tests.running.kit import contents, conversation, files_of
from tests.servers import postgresql_ids

pytest.importorskip("wagtail", reason="the third-party apps are not installed (pip install '.[apps]')")


EVERY_KIND = ("sqlite", *postgresql_ids()) if ALL else KINDS

SCHEMA = """
from django.db import connection
from migwizard import databases

for name, table in sorted(databases.of(connection).snapshot().tables.items()):
    parts = [sorted(map(repr, part)) for part in (table.columns, table.constraints, table.indexes)]
    print(name, *parts, sep="\\n")
"""
"""Prints the whole schema as migwizard reads it."""


@pytest.fixture(scope="module")
def schemas():
    """The schemas that the migrations of this project make, by the kinds of databases."""
    return {}


@pytest.fixture
def fifteen_schema(new_database, fifteen_template, schemas):
    """A function from a project, maybe with other migrations, and a kind of database to the schema that they make."""

    def schema(project, kind, changed):
        if not changed and kind in schemas:
            return schemas[kind]
        entry = new_database(kind, template=fifteen_template(kind))
        with conversation(Project(project.root, databases={"default": entry})) as ask:
            assert ask("manage", "migrate", "--verbosity", "0").code == 0
            made = ask("python", SCHEMA).stdout
        return made if changed else schemas.setdefault(kind, made)

    return schema


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_it_migrates_from_zero_and_has_fifteen_apps(fifteen, kind):
    project = fifteen(kind)
    assert project.manage("migrate", "--check").code == 0
    outcome = project.manage("makemigrations", "--check", "--dry-run", *_own(kind))
    assert (outcome.code, outcome.stderr) == (0, ""), outcome.stdout
    code = """
        from django.apps import apps
        from django.db.migrations.loader import MigrationLoader

        labels = {app for app, _ in MigrationLoader(None).graph.nodes}
        packages = {apps.get_app_config(label).module.__name__.split(".")[0] for label in labels}
        print(*(packages - {"django", "shop", "archive", "pgshop"}))
    """
    assert len(project.python(code).stdout.split()) >= 15


# What makes another file makes the replay useless, and modelling the whole schema takes long on PostgreSQL.
SLOW = [damage for damage in DAMAGES if damage.__name__ == "table_by_hand_exactly"]
EACH = [
    pytest.param(kind, damage, id=f"{kind}-{damage.__name__}")
    for kind, damage in spread(DAMAGES, on_sqlite=SLOW)
]


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "damage"), EACH)
def test_a_damage_is_found_healed_and_taken_back(fifteen, fifteen_effects, fifteen_schema, kind, damage):
    project, replay = fifteen(kind), ["--replay", str(fifteen_effects(kind))]
    entry, files = project.databases["default"], files_of(project)
    healthy = _database(entry)
    connection, vendor = connect(entry)
    expected = damage(connection, vendor, project.root)
    connection.close()
    damaged = _database(entry), files_of(project)
    assert expected["name"]
    assert damaged != (healthy, files)
    rows = _rows(entry)
    assert len(rows["shop_orderline"][1]) == 3

    with conversation(project) as ask:
        found = ask("migwizard", "check", "--format", "json", *replay)
        _check_found(found.json, expected)
        options = ["--allow", "careful", "--yes", "--format", "json"]
        repaired = ask("migwizard", "repair", "--all", *options, *replay)
        assert repaired.code == 0, repaired.stdout + repaired.stderr

        assert ask("manage", "migrate", "--check").code == 0
        assert ask("manage", "makemigrations", "--check", "--dry-run", *_own(kind)).code == 0
        changed = files_of(project) != files
        assert ask("python", SCHEMA).stdout == fifteen_schema(project, kind, changed)
        assert _rows_lost(entry, rows) == {}

        numbers = [one["id"] for one in ask("migwizard", "journal", "--format", "json").json["journal"]]
        assert len(numbers) == len(repaired.json["repairs"]) > 0
        for number in numbers:
            undone = ask("migwizard", "undo", str(number), "--yes", "--format", "json", *replay)
            assert undone.code == 0, undone.stdout + undone.stderr
    assert (_database(entry), files_of(project)) == damaged


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_a_healthy_database_has_nothing_wrong_replayed_or_not(fifteen, fifteen_effects, kind):
    project = fifteen(kind)
    replays = [["--replay", str(fifteen_effects(kind))]] if kind in KINDS else []
    for arguments in (*replays, ["--no-replay"]):
        outcome = project.migwizard("check", "--format", "json", "--fail-on", "warning", *arguments)
        report = outcome.json
        assert (outcome.code, report["database"]["schema_compared"]) == (
            0,
            "modelled" if arguments == ["--no-replay"] else "replayed",
        ), outcome.stderr
        assert [f["id"] for f in report["findings"] if f["severity"] != "info" or f["confirmed"]] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_violations_in_three_apps_are_repaired_in_one_transaction(
    tmp_path, new_database, fifteen_template, fifteen, fifteen_effects, kind
):
    project = fifteen(kind)
    fresh = fifteen_project(tmp_path / "fresh", new_database(kind, template=fifteen_template(kind)))
    connection, vendor = connect(project.databases["default"])
    importlib.import_module("tests.projects.fifteen.damages").violations_in_three_apps(
        connection, vendor, project.root
    )
    connection.close()
    effects = str(fifteen_effects(kind))
    outcome = project.migwizard("repair", "repair-history", "--yes", "--format", "json", "--replay", effects)
    report = outcome.json
    assert (outcome.code, report["outcome"], report["safety"]) == (0, "done", "careful"), outcome.stdout
    assert project.manage("migrate", "--check").code == 0
    assert project.migwizard("check", "--fail-on", "warning", "--replay", effects).code == 0
    assert _schema_and_rows(project) == _schema_and_rows(fresh)


def _schema_and_rows(project):
    """The whole schema as migwizard reads it, and the number of rows in every table."""
    code = """
        from django.db import connection
        from migwizard import databases

        snapshot = databases.of(connection).snapshot()
        with connection.cursor() as cursor:
            for name, table in sorted(snapshot.tables.items()):
                parts = [sorted(map(repr, part)) for part in (table.columns, table.constraints, table.indexes)]
                cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")
                print(name, cursor.fetchone()[0], *parts, sep="\\n")
    """
    return project.python(code).stdout


def _check_found(report, expected):
    """The damage is found and named, and nothing else is."""
    findings = [finding for finding in report["findings"] if finding["severity"] != "info"]
    found = [
        finding
        for finding in findings
        if finding["name"] == expected["name"]
        and all(finding["subject"].get(key) == value for key, value in expected["subject"].items())
    ]
    assert found, findings
    assert [f["id"] for f in findings if f not in found and f["name"] not in expected["also"]] == []
    text = " ".join(" ".join([finding["summary"], *finding["evidence"]]) for finding in found)
    assert [mention for mention in expected["mentions"] if mention not in text] == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", EVERY_KIND)
def test_nothing_is_wrong_at_any_stage_on_the_way(fifteen_way, kind):
    _, outcome = fifteen_way(kind)
    assert (outcome.code, outcome.stdout.splitlines()[-1][-14:]) == (0, ", 0 complaints"), (
        outcome.stdout + outcome.stderr
    )


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


def _database(entry):
    """Every row and every definition in a database; what a sequence has counted to is not taken back."""
    return {name: found for name, found in contents(entry).items() if name != "sqlite_sequence"}


def _rows(entry):
    """The names of the columns of every table, and its rows."""
    connection, vendor = connect(entry)
    if vendor == "sqlite":
        query = (
            "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table'"
        )
    else:
        query = (
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name IN (SELECT tablename FROM pg_tables)"
        )
    columns = {}
    for table, column in connection.execute(query).fetchall():
        columns.setdefault(table, []).append(f'"{column}"')
    rows = {table: (names, _select(connection, table, names)) for table, names in columns.items()}
    connection.close()
    return rows


def _select(connection, table, names):
    return sorted(map(repr, connection.execute(f'SELECT {", ".join(names)} FROM "{table}"').fetchall()))


def _rows_lost(entry, before):
    """The rows that were there and are not, in the columns that there were; history rows may go."""
    connection, _ = connect(entry)
    lost = {
        table: [row for row in rows if row not in found]
        for table, (names, rows) in before.items()
        if table not in ("django_migrations", "sqlite_sequence")
        and (found := set(_select(connection, table, names))) is not None
    }
    connection.close()
    return {table: rows for table, rows in lost.items() if rows}


def _own(kind):
    """The apps of the project itself; others may lack migrations for the fields that their models would have here."""
    return ["shop", "archive", *(["pgshop"] if kind != "sqlite" else [])]
