"""Tables that belong to nobody."""

from __future__ import annotations

from migwizard.core.finding import Finding, Subject
from migwizard.core.situation import Drift
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.unknown_tables import find

from .build import situation


def unknown(*names: str) -> tuple[Drift, ...]:
    return tuple(Drift("table-unknown", name, None, "", "", f"table {name}") for name in names)


def test_all_of_them_are_one_info():
    assert diagnose(situation(drifts=unknown("z", "b", "c", "d", "a")), strict=True) == (
        Finding(
            "unknown-tables:*",
            "unknown-tables",
            "info",
            Subject(schema="public"),
            "5 tables belong to no migration: a, b, c and 2 others.",
            evidence=("table a", "table b", "table c", "table d", "table z"),
        ),
    )


def test_one_alone_is_the_subject():
    (finding,) = find(situation(drifts=unknown("old_blog_post")))
    assert finding.summary == "1 table belongs to no migration: old_blog_post."
    assert finding.subject == Subject(table="old_blog_post", schema="public")


def test_no_unknown_table_is_no_finding():
    assert find(situation()) == ()
