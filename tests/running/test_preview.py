"""What is shown is what runs: the SQL of a plan, beside the statements that its execution ran."""

from __future__ import annotations

import re
from typing import Any

from .kit import LAST, migration

pytest_plugins = ["tests.running.fixtures"]

OURS = re.compile(
    r"SET CONSTRAINTS ALL |SAVEPOINT |RELEASE SAVEPOINT |PRAGMA foreign_key|PRAGMA legacy_alter"
)
"""Statements around a migration that change nothing by themselves."""

READS = re.compile(r"\s*(SELECT|PRAGMA)\b")


def changes(statements: list[str]) -> list[str]:
    """The statements that change something."""
    return [one.rstrip("; \n") for one in statements if not READS.match(one) and not OURS.match(one)]


def differing(plan: Any, report: Any) -> list[tuple[list[str], list[str]]]:
    """(shown, run) of every migration in which the two differ; signals and Python aside."""
    found = []
    shown: dict[tuple[str, str], list[str]] = {}
    ran: dict[tuple[str, str], list[str]] = {}
    for number, step in enumerate(plan["steps"]):
        if "signal" in step or "migration" not in step:
            continue
        key = (tuple(step["migration"]), step["kind"])
        shown.setdefault(key, []).extend(changes(step.get("sql", [])))
        ran.setdefault(key, []).extend(changes([sql for index, sql in report["ran"] if index == number]))
    for key, statements in shown.items():
        if statements != ran[key]:
            found.append((statements, ran[key]))
    return found


NEW = """
        migrations.CreateModel("Shelf", [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=20, unique=True)),
            ("order", models.ForeignKey("shop.Order", models.CASCADE)),
            ("kind", models.CharField(max_length=20, db_index=True)),
        ], options={
            "unique_together": {("name", "kind")},
            "indexes": [models.Index(fields=["kind"], name="shelf_kind")],
        }),
"""
COUPON = """
        migrations.AddField("order", "coupon", models.ForeignKey("shop.Coupon", models.SET_NULL, null=True)),"""

CHAINS = {
    "additions": NEW
    + """
        migrations.AddField("order", "vip", models.BooleanField(default=False)),
        migrations.AddField("order", "maybe", models.BooleanField(null=True)),
        migrations.AddField("order", "word", models.CharField(max_length=90, default="it's 100% \\\\ \\"so\\"")),
        migrations.AddField("order", "from_coupon", models.ForeignKey("shop.Coupon", models.SET_NULL, null=True)),
        migrations.AddField("order", "friends", models.ManyToManyField("shop.Customer", related_name="+")),
        migrations.AddIndex("order", models.Index(fields=["-number"], name="order_number")),""",
    "alterations": """
        migrations.AlterField("order", "number", models.BigIntegerField(unique=True)),
        migrations.AlterField("customer", "name", models.CharField(max_length=50, null=True)),
        migrations.AlterField("coupon", "code", models.TextField()),""",
    "a foreign key": """
        migrations.AlterField("order", "customer", models.ForeignKey("shop.Customer", models.SET_NULL, null=True)),""",
    "constraints": """
        migrations.AddConstraint("order", models.CheckConstraint(
            name="positive", **{CONDITION: models.Q(number__gte=0)})),
        migrations.AddConstraint("order", models.UniqueConstraint(fields=["customer", "number"], name="once")),
        migrations.AddConstraint("order", models.UniqueConstraint(
            fields=["number"], condition=models.Q(paid=True), name="once_paid")),
        migrations.AlterUniqueTogether("order", {("note", "number")}),
        migrations.RenameIndex("coupon", new_name="coupon_both", old_name="coupon_order_code"),""",
    "removals": """
        migrations.RemoveField("order", "note"),
        migrations.RemoveIndex("coupon", "coupon_order_code"),
        migrations.RemoveField("coupon", "order"),
        migrations.RenameField("order", "paid", "settled"),""",
    "a table that goes, and SQL": """
        migrations.DeleteModel("Coupon"),
        migrations.RunSQL("UPDATE shop_order SET note = '100%' WHERE id = 1; UPDATE shop_order SET note = 'a;b'"),
        migrations.RunSQL([("UPDATE shop_order SET note = %s WHERE id = 2", ["it's"])]),""",
    "what is new is altered": NEW
    + """
        migrations.AlterField("shelf", "name", models.CharField(max_length=30, null=True)),
        migrations.RenameField("shelf", "name", "title"),
        migrations.AddConstraint("shelf", models.UniqueConstraint(fields=["order", "title"], name="shelf_once")),""",
    "what is new is renamed": NEW + '        migrations.RenameModel("Shelf", "Rack"),',
    "what is new loses its foreign key": NEW + '        migrations.RemoveField("shelf", "order"),',
    "what is new goes": NEW + '        migrations.DeleteModel("Shelf"),',
    "a new column is altered": """
        migrations.AddField("order", "vip", models.IntegerField(null=True)),
        migrations.AlterField("order", "vip", models.BigIntegerField(unique=True, null=True)),
        migrations.AlterField("order", "vip", models.BigIntegerField(null=True)),""",
    "a new foreign key is altered": COUPON
    + """
        migrations.AlterField("order", "coupon", models.ForeignKey("shop.Customer", models.SET_NULL, null=True)),""",
    "a new foreign key goes": COUPON + '        migrations.RemoveField("order", "coupon"),',
    "state and database apart": """
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL("ALTER TABLE shop_order ADD COLUMN vip integer")],
            [migrations.AddField("order", "vip", models.IntegerField(null=True))],
        ),
        migrations.AlterField("order", "vip", models.BigIntegerField(null=True)),""",
}

