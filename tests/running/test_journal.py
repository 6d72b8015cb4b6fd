"""What the journal holds of an execution, and that it can be taken back exactly."""

from __future__ import annotations

import json
import sys
from datetime import datetime

import pytest

from tests.repairs.branching import LABEL, NOTE, fork, models

from .kit import LAST, files_of, migration

pytest_plugins = ["tests.running.fixtures"]

VIP = '        migrations.AddField("customer", "vip", models.BooleanField(default=False)),'
TABLES = """
        migrations.CreateModel("Shelf", [("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=20, unique=True)),
            ("order", models.ForeignKey("shop.Order", models.CASCADE))]),
        migrations.AlterField("order", "number", models.BigIntegerField(db_index=True)),
        migrations.AddConstraint("customer",
            models.CheckConstraint(name="named", **{("check" if django.VERSION < (5, 1) else "condition"):
                models.Q(name__gt="")})),"""


def history(shop):
    """Every history row as it is stored."""
    return shop.run("SELECT id, app, name, CAST(applied AS text) FROM django_migrations ORDER BY id")


def shape(shop):
    """The schema, and the rows of every table that existed before."""
    (found,) = shop.bench(["snapshot"])
    return found


def rows(shop):
    """The rows of the shop, the history's aside."""
    return {
        name: shop.run(f"SELECT * FROM {name} ORDER BY 1")
        for name in ("shop_customer", "shop_order", "shop_coupon", "billing_invoice")
    }


def state(shop):
    """All that an undo has to bring back."""
    return history(shop), shape(shop), rows(shop), files_of(shop.project)


def undo(shop, number):
    """Take an execution back."""
    outcome = shop.project.migwizard("undo", str(number), "--yes", "--no-replay")
    assert (outcome.code, outcome.stderr) == (0, ""), outcome.stdout + outcome.stderr
    return outcome


