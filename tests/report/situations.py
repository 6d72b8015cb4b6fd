"""Situations, findings and plans that several reports are asserted on."""

from __future__ import annotations

from migwizard.core.finding import Finding, Offer, Subject
from migwizard.core.plan import Plan, Ran, Report, Step
from migwizard.core.situation import Situation
from tests.diagnoses.build import NOON, chain, migration, op, situation

HOSTILE = '0002_\x1b]0;x\x07"];\n::error::[/]\u202e$(x)-->'
"""A name that tries to break out of whatever it is put into."""

FINDING = Finding(
    "recorded-not-applied:shop.0007_note",
    "recorded-not-applied",
    "error",
    Subject("shop", "0007_note", "shop_order", "note", "public"),
    "shop.0007_note is recorded as applied, but column shop_order.note does not exist.",
    evidence=("django_migrations has the row of 2026-03-01 10:00", "shop_order has the columns id, total"),
    repairs=(
        Offer("migrate", "Run what the schema lacks of shop.0007_note", "careful", recommended=True),
        Offer("unfake", "Take the record of shop.0007_note away", "careful"),
    ),
)

UNSURE = Finding(
    "unknown-tables:*",
    "unknown-tables",
    "info",
    Subject(),
    "1 table belongs to no migration: x.",
    confirmed=False,
)


def shop() -> Situation:
    """Two branches, a ghost, another app, and a migration that is not certain."""
    files = [
        *chain("shop.0001", "shop.0002"),
        migration("shop.0003_a", "shop.0002"),
        migration("shop.0003_b", "shop.0002", op("no", "x does not exist")),
        migration("shop.0004", "shop.0003_a shop.0003_b", op("yes", "y exists", confirmed=False)),
        migration("blog.0001", "shop.0001"),
    ]
    return situation(files, "shop.0001 shop.0002 shop.0003_a blog.0001 shop.0099")


def hostile() -> Situation:
    """One ordinary migration, and one whose name is an attack, in an app whose name is one too."""
    return situation([*chain("shop.0001"), migration(f"a{HOSTILE}.b{HOSTILE}", "shop.0001")], "shop.0001")


PLAN = Plan(
    "repair-history",
    "Make the history consistent: 1 recorded, 1 run",
    "careful",
    (
        Step(
            "record",
            "The schema has everything that shop.0002 makes.",
            sql=(
                "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002', CURRENT_TIMESTAMP)",
            ),
            migration=("shop", "0002"),
            record="insert",
            applied=NOON,
            undo="Delete the row again: unfake shop 0002",
            command="manage.py migrate --fake shop 0002",
        ),
        Step(
            "operation",
            "The schema has nothing of shop.0003.",
            sql=(
                'ALTER TABLE "shop_order"\n\tADD COLUMN "note" text;',
                "CREATE INDEX i ON shop_order (note)",
            ),
            note="Runs Python:\ndef forwards(apps, editor): ...",
            migration=("shop", "0003"),
            operation=0,
        ),
        Step(
            "file",
            "The dependency has to name another file.",
            path="shop/migrations/0004.py",
            content="x = 1\n",
        ),
    ),
    finding="inconsistent-history:shop.0002",
    expects=("inconsistent-history:shop.0002",),
    risks=("shop_order has about 20000 rows.",),
    locks=("shop_order: AccessExclusive",),
)

DONE = Report(
    PLAN,
    "done",
    "Done: 2 statements.",
    ran=(
        Ran("INSERT INTO django_migrations …", 0.0012, 1, 0),
        Ran("ALTER TABLE shop_order\n  ADD COLUMN note text", 1.5, None, 1),
    ),
    gone=("inconsistent-history:shop.0002",),
    remaining=("missing-file:shop.0099",),
    journal=7,
)
