"""Repairs that run operations: migrate and repair-history. Afterwards nothing may tell them from a fresh database."""

from __future__ import annotations

from typing import Any

from tests.running.kit import LAST, migration, records

from .steps import POST, PRE, operation, proved, record

pytest_plugins = ["tests.running.fixtures"]

ORDERS = "SELECT id, customer_id, number, note, paid FROM shop_order ORDER BY id"
NONE = "none: `manage.py migrate {}` raises InconsistentMigrationHistory here"
VIOLATIONS = [
    "inconsistent-history:shop.0001_initial",
    "inconsistent-history:shop.0002_note",
    "inconsistent-history:billing.0001_initial",
]


def add_note(shop, why, command=""):
    """The step that adds shop_order.note to a table that has the later column `paid` already."""
    if not shop.sqlite:
        sql = [
            """ALTER TABLE "shop_order" ADD COLUMN "note" varchar(100) DEFAULT '' NOT NULL""",
            'ALTER TABLE "shop_order" ALTER COLUMN "note" DROP DEFAULT',
        ]
        return operation("shop.0002_note", 0, why, sql, command)
    columns = (
        '"id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, "number" integer NOT NULL,'
        ' "customer_id" bigint NOT NULL REFERENCES "shop_customer" ("id") DEFERRABLE INITIALLY DEFERRED,'
        ' "paid" bool NOT NULL, "note" varchar(100) NOT NULL'
    )
    sql = [
        f'CREATE TABLE "new__shop_order" ({columns})',
        'INSERT INTO "new__shop_order" ("id", "number", "customer_id", "paid", "note")'
        """ SELECT "id", "number", "customer_id", "paid", '' FROM "shop_order\"""",
        'DROP TABLE "shop_order"',
        'ALTER TABLE "new__shop_order" RENAME TO "shop_order"',
        'CREATE INDEX "shop_order_customer_id_f638df20" ON "shop_order" ("customer_id")',
    ]
    return operation("shop.0002_note", 0, why, sql, command)


def orders(shop, note: bool) -> list[tuple[Any, ...]]:
    """The rows of shop_order as they are in the template, their notes lost or not."""
    given = [(1, 1, 100, "first", True), (2, 1, 101, "", False), (3, 2, 102, "third", True)]
    return given if note else [(*row[:3], "", row[4]) for row in given]


def test_a_column_that_a_fake_left_out_is_added_and_the_later_column_keeps_its_values(shop):
    (fresh,) = shop.bench(["snapshot"])
    shop.run("ALTER TABLE shop_order DROP COLUMN note")
    before = shop.contents()
    found, plan, report, clean, after = shop.bench(
        ["read"],
        ["plan", "migrate", [], "recorded-not-applied:shop.0002_note"],
        ["execute"],
        ["clean"],
        ["snapshot"],
    )
    assert found == ["recorded-not-applied:shop.0002_note"]
    why = "The schema has nothing of shop.0002_note, so it is run. Add field note to order."
    assert plan["steps"] == [PRE, add_note(shop, why), POST]
    assert (plan["title"], plan["safety"], plan["expects"]) == ("Run shop.0002_note", "careful", found)
    assert report["message"] == "Done: 3 steps, 1 finding gone."
    assert clean == []
    assert after == fresh
    assert shop.run(ORDERS) == orders(shop, note=False)
    same = shop.contents()
    for name in same:
        if name.endswith(("customer", "coupon", "invoice", "migrations", "content_type", "permission")):
            assert same[name] == before[name], name


def test_several_violations_over_apps_are_one_plan_that_records_and_runs(shop):
    (fresh,) = shop.bench(["snapshot"])
    shop.forget("shop.0001_initial", "shop.0002_note", "billing.0001_initial")
    shop.run("ALTER TABLE shop_order DROP COLUMN note")
    found, refused, plan, report, clean, after, nothing = shop.bench(
        ["read"],
        ["plan", "migrate", ["shop"]],
        ["plan", "repair-history"],
        ["execute"],
        ["clean"],
        ["snapshot"],
        ["read"],
    )
    assert found == VIOLATIONS
    assert refused == {
        "impossible": "The history is inconsistent below shop.0001_initial; repair the history first."
    }
    ran = "The schema has nothing of shop.0002_note, so it is run."
    assert plan["steps"] == [
        PRE,
        proved("shop.0001_initial", NONE.format("--fake shop 0001_initial")),
        add_note(shop, f"{ran} Add field note to order.", NONE.format("shop 0002_note")),
        record("shop.0002_note", ran, NONE.format("shop 0002_note")),
        proved("billing.0001_initial", NONE.format("--fake billing 0001_initial")),
        POST,
    ]
    assert (plan["title"], plan["safety"]) == ("Make the history consistent: 2 recorded, 1 run", "careful")
    assert plan["expects"] == VIOLATIONS
    assert report["gone"] == VIOLATIONS
    assert (clean, nothing, after) == ([], [], fresh)
    assert shop.run(ORDERS) == orders(shop, note=False)
    assert sorted(records(shop.entry, "shop")) == ["0001_initial", "0002_note", "0003_paid", "0004_coupon"]