def test_rows_that_were_removed_come_back_with_their_ids_and_dates(shop):
    shop.run(
        "INSERT INTO django_migrations (app, name, applied)"
        " VALUES ('shop', '0009_gone', '2019-12-24 18:30:00.123456')"
    )
    before = state(shop)
    outcome = shop.project.migwizard(
        "repair", "missing-file:shop.0009_gone", "--with", "prune", "--yes", "--no-replay"
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert outcome.stdout.endswith("\nIt is number 1 in the journal.\n")
    assert state(shop) != before
    undo(shop, 1)
    assert state(shop) == before


def test_a_record_that_was_written_is_removed(shop):
    shop.forget("shop.0004_coupon")
    before = state(shop)
    shop.project.migwizard("repair", "--all", "--yes", "--no-replay")
    assert state(shop)[0] != before[0]
    undo(shop, 1)
    assert state(shop) == before


def test_tables_columns_and_constraints_that_were_made_go_again(shop):
    shop.project.write({"shop/migrations/0005_much.py": "import django\n" + migration(LAST, TABLES)})
    before = state(shop)
    outcome = shop.project.migwizard("repair", "migrate", "--yes", "--no-replay")
    assert outcome.code == 0, outcome.stdout
    after = state(shop)
    assert after[1] != before[1]
    undo(shop, 1)
    assert state(shop) == before
    undo(shop, 2)
    again = state(shop)
    assert again[0] == after[0]
    assert again[1] == after[1]


def test_a_column_whose_values_are_gone_does_not_come_back_by_halves(shop):
    shop.project.write({"shop/migrations/0005_vip.py": migration(LAST, VIP)})
    before = state(shop)
    assert shop.project.migwizard("repair", "migrate", "--yes", "--no-replay").code == 0
    undo(shop, 1)
    assert state(shop) == before
    outcome = shop.project.migwizard("undo", "2", "--yes", "--no-replay")
    assert outcome.code == 1
    assert state(shop) == before


def test_files_come_and_go_with_their_records(shop):
    fork(shop, NOTE, LABEL, applied=("first", "second"))
    shop.project.write({"shop/models.py": models()})
    before = state(shop)
    outcome = shop.project.migwizard("repair", "conflicting-leaves:shop", "--yes", "--no-replay")
    assert outcome.code == 0, outcome.stdout
    after = state(shop)
    name = "shop/migrations/0006_merge_0005_first_0005_second.py"
    assert set(after[3]) - set(before[3]) == {name}
    assert shop.project.manage("migrate", "--check").code == 0
    undo(shop, 1)
    assert state(shop) == before
    undo(shop, 2)
    assert state(shop)[3] == after[3]


def test_what_moved_since_is_named_and_nothing_is_taken_back(shop):
    shop.project.write({"shop/migrations/0005_vip.py": migration(LAST, VIP)})
    assert shop.project.migwizard("repair", "migrate", "--yes", "--no-replay").code == 0
    shop.run("ALTER TABLE shop_customer ADD COLUMN since integer")
    before = state(shop)
    outcome = shop.project.migwizard("undo", "1", "--yes", "--no-replay")
    assert outcome.code == 1
    assert outcome.stdout == (
        "refused: Number 1 cannot be taken back, because something has changed since: "
        "table shop_customer has a new column since.\n"
    )
    shop.run("DELETE FROM django_migrations WHERE name = '0005_vip'")
    outcome = shop.project.migwizard("undo", "1", "--yes", "--no-replay")
    assert "the row of shop.0005_vip is not as it was left; table" in outcome.stdout
    assert state(shop)[1:] == before[1:]


def test_an_undo_is_not_done_twice(shop):
    shop.forget("shop.0004_coupon")
    shop.project.migwizard("repair", "--all", "--yes", "--no-replay")
    undo(shop, 1)
    outcome = shop.project.migwizard("undo", "1", "--yes", "--no-replay")
    assert (outcome.code, outcome.stdout) == (
        1,
        "refused: Number 1 was taken back already, by number 2.\n",
    )
    outcome = shop.project.migwizard("undo", "9", "--yes", "--no-replay")
    assert (outcome.code, outcome.stderr) == (
        2,
        "migwizard: There is no number 9 in the journal of this database.\n",
    )


def test_rows_that_were_written_since_make_an_undo_destructive(shop):
    shop.project.write({"shop/migrations/0005_vip.py": migration(LAST, VIP)})
    assert shop.project.migwizard("repair", "migrate", "--yes", "--no-replay").code == 0
    _, plan = shop.bench(["read"], ["plan", "undo", ["1"]])
    assert plan["safety"] == "destructive"
    assert "shop_customer.vip is filled in 2 rows, which are lost." in plan["risks"]


def test_who_did_what_and_when(shop):
    shop.forget("shop.0004_coupon")
    shop.project.run(
        *(sys.executable, "-m", "migwizard", "repair", "--all", "--yes", "--no-replay"),
        LOGNAME="ada",
        SSH_CONNECTION="10.0.0.7 50000 10.0.0.1 22",
    )
    document = shop.project.migwizard("journal", "--format", "json").json
    (one,) = document["journal"]
    assert one["who"].startswith("ada@")
    assert one["who"].endswith(" from 10.0.0.7")
    assert (one["id"], one["outcome"], one["undone_by"]) == (1, "done", None)
    assert datetime.fromisoformat(one["begun"].replace("Z", "+00:00")).tzinfo is not None
    whole = shop.project.migwizard("journal", "show", "1", "--format", "json").json
    assert [row["name"] for row in whole["records"]["after"]] == ["0004_coupon"]
    assert [len(step["ran"]) for step in whole["steps"]] == [1]
    text = shop.project.migwizard("journal").stdout
    assert text.startswith("    1  20")
    assert "  ada@" in text


def test_what_was_rolled_back_is_in_the_journal_as_such(shop):
    shop.project.write({"shop/migrations/0005_vip.py": migration(LAST, VIP + "migrations.RunSQL('SELEKT')")})
    outcome = shop.project.migwizard("repair", "migrate", "--yes", "--no-replay")
    assert outcome.code == 1
    (one,) = shop.project.migwizard("journal", "--format", "json").json["journal"]
    assert one["outcome"] == "failed"
    outcome = shop.project.migwizard("undo", "1", "--yes", "--no-replay")
    assert outcome.code == 1
    assert outcome.stdout.startswith(
        "refused: Nothing of number 1 is in: Step 3 of 5 (shop.0005_vip) failed: "
    )


def test_no_password_is_journaled(shop):
    secret = "s3cret-word"
    select = f"        migrations.RunSQL(\"SELECT '{secret}'\"),"
    shop.project.write({"shop/migrations/0005_role.py": migration(LAST, select)})
    shop.bench(["read"], ["plan", "migrate"], ["secret", secret], ["execute"])
    home = shop.project.root.parent / f"{shop.project.root.name}-home"
    (journal,) = home.rglob("*.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    ran = [one["sql"] for line in lines if "ran" in line for one in line["ran"]]
    assert "SELECT '***'" in ran


def test_without_a_journal_nothing_is_run(shop):
    shop.forget("shop.0004_coupon")
    before = shop.everything()
    home = shop.project.root.parent / f"{shop.project.root.name}-home"
    (home / "state").mkdir(parents=True)
    (home / "state" / "migwizard").write_text("a file in the way")
    outcome = shop.project.migwizard("repair", "--all", "--yes", "--no-replay")
    assert outcome.code == 1
    assert "The journal cannot be written (Not a directory: " in outcome.stdout
    assert shop.everything() == before


@pytest.mark.parametrize("number", range(2, 9))
def test_a_full_disk_under_the_journal_rolls_everything_back_or_nothing(shop, number):
    """From the line of this number on, nothing can be written any more."""
    shop.project.write({"shop/migrations/0005_vip.py": migration(LAST, VIP)})
    before = shop.contents()
    *_, report, _ = shop.bench(["read"], ["plan", "migrate"], ["fill_disk", number], ["execute"], ["journal"])
    if report["outcome"] == "done":
        assert shop.contents() != before
    else:
        assert report["outcome"] == "failed"
        assert "No space left on device" in report["message"]
        assert shop.contents() == before
    found = shop.bench(["read"], ["journal"])
    (entry,) = found[1]
    assert entry["outcome"] == ("done" if report["outcome"] == "done" else "rolled-back")
