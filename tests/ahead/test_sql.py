"""`migwizard sql`: one migration in every dialect, without a server."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
from pathlib import Path

import django
import pytest

from migwizard.reading.dialects import NAMES
from tests.extent import share
from tests.projects import fifteen_project
from tests.running.kit import conversation

from .kit import add, alter, model, project

needs_mssql = pytest.mark.skipif(
    sys.modules.get("mssql") is None and __import__("importlib.util").util.find_spec("mssql") is None,
    reason="mssql-django is not installed (pip install mssql-django)",
)

MIGRATIONS = [
    [
        model("P", "name=CharField(max_length=20)"),
        model("T", "p=ForeignKey('shop.P', models.CASCADE)", "n=IntegerField()"),
    ],
    [
        alter("P", "id=BigAutoField(primary_key=True)"),
        add("T", "code=CharField(max_length=10, null=True, unique=True)"),
        "migrations.RunPython(lambda apps, editor: 1 / 0, migrations.RunPython.noop)",
        'migrations.RunSQL("UPDATE shop_t SET n = 1", migrations.RunSQL.noop)',
        'migrations.AlterModelOptions("T", {"ordering": ["n"]})',
    ],
    [alter("T", "code=TextField(null=True, unique=True)")],
]

SAMPLE = (
    ("shop", "0011_note"),
    ("auth", "0001_initial"),
    ("taggit", "0001_initial"),
    ("wagtailimages", "0001_initial"),
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    made = project(tmp_path_factory.mktemp("dialects") / "p", MIGRATIONS)
    (made.root / "db.sqlite3").touch()
    return made


def told(made, name: str, *dialects: str) -> dict:
    arguments = [word for dialect in dialects for word in ("--dialect", dialect)]
    outcome = made.migwizard("sql", "shop", name, *arguments, "--format", "json")
    assert outcome.code == 0, outcome.stderr
    return {one["name"]: one for one in outcome.json["dialects"]}


def statements(one: dict) -> list[list[str]]:
    return [operation["sql"] for operation in one["operations"]]


@pytest.fixture(scope="module")
def second(shop):
    return told(shop, "0002", "all")


def test_every_dialect_is_there_the_connected_one_first(second):
    assert sorted(second) == sorted(NAMES)
    assert next(iter(second)) == "sqlite"
    assert [name for name, one in second.items() if one["connected"]] == ["sqlite"]


def test_postgresql_widens_the_key_and_what_points_to_it(second):
    wider, added, python, sql, options = statements(second["postgresql"])
    assert (
        wider[0]
        == (
            'SET CONSTRAINTS "shop_t_p_id_98c0c86b_fk_shop_p_id" IMMEDIATE; ALTER TABLE "shop_t" DROP CONSTRAINT'
            ' "shop_t_p_id_98c0c86b_fk_shop_p_id";'
        )
        or "DROP CONSTRAINT" in wider[0]
    )
    assert 'ALTER TABLE "shop_p" ALTER COLUMN "id" TYPE bigint' in " ".join(wider)
    assert added == [
        'ALTER TABLE "shop_t" ADD COLUMN "code" varchar(10) NULL UNIQUE;',
    ]
    assert (python, sql, options[:0]) == ([], ["UPDATE shop_t SET n = 1;"], [])


def written(found: dict) -> list[dict]:
    """Those dialects whose backend is installed; only that of SQL Server may be missing, and it says so."""
    for name, one in found.items():
        if one["missing"]:
            assert (name, one["missing"]) == (
                "sqlserver",
                "mssql-django is not installed, which writes the SQL of SQL Server 2022 (pip install mssql-django).",
            )
    return [one for one in found.values() if not one["missing"]]


def test_python_is_shown_and_not_run(second):
    for one in written(second):
        python = one["operations"][2]
        assert python["note"] == "Runs Python, which cannot be written as SQL."
        assert "1 / 0" in python["source"]


def test_what_changes_nothing_is_empty(second):
    for one in written(second):
        assert not any("ordering" in statement for statement in one["operations"][4]["sql"])


@needs_mssql
def test_sql_server_says_what_it_cannot_do(shop):
    found = told(shop, "0003", "sqlserver", "mysql")
    (operation,) = found["sqlserver"]["operations"]
    (obstruction,) = operation["obstructions"]
    assert obstruction["finding"] == "unindexable-column"
    assert obstruction["summary"].startswith(
        "shop.0003_x cannot run on SQL Server: shop_t.code is nvarchar(max)"
    )
    (operation,) = found["mysql"]["operations"]
    assert {one["finding"] for one in operation["obstructions"]} == {"unindexable-column"}


def test_the_text_is_a_script_whose_rest_is_comments(shop):
    outcome = shop.migwizard("sql", "shop", "0002", "--dialect", "mariadb")
    assert outcome.code == 0, outcome.stderr
    lines = outcome.stdout.splitlines()
    assert lines[:3] == ["-- shop.0002_x on MariaDB 11.4", "", "-- 1. Alter field id on P"]
    assert "--   | lambda" in outcome.stdout or "--   | " in outcome.stdout
    assert "UPDATE shop_t SET n = 1;" in lines


@needs_mssql
@pytest.mark.parametrize("name", ["0001_x", "0002_x", "0003_x"])
def test_all_dialects_as_they_were_last_looked_at(shop, name):
    """`MIGWIZARD_SNAPSHOTS=write` writes them anew, to be looked at again; each Django writes a little differently."""
    if django.VERSION[:2] != (5, 2):
        pytest.skip("the snapshots are those of Django 5.2")
    outcome = shop.migwizard("sql", "shop", name, *(f"--dialect={one}" for one in NAMES))
    assert outcome.code == 0, outcome.stderr
    shown = re.sub(
        r"on SQLite 3\.\d+|mssql-django [\d.]+", lambda found: found[0].rpartition(" ")[0], outcome.stdout
    )
    file = Path(__file__).parent / "snapshots" / f"{name}.sql"
    if os.environ.get("MIGWIZARD_SNAPSHOTS") == "write":
        file.parent.mkdir(exist_ok=True)
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


def test_a_dialect_that_is_not_there_is_said(shop):
    outcome = shop.migwizard("sql", "shop", "0002", "--dialect", "oracle")
    assert (outcome.code, outcome.stderr) == (
        2,
        "migwizard: There is no dialect 'oracle' (there is: postgresql, sqlite, mysql, mariadb, sqlserver, all).\n",
    )
    assert shop.migwizard("sql", "shop", "9999").code == 2


def test_drivers_that_are_missing_have_stand_ins(shop):
    """Both drivers are hidden from the process; the SQL is the same but for how values are written."""
    code = """
        import importlib.util
        import sys

        DRIVERS = ("MySQLdb", "pyodbc", "psycopg", "psycopg2")

        class Hidden:
            def find_spec(self, name, path=None, target=None):
                if name.split(".")[0] in DRIVERS:
                    raise ModuleNotFoundError(f"No module named {name!r}", name=name)

        real = importlib.util.find_spec
        importlib.util.find_spec = lambda name, *rest: None if name in DRIVERS else real(name, *rest)
        sys.meta_path.insert(0, Hidden())
        sys.argv[0] = "worker"
        from migwizard.reading.dialects.worker import main

        main()
    """
    shop_sql = told(shop, "0002", "mysql", "sqlserver", "postgresql")
    request = {
        "root": str(shop.root),
        "settings": shop.settings,
        "alias": "default",
        "key": ["shop", "0002_x"],
        "dialects": list(shop_sql),
        "recorded": [],
        "live": {},
        "sys_path": [str(shop.root), *sys.path],
    }
    outcome = shop.run(sys.executable, "-c", textwrap.dedent(code), input=json.dumps(request) + "\n")
    assert outcome.code == 0, outcome.stderr
    found = {one["name"]: one for one in outcome.json}
    assert {name: statements(one) for name, one in found.items()} == {
        name: statements(one) for name, one in shop_sql.items()
    }


@pytest.mark.slow
def test_sqlite_and_postgresql_write_what_sqlmigrate_does(tmp_path, database):
    """For some migrations of well-known apps that the database need not be asked about."""
    pytest.importorskip("wagtail", reason="the third-party apps are not installed (pip install '.[apps]')")
    with conversation(fifteen_project(tmp_path / "fifteen", database)) as ask:
        for app, name in share("sqlite" if "sqlite" in database["ENGINE"] else "postgresql", SAMPLE):
            wanted = ask("manage", "sqlmigrate", app, name).stdout
            found = ask("migwizard", "sql", app, name, "--format", "json").json["dialects"][0]
            plain = [line for line in wanted.splitlines() if not line.startswith("--")]
            begun = [line for line in plain if line not in ("BEGIN;", "COMMIT;")]
            texts = [text for one in found["operations"] for text in one["sql"]]
            assert texts + [text for one in found["operations"] for text in one["deferred"]] == begun, app
