"""What a plan loses is counted exactly, whatever its names, and never more is lost than was shown."""

from __future__ import annotations

import json

from migwizard.core.plan import Loss, Plan
from migwizard.running.losing import more, once

from .kit import LAST, connected, migration

pytest_plugins = ["tests.running.fixtures"]

COUNT = """
import json
from dataclasses import asdict
from django.db import connection, transaction
from migwizard.core.plan import Loss, Plan
from migwizard.running.losing import counted

def plan(*losses):
    return Plan("x", "X", "careful", (), risks=("A risk.",), loses=tuple(Loss(*loss) for loss in losses))

found = []
for losses in json.loads({losses!r}):
    made = counted(connection, plan(*losses))
    with transaction.atomic():
        again = counted(connection, made)
        connection.cursor().execute("SELECT 1")
    assert again == made, (again, made)
    found.append([made.safety, made.risks, [[one.table, one.column, one.rows] for one in made.loses]])
print(json.dumps(found))
"""


def counts(shop, *plans):
    outcome = shop.project.python(COUNT.format(losses=json.dumps(plans)))
    assert outcome.code == 0, outcome.stderr
    return outcome.json


def test_rows_and_values_are_counted_exactly_and_nothing_empty_is_destructive(shop):
    shop.run("INSERT INTO shop_customer (id, name) VALUES (3, 'Alan')")
    shop.run('ALTER TABLE shop_order ADD COLUMN "we ""ird%s" integer')
    shop.run('UPDATE shop_order SET "we ""ird%s" = 7 WHERE id = 2')
    hostile = 'a"; DROP TABLE shop_order; --.%s'
    quoted = '"' + hostile.replace('"', '""') + '"'
    shop.run(f"CREATE TABLE {quoted} (id integer)", f"INSERT INTO {quoted} VALUES (1)")
    shop.run("CREATE TABLE hollow (id integer, gone integer)")
    one, two, three, four = counts(
        shop,
        [["shop_customer"], ["shop_order", 'we "ird%s'], ["shop_order", "id"]],
        [[hostile]],
        [["hollow"], ["nowhere"], ["shop_order", "nowhere"]],
        [["hollow", "gone"], ["shop_coupon"], ["shop_coupon", "code"]],
    )
    assert one == [
        "destructive",
        [
            "shop_customer (3 rows) goes.",
            'shop_order.we "ird%s is filled in 1 row, which is lost.',
            "shop_order.id is filled in 3 rows, which are lost.",
            "A risk.",
        ],
        [["shop_customer", None, 3], ["shop_order", 'we "ird%s', 1], ["shop_order", "id", 3]],
    ]
    assert two == ["destructive", [f"{hostile} (1 row) goes.", "A risk."], [[hostile, None, 1]]]
    assert three == ["careful", ["A risk."], [["hollow", None, 0]]]
    assert four == [
        "destructive",
        ["shop_coupon (1 row) goes.", "A risk."],
        [["hollow", "gone", 0], ["shop_coupon", None, 1]],
    ]


def test_a_table_of_another_schema_is_counted_there(new_shop):
    shop = new_shop("postgresql")
    shop.run(
        "CREATE SCHEMA audit",
        "CREATE TABLE audit.log (id integer)",
        "INSERT INTO audit.log VALUES (1), (2)",
        'CREATE TABLE "audit.note" (id integer)',
    )
    assert counts(shop, [["audit.log"], ["audit.note"]])[0][2] == [
        ["audit.log", None, 2],
        ["audit.note", None, 0],
    ]


def test_what_cannot_be_counted_in_time_is_taken_for_filled(new_shop):
    shop = new_shop("postgresql")
    shop.run("CREATE TABLE big (id integer)", "INSERT INTO big SELECT generate_series(1, 3)")
    code = """
    from django.db import connection, transaction
    from migwizard.core.plan import Loss, Plan
    from migwizard.running.losing import counted
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE shop_order IN ACCESS SHARE MODE")
            cursor.execute("SET LOCAL lock_timeout = '200ms'")
        made = counted(connection, Plan("x", "X", "careful", (), loses=(Loss("big"), Loss("shop_order", "note"))))
    print(made.safety)
    print(*made.risks, sep="\\n")
    """
    with connected(shop.entry) as blocker, blocker.transaction():
        blocker.execute("LOCK TABLE big IN ACCESS EXCLUSIVE MODE")
        outcome = shop.project.python(code)
    assert outcome.code == 0, outcome.stderr
    assert outcome.stdout.splitlines() == [
        "destructive",
        "big goes, and could not be counted in time: take it for filled.",
        "shop_order.note is filled in 3 rows, which are lost.",
    ]


