"""A batch that is killed in the middle is told, and goes on with what is left."""

from __future__ import annotations

import os
import signal

import pytest

from tests.batches.clinic import Clinic
from tests.batches.conftest import TWELVE
from tests.batches.lingering import FILES, killed, started, wait_until

ALL = ("repair", "--all", "--all-schemas", "--allow", "careful", "--yes")


@pytest.fixture
def lacking(small: Clinic) -> Clinic:
    """Twelve tenants, of which the first four lack a column; the third takes long to be repaired, when asked to."""
    small.project.write(FILES)
    for name in TWELVE[:4]:
        small.run("ALTER TABLE records_visit DROP COLUMN paid", schema=name)
    return small


def test_killed_in_the_middle_it_is_told_and_goes_on(lacking):
    shape = lacking.shape("clinic12")
    killed(lacking, "clinic03", started(lacking, "clinic03", *ALL))

    assert lacking.shape("clinic02") == shape
    assert lacking.shape("clinic03") != shape
    listed = lacking.migwizard("journal").stdout
    assert "batch-1" in listed
    assert "interrupted  repair --all: 2 of 4 schemas" in listed
    found = lacking.migwizard("check", "--format", "json").json["findings"][0]
    assert found["id"] == "unfinished-repair:batch-1"
    assert found["summary"] == (
        "batch-1 (repair --all) was interrupted: 2 of 4 schemas have not had their turn."
    )
    assert found["evidence"][1] == "without a turn: clinic03 and clinic04"
    everywhere = lacking.migwizard("check", "--all-schemas", "--format", "json").json["findings"]
    assert [one["schemas"] for one in everywhere if one["id"] == "unfinished-repair:1"] == [["clinic03"]]
    done = {name: lacking.state(name) for name in ("clinic01", "clinic02")}

    outcome = lacking.migwizard("repair", "resume", "batch-1", "--yes", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert outcome.json["outcome"] == "done"
    assert {one["schema"]: one["outcome"] for one in outcome.json["schemas"]} == dict.fromkeys(
        TWELVE[:4], "done"
    )
    assert [lacking.shape(name) for name in TWELVE[:4]] == [shape] * 4
    assert {name: lacking.state(name) for name in ("clinic01", "clinic02")} == done, (
        "what was done stays as it is"
    )

    ended = lacking.migwizard("repair", "resume", "batch-1", "--yes")
    assert ended.code == 2
    assert ended.stderr.strip() == "migwizard: batch-1 is not interrupted: every schema has had its turn."


def test_a_batch_that_runs_is_not_gone_on_with(lacking):
    process = started(lacking, "clinic03", *ALL)
    outcome = lacking.migwizard("repair", "resume", "batch-1", "--yes")
    killed(lacking, "clinic03", process)
    assert outcome.code == 2
    assert outcome.stderr.strip() == "migwizard: batch-1 is still running."


def test_an_interrupt_rolls_back_the_one_at_work_and_keeps_the_rest(lacking):
    shape = lacking.shape("clinic12")
    process = started(lacking, "clinic03", *ALL, "--jobs", "2")
    wait_until(lambda: lacking.shape("clinic04") == shape, "the other worker did not go on")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert [lacking.shape(name) == shape for name in TWELVE[:4]] == [True, True, False, True]
    outcome = lacking.migwizard("repair", "resume", "batch-1", "--yes", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert [lacking.shape(name) for name in TWELVE[:4]] == [shape] * 4