def test_a_missing_table_brings_its_later_columns_along(shop):
    (fresh,) = shop.bench(["snapshot"])
    shop.forget("billing.0001_initial")
    shop.run("DROP TABLE billing_invoice")
    _, plan, report, clean, after = shop.bench(
        ["read"], ["plan", "repair-history"], ["execute"], ["clean"], ["snapshot"]
    )
    assert [(step["why"], step.get("migration")) for step in plan["steps"][1:-1]] == [
        (
            "The schema has nothing of billing.0001_initial, so it is run. Create model Invoice.",
            ["billing", "0001_initial"],
        ),
        ("The schema has nothing of billing.0001_initial, so it is run.", ["billing", "0001_initial"]),
        (
            "billing.0002_total is recorded, but what it alters was missing; it follows now."
            " Add field total to invoice.",
            ["billing", "0002_total"],
        ),
    ]
    assert report["outcome"] == "done", report
    assert (clean, after) == ([], fresh)
    assert records(shop.entry, "billing") == ["0002_total", "0001_initial"]


def test_an_empty_database_is_migrated_as_by_migrate(shop, new_shop, kind):
    empty = new_shop(kind, empty=True)
    plan, report, clean, after = empty.bench(
        ["read"], ["plan", "migrate"], ["execute"], ["clean"], ["snapshot"]
    )[1:]
    assert report["outcome"] == "done", report
    assert clean == []
    assert after == shop.bench(["snapshot"])[0]
    assert plan["steps"][0] == PRE
    assert plan["steps"][-1] == POST
    for table in ("django_content_type", "auth_permission"):
        columns = "app_label, model" if table == "django_content_type" else "codename, name"
        query = f"SELECT {columns} FROM {table} ORDER BY 1, 2"
        assert empty.run(query) == shop.run(query) != []
    names = "SELECT app, name FROM django_migrations ORDER BY id"
    assert empty.run(names) == shop.run(names)


def test_a_renamed_model_takes_its_content_type_along_and_new_models_get_permissions(shop):
    rename = """
        migrations.RenameModel("Coupon", "Voucher"),
        migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True, serialize=False))]),"""
    shop.project.write({"shop/migrations/0005_rename.py": migration(LAST, rename)})
    ((before,),) = shop.run("SELECT id FROM django_content_type WHERE model = 'coupon'")
    _, _, report = shop.bench(["read"], ["plan", "migrate", ["shop"]], ["execute"])
    assert report["outcome"] == "done", report
    models = "SELECT model FROM django_content_type WHERE app_label = 'shop' ORDER BY 1"
    assert shop.run(models) == [("customer",), ("order",), ("shelf",), ("voucher",)]
    assert shop.run("SELECT id FROM django_content_type WHERE model = 'voucher'") == [(before,)]
    codes = [code for (code,) in shop.run("SELECT codename FROM auth_permission ORDER BY 1")]
    assert {"add_shelf", "view_shelf", "add_voucher"} <= set(codes)
    assert shop.run("SELECT code FROM shop_voucher") == [("SPRING",)]


def test_receivers_that_an_app_connects_in_its_management_module_are_called(shop):
    management = """
from django.db.models.signals import post_migrate, pre_migrate

def welcome(sender, using, apps, **given):
    customers = apps.get_model("shop", "Customer").objects.using(using)
    customers.get_or_create(name="after" if given["signal"] is post_migrate else "before")

for signal in (pre_migrate, post_migrate):
    signal.connect(welcome, dispatch_uid=str(id(signal)))
"""
    model = (
        'migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True, serialize=False))]),'
    )
    files = {"shop/migrations/0005_shelf.py": migration(LAST, model), "shop/management.py": management}
    shop.project.write(files)
    _, _, report = shop.bench(["read"], ["plan", "migrate", ["shop"]], ["execute"])
    assert report["outcome"] == "done", report
    names = {name for (name,) in shop.run("SELECT name FROM shop_customer")}
    assert {"before", "after"} <= names


