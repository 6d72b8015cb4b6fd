"""Findings as annotations of GitHub Actions."""

from __future__ import annotations

from migwizard import report
from migwizard.core.finding import Finding, Subject
from migwizard.diagnoses import diagnose

from .situations import UNSURE, hostile, shop


def test_an_annotation_at_the_migration_file_of_each_finding():
    finding = Finding(
        "x:shop.0002",
        "x",
        "error",
        Subject("shop", "0002"),
        "50 % of it, at once.",
        evidence=("one", "two: 2"),
    )
    elsewhere = Finding("y:gone", "y", "warning", Subject("shop", "0099"), "It has no file.")
    assert report.check(shop(), (finding, elsewhere, UNSURE), "github") == (
        "::error file=shop/migrations/0002.py,line=1,title=x%3Ashop.0002::50 %25 of it, at once.%0A- one%0A- two: 2\n"
        "::warning title=y%3Agone::It has no file.\n"
        "::notice title=unknown-tables%3A*::1 table belongs to no migration: x.\n"
        "1 error, 1 warning, 1 info."
    )


def test_a_file_outside_of_the_project_is_not_named():
    from dataclasses import replace

    made = shop()
    made = replace(made, project=replace(made.project, root="/srv/other"))
    finding = Finding("x:shop.0002", "x", "error", Subject("shop", "0002"), "No.")
    assert report.check(made, (finding,), "github").splitlines()[0] == "::error title=x%3Ashop.0002::No."


def test_a_hostile_name_makes_no_command_of_its_own():
    made = hostile()
    lines = report.check(made, diagnose(made), "github").splitlines()
    assert len(lines) == 2
    head, message = lines[0].split("::", 2)[1:]
    assert head.startswith("error file=")
    assert head.count(",") == 2
    assert "\n" not in message
