"""Half-applied migrations, brought to their end and taken back, and squashes that somebody has begun."""

from __future__ import annotations

import pytest

from tests.everyday.kit import complaints, found, repair, run, state, told, undo
from tests.repairs.branching import MODELS, add
from tests.repairs.test_squashes import NAME, ORIGINALS, SQUASH, delete
from tests.running.kit import records

pytest_plugins = ["tests.running.fixtures"]

HALF = "half-applied:shop.0005_more"
MORE = """
        migrations.AddField("order", "gift", models.BooleanField(default=False)),
        migrations.AddField("order", "due", models.DateField(null=True)),
        migrations.AddIndex("order", models.Index(fields=["due"], name="order_due")),"""
PAID = "    paid = models.BooleanField(default=False)\n"
FIELDS = f"{PAID}    gift = models.BooleanField(default=False)\n    due = models.DateField(null=True)\n"
INDEX = '\n    class Meta:\n        indexes = [models.Index(fields=["due"], name="order_due")]\n'


@pytest.fixture
def half(shop):
    """A shop in which only the first operation of three was run, and the column has values."""
    models = MODELS.read_text()
    assert models.count(PAID) == 1
    shop.project.write({"shop/models.py": models.replace(PAID, FIELDS + INDEX)})
    add(shop, "0005_more", MORE.strip().splitlines()[0])
    outcome = shop.project.manage("migrate", "--verbosity", "0")
    assert outcome.code == 0, outcome.stderr
    add(shop, "0005_more", MORE)
    shop.forget("shop.0005_more")
    shop.run("UPDATE shop_order SET gift = true WHERE id = 2")
    return shop


def gifts(shop):
    return [bool(gift) for (gift,) in shop.run("SELECT gift FROM shop_order ORDER BY id")]


def test_what_is_missing_is_made_and_what_is_there_stays(half):
    before = state(half)
    assert found(half)[HALF] == ["finish", "take-back"]
    done = repair(half, HALF)
    assert done.json["repair"] == "finish"
    assert complaints(half) == []
    assert gifts(half) == [False, True, False]
    undo(half, 1)
    assert state(half).unlike(before) == []


def test_what_is_there_is_taken_back_counted_and_the_whole_is_run(half):
    before = state(half)
    done = repair(half, HALF, "--with", "take-back")
    assert (done.json["safety"], told(done)) == ("destructive", ["shop_order.gift"])
    assert "shop_order.gift is filled in 3 rows, which are lost." in done.json["risks"]
    repair(half, "pending-migrations:*")
    assert complaints(half) == []
    assert gifts(half) == [False] * 3
    undo(half, 2)
    undo(half, 1, answers=["fill=0" if half.sqlite else "fill=false"])
    assert state(half).without("shop_order.gift").unlike(before.without("shop_order.gift")) == []


def test_a_recorded_one_is_finished_and_keeps_the_date_of_its_record(half):
    half.run(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0005_more', '2026-01-02 03:04:05')"
    )
    before = state(half)
    assert found(half)[HALF][0] == "finish"
    repair(half, HALF)
    assert complaints(half) == []
    assert state(half).history == before.history
    undo(half, 1)
    assert state(half).unlike(before) == []


@pytest.fixture
def squashed(shop):
    """A shop with a squash of all its migrations."""
    shop.project.write({f"shop/migrations/{NAME}.py": SQUASH})
    return shop


@pytest.mark.parametrize("gone", [False, True])
def test_a_partial_squash_is_finished_and_undone(squashed, gone):
    """Either the rest is in the schema already, or the coupons are still to be made."""
    shop = squashed
    if gone:
        shop.run("DROP TABLE shop_coupon")
    shop.forget("shop.0004_coupon")
    before = state(shop)
    repair(shop, "record-squash", "shop", NAME)
    assert complaints(shop) == []
    assert records(shop.entry, "shop") == [*ORIGINALS, NAME]
    assert shop.run("SELECT count(*) FROM shop_order") == [(3,)]
    undo(shop, 1)
    assert state(shop).unlike(before) == []


def test_a_squash_without_its_originals_is_recorded_then_made_ordinary_and_both_undone(squashed):
    shop = squashed
    delete(shop, *ORIGINALS)
    shop.forget("shop.0003_paid", "shop.0004_coupon")
    before = state(shop)
    assert found(shop) == {f"partial-squash:shop.{NAME}": ["record-squash"]}
    repair(shop, f"partial-squash:shop.{NAME}")
    middle = state(shop)
    (checked,) = run(shop, ["check", "--format", "json"])
    unfinished = [one["id"] for one in checked.json["findings"] if one["name"] == "unfinished-squash"]
    assert unfinished == [f"unfinished-squash:shop.{NAME}"]
    repair(shop, *unfinished)
    assert complaints(shop) == []
    assert records(shop.entry, "shop") == [NAME]
    assert "replaces" not in (shop.project.root / f"shop/migrations/{NAME}.py").read_text()
    undo(shop, 2)
    assert state(shop).unlike(middle) == []
    undo(shop, 1)
    assert state(shop).unlike(before) == []
