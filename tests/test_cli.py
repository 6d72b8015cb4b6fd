"""The contract of the command line: options, exit statuses, documents, scripts that run by hand."""

from __future__ import annotations

import json
import os
import pty
import select
import sqlite3
import subprocess
import sys
import time

import pytest

from migwizard.lessons import LESSONS
from migwizard.repairs import REPAIRS
from tests.projects import Outcome, Project
from tests.running.kit import LAST, commands, connected, migration, records

pytest_plugins = ["tests.running.fixtures"]


def test_options_count_before_and_after_the_command(new_shop):
    shop = new_shop("sqlite")
    root = str(shop.project.root)
    shop.forget("shop.0002_note")
    asked = [
        ["--project", root, "check", "--format", "json"],
        ["check", "--project", root, "--format", "json"],
        ["--settings", "config.settings", "--database", "default", "check", "--format", "json"],
        ["check", "--database", "default", "--no-schema", "--format", "json"],
        ["--database", "nowhere", "check"],
        ["check", "--database", "nowhere"],
        ["--database", "nowhere", "check", "--database", "default"],
    ]
    outcomes = commands(shop.project, *asked)
    assert [outcome.code for outcome in outcomes] == [1, 1, 1, 1, 2, 2, 1]
    documents = [outcome.json for outcome in outcomes[:3]]
    assert documents[0] == documents[1] == documents[2]
    assert outcomes[3].json["database"]["schema_compared"] == "no"
    assert outcomes[3].json["database"]["why_not"] == "The schema was not read (--no-schema)."
    sentence = "migwizard: There is no database 'nowhere' in DATABASES (there is: default).\n"
    assert [outcome.stderr for outcome in outcomes[4:6]] == [sentence] * 2
    elsewhere = subprocess.run(
        [sys.executable, "-m", "migwizard", "--project", root, "status"],
        cwd="/",
        env=shop.project.process_environment(),
        capture_output=True,
        text=True,
    )
    assert (elsewhere.returncode, elsewhere.stderr) == (0, "")


def test_the_level_at_which_a_check_fails(new_shop):
    shop = new_shop("sqlite")
    levels = ("error", "warning", "info")

    def codes() -> list[int]:
        asked = (["check", "--fail-on", level, "--no-replay"] for level in levels)
        return [outcome.code for outcome in commands(shop.project, *asked)]

    assert codes() == [0, 0, 0]
    shop.run("CREATE TABLE nobodys (id integer)")
    assert codes() == [0, 0, 1]
    shop.run("INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0009', CURRENT_TIMESTAMP)")
    assert codes() == [0, 1, 1]
    shop.forget("shop.0002_note")
    assert codes() == [1, 1, 1]
    (strange,) = commands(shop.project, ["check", "--fail-on", "never"])
    assert strange.code == 2
    assert strange.stderr == (
        "migwizard: Invalid value for '--fail-on': 'never' is not one of 'error', 'warning', 'info'.\n"
    )


