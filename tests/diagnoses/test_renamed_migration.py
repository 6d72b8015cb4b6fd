"""Migration files that got another name after they had been applied."""

from __future__ import annotations

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.core.situation import ProjectInfo
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.renamed_migration import find

from .build import RUN_PYTHON, chain, ids, migration, op, situation, uncompared

NAMES = ("shop.0001_initial", "shop.0002_order", "shop.0003_note")


def test_a_renamed_file_is_one_finding_and_not_three():
    made = situation(chain(*NAMES), "shop.0001_initial shop.0002_auto shop.0003_note")
    assert diagnose(made, strict=True) == (
        Finding(
            "renamed-migration:shop.0002_auto",
            "renamed-migration",
            "error",
            Subject("shop", "0002_auto", schema="public"),
            "shop.0002_auto is recorded as applied but has no file; shop.0002_order, which is not recorded, seems to be"
            " its new name.",
            evidence=(
                "django_migrations has the row shop.0002_auto of 2026-03-01 10:00, and none of shop.0002_order",
                "/srv/shop/shop/migrations/0002_order.py is the only unrecorded file of shop that is named alike",
                "all of it is in the schema: column shop_order.c0002 exists",
            ),
            repairs=(
                Offer(
                    "rename-record",
                    "Give the record the name that its file has now",
                    "safe",
                    recommended=True,
                ),
            ),
        ),
    )


def test_another_number_before_the_same_name_is_a_rename():
    made = situation(chain(*NAMES), "shop.0001_initial shop.0002_order shop.0007_note")
    assert ids(diagnose(made, strict=True)) == ["renamed-migration:shop.0007_note"]


def test_what_cannot_be_seen_is_a_rename_where_applied_migrations_need_it():
    unseen = migration("shop.0002_rows", "shop.0001_initial", RUN_PYTHON)
    later = migration("shop.0003_note", "shop.0002_rows")
    made = situation([*chain(NAMES[0]), unseen, later], "shop.0001_initial shop.0002_auto shop.0003_note")
    (finding,) = diagnose(made, strict=True)
    assert finding.id == "renamed-migration:shop.0002_auto"
    assert finding.evidence[-1] == "but applied migrations depend on it"


def test_what_cannot_be_seen_is_a_rename_where_only_the_number_differs():
    unseen = migration("shop.0002_rows", "shop.0001_initial", RUN_PYTHON)
    made = situation([*chain(NAMES[0]), unseen], "shop.0001_initial shop.0009_rows")
    (finding,) = diagnose(made, strict=True)
    assert finding.evidence[-1] == "but only the number in its name differs"


def test_the_number_alone_proves_nothing_of_what_cannot_be_seen():
    unseen = migration("shop.0002_rows", "shop.0001_initial", RUN_PYTHON)
    made = situation([*chain(NAMES[0]), unseen], "shop.0001_initial shop.0002_other_branch")
    assert ids(diagnose(made, strict=True)) == ["missing-file:shop.0002_other_branch", "pending-migrations:*"]


def test_a_file_whose_effects_are_not_there_is_pending():
    new = migration("shop.0002_new", "shop.0001_initial", op("no", "column shop_order.new does not exist"))
    made = situation([*chain(NAMES[0]), new], "shop.0001_initial shop.0002_other_branch")
    assert find(made) == ()


def test_two_files_that_may_be_it_prove_nothing():
    one, other = migration("shop.0002_a", "shop.0001_initial"), migration("shop.0002_b", "shop.0001_initial")
    made = situation([*chain(NAMES[0]), one, other], "shop.0001_initial shop.0002_auto")
    assert find(made) == ()


def test_two_records_that_may_be_one_file_prove_nothing():
    made = situation(chain(*NAMES), "shop.0001_initial shop.0002_a shop.0002_b")
    assert find(made) == ()


def test_nothing_is_claimed_before_the_schema_was_compared_or_of_a_project_that_does_not_load():
    made = situation(chain(*NAMES), "shop.0001_initial shop.0002_auto shop.0003_note")
    assert find(uncompared(made)) == ()
    broken = ProjectInfo("/srv/shop", "shop.settings", errors=("No module named 'x'.",))
    assert (
        find(situation(chain(*NAMES), "shop.0001_initial shop.0002_auto shop.0003_note", project=broken))
        == ()
    )


def test_an_old_name_that_other_files_still_depend_on_is_a_missing_dependency():
    later = migration("shop.0003_note", "shop.0002_auto")
    made = situation(
        [*chain(NAMES[0]), migration("shop.0002_order", "shop.0001_initial"), later],
        "shop.0001_initial shop.0002_auto shop.0003_note",
    )
    (finding,) = diagnose(made, strict=True)
    assert finding.id == "missing-dependency:shop.0002_auto"
    assert finding.evidence[-1] == "shop.0002_order, which is not recorded, may be its new name"
