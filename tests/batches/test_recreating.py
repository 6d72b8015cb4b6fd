"""A broken schema is made anew when nothing in it would be missed, or when its name and a dump are given."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.batches.clinic import Clinic

HERE = ("--schema", "clinic03")


@pytest.fixture
def torn(small: Clinic) -> Clinic:
    """A clinic of which the third tenant's schema is beyond repair."""
    small.run(
        "DROP TABLE records_visit",
        "ALTER TABLE records_patient DROP COLUMN phone, ADD COLUMN theirs int",
        "DELETE FROM django_migrations WHERE name = '0002_phone'",
        "CREATE VIEW seen AS SELECT theirs FROM records_patient",
        schema="clinic03",
    )
    return small


def test_an_empty_one_is_made_anew_and_that_is_final(torn: Clinic) -> None:
    before = {name: torn.state(name) for name in ("public", "clinic01")}
    outcome = torn.migwizard("repair", "recreate-schema", *HERE, "--yes", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert (outcome.json["safety"], outcome.json["outcome"]) == ("careful", "done")
    assert torn.shape("clinic03") == torn.shape("clinic01")
    assert torn.migwizard("check", *HERE).code == 0
    assert {name: torn.state(name) for name in ("public", "clinic01")} == before
    undo = torn.migwizard("undo", "1", *HERE, "--yes")
    assert undo.code == 1
    assert "what was in it before comes back from its dump alone" in undo.stdout


def test_one_with_rows_wants_its_name_and_a_dump_that_is_there(torn: Clinic, tmp_path: Path) -> None:
    torn.run("INSERT INTO records_patient (name, email) VALUES ('Ada', '')", schema="clinic03")
    before = torn.state("clinic03")
    dump = tmp_path / "clinic03.dump"
    repair = ("repair", "recreate-schema", *HERE, "--yes")
    said = "The schema holds rows: "
    for answers, why in (
        ((), "answer with its name, --set name=clinic03."),
        (("--set", "name=clinic04"), "answer with its name, --set name=clinic03."),
        (("--set", "name=clinic03"), "say where its dump is, a file that is there, --set dump=PATH."),
        (
            ("--set", "name=clinic03", "--set", f"dump={dump}"),
            "say where its dump is, a file that is there, --set dump=PATH.",
        ),
    ):
        outcome = torn.migwizard(*repair, *answers)
        assert outcome.code == 1
        assert f"{said}{why}" in outcome.stdout
    assert torn.state("clinic03") == before

    dump.write_text("--")
    outcome = torn.migwizard(*repair, "--set", "name=clinic03", "--set", f"dump={dump}", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert outcome.json["safety"] == "destructive"
    assert torn.shape("clinic03") == torn.shape("clinic01")
    assert torn.run("SELECT count(*) FROM records_patient", schema="clinic03") == [(0,)]


def test_public_is_never_dropped(small: Clinic) -> None:
    before = small.state("public")
    outcome = small.migwizard("repair", "recreate-schema", "--yes")
    assert outcome.code == 1
    assert "public is not the schema of a tenant, so it is never dropped." in outcome.stdout
    assert small.state("public") == before