def test_the_documents_have_the_keys_of_the_contract(shop):
    shop.run("ALTER TABLE shop_order DROP COLUMN note")
    finding = "recorded-not-applied:shop.0002_note"
    check, status, plan, action, text, github = commands(
        shop.project,
        ["check", "--format", "json"],
        ["status", "--format", "json"],
        ["plan", finding, "--format", "json"],
        ["plan", "migrate", "shop", "--format", "json"],
        ["check"],
        ["check", "--format", "github"],
    )
    document = check.json
    assert list(document) == ["version", "project", "database", "findings"]
    assert document["version"] == 1
    assert document["project"] == {"root": str(shop.project.root), "settings": "config.settings"}
    assert document["database"] == {
        "alias": "default",
        "vendor": "sqlite" if shop.sqlite else "postgresql",
        "name": shop.entry["NAME"],
        "schema": "main" if shop.sqlite else "public",
        "schema_compared": document["database"]["schema_compared"],
        "why_not": document["database"]["why_not"],
    }
    (found,) = document["findings"]
    assert {key: found[key] for key in ("id", "name", "severity", "subject", "confirmed", "summary")} == {
        "id": finding,
        "name": "recorded-not-applied",
        "severity": "error",
        "subject": {
            "app": "shop",
            "migration": "0002_note",
            "table": found["subject"]["table"],
            "column": found["subject"]["column"],
            "schema": "main" if shop.sqlite else "public",
        },
        "confirmed": True,
        "summary": "shop.0002_note is recorded as applied, but column shop_order.note does not exist.",
    }
    assert list(found) == [
        *("id", "name", "severity", "subject", "confirmed", "summary"),
        "evidence",
        "repairs",
    ]
    offered = found["repairs"][0]
    assert (offered["name"], offered["safety"], offered["recommended"]) == ("migrate", "careful", True)
    rows = {(row["app"], row["name"]): row for row in status.json["migrations"]}
    row = rows["shop", "0002_note"]
    assert list(row) == ["app", "name", "file", "record", "schema", "state"]
    assert (row["file"], row["schema"], row["state"]) == (True, "no", "recorded-not-applied")
    assert time.strptime(row["record"], "%Y-%m-%dT%H:%M:%SZ")
    for outcome, about in ((plan, {"finding": finding}), (action, {"action": "migrate shop"})):
        made = outcome.json
        assert {key: made[key] for key in about} == about
        assert (made["repair"], made["safety"], made["outcome"], made["journal"]) == (
            "migrate",
            "careful",
            "planned",
            None,
        )
        assert [step["kind"] for step in made["steps"]] == ["operation"] * 3
        keys = {"kind", "why", "sql", "undo", "command"}
        assert all(keys <= set(step) for step in made["steps"])
        assert (plan.code, plan.stderr) == (0, "")
    assert f"error    {finding}\n" in text.stdout
    assert github.stdout.startswith(
        f"::error file=shop/migrations/0002_note.py,line=1,title={finding.replace(':', '%3A')}::"
    )


def test_what_was_typed_wrongly_is_one_sentence_and_status_2(new_shop):
    shop = new_shop("sqlite")
    shop.forget("shop.0002_note")
    before = shop.everything()
    finding = "inconsistent-history:shop.0002_note"
    tries = {
        ("plan",): "Name a finding (see migwizard check) or an action.",
        ("repair", "--yes"): "Name a finding or an action, or say --all.",
        ("repair", finding, "--all", "--yes"): "Name a finding or an action, or say --all.",
        ("repair", finding): "There is no terminal to ask on: say --yes.",
        ("repair", "--all"): "There is no terminal to ask on: say --yes.",
        ("plan", "nothing:there"): "There is no finding 'nothing:there' (see migwizard check).",
        (
            "plan",
            "dance",
        ): f"There is no repair 'dance' (there is: {', '.join(repair.INFO.name for repair in REPAIRS)}).",
        ("plan", "fake", "nowhere"): "There is no app 'nowhere' with migrations.",
        ("plan", "fake", "shop", "0099"): "There is no migration '0099' in app 'shop'.",
        ("plan", "fake", "shop", "0002", "more"): "fake takes APP [MIGRATION]; 'more' is too much.",
        ("plan", "repair-history", "shop"): "repair-history takes no arguments; 'shop' is too much.",
        ("plan", finding, "more"): "A finding takes no arguments: 'more'.",
        ("plan", finding, "--with", "prune"): f"'prune' is no repair of {finding} (it has: repair-history).",
        (
            "plan",
            "fake",
            "shop",
            "--with",
            "fake",
        ): "--with is for findings; an action names its repair itself.",
        ("plan", finding, "--set", "x"): "--set takes KEY=VALUE, not 'x'.",
        (
            "plan",
            finding,
            "--set",
            "shop.0003_paid=run",
        ): "--set takes a migration that lacks its record, and run or record: not shop.0003_paid=run.",
        ("graph", "nowhere"): "There is no app 'nowhere' with migrations.",
        (
            "check",
            "--format",
            "xml",
        ): "Invalid value for '--format': 'xml' is not one of 'text', 'json', 'github'.",
        ("dance",): "No such command 'dance'.",
        ("check", "--dance"): "No such option '--dance'.",
        (
            "demo",
            "dance",
        ): f"There is no lesson 'dance' (there are: {', '.join(LESSONS)}).",
    }
    outcomes = commands(shop.project, *map(list, tries))
    wrong = {
        arguments: outcome
        for (arguments, sentence), outcome in zip(tries.items(), outcomes, strict=True)
        if outcome != Outcome(2, "", f"migwizard: {sentence}\n")
    }
    assert wrong == {}
    assert shop.everything() == before


