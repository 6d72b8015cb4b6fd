"""One command over many schemas: the broken ones are repaired, each in its own transaction; others are not touched."""

from __future__ import annotations

import pytest

from tests.batches.clinic import Clinic
from tests.batches.conftest import BROKEN, TWELVE
from tests.running.kit import connected

ALL = ("repair", "--all", "--all-schemas", "--allow", "careful", "--yes", "--format", "json")

WHAT_TAKES_IT_BACK = """
from migwizard import report
from migwizard.batches import survey_back
from migwizard.core.tenants.batch import Task
from migwizard.reading.options import Options
from migwizard.workbench import Workbench

bench = Workbench(Options())
bench.open()
print(report.survey(survey_back(bench, 1, bench.overview()), Task(undoes=1)))
"""

AGREED = """
from migwizard.batches import agreed, run, survey_back
from migwizard.core.tenants.batch import Task
from migwizard.reading.options import Options
from migwizard.workbench import Workbench

bench, task = Workbench(Options()), Task(undoes=1)
bench.open()
found = survey_back(bench, 1, bench.overview())
for one in found.planned:
    print(one.turns[0].schema, one.plan.safety)
for result in run(bench, task, agreed(found, task), heard=lambda *_: None).results:
    print(result.schema, result.outcome, result.message if result.outcome != "done" else "")
"""


def healthy(clinic: Clinic) -> dict[str, object]:
    """The state of every schema that is not broken."""
    return {name: clinic.state(name) for name in ("public", *TWELVE) if name not in BROKEN}


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_one_command_repairs_all_and_touches_no_healthy_one(broken, jobs):
    before = healthy(broken)
    good = broken.shape("clinic01")
    outcome = broken.migwizard(*ALL, "--jobs", jobs)
    assert outcome.code == 0, outcome.stderr
    document = outcome.json
    assert {one["schema"]: one["outcome"] for one in document["schemas"]} == dict.fromkeys(BROKEN, "done")
    assert sorted(document["idle"]) == sorted({"public", *TWELVE} - set(BROKEN))
    assert document["outcome"] == "done"
    assert [broken.shape(name) for name in BROKEN] == [good] * 5
    assert healthy(broken) == before
    assert "5/5" in outcome.stderr

    again = broken.migwizard(*ALL)
    assert again.code == 0
    assert again.json["batch"] is None
    assert again.json["schemas"] == []


def test_it_goes_on_after_a_failure_and_tells_all_in_a_table(broken):
    with connected(broken.entry) as other:
        other.execute("BEGIN")
        other.execute("ALTER TABLE clinic02.records_patient ADD COLUMN theirs int")
        outcome = broken.migwizard(*ALL[:-2])
        other.execute("ROLLBACK")
    assert outcome.code == 1
    lines = outcome.stdout.splitlines()
    assert lines[0] == "batch-1: repair --all"
    told = {line.split()[0]: line.split()[1] for line in lines[2:] if line[:6] == "clinic"}
    assert told.pop("clinic02") in ("refused", "failed")
    assert told == dict.fromkeys(BROKEN[1:], "done")
    assert lines[2].startswith("clinic02"), "what did not come through comes first"
    assert "8 schemas had nothing to be done, and were not touched." in outcome.stdout
    assert "5/5  clinic11: done  1 not done" in outcome.stderr


