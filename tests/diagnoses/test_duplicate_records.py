"""Migrations that are recorded more than once."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.core.graph import Record
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.duplicate_records import find

from .build import NOON, chain, situation


def test_two_rows_of_one_migration_are_told_with_ids_and_dates():
    second = NOON.astimezone(timezone(timedelta(hours=2))) + timedelta(minutes=5)
    rows = (
        Record(4, "shop", "0001", NOON),
        Record(9, "shop", "0001", second),
        Record(10, "shop", "0002", NOON),
    )
    assert diagnose(situation(chain("shop.0001", "shop.0002"), rows), strict=True) == (
        Finding(
            "duplicate-records:shop.0001",
            "duplicate-records",
            "warning",
            Subject("shop", "0001", schema="public"),
            "shop.0001 is recorded twice in django_migrations.",
            evidence=("row 4 is of 2026-03-01 10:00", "row 9 is of 2026-03-01 10:05"),
            repairs=(
                Offer(
                    "remove-duplicates",
                    "Keep the oldest of several records of one migration",
                    "careful",
                    recommended=True,
                ),
            ),
        ),
    )


def test_three_rows_and_dates_that_nobody_knows():
    rows = tuple(Record(number, "shop", "0001", None) for number in (1, 2, 3))
    (finding,) = find(situation(chain("shop.0001"), rows))
    assert finding.summary == "shop.0001 is recorded 3 times in django_migrations."
    assert finding.evidence[0] == "row 1 is of unknown date"


def test_a_date_without_a_zone_is_shown_as_it_is():
    rows = tuple(Record(number, "shop", "0001", datetime(2026, 3, 1, 7, 30)) for number in (1, 2))
    (finding,) = find(situation(chain("shop.0001"), rows))
    assert finding.evidence[0] == "row 1 is of 2026-03-01 07:30"


def test_one_row_each_is_no_finding():
    assert find(situation(chain("shop.0001", "shop.0002"), "shop.0001 shop.0002")) == ()