def test_more_than_was_shown_is_told():
    def plan(*losses):
        return Plan("x", "X", "careful", (), loses=losses)

    shown = plan(Loss("a", None, 1204), Loss("b", "c", 0), Loss("d", None, None))
    assert more(shown, shown) == ""
    assert more(shown, plan(Loss("a", None, 1203), Loss("b", "c", 0), Loss("d", None, 9))) == ""
    assert (
        more(shown, plan(Loss("a", None, 1207))) == "a has 1,207 rows by now; the plan was shown with 1,204."
    )
    assert more(shown, plan(Loss("b", "c", 1))) == "b.c has 1 filled row by now; the plan was shown with 0."
    assert more(shown, plan(Loss("e", None, 2))) == "e has 2 rows by now; the plan was shown with 0."
    assert more(shown, plan(Loss("a"))) == (
        "a could not be counted again in time; the plan was shown with 1,204."
    )


def test_the_columns_of_a_table_that_goes_are_not_told_apart():
    assert once((Loss("a", "b"), Loss("c", "d"), Loss("a"), Loss("c", "d"))) == (Loss("c", "d"), Loss("a"))


RENAMED = """
        migrations.RenameField("coupon", "code", "word"),
        migrations.RenameModel("Coupon", "Voucher"),
        migrations.RemoveField("voucher", "word"),
        migrations.AddField("order", "friends", models.ManyToManyField("shop.Customer", related_name="+")),
        migrations.AddField("order", "vip", models.IntegerField(null=True)),
        migrations.RemoveField("order", "vip"),
        migrations.RemoveField("order", "friends"),
        migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True, serialize=False))]),
        migrations.DeleteModel("Shelf"),
        migrations.AlterField("order", "number", models.BigIntegerField(null=True)),
        migrations.RenameModel("Customer", "Client"),"""


def test_what_a_plan_has_made_or_renamed_before_is_followed(shop):
    files = {"shop/migrations/0005_more.py": migration(LAST, RENAMED)}
    shop.project.write(files)
    _, plan = shop.bench(["read"], ["plan", "migrate", ["shop"]])
    assert plan["loses"] == [{"table": "shop_coupon", "column": "code", "rows": 1}]


def test_the_pairs_of_a_renamed_many_to_many_field_stay_and_those_of_a_removed_one_are_counted(shop):
    first = (
        '        migrations.AddField("order", "friends",'
        ' models.ManyToManyField("shop.Customer", related_name="+")),'
    )
    shop.project.write({"shop/migrations/0005_friends.py": migration(LAST, first)})
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    shop.run("INSERT INTO shop_order_friends (order_id, customer_id) VALUES (1, 1), (2, 1)")
    second = '        migrations.RenameField("order", "friends", "guests"),'
    third = '        migrations.RemoveField("order", "guests"),'
    before = [("shop", "0005_friends")]
    shop.project.write(
        {
            "shop/migrations/0006_rename.py": migration(before, second),
            "shop/migrations/0007_remove.py": migration([("shop", "0006_rename")], third),
        }
    )
    _, renamed, removed = shop.bench(
        ["read"], ["plan", "migrate", ["shop", "0006"]], ["plan", "migrate", ["shop"]]
    )
    assert (renamed["safety"], renamed.get("loses")) == ("careful", None)
    assert removed["loses"] == [{"table": "shop_order_friends", "column": None, "rows": 2}]


def test_views_that_go_with_a_table_or_column_are_told(new_shop):
    shop = new_shop("postgresql")
    shop.run(
        "CREATE VIEW codes AS SELECT code FROM shop_coupon",
        "CREATE VIEW numbers AS SELECT number FROM shop_order",
        "DELETE FROM shop_coupon",
    )
    delete = '        migrations.DeleteModel("Coupon"), migrations.RemoveField("order", "note"),'
    shop.project.write({"shop/migrations/0005_more.py": migration(LAST, delete)})
    _, plan = shop.bench(["read"], ["plan", "migrate", ["shop"]])
    assert plan["risks"] == [
        "shop_order.note is filled in 3 rows, which are lost.",
        "The view codes depends on shop_coupon, and goes with it.",
    ]