def test_a_refused_repair_is_status_1_with_its_document(new_shop):
    shop = new_shop("sqlite")
    plan, repair, text = commands(
        shop.project,
        ["plan", "migrate", "--format", "json"],
        ["repair", "migrate", "--yes", "--format", "json"],
        ["plan", "migrate"],
    )
    sentence = "There is nothing to run: everything that was named is recorded and in the schema."
    assert [plan.code, repair.code, text.code] == [1, 1, 1]
    for outcome in (plan, repair):
        assert outcome.stderr == ""
        document = outcome.json
        assert (document["outcome"], document["message"], document["steps"]) == ("refused", sentence, [])
        assert (document["action"], document["repair"]) == ("migrate", "migrate")
    assert text.stdout == f"Run what the schema lacks (migrate, careful)\nIt cannot be executed: {sentence}\n"


def test_repair_all_goes_as_far_as_it_may(shop):
    shop.forget("shop.0002_note")
    shop.run(
        "ALTER TABLE billing_invoice DROP COLUMN total",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0009', CURRENT_TIMESTAMP)",
    )
    safe = shop.project.migwizard("repair", "--all", "--yes", "--format", "json", "--no-replay")
    assert safe.code == 1
    assert [repair["finding"] for repair in safe.json["repairs"]] == ["inconsistent-history:shop.0002_note"]
    left = {finding["id"] for finding in safe.json["findings"]}
    assert left == {"recorded-not-applied:billing.0002_total", "missing-file:shop.0009"}
    assert safe.stderr.splitlines()[0] == (
        "recorded-not-applied:billing.0002_total: its repair is careful, which --allow safe does not allow."
    )
    careful = shop.project.migwizard("repair", "--all", "--allow", "careful", "--yes", "--no-replay")
    assert careful.code == 0, careful.stdout
    assert careful.stdout.splitlines() == [
        "done         recorded-not-applied:billing.0002_total: Done: 3 steps, 1 finding gone.",
        "done         missing-file:shop.0009: Done: 1 step, 1 finding gone.",
        "",
        "Nothing is wrong.",
    ]
    nothing = shop.project.migwizard("repair", "--all", "--yes", "--no-replay")
    assert (nothing.code, nothing.stdout) == (0, "There was nothing to repair.\n\nNothing is wrong.\n")


NEW = """
        migrations.AddField("order", "vip", models.CharField(max_length=20, default="it's 100%; -- \\\\")),
        migrations.AddConstraint("order", models.UniqueConstraint(fields=["customer", "number"], name="once")),
        migrations.CreateModel("Shelf", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("order", models.ForeignKey("shop.Order", models.CASCADE)),
        ]),
        migrations.RunSQL(
            "UPDATE shop_order SET note = 'a;b' WHERE id = 3; UPDATE shop_order SET note = '%' WHERE id = 2"
        ),
"""


def by_hand(shop, script: str) -> None:
    """Run a script as the database's own shell would."""
    if shop.sqlite:
        connection = sqlite3.connect(shop.entry["NAME"], isolation_level=None)
        connection.executescript(script)
        connection.close()
        return
    with connected(shop.entry) as connection:
        connection.pgconn.exec_(script.encode())
        assert connection.pgconn.transaction_status == 0, connection.pgconn.error_message


