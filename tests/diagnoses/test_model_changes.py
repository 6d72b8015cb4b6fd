"""Models that are ahead of the migrations."""

from __future__ import annotations

from migwizard.core.finding import Finding, Subject
from migwizard.core.situation import ModelChange
from migwizard.diagnoses.model_changes import find

from .build import migration, situation


def test_one_finding_an_app_graver_in_ones_own():
    changes = (
        ModelChange("shop", "Add field note to order", own=True),
        ModelChange("tags", "Alter field id on tag", own=False),
        ModelChange("shop", "Create model Invoice", own=True),
    )
    assert find(situation(changes=changes)) == (
        Finding(
            "model-changes:shop",
            "model-changes",
            "warning",
            Subject("shop"),
            "The models of shop have 2 changes that no migration makes.",
            evidence=("Add field note to order", "Create model Invoice"),
        ),
        Finding(
            "model-changes:tags",
            "model-changes",
            "info",
            Subject("tags"),
            "The models of tags (an installed package) have 1 change that no migration makes.",
            evidence=("Alter field id on tag",),
        ),
    )


def test_models_as_the_migrations_leave_them_are_no_finding():
    assert find(situation()) == ()


def test_where_a_migration_is_missing_nobody_knows_what_the_models_lack():
    changes = (ModelChange("shop", "Add field note to order", own=True),)
    torn = situation([migration("shop.0002_paid", "shop.0001_note")], "shop.0002_paid", changes=changes)
    assert find(torn) == ()
