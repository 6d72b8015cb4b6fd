"""What is planned, and what is tried, in many schemas before anything is run."""

from __future__ import annotations

from tests.batches.clinic import Clinic
from tests.batches.conftest import BROKEN, TWELVE
from tests.running.kit import connected

ALL = ("--all", "--all-schemas", "--allow", "careful")
COLUMN, RECORDS, HALF, GHOST, GONE = BROKEN


def states(clinic: Clinic) -> dict[str, object]:
    return {name: clinic.state(name) for name in ("public", *TWELVE) if name != GONE}


def test_the_plan_of_each_group_is_told_once(broken: Clinic) -> None:
    broken.run("ALTER TABLE records_patient DROP COLUMN phone", schema="clinic03")
    before = states(broken)
    outcome = broken.migwizard("plan", *ALL, "--format", "json")
    assert outcome.code == 0, outcome.stderr
    groups = {tuple(one["schemas"]): one for one in outcome.json["groups"]}
    assert {names: one["plan"]["repair"] for names, one in groups.items()} == {
        (COLUMN, "clinic03"): "migrate",
        (RECORDS,): "fake",
        (HALF,): "finish",
        (GHOST,): "prune",
        (GONE,): "create-schema",
    }
    statements = [text for step in groups[COLUMN, "clinic03"]["plan"]["steps"] for text in step["sql"]]
    assert any("ADD COLUMN" in text for text in statements)
    assert sorted(outcome.json["idle"]) == sorted({"public", *TWELVE} - {*BROKEN, "clinic03"})
    told = broken.migwizard("plan", *ALL).stdout
    assert told.startswith("repair --all: 6 schemas\n\n2 schemas: clinic02, clinic03\n")
    assert states(broken) == before


def test_without_the_schema_those_are_equal_that_record_the_same(broken: Clinic) -> None:
    outcome = broken.migwizard("plan", *ALL, "--no-schema", "--format", "json")
    assert [one["schemas"] for one in outcome.json["groups"]] == [[RECORDS, HALF], [GHOST], [GONE]]


def test_what_is_graver_than_allowed_is_told_instead_of_its_plan(broken: Clinic) -> None:
    outcome = broken.migwizard("plan", "--all", "--schemas", f"{RECORDS},{GHOST}", "--format", "json")
    assert outcome.code == 1
    assert [(one["schemas"], one["outcome"], one["message"]) for one in outcome.json["groups"]] == [
        ([RECORDS], "planned", "Record records.0003_visit as applied"),
        (
            [GHOST],
            "refused",
            "missing-file:records.0099_ghost: its repair is careful, which --allow safe does not allow.",
        ),
    ]


