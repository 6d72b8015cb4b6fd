"""A dry run tells what would become of a plan, and leaves nothing behind."""

from __future__ import annotations

import json

import pytest

from tests.repairs.branching import LABEL, NOTE, fork, models

from .kit import LAST, bytes_of, files_of, migration

pytest_plugins = ["tests.running.fixtures"]

VIP = '        migrations.AddField("customer", "vip", models.BooleanField(default=False)),\n'
RUN = "        migrations.RunPython(run),"


def test_a_plan_that_goes_through(shop):
    shop.project.write(
        {
            "shop/migrations/0005_vip.py": migration(
                LAST,
                VIP + RUN,
                "def run(apps, editor):\n    apps.get_model('shop', 'Customer').objects.create(name='tried')\n",
            )
        }
    )
    before, files = shop.contents(), files_of(shop.project)
    where = bytes_of(shop.entry)[0] if shop.sqlite else None
    outcome = shop.project.migwizard("dry-run", "migrate", "--no-replay", "--format", "json")
    assert (outcome.code, outcome.stderr) == (0, "")
    document = outcome.json
    assert (document["outcome"], document["journal"]) == ("rolled-back", None)
    assert document["message"] == (
        "Dry run: 5 steps went through, 1 finding would be gone. Everything was rolled back."
    )
    ran = [one for step in document["steps"] for one in step.get("ran", ())]
    assert any("'tried'" in one["sql"] and one["rows"] in (1, None) for one in ran)
    assert all(one["seconds"] >= 0 for one in ran)
    assert all(("locks" in one, "rewrites" in one) == (not shop.sqlite,) * 2 for one in ran)
    assert shop.contents() == before
    assert files_of(shop.project) == files
    if shop.sqlite:
        # It happened in a copy: not even the file's time has changed.
        assert bytes_of(shop.entry)[0] == where


def test_a_step_that_fails_and_a_check_that_does(shop):
    shop.project.write({"shop/migrations/0005_bad.py": migration(LAST, VIP + "migrations.RunSQL('SELEKT')")})
    before = shop.everything()
    outcome = shop.project.migwizard("dry-run", "migrate", "--no-replay")
    assert outcome.code == 1
    first = outcome.stdout.splitlines()[0]
    assert first.startswith("failed: Step 3 of 5 (shop.0005_bad) failed: ")
    assert first.endswith("Everything was rolled back, as in any dry run.")
    assert shop.everything() == before


def test_files_are_not_written(shop):
    fork(shop, NOTE, LABEL, applied=("first", "second"))
    shop.project.write({"shop/models.py": models()})
    before = shop.everything()
    outcome = shop.project.migwizard("dry-run", "conflicting-leaves:shop", "--no-replay")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert shop.everything() == before


def test_a_migration_that_uses_another_alias_of_the_file_does_not_reach_it(new_shop):
    shop = new_shop("sqlite")
    code = "from django.db import connections\ndef run(apps, editor):\n" + (
        "    connections['again'].cursor().execute('CREATE TABLE leak (id integer)')\n"
    )
    shop.project.write({"shop/migrations/0005_leak.py": migration(LAST, RUN, code)})
    twice = {"default": shop.entry, "again": shop.entry}
    before = bytes_of(shop.entry)
    outcome = shop.project.migwizard(
        "dry-run", "migrate", "--no-replay", MIGWIZARD_TEST_DATABASE=json.dumps(twice)
    )
    assert outcome.code in (0, 1), outcome.stderr
    assert bytes_of(shop.entry) == before


SLOW = """
        migrations.AlterField("order", "number", models.BigIntegerField()),
        migrations.AddField("customer", "vip", models.BooleanField(default=False)),
        ValidateConstraint("coupon", "coded"),
        migrations.RunSQL("CREATE INDEX by_hand ON billing_invoice (total)"),
        migrations.CreateModel("Note", [
            ("id", models.AutoField(primary_key=True)), ("order", models.ForeignKey("shop.order", models.CASCADE))]),
"""


@pytest.mark.parametrize("kind", ["postgresql"])
def test_what_each_statement_blocks_and_rewrites(shop):
    head = (
        "import django\nfrom django.contrib.postgres.operations import AddConstraintNotValid, ValidateConstraint\n"
        "KEY = 'condition' if django.VERSION >= (5, 1) else 'check'\n"
    )
    coded = (
        "AddConstraintNotValid('coupon', models.CheckConstraint(name='coded', **{KEY: ~models.Q(code='')})),"
    )
    shop.project.write({"shop/migrations/0005_coded.py": migration(LAST, coded, head)})
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    shop.project.write({"shop/migrations/0006_slow.py": migration([("shop", "0005_coded")], SLOW, head)})
    before = shop.everything()
    outcome = shop.project.migwizard("dry-run", "migrate", "--no-replay", "--format", "json")
    assert outcome.code == 0, outcome.stdout
    document = outcome.json
    told = [one for step in document["steps"] for one in step.get("ran", ())]
    assert all(isinstance(one["locks"], list) and isinstance(one["rewrites"], list) for one in told)
    assert [(one["locks"], one["rewrites"]) for one in told if one["locks"] or one["rewrites"]] == [
        (["ACCESS EXCLUSIVE on shop_order"], ["shop_order"]),
        (["ACCESS EXCLUSIVE on shop_customer"], []),
        (["SHARE UPDATE EXCLUSIVE on shop_coupon"], []),
        (["SHARE on billing_invoice"], []),
    ]
    assert [text.partition(" for at least ")[0] for text in document["locks"]] == [
        "reads and writes of shop_order",
        "reads and writes of shop_customer",
        "other changes of the schema of shop_coupon",
        "writes of billing_invoice",
    ]
    text = shop.project.migwizard("dry-run", "migrate", "--no-replay").stdout
    assert "\n" + " " * 22 + "blocks reads and writes of shop_order; writes shop_order anew\n" in text
    assert "\nIt blocks, until it is committed:\n  - reads and writes of shop_order for at least " in text
    assert shop.everything() == before
    done = shop.project.migwizard("repair", "migrate", "--no-replay", "--yes", "--format", "json").json
    assert done["outcome"] == "done"
    assert not [one for step in done["steps"] for one in step.get("ran", ()) if "locks" in one]
