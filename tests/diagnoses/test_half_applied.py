"""Migrations that are in the schema by halves."""

from __future__ import annotations

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.half_applied import find

from .build import RUN_PYTHON, chain, migration, op, situation

INVOICE = op(
    "yes",
    "table shop_invoice exists",
    name="CreateModel",
    title="Create model Invoice",
    tables=("shop_invoice",),
)
REFERENCE = op("no", "column shop_order.reference does not exist", title="Add field reference to order")


def test_a_migration_cut_off_after_its_first_operation():
    made = situation(
        [*chain("shop.0012_gross"), migration("shop.0013_invoice", "shop.0012_gross", INVOICE, REFERENCE)],
        "shop.0012_gross",
    )
    assert diagnose(made, strict=True) == (
        Finding(
            "half-applied:shop.0013_invoice",
            "half-applied",
            "error",
            Subject("shop", "0013_invoice", "shop_order", "reference", "public"),
            "shop.0013_invoice is not recorded, and of its 2 operations number 1 is in the schema and number 2 is not.",
            evidence=(
                "django_migrations has no row of shop.0013_invoice",
                "operation 1 of 2 (Create model Invoice) is in the schema: table shop_invoice exists",
                "operation 2 of 2 (Add field reference to order) is not in the schema: column shop_order.reference does"
                " not exist",
            ),
            repairs=(
                Offer("finish", "Bring shop.0013_invoice to its end", "careful", recommended=True),
                Offer("take-back", "Take back what is there of shop.0013_invoice", "careful"),
            ),
        ),
    )


def test_a_table_made_by_hand_without_one_of_its_columns():
    half = op(
        "partly",
        "column shop_voucher.amount does not exist",
        "table shop_voucher exists",
        title="Create model Voucher",
        tables=("shop_voucher",),
    )
    (finding,) = diagnose(situation([migration("shop.0001_voucher", "", half)]), strict=True)
    assert finding.summary == (
        "shop.0001_voucher is not recorded, and its one operation is only partly in the schema."
    )
    assert finding.subject == Subject("shop", "0001_voucher", "shop_voucher", "amount", "public")
    assert finding.evidence[1] == (
        "operation 1 of 1 (Create model Voucher) is only partly in the schema: column shop_voucher.amount does not"
        " exist; table shop_voucher exists"
    )


def test_a_recorded_migration_that_lost_a_part():
    made = situation(
        [migration("shop.0001", "", INVOICE, INVOICE, REFERENCE, REFERENCE, RUN_PYTHON)], "shop.0001"
    )
    (finding,) = diagnose(made, strict=True)
    assert finding.summary == (
        "shop.0001 is recorded as applied, and of its 5 operations numbers 1 and 2 are in the schema and numbers 3 and"
        " 4 are not."
    )
    assert finding.evidence[0] == "django_migrations has the row of 2026-03-01 10:00"
    assert finding.evidence[-1] == "operation 5 of 5 (Raw Python operation) cannot be seen in the schema"


def test_what_is_not_certain_is_an_info():
    unsure = op("no", "column shop_order.reference does not exist", confirmed=False)
    (finding,) = find(situation([migration("shop.0001", "", INVOICE, unsure)], "shop.0001"))
    assert (finding.severity, finding.confirmed) == ("info", False)


def test_a_whole_migration_is_no_finding():
    assert find(situation(chain("shop.0001"), "shop.0001")) == ()
