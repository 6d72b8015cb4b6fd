"""Projects that cannot be loaded."""

from __future__ import annotations

from migwizard.core.finding import Finding, Subject
from migwizard.core.situation import ProjectInfo
from migwizard.diagnoses.project_unreadable import find

from .build import chain, migration, situation


def test_all_errors_are_one_finding():
    project = ProjectInfo(
        "/srv/shop", "shop.settings", errors=("No module named 'shop.payments'", "And more.")
    )
    broken = migration("shop.0002", "shop.0001", error="It was not imported.")
    assert find(situation([*chain("shop.0001"), broken], project=project)) == (
        Finding(
            "project-unreadable:shop.settings",
            "project-unreadable",
            "error",
            Subject(),
            "The project cannot be loaded with shop.settings: No module named 'shop.payments'.",
            evidence=(
                "And more.",
                "the project is in /srv/shop",
                "1 migration file could only be read without importing",
            ),
        ),
    )


def test_without_a_name_for_the_settings():
    (finding,) = find(situation(project=ProjectInfo("/srv/shop", "", errors=("There are no settings.",))))
    assert finding.id == "project-unreadable:settings"
    assert finding.summary == "The project cannot be loaded with the settings: There are no settings."


def test_a_project_that_loads_is_no_finding():
    assert find(situation(chain("shop.0001"))) == ()