def test_a_named_action_runs_where_it_is_needed(broken):
    before = broken.state("clinic01")
    outcome = broken.migwizard(
        "repair", "fake", "records", "--schemas", "clinic05,clinic01", "--yes", "--format", "json"
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert [(one["schema"], one["outcome"]) for one in outcome.json["schemas"]] == [("clinic05", "done")]
    assert outcome.json["idle"] == ["clinic01"]
    assert broken.state("clinic01") == before


def test_a_finding_is_named_by_its_id_or_its_name(broken):
    outcome = broken.migwizard(
        "repair",
        "applied-not-recorded",
        "--schemas",
        "clinic05",
        "--schemas",
        "clinic06",
        "--yes",
        "--format",
        "json",
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert [one["schema"] for one in outcome.json["schemas"]] == ["clinic05"]
    assert outcome.json["schemas"][0]["gone"] == [
        "applied-not-recorded:records.0003_visit",
        "applied-not-recorded:records.0004_paid",
    ]


def test_the_journal_ties_together_what_was_done_and_it_is_taken_back_as_a_whole(broken):
    shapes = {name: broken.shape(name) for name in BROKEN[:4]}
    assert broken.migwizard(*ALL).code == 0
    shown = broken.migwizard("journal", "show", "batch-1", "--format", "json").json
    assert [one["schema"] for one in shown["schemas"]] == list(BROKEN)
    assert all(one["journal"] for one in shown["schemas"])
    entries = broken.migwizard("journal", "--schema", "clinic05", "--format", "json").json["journal"]
    assert [(entry["id"], entry["batch"]) for entry in entries] == [(2, "batch-1"), (1, "batch-1")]

    told = broken.project.python(WHAT_TAKES_IT_BACK).stdout
    assert told.startswith("undo batch-1: 5 schemas\n")
    assert "\n  Take back number 1: Run " in told, "each is planned before it is asked for"
    assert "It cannot be planned" not in told

    back = broken.migwizard("undo", "batch-1", "--yes", "--format", "json")
    assert back.code == 0, back.stdout + back.stderr
    assert {one["schema"]: one["outcome"] for one in back.json["schemas"]} == dict.fromkeys(BROKEN, "done")
    assert {name: broken.shape(name) for name in BROKEN[:4]} == shapes
    assert broken.run("SELECT 1 FROM pg_namespace WHERE nspname = 'clinic11'") == []
    twice = broken.migwizard("undo", "batch-1", "--yes")
    assert twice.code == 2
    assert twice.stderr.strip() == "migwizard: batch-1 was taken back already, by batch-2."


def test_what_tenants_build_on_is_taken_back_after_them(small):
    for name in ("public", "clinic05"):
        small.run("DELETE FROM django_migrations WHERE app IN ('customers', 'records')", schema=name)
    done = small.migwizard("repair", "--all", "--schemas", "public,clinic05", "--yes", "--format", "json")
    assert [one["schema"] for one in done.json["schemas"]] == ["public", "clinic05"]
    back = small.migwizard("undo", "batch-1", "--yes", "--format", "json")
    assert back.code == 0, back.stdout + back.stderr
    assert [one["schema"] for one in back.json["schemas"]] == ["clinic05", "public"]


def test_where_no_loss_was_shown_nothing_is_lost(small):
    undone = (
        "DELETE FROM django_migrations WHERE name IN ('0003_visit', '0004_paid')",
        "DROP TABLE records_visit",
        "ALTER TABLE records_patient DROP COLUMN email",
    )
    for name in ("clinic02", "clinic03"):
        small.run(*undone, schema=name)
    assert small.migwizard("repair", "migrate", "--schemas", "clinic02,clinic03", "--yes").code == 0
    small.run(
        "INSERT INTO records_patient (name, phone, email) VALUES ('a', '', '')",
        "INSERT INTO records_visit (day, patient_id, paid) SELECT now(), id, false FROM records_patient",
        schema="clinic02",
    )
    told = small.project.python(AGREED).stdout.splitlines()
    assert told[0] == "clinic03 careful"
    assert told[1].split() == ["clinic03", "done"]
    assert told[2].startswith("clinic02 refused Take back number 1: ")
    assert told[2].endswith(": here it loses something, and that was not shown before.")
    assert small.run("SELECT count(*) FROM records_visit", schema="clinic02") == [(1,)]


def test_one_tenant_of_a_batch_is_taken_back_alone(broken):
    shape = broken.shape("clinic09")
    assert broken.migwizard(*ALL).code == 0
    assert broken.migwizard("undo", "1", "--schema", "clinic09", "--yes").code == 0
    assert broken.shape("clinic09") == shape
    back = broken.migwizard("undo", "batch-1", "--yes", "--format", "json")
    assert {one["schema"]: one["outcome"] for one in back.json["schemas"]} == {
        "clinic02": "done",
        "clinic05": "done",
        "clinic07": "done",
        "clinic09": "nothing",
        "clinic11": "done",
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--schemas", "nowhere"],
            "There is no schema 'nowhere', and no tenant of that name (see migwizard tenants).",
        ),
        (["--schemas", "group:nowhere"], "There is no schema 'nowhere' (see migwizard tenants)."),
        (["--schemas", "type:shop"], "There is no type 'shop' (there is: public, tenant)."),
        (["--schemas", ","], "No schema is named."),
        (
            ["--all-schemas", "--schema", "clinic01"],
            "--schema is for one schema; --schemas and --all-schemas are for many.",
        ),
        (["--all-schemas", "--schemas", "all"], "Say --schemas or --all-schemas, not both."),
        (["--all-schemas", "--read-only"], "Nothing is written in read-only mode (--read-only)."),
    ],
)
def test_what_cannot_be_meant_is_refused(small, arguments, message):
    outcome = small.migwizard("repair", "--all", "--yes", *arguments)
    assert outcome.code == 2
    assert outcome.stderr.strip().splitlines()[-1] == f"migwizard: {message}"


def test_a_misspelt_finding_or_action_is_refused(small):
    outcome = small.migwizard("repair", "half-aplied", "--all-schemas", "--yes")
    assert outcome.code == 2
    assert outcome.stderr.strip() == "migwizard: There is no finding and no action 'half-aplied'."
