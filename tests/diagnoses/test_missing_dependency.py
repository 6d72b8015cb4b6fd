"""Dependencies that are in no file."""

from __future__ import annotations

from migwizard.core.finding import Finding, Subject
from migwizard.core.situation import ProjectInfo
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.missing_dependency import find

from .build import chain, key, migration, situation


def test_a_deleted_file_is_told_with_everything_that_needs_it():
    note = migration("shop.0007_note", "shop.0006_gone")
    blog = migration("blog.0001", "shop.0006_gone")
    made = situation([note, blog], "shop.0006_gone shop.0007_note blog.0001")
    assert diagnose(made, strict=True) == (
        Finding(
            "missing-dependency:shop.0006_gone",
            "missing-dependency",
            "error",
            Subject("shop", "0006_gone"),
            "blog.0001 and shop.0007_note need shop.0006_gone, which is in no file.",
            evidence=(
                "blog.0001 names it in its dependencies (/srv/shop/blog/migrations/0001.py)",
                "shop.0007_note names it in its dependencies (/srv/shop/shop/migrations/0007_note.py)",
                "shop.0006_gone is recorded on 2026-03-01 10:00",
            ),
        ),
    )


def test_what_must_run_before_a_missing_one():
    made = situation([*chain("shop.0001"), migration("blog.0001", run_before=(key("shop.0002_gone"),))])
    (finding,) = find(made)
    assert finding.summary == "blog.0001 needs shop.0002_gone, which is in no file."
    assert finding.evidence == (
        "blog.0001 names it in its run_before (/srv/shop/blog/migrations/0001.py)",
        "shop.0002_gone is not recorded in this database",
    )


def test_an_app_that_is_not_in_the_project():
    (finding,) = find(situation([migration("shop.0001", "gone.0001")]))
    assert finding.evidence[-1] == "there is no app gone with migrations in this project"


def test_the_first_migration_of_an_app_that_is_not_there():
    (finding,) = find(situation([migration("shop.0001", "gone.__first__")]))
    assert finding.id == "missing-dependency:gone.__first__"
    assert finding.summary == "shop.0001 needs a migration of the app gone, which has none."


def test_while_the_project_cannot_be_loaded_nothing_is_certain():
    broken = ProjectInfo("/srv/shop", "shop.settings", errors=("No module named 'x'.",))
    (finding,) = find(situation([migration("shop.0001", "gone.0001")], project=broken))
    assert (finding.severity, finding.confirmed) == ("info", False)


def test_dependencies_that_are_there_are_no_finding():
    assert find(situation(chain("shop.0001", "shop.0002"))) == ()
