"""One branch of an app put on top of the other."""

from __future__ import annotations

import pytest

from tests.repairs.branching import LABEL, NOTE, add, clean, fork, models, path
from tests.running.kit import files_of, migration, records

pytest_plugins = ["tests.running.fixtures"]

TIME = "2026-01-02 03:04:05"
NONE = "none: Django has no command that rebases a migration"


def test_the_pending_branch_is_put_behind_the_applied_one(shop):
    fork(shop, NOTE, LABEL)
    shop.project.write({"shop/models.py": models()})
    before = files_of(shop.project)
    old, new = path(shop, "0005_second"), path(shop, "0006_second")
    text = old.read_text()
    _, plan, report = shop.bench(["read"], ["plan", "rebase", [], "conflicting-leaves:shop"], ["execute"])
    assert plan["steps"] == [
        {
            "kind": "file",
            "why": "The moved migrations come after shop.0005_first, with the next numbers.",
            "path": str(new),
            "content": text.replace("0004_coupon", "0005_first"),
            "undo": "Delete the file again.",
            "command": NONE,
        },
        {
            "kind": "file",
            "why": "shop.0005_second is called 0006_second now.",
            "path": str(old),
            "former": text,
            "undo": "Write the file again; its text is kept in the journal.",
            "command": NONE,
        },
    ]
    assert (plan["title"], plan["safety"]) == ("Put shop.0005_second behind shop.0005_first", "careful")
    assert plan["risks"] == [
        "A database that has the moved branch applied (none is known here) needs: migwizard repair rename-record shop"
        " 0005_second 0006_second."
    ]
    assert (report["outcome"], report["gone"]) == ("done", ["conflicting-leaves:shop"]), report["message"]
    changed = {name for name, content in files_of(shop.project).items() if before.get(name) != content}
    assert changed == {"shop/migrations/0006_second.py"}
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    assert clean(shop) == []
    assert shop.check()[0] == []


@pytest.mark.parametrize(
    ("moved", "target", "new"),
    [("0005_first", "0005_second", "0006_first"), ("0005_second", "0005_first", "0006_second")],
)
def test_both_ways_where_both_are_applied_and_the_rows_keep_their_time(shop, moved, target, new):
    fork(shop, NOTE, LABEL, applied=("first", "second"))
    shop.project.write({"shop/models.py": models()})
    shop.run(f"UPDATE django_migrations SET applied = '{TIME}' WHERE name LIKE '0005%'")
    before = shop.run("SELECT id, app, applied FROM django_migrations ORDER BY id")
    whole = shop.everything()
    _, plan, report = shop.bench(["read"], ["plan", "rebase", ["shop", moved]], ["execute"])
    *_, row = plan["steps"]
    assert row == {
        "kind": "record",
        "why": f"shop.{moved} is applied here, and its file is called {new} now; the row keeps its timestamp.",
        "sql": [
            f'UPDATE "django_migrations" SET "name" = \'{new}\' WHERE "app" = \'shop\' AND "name" = \'{moved}\''
        ],
        "migration": ["shop", moved],
        "record": "rename",
        "new_name": new,
        "undo": f"UPDATE django_migrations SET name = '{moved}' WHERE app = 'shop' AND name = '{new}'",
        "command": "none: Django has no command that renames a record",
    }
    assert plan["risks"] == [
        "The moved branch is applied here; every other database that has it needs, too: migwizard repair"
        f" rename-record shop {moved} {new}."
    ]
    assert (report["outcome"], report["gone"]) == ("done", ["conflicting-leaves:shop"]), report["message"]
    assert {target, new} <= set(records(shop.entry, "shop"))
    assert shop.run("SELECT id, app, applied FROM django_migrations ORDER BY id") == before
    assert clean(shop) == []
    assert shop.check()[0] == []
    outcome = shop.project.migwizard("undo", "1", "--yes")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert shop.everything() == whole


