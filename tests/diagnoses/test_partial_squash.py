"""Squashed migrations that cannot be used, because only some of what they replace is recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.core.sources.lost import LostFile
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.partial_squash import find
from migwizard.repairs import Request, make_plan

from .build import chain, ids, keys, migration, op, situation, truth_of

ORIGINALS = ("shop.0001", "shop.0002", "shop.0003")
SQUASH = migration("shop.0001_squashed_0003", "", replaces=keys("shop.0001 shop.0002 shop.0003"))
PENDING = migration("shop.0003", "shop.0002", op("no", "column shop_order.c does not exist"))


def test_half_way_with_all_files_there_is_an_info():
    made = situation([*chain(*ORIGINALS[:2]), PENDING, SQUASH], "shop.0001 shop.0002")
    half_way, pending = diagnose(made, strict=True)
    assert half_way == Finding(
        "partial-squash:shop.0001_squashed_0003",
        "partial-squash",
        "info",
        Subject("shop", "0001_squashed_0003", schema="public"),
        "shop.0001_squashed_0003 is not used yet: of the 3 migrations that it replaces, 1 is not recorded.",
        evidence=(
            "shop.0001 is recorded on 2026-03-01 10:00, and in the schema",
            "shop.0002 is recorded on 2026-03-01 10:00, and in the schema",
            "shop.0003 is not recorded, and not in the schema",
            "the files of the rest are there: migrate applies them one by one, and records the squashed one then",
        ),
        repairs=(
            Offer(
                "record-squash",
                "Run the rest, then record the squashed migration",
                "careful",
                recommended=True,
            ),
        ),
    )
    assert (pending.id, pending.severity) == ("pending-migrations:*", "info")


def test_originals_that_are_gone_leave_no_way_forward():
    later = migration("shop.0004", "shop.0001_squashed_0003", op("no", "it does not exist"))
    made = situation([SQUASH, later], "shop.0001 shop.0002")
    stuck = find(made)[0]
    assert stuck == Finding(
        "partial-squash:shop.0001_squashed_0003",
        "partial-squash",
        "error",
        Subject("shop", "0001_squashed_0003", schema="public"),
        "shop.0001_squashed_0003 cannot be used: of the 3 migrations that it replaces, 1 is not recorded, and their"
        " files are not all there.",
        evidence=(
            "shop.0001 is recorded on 2026-03-01 10:00; it has no file",
            "shop.0002 is recorded on 2026-03-01 10:00; it has no file",
            "shop.0003 is not recorded; it has no file",
            "Django leaves the squashed migration out, and never runs what is not recorded",
        ),
    )


def whole(*operations: object, confirmed: bool = True) -> object:
    """A squash whose originals are gone, with what the schema says of it as a whole."""
    squash = migration("shop.0001_squashed_0003", "", *operations, replaces=SQUASH.file.replaces)
    row = replace(truth_of(squash, recorded=False), confirmed=confirmed)
    lost = {key: (LostFile("branch old", f"/srv/{key[1]}.py", ""),) for key in squash.file.replaces}
    return situation([squash], "shop.0001 shop.0002", squashes=(row,), lost_files=lost)


ABSENT = op("no", "column shop_order.c does not exist")
RECORD_REST = Offer("record-squash", "Record the rest and the squashed migration", "safe", recommended=True)
RESTORE = Offer("restore-file", "Bring 3 files back from version control", "careful")
TAKE_BACK = Offer("record-squash", "Take its records back, so that migrate can run it", "careful")


@pytest.mark.parametrize(
    ("made", "says", "repairs"),
    [
        (whole(op()), "all of what it makes is in the schema", (RECORD_REST, RESTORE)),
        (
            whole(ABSENT),
            "nothing of what it makes is in the schema",
            (replace(RESTORE, recommended=True), TAKE_BACK),
        ),
        (
            whole(op(), ABSENT),
            "only a part of what it makes is in the schema",
            (replace(RESTORE, recommended=True),),
        ),
        (
            whole(op(), confirmed=False),
            "all of what it makes is in the schema",
            (replace(RESTORE, recommended=True),),
        ),
    ],
    ids=["yes", "no", "partly", "unconfirmed"],
)
def test_what_the_schema_says_of_it_as_a_whole_decides_what_is_offered(made, says, repairs):
    (finding,) = find(made)
    assert finding.evidence[3] == says
    assert "shop.0001: git has its file: branch old" in finding.evidence
    assert finding.repairs == repairs
    for offer in repairs:
        plan = make_plan(made, offer.name, Request(finding))
        assert (plan.safety, plan.refusal) == (offer.safety, "")


def test_what_names_a_missing_original_is_told_here_and_not_as_a_missing_dependency():
    blog = migration("blog.0001", "shop.0002")
    made = situation([SQUASH, blog], "shop.0001 blog.0001")
    (finding,) = diagnose(made, strict=True)
    assert (finding.id, finding.severity) == ("partial-squash:shop.0001_squashed_0003", "error")
    assert finding.evidence[-1] == (
        "Django cannot build the graph, as blog.0001 needs what only the squashed migration could stand for"
    )


def test_a_recorded_original_without_a_file_that_the_rest_depends_on():
    made = situation([SQUASH, PENDING], "shop.0001 shop.0002")
    (finding,) = find(made)
    assert finding.severity == "error"
    assert finding.evidence[-1] == (
        "Django cannot build the graph, as shop.0003 needs what only the squashed migration could stand for"
    )


def test_a_deleted_record_of_an_original_is_told_by_itself():
    later = migration("shop.0004", "shop.0001_squashed_0003")
    names = "shop.0001 shop.0003 shop.0001_squashed_0003 shop.0004"
    made = situation([*chain(*ORIGINALS), SQUASH, later], names)
    assert ids(diagnose(made, strict=True)) == ["inconsistent-history:shop.0002"]
    made = situation([*chain(*ORIGINALS), SQUASH], "shop.0001 shop.0002 shop.0001_squashed_0003")
    assert ids(diagnose(made, strict=True)) == ["applied-not-recorded:shop.0003"]


def test_a_squash_that_is_applied_or_pending_as_a_whole_is_no_finding():
    assert find(situation([*chain(*ORIGINALS), SQUASH], " ".join(ORIGINALS))) == ()
    assert find(situation([*chain(*ORIGINALS), SQUASH])) == ()