def test_a_script_does_by_hand_what_the_repair_does(kind, new_shop):
    files = {"shop/migrations/0005_more.py": migration(LAST, NEW)}
    scripted, repaired = new_shop(kind, files), new_shop(kind, files)
    for shop in (scripted, repaired):
        shop.run(
            "DELETE FROM django_content_type WHERE model = 'shelf'", "ALTER TABLE shop_order DROP COLUMN note"
        )
        shop.forget("shop.0002_note")
        shop.project.write({"shop/migrations/0005_more.py": migration(LAST, NEW)})
    for arguments in (["repair-history"], ["migrate", "shop"]):
        plan = scripted.project.migwizard("plan", *arguments, "--sql", "--no-replay")
        assert plan.code == 0, plan.stdout
        assert "\nBEGIN;\n" in plan.stdout
        by_hand(scripted, plan.stdout)
        outcome = repaired.project.migwizard("repair", *arguments, "--yes", "--no-replay")
        assert outcome.code == 0, outcome.stdout
    rows = "SELECT * FROM shop_order ORDER BY id"
    assert scripted.run(rows) == repaired.run(rows)
    assert scripted.bench(["snapshot"]) == repaired.bench(["snapshot"])
    assert records(scripted.entry, "shop") == records(repaired.entry, "shop")
    assert scripted.check("--no-replay")[0] == repaired.check("--no-replay")[0] == ["model-changes:shop"]


def test_a_script_makes_the_history_table_too(shop):
    shop.run("DROP TABLE django_migrations")
    by_hand(shop, shop.project.migwizard("plan", "fake-initial", "--sql", "--no-replay").stdout)
    found, outcome = shop.check("--no-replay")
    assert (found, outcome.code) == ([], 0)
    assert shop.project.manage("migrate", "--check").code == 0


def test_a_replay_made_elsewhere_serves_where_none_may_be_made(shop, tmp_path):
    hidden = "        migrations.RunSQL('CREATE INDEX by_hand ON shop_order (number)'),"
    shop.project.write({"shop/migrations/0005_index.py": migration(LAST, hidden)})
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    file = tmp_path / "effects"
    made = shop.project.migwizard("replay", "--output", str(file))
    assert made.code == 0, made.stderr
    assert made.stdout == "The effects of 21 migrations are known.\n"
    shop.run("DROP INDEX by_hand")
    home = {"XDG_CACHE_HOME": str(tmp_path / "another-home")}
    found = {}
    for arguments in (["--replay", str(file)], ["--no-replay"], ["--replay", str(tmp_path / "missing")]):
        outcome = shop.project.migwizard("check", "--format", "json", *arguments, **home)
        database = outcome.json["database"]
        ids = {finding["id"]: finding["severity"] for finding in outcome.json["findings"]}
        found[arguments[-1].rpartition("/")[2]] = (outcome.code, database["schema_compared"], ids)
    code, compared, ids = found["effects"]
    assert compared == "replayed"
    assert code == 1, ids
    assert "error" in ids.values()
    assert found["--no-replay"][:2] == (0, "modelled")
    assert found["missing"][:2] == (0, "modelled")
    unwritable = shop.project.migwizard("replay", "--output", str(tmp_path / "no" / "such" / "folder"))
    assert unwritable.code == 2
    assert unwritable.stdout == ""
    assert len(unwritable.stderr.splitlines()) == 1


def test_one_schema_of_the_database(new_shop):
    shop = new_shop("postgresql")
    shop.run("CREATE SCHEMA empty", 'CREATE SCHEMA "Te\'n""ant"')
    tenant = {**shop.entry, "OPTIONS": {"options": """-c search_path="Te'n\\"\\"ant\""""}}
    migrated = Project(shop.project.root, databases={"default": tenant}).manage("migrate", "--verbosity", "0")
    assert migrated.code == 0, migrated.stderr
    shop.run("""DELETE FROM "Te'n""ant".django_migrations WHERE name = '0002_note'""")
    before = shop.contents()
    asked = ["check", "--format", "json", "--no-replay"]
    schemas = ("public", "Te'n\"ant", "empty", "no[/]where")
    outcomes = commands(shop.project, *([*asked, "--schema", schema] for schema in schemas))
    assert [outcome.code for outcome in outcomes] == [0, 1, 0, 2]
    found = [[finding["id"] for finding in outcome.json["findings"]] for outcome in outcomes[:3]]
    assert found == [[], ["inconsistent-history:shop.0002_note"], ["pending-migrations:*"]]
    assert [outcome.json["database"]["schema"] for outcome in outcomes[:3]] == list(schemas[:3])
    assert outcomes[3].stderr == (
        f"migwizard: There is no schema 'no[/]where' in the database {shop.entry['NAME']}.\n"
    )
    assert shop.contents() == before
    outcome = shop.project.migwizard(
        "repair", "repair-history", "--yes", "--no-replay", "--schema", schemas[1]
    )
    assert outcome.code == 0, outcome.stdout
    after = shop.contents()
    assert {name for name in after if after[name] != before[name]} == {"""\"Te'n""ant".django_migrations"""}


