"""Going back: twelve migrations of four apps, what is lost on the way, and what is refused before the first step."""

from __future__ import annotations

from typing import Any

import pytest

from tests.projects import copy_project
from tests.running.kit import LAST, Shop, migration, records

pytest_plugins = ["tests.running.fixtures"]

ROWS = (
    "INSERT INTO people_team (id, name) VALUES (1, 'red')",
    "INSERT INTO people_person (id, full_name, address, team_id) VALUES"
    " (1, 'Ada', '1 Lane', 1), (2, 'Grace', '', NULL), (3, 'Alan', '3 Row', NULL)",
    "INSERT INTO places_place (id, owner_id, size) VALUES (1, 1, 40), (2, 3, NULL)",
    "INSERT INTO places_place_visitors (id, place_id, person_id) VALUES (1, 1, 2), (2, 1, 3), (3, 2, 2)",
    "INSERT INTO orders_purchase (id, place_id, total) VALUES (1, 1, 9), (2, 1, 8)",
    "INSERT INTO press_article (id, about_id, team_id, title) VALUES (1, 2, 1, 'News')",
)

GONE = [
    "press.0003_title",
    "press.0002_lower",
    "press.0001_initial",
    "places.0003_visitors",
    "places.0002_size",
    "people.0004_full_name",
    "people.0003_team",
    "orders.0003_purchase",
    "orders.0002_total",
    "orders.0001_initial",
    "places.0001_initial",
    "people.0002_address",
]


@pytest.fixture
def guild(kind, tmp_path, new_database) -> Any:
    """A function to a migrated copy of the project `guild`, with rows in every table."""

    def make() -> Shop:
        entry = new_database(kind)
        project = copy_project("guild", tmp_path / f"guild{len(list(tmp_path.iterdir()))}", entry)
        outcome = project.manage("migrate", "--verbosity", "0")
        assert outcome.code == 0, outcome.stderr
        made = Shop(project, entry)
        made.run(*ROWS)
        return made

    return make


def names(plan, kind):
    """The migrations of a plan's steps of a kind, each once, in its order."""
    found = (step for step in plan["steps"] if step["kind"] == kind and "migration" in step)
    return list(dict.fromkeys(".".join(step["migration"]) for step in found))


def test_twelve_migrations_of_four_apps_go_as_by_migrate_and_what_is_lost_is_counted(guild):
    ours, django = guild(), guild()
    _, plan, report, clean = ours.bench(
        ["read"], ["plan", "rollback", ["people", "0001"]], ["execute"], ["read"]
    )
    assert report["outcome"] == "done", report
    assert (len(GONE), sorted(names(plan, "record"))) == (12, sorted(GONE))
    assert sorted({name.split(".")[0] for name in GONE}) == ["orders", "people", "places", "press"]
    assert (plan["title"], plan["safety"]) == (
        "Go back to people.0001: 12 migrations of orders, people, places, press",
        "destructive",
    )
    counted = [
        "press_article (1 row) goes.",
        "places_place_visitors (3 rows) goes.",
        "people_person.team_id is filled in 1 row, which is lost.",
        "people_team (1 row) goes.",
        "orders_purchase (2 rows) goes.",
        "places_place (2 rows) goes.",
        "people_person.address is filled in 3 rows, which are lost.",
    ]
    assert sorted(plan["risks"]) == sorted(
        [
            *counted,
            "App press goes along, because it depends on what goes: 0003_title, 0002_lower, 0001_initial.",
            "App orders goes along, because it depends on what goes: 0003_purchase, 0002_total, 0001_initial.",
            "App places goes along, because it depends on what goes: 0003_visitors, 0002_size, 0001_initial.",
            "orders.0002_total runs Python backwards (Raw Python operation); what it does outside the database is not"
            " rolled back.",
        ]
    )
    assert {step["command"] for step in plan["steps"][1:-1]} == {"manage.py migrate people 0001"}
    outcome = django.project.manage("migrate", "people", "0001", "--verbosity", "0")
    assert outcome.code == 0, outcome.stderr
    assert ours.run("SELECT id, name FROM people_person ORDER BY id") == [
        (1, "Ada"),
        (2, "Grace"),
        (3, "Alan"),
    ]
    assert clean == ["pending-migrations:*"]
    assert comparable(ours) == comparable(django)
    assert ours.project.manage("migrate", "--verbosity", "0").code == 0
    assert ours.check("--no-replay")[0] == []


