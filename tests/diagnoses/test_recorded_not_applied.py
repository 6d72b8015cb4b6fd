"""Records of migrations that the schema disproves."""

from __future__ import annotations

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.recorded_not_applied import find

from .build import chain, migration, op, situation, table

NAMES = ("shop.0001_initial", "shop.0002_order")
NOTE = migration("shop.0007_note", "shop.0002_order", op("no", "column shop_order.note does not exist"))
ALL = "shop.0001_initial shop.0002_order shop.0007_note"


def test_a_fake_that_went_wrong_is_told_as_the_contract_says():
    made = situation([*chain(*NAMES), NOTE], ALL, tables=[table("shop_order", "id", "total")])
    assert diagnose(made, strict=True) == (
        Finding(
            "recorded-not-applied:shop.0007_note",
            "recorded-not-applied",
            "error",
            Subject("shop", "0007_note", "shop_order", "note", "public"),
            "shop.0007_note is recorded as applied, but column shop_order.note does not exist.",
            evidence=(
                "django_migrations has the row of 2026-03-01 10:00",
                "shop_order has the columns id, total",
            ),
            repairs=(
                Offer("migrate", "Run what the schema lacks of shop.0007_note", "careful", recommended=True),
                Offer(
                    "unfake", "Take the record of shop.0007_note away, so that it is pending again", "careful"
                ),
            ),
        ),
    )


def test_several_effects_are_counted_and_listed():
    many = migration(
        "shop.0007_note",
        "shop.0002_order",
        op("no", "column shop_order.note does not exist"),
        op("no", "table shop_invoice does not exist", tables=("shop_invoice",)),
    )
    (finding,) = find(situation([*chain(*NAMES), many], ALL))
    assert finding.summary == (
        "shop.0007_note is recorded as applied, but column shop_order.note does not exist, and 1 more of its effects"
        " cannot be found."
    )
    assert finding.subject == Subject("shop", "0007_note", schema="public")
    assert finding.evidence[1] == (
        "nothing of it is in the schema: column shop_order.note does not exist; table shop_invoice does not exist"
    )


def test_a_record_that_others_depend_on_is_not_offered_to_be_taken_away():
    later = migration("shop.0008_later", "shop.0007_note")
    (finding,) = find(situation([*chain(*NAMES), NOTE, later], ALL + " shop.0008_later"))
    assert [offer.name for offer in finding.repairs] == ["migrate"]


def test_nothing_can_be_run_while_the_graph_is_broken():
    lost = migration("blog.0002", "blog.0001")
    (finding,) = find(situation([*chain(*NAMES), NOTE, lost], ALL))
    assert [(offer.name, offer.recommended) for offer in finding.repairs] == [("unfake", True)]


def test_what_an_opaque_operation_may_explain_is_an_info_that_nothing_acts_on():
    unsure = migration(
        "shop.0007_note", "", op("no", "column shop_order.note does not exist", confirmed=False)
    )
    (finding,) = find(situation([unsure], "shop.0007_note"))
    assert (finding.severity, finding.confirmed, finding.repairs) == ("info", False, ())
    assert finding.evidence[-1] == (
        "not certain: operations whose effect cannot be computed (RunSQL, RunPython, a file that cannot be read) may"
        " explain it; a replay tells (migwizard replay)"
    )


def test_after_an_unreadable_file_nothing_is_certain():
    broken = migration(
        "shop.0001_initial", "", op("unknown"), error="shop/migrations/0001_initial.py is broken."
    )
    between = migration("shop.0002_order", "shop.0001_initial")
    (finding,) = find(situation([broken, between, NOTE], ALL))
    assert (finding.severity, finding.confirmed, finding.repairs) == ("info", False, ())


def test_what_is_there_is_no_finding():
    assert find(situation(chain(*NAMES), " ".join(NAMES))) == ()
