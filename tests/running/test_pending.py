"""Rows in the way of pending operations are risks of the plan that runs them; each is tried out as well."""

from __future__ import annotations

from typing import Any

import django
import pytest

from .kit import LAST, migration

pytest_plugins = ["tests.running.fixtures"]

FIFTH, SIXTH = [("shop", "0005_extra")], [("shop", "0006_more")]

EXTRA = """
        migrations.AddField("order", "extra", models.IntegerField(null=True)),
        migrations.AddField("order", "word", models.CharField(max_length=9, null=True)),
        migrations.AddField("order", "prose", models.TextField(default="")),
        migrations.AddField("order", "ref", models.IntegerField(null=True)),
        migrations.AddField("order", "one", models.CharField(max_length=9, default="", db_index=True)),
"""

PERCENT = "%" if django.VERSION >= (5, 0) else "o"
"""Django 4.2 doubles a per cent sign in a check on PostgreSQL, and so makes another one."""

ROWS = (
    "UPDATE shop_order SET extra = -1, word = 'a', prose = 'long', ref = 1, one = '{}' WHERE id = 1",
    f"UPDATE shop_order SET word = 'A', prose = 'abc', ref = 9, one = '{PERCENT}s' WHERE id = 2",
)

HEAD = """
import django
from django.db.models.functions import Lower

CHECK = "condition" if django.VERSION >= (5, 1) else "check"


def check(name, condition):
    return models.CheckConstraint(name=name, **{CHECK: condition})


def fill(apps, schema_editor):
    for order in apps.get_model("shop", "Order").objects.using(schema_editor.connection.alias).all():
        order.extra, order.word = order.pk, order.pk
        order.save()


def touch_coupons(apps, schema_editor):
    apps.get_model("shop", "Coupon").objects.using(schema_editor.connection.alias).update(code="x")
"""

FAILS = "shop.0006_more fails on that"

ONE_OF = {
    # What the operations are, what is told on SQLite, and on PostgreSQL: nothing means that they go through.
    'migrations.AddField("order", "must", models.IntegerField()),': (
        f"3 rows of shop_order would have no must, which must not be empty: id 1, 2, 3; {FAILS}.",
    ),
    'migrations.AddField("order", "same", models.SlugField(default="x", unique=True)),': (
        f"3 rows of shop_order would all have the same same, which must differ: id 1, 2, 3; {FAILS}.",
    ),
    """
        migrations.AddField("order", "site", models.IntegerField(default=1)),
        migrations.AlterUniqueTogether("order", {("site", "customer")}),
    """: (f"2 rows of shop_order are alike in (customer_id): 1; {FAILS}.",),
    'migrations.AlterField("order", "extra", models.IntegerField()),': (
        f"2 rows of shop_order have no extra (NULL), which must not be empty: id 2, 3; {FAILS}.",
    ),
    'migrations.AlterField("order", "word", models.CharField(max_length=9, blank=True)),': (
        "",
        f"1 row of shop_order has no word (NULL), which must not be empty: id 3; {FAILS}.",
    ),
    'migrations.AlterField("order", "customer", models.OneToOneField("shop.customer", models.CASCADE)),': (
        f"2 rows of shop_order are alike in (customer_id): 1; {FAILS}.",
    ),
    """
        migrations.AddConstraint("order", models.UniqueConstraint(
            fields=["customer"], condition=models.Q(number__gte=100), name="u")),
    """: (f'2 rows of shop_order are alike in ("customer_id") where "number" >= 100: 1; {FAILS}.',),
    'migrations.AddConstraint("order", models.UniqueConstraint(Lower("word").desc(), name="u")),': (
        f'2 rows of shop_order are alike in (LOWER("word")): a; {FAILS}.',
    ),
    'migrations.AddConstraint("order", check("c", models.Q(number__gt=100))),': (
        f"1 row of shop_order is against the check c: id 1; {FAILS}.",
    ),
    f"""migrations.AddConstraint("order", check("c", ~models.Q(one__in=["{{}}", "{PERCENT}s"]))),""": (
        f"2 rows of shop_order are against the check c: id 1, 2; {FAILS}.",
    ),
    'migrations.AlterField("order", "extra", models.PositiveIntegerField(null=True)),': (
        f'1 row of shop_order is against the check of extra: "extra" >= 0: id 1; {FAILS}.',
    ),
    'migrations.AlterField("order", "ref", models.ForeignKey("shop.customer", models.CASCADE, null=True)),': (
        f"1 row of shop_order points to no row of shop_customer by ref: id 2; {FAILS}.",
    ),
    'migrations.AlterField("order", "note", models.CharField(max_length=3)),': (
        "",
        f"In 2 rows of shop_order, note does not fit character varying(3): id 1, 3; {FAILS}.",
    ),
    'migrations.AlterField("order", "note", models.IntegerField()),': (
        "",
        f"In 3 rows of shop_order, note does not fit integer: id 1, 2, 3; {FAILS}.",
    ),
    'migrations.AlterField("order", "prose", models.CharField(max_length=3)),': (
        "",
        "In 1 row of shop_order, prose does not fit character varying(3): id 1; "
        "shop.0006_more cuts off what is too long, without an error.",
    ),
    """
        migrations.RenameField("order", "extra", "more"),
        migrations.RenameModel("Order", "Purchase"),
        migrations.AlterField("purchase", "more", models.IntegerField()),
    """: (f"2 rows of shop_order have no extra (NULL), which must not be empty: id 2, 3; {FAILS}.",),
    """
        migrations.RunPython(touch_coupons),
        migrations.AlterField("order", "extra", models.IntegerField()),
    """: (f"2 rows of shop_order have no extra (NULL), which must not be empty: id 2, 3; {FAILS}.",),
}

