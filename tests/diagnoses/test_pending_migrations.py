"""Migrations that wait to be applied."""

from __future__ import annotations

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.pending_migrations import find

from .build import RUN_PYTHON, chain, migration, op, situation, uncompared

NEW = op("no", "it does not exist")


def test_they_are_one_info_with_a_line_an_app():
    files = [
        *chain("shop.0001"),
        migration("shop.0002", "shop.0001", NEW),
        migration("shop.0003", "shop.0002", RUN_PYTHON),
        migration("blog.0001", "", NEW),
    ]
    assert diagnose(situation(files, "shop.0001"), strict=True) == (
        Finding(
            "pending-migrations:*",
            "pending-migrations",
            "info",
            Subject(schema="public"),
            "3 migrations of 2 apps wait to be applied.",
            evidence=("blog (1): 0001", "shop (2): 0002, 0003"),
            repairs=(Offer("migrate", "Apply the pending migrations", "careful", recommended=True),),
        ),
    )


def test_one_alone_is_spoken_of_as_one():
    (finding,) = find(situation([migration("shop.0001", "", NEW)]))
    assert finding.summary == "1 migration of 1 app waits to be applied."


def test_migrate_is_not_offered_over_an_inconsistent_history_or_a_broken_graph():
    hole = [
        migration("shop.0001", "", NEW),
        migration("shop.0002", "shop.0001"),
        migration("blog.0001", "", NEW),
    ]
    (finding,) = find(situation(hole, "shop.0002"))
    assert (finding.evidence, finding.repairs) == (("blog (1): 0001",), ())
    (finding,) = find(situation([migration("shop.0002", "shop.0001", NEW)]))
    assert finding.repairs == ()


def test_without_a_schema_everything_unrecorded_is_pending():
    (finding,) = diagnose(uncompared(situation(chain("shop.0001", "shop.0002"), "shop.0001")), strict=True)
    assert finding.evidence == ("shop (1): 0002",)


def test_nothing_pending_is_no_finding():
    assert find(situation(chain("shop.0001"), "shop.0001")) == ()