def comparable(shop):
    """The contents of a database without the moments at which its records were written."""
    found = shop.contents()
    for name in found:
        if name.endswith("django_migrations"):
            found[name] = [row[:3] if isinstance(row, tuple) else row.split(",")[:3] for row in found[name]]
    return found


def test_what_is_shown_is_what_runs_and_a_preview_changes_nothing(guild):
    shop = guild()
    before = shop.contents()
    _, plan, report = shop.bench(["read"], ["plan", "rollback", ["people", "zero"]], ["rehearse"])
    assert shop.contents() == before
    assert report["remaining"] == ["rehearsed"], report["message"]
    assert sorted(names(plan, "record")) == sorted([*GONE, "people.0001_initial"])
    ran = [sql for _, sql in report["ran"]]
    sure = [step for step in plan["steps"] if "sql" in step and "earlier step" not in step.get("note", "")]
    assert len(sure) > 12
    for step in sure:
        for sql in step["sql"]:
            assert sql in ran, sql
    if shop.sqlite:
        assert all("earlier step" not in step.get("note", "") for step in plan["steps"])


def test_nothing_that_is_empty_makes_a_rollback_destructive(guild):
    shop = guild()
    shop.run("DELETE FROM press_article", "DELETE FROM orders_purchase")
    _, plan, report = shop.bench(["read"], ["plan", "rollback", ["orders", "zero"]], ["execute"])
    assert plan["safety"] == "careful"
    assert [(loss["table"], loss["rows"]) for loss in plan["loses"]] == [
        ("press_article", 0),
        ("orders_purchase", 0),
    ]
    assert report["outcome"] == "done", report
    assert records(shop.entry, "orders") == records(shop.entry, "press") == []
    assert shop.bench(["read"]) == [["pending-migrations:*"]]


def test_the_other_branch_keeps_its_column_and_its_values(shop):
    def add(name):
        return f'        migrations.AddField("order", "{name}", models.IntegerField(null=True)),'

    right = {"shop/migrations/0005_right.py": migration(LAST, add("b"))}
    left = {
        "shop/migrations/0005_left.py": migration(LAST, add("a")),
        "shop/migrations/0006_left.py": migration([("shop", "0005_left")], add("aa")),
    }
    for files in (left, right):
        shop.project.write(files)
        assert shop.project.manage("migrate", "--verbosity", "0").code == 0
        for name in files:
            (shop.project.root / name).unlink()
    shop.project.write(left | right)
    shop.run("UPDATE shop_order SET a = id, aa = id, b = id")
    before = shop.run("SELECT id, number, a, b FROM shop_order ORDER BY id")
    found, plan, report = shop.bench(["read"], ["plan", "rollback", ["shop", "0005_left"]], ["execute"])
    assert set(found) == {"conflicting-leaves:shop", "model-changes:shop"}
    assert names(plan, "operation") == ["shop.0006_left"]
    assert report["outcome"] == "done", report
    assert shop.run("SELECT id, number, a, b FROM shop_order ORDER BY id") == before
    columns = (
        "pragma_table_info('shop_order')"
        if shop.sqlite
        else "(SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'shop_order') c"
    )
    ((count,),) = shop.run(f"SELECT count(*) FROM {columns} WHERE name = 'aa'")
    assert count == 0


def test_what_cannot_be_taken_back_is_named_before_the_first_step(shop):
    code = "def mark(apps, editor):\n    pass"
    first = """
        migrations.RunPython(mark),
        migrations.AddField("order", "vip", models.BooleanField(default=False)),
        migrations.RunSQL("SELECT 1"),"""
    second = "        migrations.RunPython(mark),"
    shop.project.write(
        {
            "shop/migrations/0005_first.py": migration(LAST, first, code),
            "shop/migrations/0006_second.py": migration([("shop", "0005_first")], second, code),
        }
    )
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    before = shop.everything()
    _, plan, report = shop.bench(["read"], ["plan", "rollback", ["shop", "0003"]], ["execute"])
    assert plan["refusal"] == (
        "These operations have no reverse: operation 1 of shop.0006_second (Raw Python operation); operation 3 of"
        " shop.0005_first (Raw SQL operation); operation 1 of shop.0005_first (Raw Python operation). Give the file one"
        " (reverse_code=migrations.RunPython.noop or reverse_sql=migrations.RunSQL.noop where nothing has to be"
        " undone), or go back less far."
    )
    assert (report["outcome"], report["message"]) == ("refused", plan["refusal"])
    assert shop.everything() == before


