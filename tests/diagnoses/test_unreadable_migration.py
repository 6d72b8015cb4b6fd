"""Migration files that cannot be imported."""

from __future__ import annotations

from migwizard.core.finding import Finding, Subject
from migwizard.core.situation import ProjectInfo
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.unreadable_migration import find

from .build import chain, ids, migration, op, situation

BROKEN = migration(
    "shop.0002_order",
    "shop.0001_initial",
    op("unknown", name="AddField"),
    op("unknown", name="RunPython"),
    error="shop/migrations/0002_order.py cannot be imported: SyntaxError: invalid syntax (line 3)",
)


def test_a_file_that_cannot_be_imported_is_told_with_what_could_be_read():
    made = situation([*chain("shop.0001_initial"), BROKEN], "shop.0001_initial shop.0002_order")
    assert diagnose(made, strict=True) == (
        Finding(
            "unreadable-migration:shop.0002_order",
            "unreadable-migration",
            "error",
            Subject("shop", "0002_order"),
            "shop/migrations/0002_order.py cannot be imported: SyntaxError: invalid syntax (line 3).",
            evidence=(
                "the file is /srv/shop/shop/migrations/0002_order.py",
                "it depends on shop.0001_initial",
                "its operations are AddField and RunPython",
                "django_migrations has the row of 2026-03-01 10:00",
            ),
        ),
    )


def test_where_the_project_itself_fails_only_that_is_told():
    broken = ProjectInfo("/srv/shop", "shop.settings", errors=("No module named 'shop.payments'.",))
    made = situation(
        [*chain("shop.0001_initial"), BROKEN], "shop.0001_initial shop.0002_order", project=broken
    )
    assert ids(diagnose(made, strict=True)) == ["project-unreadable:shop.settings"]


def test_readable_files_are_no_finding():
    assert find(situation(chain("shop.0001_initial"))) == ()