def test_as_a_command_of_manage(new_shop):
    shop = new_shop("sqlite")
    settings = shop.project.root / "config" / "settings.py"
    settings.write_text(settings.read_text().replace('"shop",', '"shop", "migwizard",'))
    shop.forget("shop.0002_note")
    outcome = shop.project.manage("migwizard", "check", "--format", "json")
    assert (outcome.code, outcome.stderr) == (1, "")
    assert [finding["id"] for finding in outcome.json["findings"]] == ["inconsistent-history:shop.0002_note"]
    outcome = shop.project.manage("migwizard", "repair", "repair-history", "--yes")
    assert outcome.code == 0, outcome.stderr
    assert shop.project.manage("migrate", "--check").code == 0
    assert shop.project.manage("migwizard", "dance").code == 2


@pytest.mark.parametrize("answer", ["n", "y"])
def test_with_a_terminal_it_shows_the_plan_and_asks(new_shop, answer):
    shop = new_shop("sqlite")
    shop.forget("shop.0002_note")
    before = shop.everything()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "migwizard", "repair", "repair-history", "--no-replay"],
        cwd=shop.project.root,
        env=shop.project.process_environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    shown, asked = b"", False
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([ours], [], [], 1)
        if not ready:
            continue
        try:
            data = os.read(ours, 4096)
        except OSError:  # the other end is closed
            break
        shown += data
        if not asked and b"Run this? [y/N]: " in shown:
            assert b'INSERT INTO "django_migrations"' in shown
            assert shop.everything() == before
            os.write(ours, f"{answer}\n".encode())
            asked = True
    os.close(ours)
    assert process.wait(timeout=30) == (0 if answer == "y" else 1), shown
    if answer == "n":
        assert b"refused: Not confirmed; nothing has changed." in shown
        assert shop.everything() == before
    else:
        assert b"done: Done: 1 step, 1 finding gone." in shown


def test_the_graph_in_its_formats(new_shop):
    shop = new_shop("sqlite")
    text, one, mermaid, dot, svg = commands(
        shop.project,
        *(
            [*("graph", "--no-schema"), *more]
            for more in ([], ["billing"], *(["--format", f] for f in ("mermaid", "dot", "svg")))
        ),
    )
    assert [outcome.code for outcome in (text, one, mermaid, dot, svg)] == [0] * 5
    assert "billing           file" in text.stdout
    assert one.stdout.splitlines()[0].split() == ["billing", "file", "record", "schema"]
    assert len(one.stdout.splitlines()) == 3
    assert mermaid.stdout.startswith(("graph ", "flowchart "))
    assert dot.stdout.startswith("digraph")
    assert svg.stdout.startswith("<svg")


def test_version_and_help_need_no_project(tmp_path):
    project = Project(tmp_path)
    for arguments in (["--version"], ["--help"], ["check", "-h"], ["demo", "--list"]):
        done = project.migwizard(*arguments, DJANGO_SETTINGS_MODULE="")
        assert (done.code, done.stderr) == (0, ""), arguments
        assert done.stdout


def test_standard_output_holds_the_document_alone(new_shop):
    shop = new_shop("sqlite")
    noise = "print('noise from a model')\n"
    for file in ("shop/models.py", "config/settings.py", "shop/migrations/0001_initial.py"):
        path = shop.project.root / file
        path.write_text(noise + path.read_text())
    for command in (["check"], ["status"], ["plan", "unfake", "shop", "0004"]):
        outcome = shop.project.migwizard(*command, "--format", "json")
        assert json.loads(outcome.stdout)["version"] == 1
        assert "noise from a model" in outcome.stderr