def test_only_what_is_there_is_taken_back(shop):
    more = """
        migrations.AddField("order", "a", models.IntegerField(null=True)),
        migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
        migrations.AddField("order", "b", models.IntegerField(null=True)),
        migrations.RunPython(migrations.RunPython.noop),"""
    shop.project.write({"shop/migrations/0005_more.py": migration(LAST, more)})
    (fresh,) = shop.bench(["snapshot"])
    shop.run("ALTER TABLE shop_order ADD COLUMN a integer NULL")
    shop.run("DROP TABLE shop_coupon")
    _, plan, report, after = shop.bench(
        ["read"], ["plan", "rollback", ["shop", "0003"]], ["execute"], ["snapshot"]
    )
    assert [(step["kind"], step["why"]) for step in plan["steps"][1:-1]] == [
        (
            "operation",
            "Only a part of shop.0005_more is in the schema, which is taken back. Raw Python operation.",
        ),
        (
            "operation",
            "Only a part of shop.0005_more is in the schema, which is taken back. Add field a to order.",
        ),
        (
            "record",
            "shop.0004_coupon is recorded, but nothing of it is in the schema, so only its record goes.",
        ),
    ]
    assert report["outcome"] == "done", report
    del fresh["shop_coupon"]
    assert after == fresh
    assert records(shop.entry, "shop") == ["0001_initial", "0002_note", "0003_paid"]


def test_what_is_applied_without_a_record_goes_too(shop):
    shop.forget("shop.0004_coupon")
    _, plan, report, left = shop.bench(
        ["read"], ["plan", "rollback", ["shop", "0002"]], ["execute"], ["read"]
    )
    assert names(plan, "operation") == ["shop.0004_coupon", "shop.0003_paid"]
    assert names(plan, "record") == ["shop.0003_paid"]
    assert report["outcome"] == "done", report
    assert left == ["pending-migrations:*"]


def test_a_squash_goes_with_what_it_replaces(shop):
    replaces = 'replaces = [("shop", "0002_note"), ("shop", "0003_paid")]'
    both = """
        migrations.AddField("order", "note", models.CharField(default="", max_length=100)),
        migrations.AddField("order", "paid", models.BooleanField(default=False)),"""
    squash = migration([("shop", "0001_initial")], both, "", replaces)
    shop.project.write({"shop/migrations/0002_note_squashed_0003_paid.py": squash})
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    assert "0002_note_squashed_0003_paid" in records(shop.entry, "shop")
    _, inside, _, report = shop.bench(
        ["read"],
        ["plan", "rollback", ["shop", "0002_note"]],
        ["plan", "rollback", ["shop", "0001"]],
        ["execute"],
    )
    assert inside["impossible"].startswith(
        "shop.0002_note is replaced by shop.0002_note_squashed_0003_paid, which is applied as a whole; go back to"
    )
    assert report["outcome"] == "done", report
    assert records(shop.entry, "shop") == ["0001_initial"]
    assert records(shop.entry, "billing") == []
    assert shop.bench(["read"]) == [["pending-migrations:*"]]


def test_what_is_refused(shop):
    shop.run(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0009_gone', '2026-01-02 03:04:05')"
    )
    before = shop.everything()
    answers = shop.bench(
        ["read"],
        ["plan", "rollback", ["shop"]],
        ["plan", "rollback", ["nowhere", "zero"]],
        ["plan", "rollback", ["shop", "0004"]],
        ["plan", "rollback", ["shop", "0007"]],
        ["plan", "rollback", ["shop", "0002"]],
        ["plan", "rollback", ["billing", "0001"]],
        ["sql", "DELETE FROM django_migrations WHERE app = 'billing'"],
        ["read"],
        ["plan", "rollback", ["billing", "0001"]],
    )
    said = [answer.get("impossible", answer.get("title")) for answer in answers if isinstance(answer, dict)]
    assert said == [
        "Name an app and a migration, or zero: rollback APP MIGRATION|zero.",
        "There is no app 'nowhere' with migrations.",
        "There is nothing to take back: nothing after shop.0004 is applied.",
        "There is no migration '0007' in app 'shop'.",
        "shop.0009_gone was recorded later and has no file, so nobody knows what it did: bring the file back"
        " (restore-file shop 0009_gone), or delete its record first (prune shop).",
        "Go back to billing.0001: billing.0002_total",
        "billing.0001_initial is not applied itself, so there is no way back to it.",
    ]
    after = shop.everything()
    assert after[1] == before[1]