def test_an_applied_branch_is_not_put_behind_a_pending_one(new_shop):
    shop = new_shop("sqlite")
    fork(shop, NOTE, LABEL)
    _, answer, other = shop.bench(
        ["read"], ["plan", "rebase", ["shop", "0005_first"]], ["plan", "rebase", ["shop", "0005_second"]]
    )
    assert answer["impossible"] == (
        "shop.0005_first is recorded here and shop.0005_second is not, so it is the other branch that has to move:"
        " rebase shop 0005_second."
    )
    assert len(other["steps"]) == 2


LONG = """\
import importlib

from django.db import migrations, models

# ß 0005_second is the first of two.
func = importlib.import_module("shop.migrations.0005_second")


class Migration(migrations.Migration):\r
    dependencies = [
        ('shop',   '0005_second'),  # ä 0005_second
        ("billing", "0001_initial"), ("shop", u"0004_coupon"),
    ]

    operations = [migrations.AddField("order", "third", models.IntegerField(null=True))]
"""


@pytest.fixture
def long(new_shop):
    """A branch of two, the second of which looks odd, beside a branch of one; billing refers to both ends."""
    shop = new_shop("sqlite")
    fork(shop, NOTE, LABEL, applied=("first",))
    path(shop, "0006_third").write_bytes(LONG.encode())
    code = migration([("billing", "0002_total"), ("shop", "0006_third")], "", body="run_before = []")
    shop.project.write({"billing/migrations/0003_after.py": code})
    path(shop, "x").with_name("max_migration.txt").write_text("0006_third\n")
    return shop


@pytest.mark.parametrize("name", ["0005_second", "0006_third", "0005_s"])
def test_a_branch_of_several_with_references_from_another_app(long, name):
    billing = long.project.root / "billing" / "migrations" / "0003_after.py"
    before = billing.read_text()
    _, plan, report = long.bench(["read"], ["plan", "rebase", ["shop", name]], ["execute"])
    assert report["outcome"] == "done", report["message"]
    assert (
        path(long, "0007_third").read_bytes()
        == LONG.replace("('shop',   '0005_second')", "('shop',   '0006_second')").encode()
    )
    assert billing.read_text() == before.replace("0006_third", "0007_third")
    assert not path(long, "0005_second").exists()
    assert path(long, "x").with_name("max_migration.txt").read_text() == "0007_third\n"
    assert [step["why"] for step in plan["steps"]] == [
        "The moved migrations come after shop.0005_first, with the next numbers.",
        "The moved migrations come after shop.0005_first, with the next numbers.",
        "It names a moved migration, and follows it.",
        "shop.0005_second is called 0006_second now.",
        "shop.0006_third is called 0007_third now.",
        "django-linear-migrations keeps the name of the last migration of shop in this file.",
    ]
    assert plan["title"] == "Put shop.0005_second and 1 more behind shop.0005_first"
    assert plan["risks"] == [
        "A database that has the moved branch applied (none is known here) needs: migwizard repair rename-record shop"
        " 0006_third 0007_third; migwizard repair rename-record shop 0005_second 0006_second.",
        "shop.0007_third has the name 0005_second in a text (an import?), which is not changed: change it by hand.",
    ]
    path(long, "0007_third").write_text(
        path(long, "0007_third").read_text().replace("migrations.0005_second", "migrations.0006_second")
    )
    outcome = long.project.manage("migrate", "--verbosity", "0")
    assert outcome.code == 0, outcome.stderr


def test_the_other_branch_can_be_put_behind_the_longer_one(long):
    long.forget("shop.0005_first")
    long.run("ALTER TABLE shop_order DROP COLUMN gift")
    _, _, report = long.bench(["read"], ["plan", "rebase", ["shop", "0005_first"]], ["execute"])
    assert report["outcome"] == "done", report["message"]
    assert "dependencies = [('shop', '0006_third')]" in path(long, "0007_first").read_text()
    assert path(long, "x").with_name("max_migration.txt").read_text() == "0007_first\n"
    assert long.project.manage("migrate", "--verbosity", "0").code == 0