def test_a_squash_is_recorded_as_migrate_would(shop):
    replaces = 'replaces = [("shop", "0002_note"), ("shop", "0003_paid")]'
    both = """
        migrations.AddField("order", "note", models.CharField(default="", max_length=100)),
        migrations.AddField("order", "paid", models.BooleanField(default=False)),"""
    squash = migration([("shop", "0001_initial")], both, "", replaces)
    shop.project.write({"shop/migrations/0002_note_squashed_0003_paid.py": squash})
    shop.forget("shop.0003_paid", "shop.0004_coupon")
    shop.run("DROP TABLE shop_coupon", "ALTER TABLE shop_order DROP COLUMN paid")
    _, plan, report, clean, left = shop.bench(
        ["read"], ["plan", "migrate", ["shop"]], ["execute"], ["clean"], ["read"]
    )
    written = [".".join(step["migration"]) for step in plan["steps"] if step["kind"] == "record"]
    assert written == ["shop.0003_paid", "shop.0004_coupon", "shop.0002_note_squashed_0003_paid"]
    assert plan["steps"][-2]["why"] == (
        "Everything that shop.0002_note_squashed_0003_paid replaces is applied, so Django records it with them."
    )
    assert report["outcome"] == "done", report
    assert clean == []
    assert left == []
    assert shop.run("SELECT id, note FROM shop_order ORDER BY id") == [(1, "first"), (2, ""), (3, "third")]


def test_migrate_refuses_half_an_operation_and_says_what_heals_it(shop):
    shop.forget("billing.0002_total", "billing.0001_initial")
    shop.run("DROP TABLE billing_invoice", "CREATE TABLE billing_invoice (order_id bigint NOT NULL)")
    before = shop.everything()
    _, half = shop.bench(["read"], ["plan", "migrate", ["billing"]])
    assert half["impossible"].startswith(
        "Operation 1 of billing.0001_initial (Create model Invoice) is half in the schema: "
    )
    assert half["impossible"].endswith(
        ". Bring it to its end with finish billing 0001_initial, or take it back with take-back billing 0001_initial."
    )
    assert shop.everything() == before


def test_what_no_transaction_may_hold_is_a_stage_of_its_own(shop):
    operations = "        migrations.RunSQL('SELECT 1'), migrations.RunSQL('SELECT 2'),"
    shop.project.write({"shop/migrations/0005_apart.py": migration(LAST, operations, "", "atomic = False")})
    _, plan = shop.bench(["read"], ["plan", "migrate", ["shop"]])
    assert [(step["kind"], step.get("atomic", True)) for step in plan["steps"]] == [
        ("operation", True),
        ("operation", False),
        ("operation", False),
        ("record", True),
        ("operation", True),
    ]
    assert "refusal" not in plan
    assert plan["risks"] == [
        "shop.0005_apart says atomic = False: what comes before it is committed first, then each of its operations by"
        " itself. If it stops in between, what is in stays in; check then says how far it came, and finish or take-back"
        " brings it to an end."
    ]
    assert plan["steps"][1]["undo"] == (
        "Committed by itself; afterwards not at all: the operation has no reverse."
    )


def test_what_was_asked_can_choose_to_run_what_nobody_can_see(shop):
    code = "def mark(apps, editor):\n    apps.get_model('shop', 'Customer').objects.filter(id=1).update(name='marked')"
    python = "        migrations.RunPython(mark, migrations.RunPython.noop),"
    after = '        migrations.AddField("order", "vip", models.BooleanField(default=False)),'
    shop.project.write(
        {
            "shop/migrations/0005_python.py": migration(LAST, python, code),
            "shop/migrations/0006_vip.py": migration([("shop", "0005_python")], after),
        }
    )
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    shop.run("UPDATE shop_customer SET name = 'Ada' WHERE id = 1")
    shop.forget("shop.0005_python")
    _, recorded, plan, report = shop.bench(
        ["read"],
        ["plan", "repair-history"],
        ["plan", "repair-history", [], None, {"shop.0005_python": "run"}],
        ["execute"],
    )
    assert [step["kind"] for step in recorded["steps"]] == ["record"]
    assert recorded["safety"] == "careful"
    assert recorded["steps"][0]["why"] == (
        "The schema cannot show whether shop.0005_python ran; later ones that need it are applied, so it is recorded."
    )
    assert [step["kind"] for step in plan["steps"]] == ["operation", "operation", "record", "operation"]
    assert plan["steps"][1]["why"] == "You chose to run shop.0005_python. Raw Python operation."
    assert "def mark(apps, editor):" in plan["steps"][1]["note"]
    assert plan["risks"] == [
        "shop.0005_python runs Python (Raw Python operation); what it does outside the database is not rolled back."
    ]
    assert report["outcome"] == "done", report
    assert shop.run("SELECT name FROM shop_customer ORDER BY id") == [("marked",), ("Grace",)]


