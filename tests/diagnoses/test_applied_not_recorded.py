"""Migrations that the schema proves, and that nothing records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.applied_not_recorded import find, is_initial

from .build import DATABASE, RUN_PYTHON, chain, ids, key, migration, op, situation

NAMES = ("shop.0001_initial", "shop.0002_order", "shop.0003_note")
VOUCHER = op(
    "yes",
    "table shop_voucher is exactly as expected",
    name="CreateModel",
    title="Create model Voucher",
    tables=("shop_voucher",),
)


def test_a_table_made_by_hand_before_its_migration():
    made = situation(
        [*chain(NAMES[0]), migration("shop.0002_voucher", "shop.0001_initial", VOUCHER)], NAMES[0]
    )
    assert diagnose(made, strict=True) == (
        Finding(
            "applied-not-recorded:shop.0002_voucher",
            "applied-not-recorded",
            "error",
            Subject("shop", "0002_voucher", "shop_voucher", schema="public"),
            "shop.0002_voucher is not recorded as applied, but the schema has what it does: table shop_voucher is"
            " exactly as expected.",
            evidence=(
                "django_migrations has no row of shop.0002_voucher",
                "all of it is in the schema: table shop_voucher is exactly as expected",
                "migrate will fail at its operation 1 (Create model Voucher), which makes what is there",
            ),
            repairs=(Offer("fake", "Record shop.0002_voucher as applied", "safe", recommended=True),),
        ),
    )


def test_an_initial_migration_may_be_recorded_with_all_of_its_app():
    made = situation([*chain(NAMES[0]), migration("blog.0001_initial")], NAMES[0])
    (finding,) = find(made)
    assert finding.repairs == (
        Offer("fake", "Record blog.0001_initial as applied", "safe", recommended=True),
        Offer("fake-initial", "Record everything of blog that the schema proves", "safe"),
    )


def test_what_only_later_migrations_imply_is_a_warning():
    implied = migration("shop.0002_order", "shop.0001_initial", op("yes", "it exists"), inferred=True)
    (finding,) = find(situation([*chain(NAMES[0]), implied], NAMES[0]))
    assert finding.severity == "warning"
    assert "this follows from later migrations, whose effects hide its own" in finding.evidence


def test_nothing_uncertain_is_more_than_an_info():
    unsure = migration("shop.0002_order", "shop.0001_initial", op("yes", "it exists", confirmed=False))
    (finding,) = find(situation([*chain(NAMES[0]), unsure], NAMES[0]))
    assert (finding.severity, finding.confirmed, finding.repairs) == ("info", False, ())


@pytest.mark.parametrize(
    ("before", "safeties"),
    [
        (op("no", "column shop_order.x does not exist"), ["careful"]),
        (op("partly", "column shop_order.x does not exist"), []),
        (RUN_PYTHON, ["careful"]),
        (op("unobservable", kind="state"), ["safe"]),
    ],
)
def test_recording_it_records_what_it_depends_on_too(before, safeties):
    pending = migration("shop.0002_order", "shop.0001_initial", before)
    later = migration("shop.0003_note", "shop.0002_order")
    made = situation([*chain(NAMES[0]), pending, later], NAMES[0])
    (finding,) = find(made)
    assert finding.id == "applied-not-recorded:shop.0003_note"
    assert [offer.safety for offer in finding.repairs] == safeties


def test_what_waits_for_a_migration_that_never_ran_is_recorded_after_running_that():
    first = migration("shop.0002_order", "shop.0001_initial", op("no", "column shop_order.x does not exist"))
    later = migration("shop.0003_note", "shop.0002_order")
    (finding,) = find(situation([*chain(NAMES[0]), first, later], NAMES[0]))
    assert "it depends on what has never run: shop.0002_order" in finding.evidence
    assert finding.repairs == (
        Offer("migrate", "Run what shop.0003_note depends on, and record it", "careful", recommended=True),
    )


def test_a_migration_that_fails_at_nothing_does_not_say_so():
    altered = migration("shop.0002_order", "shop.0001_initial", op("yes", "it is text", name="AlterField"))
    (finding,) = find(situation([*chain(NAMES[0]), altered], NAMES[0]))
    assert not any("fail" in line for line in finding.evidence)


def test_a_history_that_is_gone_as_a_whole_is_one_finding():
    rows = migration("shop.0004_rows", "shop.0003_note", RUN_PYTHON)
    new = migration("shop.0005_new", "shop.0004_rows", op("no", "column shop_order.new does not exist"))
    made = situation([*chain(*NAMES), rows, new, *chain("blog.0001_initial")])
    assert diagnose(made, strict=True) == (
        Finding(
            "applied-not-recorded:*",
            "applied-not-recorded",
            "error",
            Subject(schema="public"),
            "django_migrations is empty, but the schema has what 4 migrations of 2 apps do.",
            evidence=(
                "in the schema: blog (1): 0001_initial",
                "in the schema: shop (3): 0001_initial, 0002_order, 0003_note",
                "cannot be seen in the schema: shop (1): 0004_rows",
                "not in the schema, so pending: shop (1): 0005_new",
            ),
            repairs=(
                Offer(
                    "fake-initial", "Record every migration that the schema proves", "safe", recommended=True
                ),
            ),
        ),
    )


def test_what_is_not_certain_of_a_lost_history_is_told_with_it():
    unsure = migration("blog.0001", "", op("yes", "it exists", confirmed=False))
    (finding,) = diagnose(situation([*chain(*NAMES), unsure]), strict=True)
    assert finding.evidence == (
        "in the schema: shop (3): 0001_initial, 0002_order, 0003_note",
        "in the schema, as far as can be told before a replay: blog (1): 0001",
    )


def test_recording_rows_that_nobody_saw_between_others_takes_care():
    rows = migration("shop.0002_rows", "shop.0001_initial", RUN_PYTHON)
    made = situation([*chain(NAMES[0]), rows, migration("shop.0003_note", "shop.0002_rows")])
    (finding,) = find(made)
    assert [offer.safety for offer in finding.repairs] == ["careful"]


def test_a_history_table_that_is_not_there_is_said_so():
    made = situation(chain(*NAMES), database=replace(DATABASE, history_table=False))
    (finding,) = find(made)
    assert finding.summary == (
        "There is no table django_migrations, but the schema has what 3 migrations of 1 app do."
    )


def test_half_a_migration_is_told_beside_the_lost_history():
    half = migration("blog.0001", "", op("yes", "a exists"), op("no", "b does not exist"))
    made = situation([*chain(*NAMES), half])
    assert ids(diagnose(made, strict=True)) == ["half-applied:blog.0001", "applied-not-recorded:*"]


def test_an_empty_database_has_only_pending_migrations():
    made = situation([migration("shop.0001_initial", "", op("no", "table shop_order does not exist"))])
    assert ids(diagnose(made, strict=True)) == ["pending-migrations:*"]


@pytest.mark.parametrize(
    ("declared", "after", "initial"),
    [
        (None, "", True),
        (None, "auth.0001", True),
        (None, "shop.0001", False),
        (True, "shop.0001", True),
        (False, "", False),
    ],
)
def test_initial_is_what_django_takes_for_it(declared, after, initial):
    file = replace(migration("shop.0002").file, initial=declared, dependencies=(key(after),) if after else ())
    assert is_initial(file) is initial