def test_names_that_follow_each_other_never_meet(new_shop):
    shop = new_shop("sqlite")
    fork(shop, NOTE, LABEL, applied=("first", "second"))
    add(shop, "0006_second", 'migrations.RunSQL("SELECT 1")', after=[("shop", "0005_second")])
    shop.run(f"INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0006_second', '{TIME}')")
    _, plan, report = shop.bench(["read"], ["plan", "rebase", ["shop", "0005_second"]], ["execute"])
    rows = [step for step in plan["steps"] if step["kind"] == "record"]
    assert [(row["migration"][1], row["new_name"]) for row in rows] == [
        ("0006_second", "0007_second"),
        ("0005_second", "0006_second"),
    ]
    assert report["outcome"] == "done", report["message"]
    assert records(shop.entry, "shop")[-3:] == ["0005_first", "0006_second", "0007_second"]
    assert 'migrations.RunSQL("SELECT 1")' in path(shop, "0007_second").read_text()
    assert shop.project.manage("migrate", "--check").code == 0


def test_a_branch_whose_record_is_wrong_is_repaired_first(new_shop):
    shop = new_shop("sqlite")
    fork(shop, NOTE, LABEL, applied=("first", "second"))
    shop.run("ALTER TABLE shop_coupon DROP COLUMN label")
    _, answer = shop.bench(["read"], ["plan", "rebase", ["shop", "0005_second"]])
    assert answer["impossible"] == (
        "shop.0005_second is recorded here but not wholly in the schema; repair that first."
    )


def test_a_branch_that_fails_behind_the_other_stays(new_shop):
    shop = new_shop("sqlite")
    fork(
        shop,
        'migrations.RemoveField("order", "note")',
        'migrations.AlterField("order", "note", models.TextField())',
        applied=(),
    )
    _, answer, other = shop.bench(
        ["read"], ["plan", "rebase", ["shop", "0005_second"]], ["plan", "rebase", ["shop", "0005_first"]]
    )
    assert answer["impossible"].startswith("Both branches deal with order.note: ")
    assert other["risks"][1:] == [
        "Both branches deal with order.note: shop.0005_first (Remove field note from order) and shop.0005_second (Alter"
        " field note on order); the one that is moved wins."
    ]


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (
            {
                "0005_second": migration(
                    [("shop", "0004_coupon")], NOTE, body='replaces = [("shop", "0000_x")]'
                )
            },
            "shop.0005_second is a squash or is replaced by one; finish the squash first.",
        ),
        (
            {"0005_second": migration([], NOTE, "BASE = [('shop', '0004_coupon')]", "dependencies = BASE")},
            "shop.0005_second names shop.0004_coupon in a way that cannot be changed here.",
        ),
        (
            {
                "0005_second": b"# coding: latin-1\n"
                + migration([("shop", "0004_coupon")], NOTE).encode()
                + b"# \xe9\n"
            },
            "",
        ),
    ],
)
def test_what_cannot_be_moved_is_told(new_shop, files, reason):
    shop = new_shop("sqlite")
    fork(shop, NOTE, LABEL, applied=())
    shop.project.write({f"shop/migrations/{name}.py": text for name, text in files.items()})
    _, answer = shop.bench(["read"], ["plan", "rebase", ["shop", "0005_second"]])
    expected = (
        reason or "The text of shop.0005_second is not known (it is not UTF-8), so it cannot be changed."
    )
    assert answer["impossible"].startswith(expected)


def test_what_it_needs_to_be_told(new_shop):
    shop = new_shop("sqlite")
    fork(shop, NOTE, LABEL, applied=("first", "second"))
    found, arguments, common, finding = shop.bench(
        ["read"],
        ["plan", "rebase", ["shop"]],
        ["plan", "rebase", ["shop", "0004"]],
        ["plan", "rebase", [], "conflicting-leaves:shop"],
    )
    assert "conflicting-leaves:shop" in found
    assert [answer["impossible"] for answer in (arguments, common, finding)] == [
        "Name an app and a migration of the branch to move: rebase APP MIGRATION.",
        "shop.0004_coupon belongs to every branch; name a migration that only one of them has.",
        "Both branches of shop are recorded here; name the one to move.",
    ]
