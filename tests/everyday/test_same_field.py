"""Two branches that change the same field: merged, run, and taken back, whichever of them this database ran first."""

from __future__ import annotations

import pytest

from tests.everyday.kit import complaints, found, repair, run, state, undo
from tests.repairs.branching import MODELS, add, path

pytest_plugins = ["tests.running.fixtures"]

FINDING = "conflicting-leaves:shop"
MERGE = (FINDING, "--with", "merge")
MERGED = "0006_merge_0005_first_0005_second"
NOTE = 'note = models.CharField(max_length=100, default="")'
FIELDS = {"first": 'models.CharField(default="", max_length=200)', "second": 'models.TextField(default="")'}
BOTH = (
    "Both branches deal with order.note: shop.0005_first (Alter field note on order) and shop.0005_second"
    " (Alter field note on order); with the merge, Django takes it for what shop.0005_first makes of it"
)
MORE = "Models that want it otherwise need one more migration (make-migration)."
SECOND = "; but shop.0005_second {} last here. {} shop.0005_first's operation once more after it."

ORDERS = {
    ("first",): f"{BOTH}{SECOND.format('runs', 'Migrate with migwizard, which runs')} {MORE}",
    ("second",): f"{BOTH}, which runs last here as well. {MORE}",
    ("first", "second"): f"{BOTH}{SECOND.format('ran', 'This plan runs')} {MORE}",
    ("second", "first"): f"{BOTH}, which ran last here as well. {MORE}",
}
"""What the plan says, by the branches that this database has run, in this order."""


def forked(shop, applied, wanted="first"):
    """Run the branches one after another, each without the file of the other; the models want one of them."""
    for name in applied:
        add(shop, f"0005_{name}", altered(name))
        outcome = shop.project.manage("migrate", "--verbosity", "0")
        assert outcome.code == 0, outcome.stderr
        path(shop, f"0005_{name}").unlink()
    for name in FIELDS:
        add(shop, f"0005_{name}", altered(name))
    models = MODELS.read_text()
    assert models.count(NOTE) == 1
    shop.project.write({"shop/models.py": models.replace(NOTE, f"note = {FIELDS[wanted]}")})


def altered(name):
    return f'        migrations.AlterField("order", "note", {FIELDS[name]}),'


def kind_of_note(shop):
    """The type of the column."""
    if shop.sqlite:
        return shop.run("SELECT type FROM pragma_table_info('shop_order') WHERE name = 'note'")[0][0].lower()
    return shop.run(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'shop_order'::regclass AND attname = 'note'"
    )[0][0].replace("character varying", "varchar")


@pytest.mark.parametrize("applied", ORDERS)
def test_what_becomes_of_the_field_is_said_and_every_database_ends_with_it(shop, applied):
    forked(shop, applied)
    before, sold = state(shop), shop.run("SELECT id, number, note FROM shop_order ORDER BY id")
    assert found(shop)[FINDING] == (["rebase", "merge"] if len(applied) < 2 else ["merge"])
    (plan,) = run(shop, ["plan", *MERGE, "--format", "json"])
    pending = [f"shop.0005_{name}" for name in FIELDS if name not in applied]
    assert plan.json["risks"] == [
        *(f"Not applied here, and so run by the next migrate: {name}." for name in pending),
        ORDERS[applied],
    ]
    done = [repair(shop, *MERGE)]
    if pending:
        done.append(repair(shop, "pending-migrations:*"))
    assert complaints(shop) == []
    assert kind_of_note(shop) == "varchar(200)"
    assert shop.run("SELECT id, number, note FROM shop_order ORDER BY id") == sold
    undo(shop, *reversed([outcome.json["journal"] for outcome in done]))
    assert state(shop).unlike(before) == []


def test_where_django_ran_the_rest_the_table_is_brought_in_line(shop):
    forked(shop, ("first",))
    repair(shop, *MERGE)
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    before = state(shop)
    assert found(shop) == {"schema-drift:shop_order.note:column-type": ["align-schema"]}
    number = repair(shop, "schema-drift:shop_order.note:column-type").json["journal"]
    assert complaints(shop) == []
    assert kind_of_note(shop) == "varchar(200)"
    undo(shop, number)
    assert state(shop).unlike(before) == []


def test_models_that_want_the_other_branch_get_a_migration_more(shop):
    forked(shop, ("first",), wanted="second")
    before = state(shop)
    done = [repair(shop, *MERGE), repair(shop, "pending-migrations:*")]
    assert found(shop) == {"model-changes:shop": ["make-migration"]}
    done += [repair(shop, "model-changes:shop"), repair(shop, "pending-migrations:*")]
    assert complaints(shop) == []
    assert kind_of_note(shop) == "text"
    undo(shop, *reversed([outcome.json["journal"] for outcome in done]))
    assert state(shop).unlike(before) == []
