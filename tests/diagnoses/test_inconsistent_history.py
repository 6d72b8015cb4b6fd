"""Records that are missing below applied migrations."""

from __future__ import annotations

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.inconsistent_history import find

from .build import RUN_PYTHON, chain, ids, key, migration, op, situation, uncompared

NAMES = ("shop.0001_initial", "shop.0002_order", "shop.0003_note", "shop.0004_index")
REFUSAL = (
    "until it is repaired, migrate, migrate --fake, migrate --prune and makemigrations --check all refuse"
)
REPAIR = "Record what the schema proves, run what it disproves"


def without(*names: str) -> str:
    return " ".join(name for name in NAMES if name not in names)


def test_a_record_deleted_in_the_middle_is_exactly_one_finding():
    made = situation(chain(*NAMES), without("shop.0003_note"))
    assert diagnose(made, strict=True) == (
        Finding(
            "inconsistent-history:shop.0003_note",
            "inconsistent-history",
            "error",
            Subject("shop", "0003_note", schema="public"),
            "shop.0004_index is recorded as applied, but its dependency shop.0003_note is not.",
            evidence=(
                "shop.0004_index, recorded on 2026-03-01 10:00, depends on it",
                "all of it is in the schema: column shop_order.c0003 exists",
                REFUSAL,
            ),
            repairs=(Offer("repair-history", REPAIR, "safe", recommended=True),),
        ),
    )


def test_every_violation_of_several_apps_is_named_at_once():
    blog = [migration("blog.0001", "shop.0002_order"), migration("blog.0002", "blog.0001")]
    tags = chain("tags.0001", "tags.0002")
    made = situation([*chain(*NAMES), *blog, *tags], without("shop.0002_order") + " blog.0002 tags.0002")
    assert ids(diagnose(made, strict=True)) == [
        "inconsistent-history:shop.0002_order",
        "inconsistent-history:blog.0001",
        "inconsistent-history:tags.0001",
    ]


def test_all_applied_migrations_that_need_it_are_listed():
    blog = migration("blog.0001", "shop.0003_note")
    made = situation([*chain(*NAMES), blog], without("shop.0003_note") + " blog.0001")
    (finding,) = find(made)
    assert finding.summary == (
        "blog.0001 (and 1 other) is recorded as applied, but its dependency shop.0003_note is not."
    )
    assert finding.evidence[:2] == (
        "blog.0001, recorded on 2026-03-01 10:00, depends on it",
        "shop.0004_index, recorded on 2026-03-01 10:00, depends on it",
    )


def test_a_hole_of_two_records_is_told_record_by_record():
    made = situation(chain(*NAMES), without("shop.0002_order", "shop.0003_note"))
    findings = diagnose(made, strict=True)
    assert ids(findings) == ["inconsistent-history:shop.0002_order", "inconsistent-history:shop.0003_note"]
    assert findings[0].evidence[0] == (
        "shop.0004_index, recorded on 2026-03-01 10:00, depends on it through migrations that are not recorded either"
    )


def test_what_was_never_run_is_no_pending_migration_but_the_cause():
    never = migration(
        "shop.0002_order", "shop.0001_initial", op("no", "column shop_order.total does not exist")
    )
    later = migration("shop.0003_note", "shop.0002_order")
    made = situation([*chain(NAMES[0]), never, later], "shop.0001_initial shop.0003_note")
    (finding,) = diagnose(made, strict=True)
    assert finding.id == "inconsistent-history:shop.0002_order"
    assert finding.evidence[1] == "nothing of it is in the schema: column shop_order.total does not exist"
    assert finding.repairs == (Offer("repair-history", REPAIR, "careful", recommended=True),)


def test_half_of_it_in_the_schema_is_told_operation_by_operation():
    half = migration(
        "shop.0002_order",
        "shop.0001_initial",
        op("yes", "table shop_order exists", title="Create model Order"),
        op("no", "column shop_order.note does not exist"),
    )
    made = situation(
        [*chain(NAMES[0]), half, migration("shop.0003_note", "shop.0002_order")],
        "shop.0001_initial shop.0003_note",
    )
    (finding,) = diagnose(made, strict=True)
    assert finding.evidence[1:3] == (
        "operation 1 of 2 (Create model Order) is in the schema: table shop_order exists",
        "operation 2 of 2 (Add field note to order) is not in the schema: column shop_order.note does not exist",
    )
    assert [offer.safety for offer in finding.repairs] == ["careful"]


def test_nothing_is_offered_where_half_an_operation_is_in_the_schema():
    half = migration(
        "shop.0002_order", "shop.0001_initial", op("partly", "column shop_order.note does not exist")
    )
    made = situation(
        [*chain(NAMES[0]), half, migration("shop.0003_note", "shop.0002_order")],
        "shop.0001_initial shop.0003_note",
    )
    (finding,) = find(made)
    assert (finding.severity, finding.repairs) == ("error", ())


def test_half_an_operation_is_brought_to_its_end_where_that_is_known(monkeypatch):
    half = migration(
        "shop.0002_order", "shop.0001_initial", op("partly", "column shop_order.note does not exist")
    )
    made = situation(
        [*chain(NAMES[0]), half, migration("shop.0003_note", "shop.0002_order")],
        "shop.0001_initial shop.0003_note",
    )
    monkeypatch.setattr("migwizard.diagnoses.half_applied.shaping", lambda *_, **__: None)
    (finding,) = find(made)
    assert finding.repairs == (
        Offer("finish", "Bring shop.0002_order to its end", "careful", recommended=True),
    )


def test_what_cannot_be_seen_is_recorded_with_care():
    unseen = migration("shop.0002_order", "shop.0001_initial", RUN_PYTHON)
    made = situation(
        [*chain(NAMES[0]), unseen, migration("shop.0003_note", "shop.0002_order")],
        "shop.0001_initial shop.0003_note",
    )
    (finding,) = find(made)
    assert finding.evidence[1:3] == (
        "what it does cannot be seen in the schema",
        "operation 1 of 1 (Raw Python operation) cannot be seen in the schema",
    )
    assert [offer.safety for offer in finding.repairs] == ["careful"]


def test_it_is_an_error_without_any_schema_but_nothing_is_offered():
    made = uncompared(situation(chain(*NAMES), without("shop.0003_note")))
    (finding,) = diagnose(made, strict=True)
    assert (finding.id, finding.severity, finding.repairs) == (
        "inconsistent-history:shop.0003_note",
        "error",
        (),
    )
    assert finding.evidence[1] == "the schema says nothing about it: The schema was not read (--no-schema)."


def test_nothing_is_offered_while_the_schema_is_not_certain():
    unsure = migration("shop.0003_note", "shop.0002_order", op("yes", "it exists", confirmed=False))
    made = situation([*chain(*NAMES[:2]), unsure, migration(NAMES[3], NAMES[2])], without("shop.0003_note"))
    (finding,) = find(made)
    assert (finding.confirmed, finding.repairs) == (True, ())


def test_a_squash_that_counts_as_applied_is_no_hole():
    squash = migration(
        "shop.0001_squashed_0002", "", replaces=(key("shop.0001_initial"), key("shop.0002_order"))
    )
    after = migration("shop.0003_note", "shop.0001_squashed_0002")
    made = situation([squash, after], "shop.0001_initial shop.0002_order shop.0003_note")
    assert find(made) == ()


def test_a_consistent_history_is_no_finding():
    assert find(situation(chain(*NAMES), " ".join(NAMES))) == ()
    assert find(situation(chain(*NAMES), NAMES[0])) == ()