UNSURE = {
    "what is new is altered",
    "a new column is altered",
    "a new foreign key is altered",
    "a new foreign key goes",
}
"""Where PostgreSQL's preview cannot name a constraint, because an earlier step of the same plan makes it."""

CODE = """
import django
CONDITION = "condition" if django.VERSION >= (5, 1) else "check"
"""


def test_what_runs_is_what_was_shown(shop):
    commands: list[Any] = []
    for operations in CHAINS.values():
        commands += [
            ["write", "shop/migrations/0005_more.py", migration(LAST, operations, CODE)],
            *(["open"], ["read"], ["plan", "migrate", ["shop"]], ["rehearse"]),
        ]
    answers = shop.bench(["open"], *commands)
    wrong: dict[str, Any] = {}
    for number, name in enumerate(CHAINS):
        plan, report = answers[5 * number + 3 : 5 * number + 5]
        if report["remaining"] != ["rehearsed"]:
            wrong[name] = report["message"]
        elif not any(step.get("sql") for step in plan["steps"] if step["kind"] == "operation"):
            wrong[name] = "nothing was shown"
        elif differing(plan, report):
            notes = "".join(step.get("note", "") for step in plan["steps"])
            sure = "this SQL is certain only once that has run" not in notes
            wrong[name] = differing(plan, report) if sure else "unsure"
    assert wrong == ({} if shop.sqlite else dict.fromkeys(UNSURE, "unsure"))


def test_the_plan_of_a_renamed_model_announces_the_only_statement_that_it_cannot_show(shop):
    rename = '        migrations.RenameModel("Order", "Purchase"),'
    shop.project.write({"shop/migrations/0005_more.py": migration(LAST, rename)})
    _, plan, report = shop.bench(["read"], ["plan", "migrate", ["shop"]], ["rehearse"])
    ((shown, ran),) = differing(plan, report)
    assert ran[: len(shown)] == shown
    (more,) = ran[len(shown) :]
    assert more.startswith('UPDATE "django_content_type" SET "model" = \'purchase\' WHERE ')
    assert plan["steps"][0]["note"] == (
        "Receivers of the signal run; what they do is known only then. Where django.contrib.contenttypes is installed,"
        " a renamed model's content type is renamed with it."
    )


def test_a_preview_leaves_the_database_alone(shop):
    before = shop.contents()
    shop.project.write({"shop/migrations/0005_more.py": migration(LAST, CHAINS["additions"])})
    assert shop.project.migwizard("plan", "migrate", "--no-replay").code == 0
    assert shop.contents() == before
