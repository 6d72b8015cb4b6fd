"""Bad input gets one clear sentence and the right exit status; nothing changes, and nobody sees a traceback."""

from __future__ import annotations

import os
import re
import secrets
import unicodedata
from pathlib import Path

import pytest

from tests.projects import Project, write_project
from tests.running.kit import commands, connected, execute, migration

pytest_plugins = ["tests.running.fixtures"]


def refused(outcome, sentence: str) -> None:
    """Status 2, this sentence on standard error, and nothing on standard output."""
    assert (outcome.code, outcome.stdout, outcome.stderr) == (2, "", f"migwizard: {sentence}\n")


def findings(outcome) -> dict[str, str]:
    """The severity of every finding, by its id."""
    return {finding["id"]: finding["severity"] for finding in outcome.json["findings"]}


def harmless(text: str) -> bool:
    """Whether a terminal would show a text as it is."""
    return all(c == "\n" or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") for c in text)


def test_no_project(tmp_path):
    project = Project(tmp_path)
    outcome = project.migwizard("check", DJANGO_SETTINGS_MODULE="")
    refused(
        outcome,
        f"There is no Django project in {tmp_path} or above it: no manage.py, and no settings named.",
    )
    refused(
        project.migwizard("check", "--project", "nowhere", DJANGO_SETTINGS_MODULE=""),
        f"There is no folder {tmp_path}/nowhere.",
    )
    assert not list(tmp_path.iterdir())


def test_settings_that_raise_leave_the_graph_and_nothing_is_claimed(new_shop):
    shop = new_shop("sqlite")
    settings = shop.project.root / "config" / "settings.py"
    settings.write_text(settings.read_text() + "\nraise RuntimeError('password=hunter2 \\x1b[31m')\n")
    before = shop.everything()
    check = shop.project.migwizard("check", "--format", "json")
    assert (check.code, check.stderr) == (1, "")
    assert findings(check) == {"project-unreadable:config.settings": "error"}
    (finding,) = check.json["findings"]
    assert finding["summary"] == (
        "The project cannot be loaded with config.settings: The settings module config.settings cannot be imported:"
        " RuntimeError: password=*** [31m (config/settings.py:12)."
    )
    why = (
        "The settings cannot be imported, so nobody knows which database it is. Records are not known either."
    )
    database = check.json["database"]
    assert (database["schema_compared"], database["why_not"]) == ("no", why)
    status = shop.project.migwizard("status", "--format", "json")
    assert status.code == 0
    rows = {row["app"] + "." + row["name"]: row for row in status.json["migrations"]}
    assert rows["shop.0004_coupon"] == {
        "app": "shop",
        "name": "0004_coupon",
        "file": True,
        "record": None,
        "schema": "unknown",
        "state": "unreadable",
    }
    assert shop.project.migwizard("graph", "billing").stdout.splitlines()[1:] == [
        "  ● 0001_initial  yes   -       unknown  unreadable  ⇠ shop.0002_note",
        "  ● 0002_total    yes   -       unknown  unreadable",
    ]
    repair = shop.project.migwizard("repair", "prune", "--yes")
    assert repair.code == 1
    assert repair.stdout.startswith(
        "refused: Nothing is repaired while the project cannot be loaded. The settings"
    )
    assert shop.everything() == before


def test_an_app_that_cannot_be_imported_costs_the_comparison_and_no_record(new_shop):
    shop = new_shop("sqlite")
    shop.project.write({"billing/models.py": "import nothing_of_that_name\n"})
    shop.run("ALTER TABLE shop_order DROP COLUMN note")
    before = shop.everything()
    check = shop.project.migwizard("check", "--format", "json")
    assert check.code == 1
    assert findings(check) == {"project-unreadable:config.settings": "error"}
    assert check.json["database"]["why_not"] == "The project cannot be loaded as a whole."
    outcome = shop.project.migwizard("repair", "prune", "--yes")
    assert (outcome.code, outcome.stdout) == (
        1,
        "refused: Nothing is repaired while the project cannot be loaded. The app billing cannot be loaded:"
        " ModuleNotFoundError: No module named 'nothing_of_that_name' (billing/models.py:1)\n",
    )
    assert shop.everything() == before


def with_database(shop, **changes) -> Project:
    """The project with another entry in DATABASES."""
    entry = {**shop.entry, **changes}
    return Project(shop.project.root, databases={"default": entry})


def test_connections_to_postgresql_that_cannot_be_had(new_shop):
    shop = new_shop("postgresql", tcp=True)
    place = f"127.0.0.1, port {shop.entry['PORT']}"
    tries = {
        f"PostgreSQL at {place} does not accept the password of user 'postgres'.": {"PASSWORD": "hunter2"},
        f"PostgreSQL at {place} has no database 'nowhere'.": {"NAME": "nowhere"},
        "PostgreSQL does not answer at 127.0.0.1, port 1: no server is running there.": {"PORT": "1"},
        "There is no host 'nowhere.invalid', where the settings say that PostgreSQL is.": {
            "HOST": "nowhere.invalid"
        },
    }
    for sentence, changes in tries.items():
        refused(with_database(shop, **changes).migwizard("check"), sentence)
    refused(
        shop.project.migwizard("check", "--database", "no[/]where"),
        "There is no database 'no[/]where' in DATABASES (there is: default).",
    )
    assert shop.project.migwizard("check", "--no-replay").code == 0


def test_files_that_are_no_database_and_none_is_made(new_shop, tmp_path):
    shop = new_shop("sqlite")
    text, missing, nowhere = tmp_path / "text.sqlite3", tmp_path / "missing.sqlite3", tmp_path / "no" / "db"
    text.write_text("this is no database, but long enough to have a header of sixteen bytes")
    tries = {
        f"{text} is not a SQLite database, or it is encrypted.": text,
        f"There is no database file {missing}; `manage.py migrate` would make it.": missing,
        f"{nowhere} cannot be opened: there is no folder {nowhere.parent}.": nowhere,
        f"{tmp_path} is a folder, not a SQLite database.": tmp_path,
    }
    for sentence, name in tries.items():
        for command in (["check"], ["repair", "migrate", "--yes"]):
            refused(with_database(shop, NAME=str(name)).migwizard(*command), sentence)
    assert not missing.exists()
    assert not nowhere.parent.exists()
    assert text.read_text().startswith("this is no database")


def test_a_database_without_history_and_an_empty_one(shop, new_shop, kind):
    shop.run("DROP TABLE django_migrations")
    before = shop.contents()
    check = shop.project.migwizard("check", "--format", "json", "--no-replay")
    assert check.code == 1
    assert findings(check) == {"applied-not-recorded:*": "error"}
    assert shop.contents() == before
    empty = new_shop(kind, empty=True)
    check = empty.project.migwizard("check", "--format", "json", "--no-replay")
    assert check.code == 0
    assert findings(check) == {"pending-migrations:*": "info"}
    assert not [name for name in empty.contents() if "django_migrations" in name]


@pytest.fixture
def role(new_shop):
    """A shop, and a function from statements about it to its project, run by a role with nothing but these rights."""
    shop = new_shop("postgresql", tcp=True)
    name = f"role_{secrets.token_hex(4)}"
    shop.run(f"CREATE ROLE {name} LOGIN PASSWORD 'secret'")

    def project(*statements: str) -> Project:
        shop.run(*(statement.format(role=name, database=shop.entry["NAME"]) for statement in statements))
        return with_database(shop, USER=name, PASSWORD="secret")

    yield shop, name, project
    shop.run(f"DROP OWNED BY {name}", f"DROP ROLE {name}")


def test_a_role_that_may_not_read_is_told_what_it_lacks(role):
    shop, name, project = role
    database = shop.entry["NAME"]
    nobody = project()
    refused(
        nobody.migwizard("check"),
        f"User '{name}' lacks a permission in database '{database}': permission denied for table django_migrations.",
    )
    reader = project(
        "GRANT SELECT ON django_migrations TO {role}", "REVOKE SELECT ON pg_catalog.pg_index FROM PUBLIC"
    )
    refused(
        reader.migwizard("check"),
        f"User '{name}' lacks a permission in database '{database}': permission denied for table pg_index.",
    )
    assert reader.migwizard("status", "--no-schema").code == 0


def test_a_role_that_may_make_nothing_gets_no_false_alarm_and_is_told_why_nothing_was_compared(role):
    shop, name, project = role
    reader = project(
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
        'REVOKE TEMPORARY ON DATABASE "{database}" FROM PUBLIC',
        "ALTER ROLE {role} SET default_transaction_read_only = on",
    )
    before = shop.contents()
    for arguments in (["check"], ["check", "--read-only"]):
        check = reader.migwizard(*arguments, "--format", "json")
        assert check.code == 0, check.stderr
        assert set(findings(check).values()) <= {"info"}
        database = check.json["database"]
        assert database["schema_compared"] == "no"
        why = {
            "check": f"Transactions of '{name}' in '{shop.entry['NAME']}' are read-only, so nothing can be made there.",
            "--read-only": "Nothing may be created to compare with (--read-only).",
        }
        assert database["why_not"] == why[arguments[-1]]
    outcome = reader.migwizard("repair", "fake", "shop", "--yes", "--read-only")
    assert outcome.code == 1
    replay = reader.migwizard("replay")
    assert replay.code == 2
    assert len(replay.stderr.splitlines()) == 1
    assert shop.contents() == before


def test_read_only_reads_and_repairs_nothing(shop):
    shop.forget("shop.0002_note")
    before = shop.everything()
    check = shop.project.migwizard("--read-only", "check", "--format", "json")
    assert check.code == 1
    assert findings(check)["inconsistent-history:shop.0002_note"] == "error"
    outcome = shop.project.migwizard("repair", "repair-history", "--yes", "--read-only")
    assert outcome.code == 1
    assert outcome.stdout.startswith("refused: ")
    assert shop.everything() == before


def test_migration_files_that_cannot_be_read(new_shop):
    shop = new_shop("sqlite")
    good = '        migrations.AddField("order", "vip", models.BooleanField(default=False)),'
    shop.project.write(
        {
            "shop/migrations/0005_syntax.py": "class Migration(:\n",
            "shop/migrations/0006_binary.py": b"\x00\xff\xfe\x1b[31m" * 40,
            "billing/migrations/0003_raises.py": "raise SystemExit('out \\x1b[31m')\n",
            "billing/migrations/0004_none.py": "x = 1\n",
            "billing/migrations/0005_good.py": migration(
                [("billing", "0002_total")], good.replace("order", "invoice")
            ),
        }
    )
    before = shop.everything()
    check = shop.project.migwizard("check", "--format", "json")
    assert check.code == 1
    errors = {id for id, severity in findings(check).items() if severity == "error"}
    assert errors == {
        "unreadable-migration:shop.0005_syntax",
        "unreadable-migration:shop.0006_binary",
        "unreadable-migration:billing.0003_raises",
        "unreadable-migration:billing.0004_none",
    }
    for outcome in commands(shop.project, ["check"], ["status"], ["graph"], ["plan", "migrate"]):
        assert outcome.code < 2
        assert "Traceback" not in outcome.stderr
        assert harmless(outcome.stdout + outcome.stderr)
    repairs = {
        (
            "migrate",
            "shop",
            "0005",
        ): "Nobody knows what shop.0005_syntax does: shop/migrations/0005_syntax.py cannot be",
        ("migrate",): "Nobody knows what billing.0003_raises does: billing/migrations/0003_raises.py cannot",
        (
            "fake",
            "billing",
        ): "Nobody knows what billing.0003_raises does: billing/migrations/0003_raises.py cannot",
        ("fake-initial",): "The schema proves no migration that is not recorded already.",
    }
    outcomes = commands(shop.project, *(["repair", *arguments, "--yes"] for arguments in repairs))
    for sentence, outcome in zip(repairs.values(), outcomes, strict=True):
        assert outcome.code == 1
        assert outcome.stdout.startswith(f"refused: {sentence}"), outcome.stdout
    assert shop.everything() == before
    for name in ("0003_raises", "0004_none"):
        (shop.project.root / "billing" / "migrations" / f"{name}.py").unlink()
    outcome = shop.project.migwizard("repair", "migrate", "billing", "--yes")
    assert (outcome.code, outcome.stdout) == (
        1,
        "refused: shop.0005_syntax cannot be read, so the state of the models is not known; repair its file first.\n",
    )


def test_a_cycle_and_a_missing_dependency(new_shop):
    shop = new_shop("sqlite")
    shop.project.write(
        {
            "shop/migrations/0005_one.py": migration([*LAST, ("shop", "0006_two")], ""),
            "shop/migrations/0006_two.py": migration([("shop", "0005_one")], ""),
            "billing/migrations/0003_lost.py": migration(
                [("billing", "0002_total"), ("gone", "0001_initial")], ""
            ),
        }
    )
    before = shop.everything()
    check = shop.project.migwizard("check", "--format", "json")
    assert check.code == 1
    errors = {id for id, severity in findings(check).items() if severity == "error"}
    assert errors == {
        "circular-dependency:shop.0005_one,shop.0006_two",
        "missing-dependency:gone.0001_initial",
    }
    for outcome in commands(shop.project, ["status"], ["graph"], ["graph", "--format", "dot"]):
        assert outcome.code == 0
    outcome = shop.project.migwizard("repair", "migrate", "--yes")
    assert (outcome.code, outcome.stdout) == (
        1,
        "refused: The migration files do not fit together; repair the graph first.\n",
    )
    assert shop.project.migwizard("replay").code == 2
    assert shop.everything() == before


LAST = [("shop", "0004_coupon")]

NAME = "a'c`d[/]e;--\n\t\x1b[31m\u202e]$(x){y}\\é"
"""A name of tables and columns; Django itself stumbles over quotes and percent signs in one."""

HOSTILE = "a\"b'c`d[/]e;--\n\t\x1b[31m\u202e]$(x)%s{y}\\é"


def hostile_project(root: Path, database) -> Project:
    """A project whose table, column, index and field values are as hostile as Django and the database allow."""
    operations = f"""
        migrations.CreateModel(
            "Thing",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("x", models.IntegerField(db_column={NAME!r}, default=0)),
                ("old", models.IntegerField(db_column={"old" + NAME!r}, default=0)),
            ],
            options={{"db_table": {NAME!r}}},
        ),
        migrations.AddIndex("thing", models.Index(fields=["x"], name="plain")),"""
    altered = f"models.BigIntegerField(db_column={'old' + NAME!r}, default=0)"
    later = f'        migrations.AlterField("thing", "old", {altered}),'
    model = f"""
from django.db import models


class Thing(models.Model):
    x = models.IntegerField(db_column={NAME!r}, default=0)
    old = models.BigIntegerField(db_column={"old" + NAME!r}, default=0)

    class Meta:
        db_table = {NAME!r}
        indexes = [models.Index(fields=["x"], name="plain")]
"""
    files = {
        "bad/models.py": model,
        "bad/migrations/0001_initial.py": migration([], operations),
        "bad/migrations/0002_[b]x[slash].py": migration([("bad", "0001_initial")], later),
        "bad/migrations/0003_'quo\"te'.py": migration([("bad", "0002_[b]x[slash]")], ""),
    }
    return write_project(root, files, database, apps=["bad"])


def test_hostile_names_pass_harmlessly_through_every_report(tmp_path, kind, new_database):
    entry = new_database(kind)
    project = hostile_project(tmp_path / "hostile", entry)
    migrated = project.manage("migrate", "--verbosity", "0")
    assert migrated.code == 0, migrated.stderr
    assert findings(project.migwizard("check", "--format", "json")) == {}
    table = f'"{NAME}"'
    with connected(entry) as connection:
        column = '"' + HOSTILE.replace('"', '""') + '"'
        # psycopg takes a statement without parameters as it is.
        connection.execute(f"ALTER TABLE {table} ADD COLUMN {column} integer")
        connection.execute(f"CREATE TABLE {column} (id integer)")
        connection.execute(f"DROP INDEX {'plain'}")
        record = "INSERT INTO django_migrations (app, name, applied) VALUES ({0}, {0}, CURRENT_TIMESTAMP)"
        mark = "?" if kind == "sqlite" else "%s"
        connection.execute(record.format(mark), [HOSTILE] * 2)
        connection.execute("DELETE FROM django_migrations WHERE name LIKE '0002%'")
    before = execute(entry, "SELECT count(*) FROM django_migrations")
    check = project.migwizard("check", "--format", "json")
    assert check.code == 1
    found = findings(check)
    names = {id.split(":")[0] for id in found}
    assert {"inconsistent-history", "schema-drift", "missing-file", "unknown-tables"} <= names
    asked = [
        ["check"],
        ["check", "--format", "json"],
        ["check", "--format", "github"],
        ["status"],
        ["status", "--format", "json"],
        *(["graph", "--format", form] for form in ("text", "mermaid", "dot", "svg")),
        ["plan", "repair-history"],
        ["plan", "prune", "--sql"],
        ["plan", "prune", "--format", "json"],
        ["plan", "fake", HOSTILE],
        ["plan", HOSTILE],
    ]
    outcomes = commands(project, *([*command, "--no-replay"] for command in asked))
    for command, outcome in zip(asked, outcomes, strict=True):
        assert harmless(outcome.stdout), command
        assert harmless(outcome.stderr), command
        assert "Traceback" not in outcome.stderr
        if command[-1] == "json":
            assert outcome.json["version"] == 1
    assert execute(entry, "SELECT count(*) FROM django_migrations") == before
    assert project.migwizard("repair", "repair-history", "--yes", "--no-replay").code == 0
    pruned = project.migwizard("repair", "prune", "--yes", "--no-replay")
    assert pruned.code == 0, pruned.stdout + pruned.stderr
    assert harmless(pruned.stdout)
    assert execute(entry, "SELECT count(*) FROM django_migrations WHERE app <> 'bad'") == [(0,)]


def test_a_fault_of_our_own_is_one_line_without_a_traceback(new_shop):
    shop = new_shop("sqlite")
    shop.project.write(
        {
            "config/broken.py": "from config.settings import *\nDATABASES = {'default': {'ENGINE': 'no.such.engine'}}\n"
        }
    )
    outcome = shop.project.migwizard("check", "--settings", "config.broken")
    assert outcome.code == 2
    assert len(outcome.stderr.splitlines()) == 1
    assert re.match(r"migwizard: The database 'default' cannot be set up: .*no\.such\.engine", outcome.stderr)


def test_a_file_that_may_not_be_read(new_shop):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    shop = new_shop("sqlite")
    Path(shop.entry["NAME"]).chmod(0)
    refused(
        shop.project.migwizard("check"), f"{shop.entry['NAME']} cannot be opened: this user may not read it."
    )
