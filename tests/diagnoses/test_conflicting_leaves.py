"""Apps whose graph forks and is not joined again."""

from __future__ import annotations

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.conflicting_leaves import find

from .build import chain, ids, migration, op, situation

NAMES = ("shop.0001_initial", "shop.0012_gross")
TEXT = 'class Migration:\n    dependencies = [("shop", "0012_gross")]\n'
INVOICE = migration("shop.0013_invoice", "shop.0012_gross", source=TEXT)
OTHER = migration(
    "shop.0013_other", "shop.0012_gross", op("no", "column shop_order.other does not exist"), source=TEXT
)


def test_two_migrations_after_the_same_one():
    made = situation([*chain(*NAMES), INVOICE, OTHER], " ".join(NAMES) + " shop.0013_invoice")
    conflict, pending = diagnose(made, strict=True)
    assert conflict == Finding(
        "conflicting-leaves:shop",
        "conflicting-leaves",
        "error",
        Subject("shop"),
        "The app shop has 2 last migrations: shop.0013_invoice and shop.0013_other.",
        evidence=(
            "the last one before the fork is shop.0012_gross",
            "shop.0013_invoice is recorded on 2026-03-01 10:00",
            "shop.0013_other is not recorded",
            "migrate and makemigrations refuse to do anything until they are joined",
        ),
        repairs=(
            Offer("merge", "Join them with shop.0014_merge_0013_invoice_0013_other", "careful", True),
            Offer("rebase", "Put shop.0013_other behind shop.0013_invoice", "careful"),
        ),
    )
    assert pending.id == "pending-migrations:*"


def test_longer_branches_are_shown_whole():
    last = migration("shop.0014_more", "shop.0013_other")
    made = situation([*chain(*NAMES), INVOICE, OTHER, last], " ".join(NAMES))
    (finding,) = find(made)
    assert finding.evidence[2] == "shop.0014_more is not recorded (it follows shop.0013_other)"


def test_branches_without_a_common_migration():
    (finding,) = find(situation([migration("shop.0001_a"), migration("shop.0001_b")]))
    assert finding.evidence[0] == "they have no migration in common"


def test_a_fork_that_is_joined_again_is_none():
    merge = migration("shop.0014_merge", "shop.0013_invoice shop.0013_other")
    assert find(situation([*chain(*NAMES), INVOICE, OTHER, merge])) == ()


def test_what_only_seems_a_fork_because_a_file_is_missing_or_unreadable_is_told_by_that():
    after_gap = migration("shop.0014", "shop.0013_gone")
    made = situation([*chain(*NAMES), after_gap], " ".join(NAMES))
    assert "conflicting-leaves:shop" not in ids(diagnose(made, strict=True))
    unread = migration("shop.0013_unread", "", error="It is broken.")
    made = situation([*chain(*NAMES), unread, migration("shop.0014", "shop.0013_unread")], " ".join(NAMES))
    assert "conflicting-leaves:shop" not in ids(diagnose(made, strict=True))


def test_what_only_seems_a_fork_because_of_a_circle_is_told_by_that():
    circle = [
        migration("shop.0013_a", "shop.0013_b shop.0012_gross"),
        migration("shop.0013_b", "shop.0013_a"),
    ]
    made = situation([*chain(*NAMES), *circle, migration("shop.0014", "shop.0013_a")])
    assert find(made) == ()