def test_a_lost_history_over_a_missing_column_is_recorded_up_to_it_and_migrated_from_there(shop):
    (fresh,) = shop.bench(["snapshot"])
    shop.run("DELETE FROM django_migrations", "ALTER TABLE shop_order DROP COLUMN note")
    found, _, report, left, plan, migrated, clean, after = shop.bench(
        ["read"],
        ["plan", "fake-initial", [], "applied-not-recorded:*"],
        ["execute"],
        ["read"],
        ["plan", "migrate"],
        ["execute"],
        ["clean"],
        ["snapshot"],
    )
    assert found == ["applied-not-recorded:*"]
    assert report["message"] == "Done: 15 steps, 1 finding gone, 4 findings came up."
    assert set(left) >= {"applied-not-recorded:billing.0001_initial", "pending-migrations:*"}
    ran = [
        ".".join(step["migration"])
        for step in plan["steps"]
        if step["kind"] == "operation" and "migration" in step
    ]
    assert ran == ["shop.0002_note"]
    assert migrated["outcome"] == "done", migrated
    assert (clean, after) == ([], fresh)
    assert shop.run(ORDERS) == orders(shop, note=False)


def test_what_a_rebuilt_table_would_lose_is_told_and_never_lost_by_the_way(shop):
    shop.run(
        "ALTER TABLE shop_order DROP COLUMN note",
        "ALTER TABLE shop_order ADD COLUMN secret integer",
        "CREATE INDEX by_secret ON shop_order (secret)",
        "UPDATE shop_order SET secret = id * 7",
    )
    secrets = "SELECT id, secret FROM shop_order ORDER BY id"
    kept = [(1, 7), (2, 14), (3, 21)]
    before = shop.everything()
    finding = "recorded-not-applied:shop.0002_note"
    _, plan, _, hushed = shop.bench(["read"], ["plan", "migrate", [], finding], ["hush"], ["execute"])
    if not shop.sqlite:
        assert (plan["safety"], plan.get("risks")) == ("careful", None)
        assert hushed["outcome"] == "done"
        assert shop.run(secrets) == kept
        return
    lost = "SQLite rebuilds shop_order, and what no migration's state has is lost: column secret, index by_secret."
    assert (plan["safety"], plan["risks"]) == ("destructive", [lost])
    assert (hushed["outcome"], hushed["message"]) == ("rolled-back", f"Everything was rolled back: {lost}")
    outcome = shop.project.migwizard("repair", "--all", "--allow", "careful", "--yes", "--no-replay")
    assert outcome.code == 1
    assert f"{finding}: its repair is destructive, which --allow careful does not allow." in outcome.stderr
    assert shop.everything() == before
    assert shop.project.migwizard("repair", finding, "--yes", "--no-replay").code == 0


def removals(shop):
    """Migrations that remove a column, and a table."""
    remove = '        migrations.RemoveField("order", "note"),'
    delete = '        migrations.DeleteModel("Coupon"),'
    shop.project.write(
        {
            "shop/migrations/0005_remove.py": migration(LAST, remove),
            "shop/migrations/0006_delete.py": migration([("shop", "0005_remove")], delete),
        }
    )


def test_what_removes_a_filled_column_or_table_is_destructive_and_says_how_much(shop):
    removals(shop)
    shop.run("UPDATE shop_order SET note = '' WHERE id = 3")
    before = shop.contents()
    _, one, both = shop.bench(["read"], ["plan", "migrate", ["shop", "0005"]], ["plan", "migrate", ["shop"]])
    assert (one["safety"], both["safety"]) == ("destructive", "destructive")
    assert both["risks"] == [
        "shop_order.note is filled in 3 rows, which are lost.",
        "shop_coupon (1 row) goes.",
    ]
    assert both["loses"] == [
        {"table": "shop_order", "column": "note", "rows": 3},
        {"table": "shop_coupon", "column": None, "rows": 1},
    ]
    assert shop.contents() == before


def test_what_removes_an_empty_column_or_table_is_careful(shop):
    removals(shop)
    shop.run("DELETE FROM billing_invoice", "DELETE FROM shop_coupon", "DELETE FROM shop_order")
    _, both, report = shop.bench(["read"], ["plan", "migrate", ["shop"]], ["execute"])
    assert (both["safety"], both.get("risks")) == ("careful", None)
    assert [loss["rows"] for loss in both["loses"]] == [0, 0]
    assert report["outcome"] == "done"