def test_every_schema_is_tried_and_nothing_stays(broken: Clinic) -> None:
    before = states(broken)
    outcome = broken.migwizard("dry-run", *ALL, "--jobs", "2", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    found = outcome.json
    assert {one["schema"]: one["outcome"] for one in found["schemas"]} == dict.fromkeys(BROKEN, "rolled-back")
    assert (found["outcome"], found["counts"]) == ("rolled-back", {"rolled-back": 5})
    tried = {one["schema"]: one for one in found["schemas"]}
    assert tried[GHOST]["gone"] == ["missing-file:records.0099_ghost"]
    assert tried[COLUMN]["locks"][0].startswith("reads and writes of records_patient for at least ")
    assert sorted(found["idle"]) == sorted({"public", *TWELVE} - set(BROKEN))
    assert states(broken) == before
    assert broken.run("SELECT 1 FROM pg_namespace WHERE nspname = 'clinic11'") == []
    assert broken.migwizard("journal", "--format", "json").json["batches"] == []


def test_one_that_fails_is_told_first_and_ends_with_status_1(broken: Clinic) -> None:
    broken.run("ALTER TABLE records_patient DROP COLUMN phone", schema="clinic03")
    with connected(broken.entry) as other:
        other.execute("BEGIN")
        other.execute("LOCK TABLE clinic03.records_patient IN ROW EXCLUSIVE MODE")
        outcome = broken.migwizard(
            "dry-run", "recorded-not-applied", "--schemas", "clinic01,clinic02,clinic03"
        )
        other.execute("ROLLBACK")
    assert outcome.code == 1
    lines = outcome.stdout.splitlines()
    assert lines[0] == "dry run of recorded-not-applied: 2 schemas"
    assert [line.split()[:2] for line in lines[2:4]] == [["clinic03", "failed"], ["clinic02", "rolled-back"]]
    assert lines[5:7] == [
        "clinic02, the slowest of its kind, would block, until it is committed:",
        lines[6],
    ]
    assert lines[6].startswith("  - reads and writes of records_patient for at least ")
    assert lines[-2:] == [
        "1 failed, 1 rolled-back. 1 schema (clinic01) had nothing to be done, and was not touched.",
        "Everything was rolled back.",
    ]
    assert "2/2  clinic03: failed  1 not done" in outcome.stderr


def test_what_each_schema_would_lose_is_told_of_it_although_they_are_equal(small: Clinic) -> None:
    small.run("INSERT INTO records_patient (name, phone, email) VALUES ('a', '', 'a@b')", schema="clinic03")
    back = ("rollback", "records", "0002_phone", "--schemas", "clinic02,clinic03")
    outcome = small.migwizard("dry-run", *back, "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert {one["schema"]: one["loses"] for one in outcome.json["schemas"]} == {
        "clinic02": [],
        "clinic03": ["records_patient.email is filled in 1 row, which is lost."],
    }
    assert (
        "          loses: records_patient.email is filled in 1 row"
        in small.migwizard("dry-run", *back).stdout
    )
    assert small.run("SELECT email FROM records_patient", schema="clinic03") == [("a@b",)]


def test_one_of_each_is_enough_where_that_is_wanted(small: Clinic) -> None:
    for name in TWELVE[:3]:
        small.run("ALTER TABLE records_patient DROP COLUMN phone", schema=name)
    outcome = small.migwizard("dry-run", *ALL, "--one-of-each", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    (tried,) = outcome.json["schemas"]
    assert (tried["schema"], tried["stands_for"]) == ("clinic01", list(TWELVE[:3]))
    assert small.migwizard("dry-run", "--all", "--schemas", "clinic09").stdout.startswith(
        "There was nothing to do. 1 schema (clinic09) had nothing to be done"
    )


def test_a_script_is_run_in_the_schema_that_it_was_made_for(broken: Clinic) -> None:
    others = {name: broken.state(name) for name in ("public", "clinic01")}
    for schema, action in ((COLUMN, "recorded-not-applied:records.0002_phone"), (RECORDS, "fake records")):
        script = broken.migwizard("plan", *action.split(), "--schema", schema, "--sql").stdout
        assert f'\nBEGIN;\nSET LOCAL search_path = "{schema}", "public";\n' in script
        with connected(broken.entry) as connection:
            connection.pgconn.exec_(script.encode())
            assert connection.pgconn.transaction_status == 0, connection.pgconn.error_message
    assert [broken.shape(name) == broken.shape("clinic01") for name in (COLUMN, RECORDS)] == [True, True]
    assert {name: broken.state(name) for name in others} == others


REFUSED = {
    "dry-run --all": "--all is for many schemas here: say --all-schemas, or name a finding (see migwizard check).",
    "plan": "Name a finding (see migwizard check) or an action.",
    "plan --all-schemas": "Name a finding (see migwizard check) or an action, or say --all.",
    "plan migrate --all-schemas --sql": "--sql is for one schema (--schema): names differ from one to the other.",
    "dry-run migrate --all-schemas --read-only": "Nothing is written in read-only mode (--read-only).",
    "plan migrat --all-schemas": "There is no finding and no action 'migrat'.",
}


def test_what_cannot_be_meant_is_refused(small: Clinic) -> None:
    for arguments, message in REFUSED.items():
        outcome = small.migwizard(*arguments.split())
        assert outcome.code == 2, arguments
        assert outcome.stderr.strip().splitlines()[-1] == f"migwizard: {message}"