HEALTHY = """
        migrations.AddField("order", "plain", models.IntegerField(default=3)),
        migrations.AddField("order", "blank", models.CharField(max_length=3, blank=True)),
        migrations.AddField("order", "since", models.DateTimeField(auto_now_add=True)),
        migrations.AddField("order", "free", models.IntegerField(null=True, unique=True)),
        migrations.AddField("order", "later", models.IntegerField(null=True)),
        migrations.AddField("order", "owner", models.ForeignKey("shop.customer", models.CASCADE, null=True)),
        migrations.AlterField("order", "later", models.IntegerField(null=True, unique=True)),
        migrations.AlterUniqueTogether("order", {("customer", "number"), ("plain", "number"), ("customer", "free")}),
        migrations.AddConstraint("order", models.UniqueConstraint(fields=["extra"], name="alone")),
        migrations.AddConstraint("order", check("right", models.Q(number__gte=100))),
        migrations.AddConstraint("order", check("later", models.Q(plain=3))),
        migrations.AlterField("order", "note", models.CharField(max_length=200)),
        migrations.AlterField("order", "number", models.PositiveIntegerField()),
        migrations.CreateModel("Fresh", [
            ("id", models.AutoField(primary_key=True)), ("order", models.ForeignKey("shop.order", models.CASCADE))]),
        migrations.AddField("fresh", "must", models.IntegerField()),
        migrations.AlterUniqueTogether("fresh", {("order", "must")}),
        migrations.RenameModel("Fresh", "Newer"),
        migrations.AddField("newer", "also", models.IntegerField()),
        migrations.RemoveField("order", "ref"),
        migrations.AddField("order", "ref", models.IntegerField(null=True)),
        migrations.AddField("order", "many", models.ManyToManyField("shop.customer", related_name="+")),
"""

FILLED = """
        migrations.AlterField("order", "word", models.CharField(max_length=9, null=True, blank=True)),
        migrations.AlterField("order", "word", models.CharField(max_length=9, default="")),
        migrations.AlterField("order", "word", models.CharField(max_length=9)),
        migrations.RunPython(fill),
        migrations.AlterField("order", "extra", models.IntegerField(unique=True)),
        migrations.AddField("order", "same", models.IntegerField(default=3)),
        migrations.RunSQL("UPDATE shop_order SET same = id"),
        migrations.AlterField("order", "same", models.IntegerField(unique=True)),
"""


def prepare(shop: Any) -> Any:
    """Apply 0005 and fill its columns; returns a function from a migration's operations to commands for a workbench."""
    shop.project.write({"shop/migrations/0005_extra.py": migration(LAST, EXTRA)})
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    shop.run(*ROWS)

    def tried(operations: str) -> list[Any]:
        path = str(shop.project.root / "shop/migrations/0006_more.py")
        source = migration(FIFTH, operations, HEAD)
        return [["write", path, source], ["open"], ["read"], ["plan", "migrate", ["shop"]], ["dry_run"]]

    return tried


def told(plan: Any) -> list[str]:
    """The risks of a plan, without what is said of every RunPython."""
    return [risk for risk in plan.get("risks", []) if "runs Python" not in risk]


def test_what_a_pending_operation_meets_is_told_and_what_is_told_happens(shop):
    tried = prepare(shop)
    answers = shop.bench(*(command for operations in ONE_OF for command in tried(operations)))
    for number, (operations, texts) in enumerate(ONE_OF.items()):
        plan, report = answers[5 * number + 3 : 5 * number + 5]
        text = texts[0 if shop.sqlite else -1]
        assert told(plan) == ([text] if text else []), operations
        outcome = "failed" if FAILS in text else "rolled-back"
        assert report["outcome"] == outcome, (operations, report["message"])
        assert plan["safety"] == ("destructive" if text and "cuts off" in text else "careful")


