"""The set of diagnoses: complete, documented, in order, and each on its own."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import SimpleNamespace

import pytest

from migwizard import diagnoses
from migwizard.core.finding import SEVERITIES, Finding, Subject
from migwizard.core.situation import Drift, ProjectInfo
from migwizard.diagnoses import AVAILABLE, DIAGNOSES, Info, diagnose, explanation
from tests.readme import table_of_diagnoses, tables_in

from .build import chain, ids, migration, op, situation, table

HERE = Path(__file__).parent
HEADINGS = ["What it finds", "Why it matters", "Example", "How it is repaired"]
SHARED = {"ahead", "base", "drift_causes", "drift_objects", "drift_text", "evidence", "overlaps"}


@pytest.mark.parametrize("diagnosis", DIAGNOSES, ids=lambda diagnosis: diagnosis.INFO.name)
class TestEachDiagnosis:
    def test_it_is_named_after_its_file(self, diagnosis):
        assert diagnosis.__name__.rpartition(".")[2] == diagnosis.INFO.name.replace("-", "_")

    def test_its_docstring_has_the_four_headings_each_with_text(self, diagnosis):
        text = explanation(diagnosis.INFO.name)
        assert re.findall(r"^## (.*)$", text, re.MULTILINE) == HEADINGS
        first, *parts = re.split(r"^## .*\n", text, flags=re.MULTILINE)
        assert first.strip().endswith(".")
        assert all(len(part.strip()) > 20 for part in parts)

    def test_its_info_is_whole(self, diagnosis):
        info = diagnosis.INFO
        assert isinstance(info, Info)
        assert info.severity in SEVERITIES
        assert info.title[0].isupper()
        assert not info.title.endswith(".")
        assert set(info.repairs) <= set(AVAILABLE)

    def test_it_has_a_test_file(self, diagnosis):
        assert (HERE / f"test_{diagnosis.INFO.name.replace('-', '_')}.py").is_file()

    def test_it_finds_nothing_in_a_healthy_project(self, diagnosis):
        assert diagnosis.find(situation(chain("shop.0001", "shop.0002"), "shop.0001 shop.0002")) == ()

    def test_it_finds_nothing_where_there_is_nothing(self, diagnosis):
        assert diagnosis.find(situation()) == ()


def test_every_file_is_a_registered_diagnosis_or_shared():
    files = {module.name for module in pkgutil.iter_modules(diagnoses.__path__)}
    assert files - SHARED == {diagnosis.__name__.rpartition(".")[2] for diagnosis in DIAGNOSES}


def test_every_repair_that_may_be_offered_exists():
    repairs = importlib.import_module("migwizard.repairs")
    assert set(AVAILABLE) == {repair.INFO.name for repair in repairs.REPAIRS}


def test_readme_has_a_row_for_each():
    assert tables_in(Path("README.md").read_text())["diagnoses"] == table_of_diagnoses(), (
        "run python -m tests.readme"
    )


def test_an_unknown_name_has_no_explanation():
    with pytest.raises(KeyError, match="no-such-thing"):
        explanation("no-such-thing")


def test_the_paragraphs_of_an_explanation_are_lines():
    lines = explanation("half-applied").split("\n")
    assert lines[0] == "Some operations of a migration are in the schema, and others are not."
    assert lines[1:3] == ["", "## What it finds"]
    assert lines[3].startswith("Migrations of which one part")
    assert lines[3].endswith("as the migration makes it.")


def broken() -> object:
    """A situation with much that is wrong."""
    files = [
        *chain("shop.0001", "shop.0002", "shop.0003"),
        migration("shop.0004", "shop.0003", op("no", "it does not exist")),
        migration("blog.0001", "blog.0000"),
    ]
    drifts = [
        Drift("index-unknown", "t", None, "i", "", "i"),
        Drift("column-missing", "t", "c", "", "column t.c", ""),
        Drift("table-unknown", "x", None, "", "", ""),
    ]
    return situation(
        files, "shop.0001 shop.0003 shop.0099 old.0001", drifts=drifts, expected=[table("t", "c")]
    )


def test_errors_come_first_and_then_the_order_of_the_diagnoses():
    assert [(f.severity, f.id) for f in diagnose(broken(), strict=True)] == [
        ("error", "missing-dependency:blog.0000"),
        ("error", "inconsistent-history:shop.0002"),
        ("error", "applied-not-recorded:blog.0001"),
        ("error", "schema-drift:t.c:column-missing"),
        ("warning", "missing-file:shop.0099"),
        ("info", "schema-drift:t:index-unknown:i"),
        ("info", "missing-file:old"),
        ("info", "pending-migrations:*"),
        ("info", "unknown-tables:*"),
    ]


def test_nothing_unconfirmed_is_more_than_an_info_or_is_repaired():
    unsure = op("no", "it does not exist", confirmed=False)
    files = [
        *chain("shop.0001"),
        migration("shop.0002", "shop.0001", unsure),
        migration("shop.0003", "shop.0002", op("yes", "a"), unsure),
        migration("shop.0004", "shop.0003", op("yes", "b", confirmed=False)),
    ]
    drifts = [Drift("column-missing", "t", "c", "", "column t.c", "", confirmed=False)]
    project = ProjectInfo("/srv/shop", "shop.settings")
    made = situation(files, "shop.0001 shop.0002 shop.0003", drifts=drifts, project=project)
    found = diagnose(made, strict=True)
    assert ids(found) == [
        "recorded-not-applied:shop.0002",
        "half-applied:shop.0003",
        "applied-not-recorded:shop.0004",
        "schema-drift:t.c:column-missing",
    ]
    assert [(f.severity, f.confirmed, f.repairs) for f in found] == [("info", False, ())] * 4


def test_a_diagnosis_that_fails_does_not_hide_the_others():
    def fail(situation: object) -> tuple[Finding, ...]:
        raise ZeroDivisionError("it was zero")

    failing = SimpleNamespace(INFO=Info("half-applied", "error", "Half"), find=fail)
    found = diagnose(broken(), (failing, *DIAGNOSES))
    assert len(found) == 10
    assert found[5] == Finding(
        "half-applied:failed",
        "half-applied",
        "info",
        Subject(),
        "half-applied could not be looked for, because of a fault in migwizard (ZeroDivisionError).",
        confirmed=False,
        evidence=("ZeroDivisionError: it was zero",),
    )
    with pytest.raises(ZeroDivisionError):
        diagnose(broken(), (failing,), strict=True)


def test_subjects_that_read_alike_get_ids_of_their_own():
    files = [migration("a.b.c"), migration("a.b")]
    same = [Finding("x:a", "x", "info", Subject(), str(number)) for number in range(3)]
    twice = SimpleNamespace(INFO=Info("x", "info", "X"), find=lambda situation: tuple(same))
    assert ids(diagnose(situation(files), (twice,))) == ["x:a", "x:a:2", "x:a:3"]


HOSTILE = "0002_\x1b[31m'\"]\n[/]`$(x)"


def test_names_are_passed_through_as_they_are():
    files = chain("shop.0001")
    made = situation([*files, migration(f"shop.{HOSTILE}", "shop.0001")], "shop.0001")
    (finding,) = diagnose(made, strict=True)
    assert finding.id == f"applied-not-recorded:shop.{HOSTILE}"
    assert finding.subject.migration == HOSTILE
