"""Squashes that somebody, or the next migrate, has to finish."""

from __future__ import annotations

import pytest

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.unfinished_squash import find

from .build import chain, ids, keys, migration, situation

ORIGINALS = ("shop.0001", "shop.0002")
SOURCE = "class Migration:\n    replaces = [('shop', '0001'), ('shop', '0002')]\n"
SQUASH = migration("shop.0001_squashed_0002", "", replaces=keys("shop.0001 shop.0002"), source=SOURCE)
ALL = "shop.0001 shop.0002 shop.0001_squashed_0002"


def test_a_squash_that_the_next_migrate_records_is_an_info():
    assert diagnose(situation([*chain(*ORIGINALS), SQUASH], "shop.0001 shop.0002"), strict=True) == (
        Finding(
            "unfinished-squash:shop.0001_squashed_0002",
            "unfinished-squash",
            "info",
            Subject("shop", "0001_squashed_0002", schema="public"),
            "All 2 migrations that shop.0001_squashed_0002 replaces are recorded, but it is not itself; the next"
            " migrate records it.",
            evidence=("the last of them was recorded on 2026-03-01 10:00", "all their files are there"),
            repairs=(Offer("record-squash", "Record shop.0001_squashed_0002", "safe", recommended=True),),
        ),
    )


def test_one_whose_originals_are_gone_says_so():
    (finding,) = find(situation([SQUASH], "shop.0001 shop.0002"))
    assert finding.evidence[1] == "shop.0001 and shop.0002 have no file any more"


def test_a_replaces_that_stayed_is_an_info_in_ones_own_app():
    assert diagnose(situation([SQUASH], ALL), strict=True) == (
        Finding(
            "unfinished-squash:shop.0001_squashed_0002",
            "unfinished-squash",
            "info",
            Subject("shop", "0001_squashed_0002", schema="public"),
            "shop.0001_squashed_0002 still has its replaces, although files that it replaces are gone.",
            evidence=("recorded, but without a file: shop.0001 and shop.0002",),
            repairs=(
                Offer(
                    "finish-squash",
                    "Take out its replaces and what is left of what it replaced (once it is recorded everywhere)",
                    "careful",
                    recommended=True,
                ),
            ),
        ),
    )


def test_it_is_a_warning_where_it_keeps_records_from_being_pruned():
    findings = diagnose(situation([SQUASH], ALL + " shop.0099_gone"), strict=True)
    assert [(f.id, f.severity) for f in findings] == [
        ("missing-file:shop.0099_gone", "warning"),
        ("unfinished-squash:shop.0001_squashed_0002", "warning"),
    ]
    assert findings[1].evidence[1] == (
        "migrate shop --prune refuses to delete the records of shop that have no file"
    )


@pytest.mark.parametrize(("more", "severities"), [("", []), (" tags.0099_gone", ["info"])])
def test_in_an_installed_package_it_is_at_most_an_info(more, severities):
    squash = migration("tags.0001_squashed_0002", "", replaces=keys("tags.0001 tags.0002"))
    made = situation([squash], "tags.0001 tags.0002 tags.0001_squashed_0002" + more)
    assert [finding.severity for finding in find(made)] == severities


def test_the_ordinary_states_are_no_finding():
    files = [*chain(*ORIGINALS), SQUASH]
    assert ids(diagnose(situation(files, ALL), strict=True)) == []
    assert find(situation(files)) == ()
    assert find(situation(files, "shop.0001")) == ()
    assert find(situation([migration("shop.0001_squashed_0002")], "shop.0001_squashed_0002")) == ()


def test_where_it_cannot_be_finished_it_says_why():
    tags = migration("tags.0001_initial", "shop.0002")
    (finding,) = find(situation([SQUASH, tags], ALL))
    assert finding.evidence[1] == (
        "it cannot be finished here: tags.0001_initial of an installed package depends on shop.0002; only its next"
        " release can depend on shop.0001_squashed_0002."
    )
    assert finding.repairs == ()