def test_what_goes_through_is_no_risk(shop):
    tried = prepare(shop)
    answers = shop.bench(*tried(HEALTHY), *tried(FILLED))
    for report in answers[4::5]:
        assert report["outcome"] == "rolled-back", report["message"]
    assert told(answers[3]) == ["shop_order.ref is filled in 2 rows, which are lost."]
    assert told(answers[8]) == []


def test_code_that_runs_before_and_is_about_something_else_is_named(shop):
    prepare(shop)
    touched = migration(FIFTH, "migrations.RunPython(touch_coupons),", HEAD)
    required = migration(SIXTH, 'migrations.AlterField("order", "extra", models.IntegerField()),')
    shop.project.write(
        {"shop/migrations/0006_more.py": touched, "shop/migrations/0007_required.py": required}
    )
    _, plan = shop.bench(["read"], ["plan", "migrate", ["shop"]])
    assert told(plan) == [
        "2 rows of shop_order have no extra (NULL), which must not be empty: id 2, 3; "
        "shop.0007_required fails on that, unless shop.0006_more changes them before."
    ]


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_check_that_is_validated_later(shop):
    head = HEAD + "from django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint\n"
    added = """AddConstraintNotValid("order", check("noted", ~models.Q(note=""))),"""
    shop.project.write({"shop/migrations/0005_noted.py": migration(LAST, added, head)})
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    validated = migration([("shop", "0005_noted")], 'ValidateConstraint("order", "noted"),', head)
    shop.project.write({"shop/migrations/0006_more.py": validated})
    _, plan, report = shop.bench(["read"], ["plan", "migrate", ["shop"]], ["dry_run"])
    assert told(plan) == [f"1 row of shop_order is against the check noted: id 2; {FAILS}."]
    assert report["outcome"] == "failed"
    shop.run("UPDATE shop_order SET note = '-' WHERE note = ''")
    _, plan, report = shop.bench(["read"], ["plan", "migrate", ["shop"]], ["dry_run"])
    assert (told(plan), report["outcome"]) == ([], "rolled-back")


def test_taking_back_meets_rows_too(shop):
    prepare(shop)
    shop.project.write(
        {
            "shop/migrations/0006_more.py": migration(
                FIFTH, 'migrations.AlterField("order", "number", models.IntegerField(null=True)),'
            )
        }
    )
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    shop.run("UPDATE shop_order SET number = NULL WHERE id = 2")
    _, plan, report = shop.bench(["read"], ["plan", "rollback", ["shop", "0005_extra"]], ["dry_run"])
    assert told(plan) == [
        "1 row of shop_order has no number (NULL), which must not be empty: id 2; "
        "taking back shop.0006_more fails on that."
    ]
    assert report["outcome"] == "failed"


def test_a_column_that_is_added_although_it_is_there(shop):
    tried = prepare(shop)
    shop.run(
        "ALTER TABLE shop_order ADD COLUMN found integer", "UPDATE shop_order SET found = 7 WHERE id < 3"
    )
    anyway = (
        "migrations.SeparateDatabaseAndState(["
        "migrations.AddField('order', 'found', models.IntegerField({}))]),"
    )
    kinds = ("default=3", "null=True", "null=True, unique=True", "")
    answers = shop.bench(*(command for kind in kinds for command in tried(anyway.format(kind))))
    there = f"Column shop_order.found is there already; {FAILS}."
    lost = [
        "shop_order.found is filled in 2 rows, which are lost.",
        "2 rows of shop_order have a value in found: id 1, 2; shop.0006_more adds that column although it is there, "
        "and puts its default in place of what it holds.",
    ]
    required = f"3 rows of shop_order would have no found, which must not be empty: id 1, 2, 3; {FAILS}."
    expected = [lost, [there], lost, [required]] if shop.sqlite else [[there]] * 4
    assert [told(plan) for plan in answers[3::5]] == expected
    assert [plan["safety"] for plan in answers[3::5]] == [
        "destructive" if one is lost else "careful" for one in expected
    ]
    assert [report["outcome"] for report in answers[4::5]] == [
        "rolled-back" if one is lost else "failed" for one in expected
    ]


def test_tables_without_rows_are_no_risk(shop):
    tried = prepare(shop)
    shop.run("DELETE FROM billing_invoice", "DELETE FROM shop_coupon", "DELETE FROM shop_order")
    wanted = [operations for operations in ONE_OF if "Rename" not in operations]
    answers = shop.bench(*(command for operations in wanted for command in tried(operations)))
    assert {report["outcome"] for report in answers[4::5]} == {"rolled-back"}
    assert [told(plan) for plan in answers[3::5] if told(plan)] == []
