"""A repair that fails, and one that does not help, leave database, records and files exactly as they were."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from migwizard.databases.processes import owner

from .kit import LAST, connected, migration, records

pytest_plugins = ["tests.running.fixtures"]

CUSTOMER = "    apps.get_model('shop', 'Customer').objects.create(name='made on the way')\n"
VIP = '        migrations.AddField("customer", "vip", models.BooleanField(default=False)),\n'
RUN = "        migrations.RunPython(run),"


def last_word(outcome) -> str:
    """The first line of standard output: what became of the repair."""
    return str(outcome.stdout.splitlines()[0])


def python(code: str) -> str:
    """A migration after all others that adds a column, and runs `code` after it has written a row."""
    return migration(LAST, VIP + RUN, f"def run(apps, editor):\n{CUSTOMER}{code}")


def test_a_last_step_that_raises_leaves_everything_as_it_was(shop):
    shop.project.write(
        {
            "shop/migrations/0005_first.py": migration(LAST, VIP),
            "shop/migrations/0006_raises.py": migration(
                [("shop", "0005_first")],
                RUN,
                f"def run(apps, editor):\n{CUSTOMER}    raise ValueError('no [/]\\x1b[31m way')",
            ),
        }
    )
    shop.forget("shop.0002_note")
    before = shop.everything()
    outcome = shop.project.migwizard("repair", "migrate", "--yes", "--no-replay")
    assert (outcome.code, outcome.stderr) == (1, "")
    assert outcome.stdout == (
        "refused: The history is inconsistent below shop.0002_note; repair the history first.\n"
    )
    assert shop.everything() == before
    shop.run(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002_note', CURRENT_TIMESTAMP)"
    )
    before = shop.everything()
    outcome = shop.project.migwizard("repair", "migrate", "--yes", "--no-replay", "--format", "json")
    assert outcome.code == 1
    assert outcome.json["outcome"] == "failed"
    assert outcome.json["message"] == (
        "Step 4 of 6 (shop.0006_raises) failed: ValueError: no [/] [31m way (shop/migrations/0006_raises.py:8)."
        " Everything was rolled back; nothing has changed."
    )
    assert shop.everything() == before


def test_a_row_in_the_way_leaves_everything_as_it_was(shop):
    unique = """
        migrations.AddField("order", "vip", models.BooleanField(default=False)),
        migrations.AddConstraint("order", models.UniqueConstraint(fields=["customer"], name="one_order")),"""
    shop.project.write({"shop/migrations/0005_unique.py": migration(LAST, unique)})
    before = shop.everything()
    outcome = shop.project.migwizard("repair", "migrate", "--yes", "--no-replay")
    assert outcome.code == 1
    said = (
        f"SQLite says about {shop.entry['NAME']}: UNIQUE constraint failed: new__shop_order.customer_id."
        if shop.sqlite
        else 'PostgreSQL says: could not create unique index "one_order".'
    )
    assert last_word(outcome) == (
        f"failed: Step 3 of 5 (shop.0005_unique) failed: {said} Everything was rolled back; nothing has changed."
    )
    assert shop.everything() == before


HOOK = """
from django.apps import AppConfig
from django.db.models.signals import post_migrate


def undo(sender, using, **given):
    from django.db import connections

    with connections[using].cursor() as cursor:
        cursor.execute("ALTER TABLE shop_order DROP COLUMN note")


class BillingConfig(AppConfig):
    name = "billing"

    def ready(self):
        post_migrate.connect(undo, sender=self)
"""


def test_a_repair_that_does_not_help_leaves_everything_as_it_was(shop):
    shop.run("ALTER TABLE shop_order DROP COLUMN note")
    shop.project.write({"billing/apps.py": HOOK})
    before = shop.everything()
    finding = "recorded-not-applied:shop.0002_note"
    outcome = shop.project.migwizard("repair", finding, "--yes", "--no-replay")
    assert outcome.code == 1
    assert (
        last_word(outcome)
        == f"rolled-back: Everything was rolled back: the finding {finding} is still there."
    )
    assert outcome.stdout.endswith(f"\nStill there:\n  - {finding}\n\nIt is number 1 in the journal.\n")
    assert shop.everything() == before


def test_a_repair_that_breaks_something_else_leaves_everything_as_it_was(shop):
    shop.run("ALTER TABLE shop_order DROP COLUMN note")
    shop.project.write(
        {"billing/apps.py": HOOK.replace("shop_order DROP COLUMN note", "billing_invoice DROP COLUMN total")}
    )
    before = shop.everything()
    outcome = shop.project.migwizard("repair", "migrate", "--yes", "--no-replay", "--format", "json")
    assert outcome.code == 1
    assert outcome.json["outcome"] == "rolled-back"
    assert outcome.json["message"] == (
        "Everything was rolled back: a new error would have come up: billing.0002_total is recorded as applied, but"
        " column billing_invoice.total does not exist."
    )
    assert outcome.json["remaining"] == ["recorded-not-applied:billing.0002_total"]
    assert shop.everything() == before


def test_a_migration_that_exits_prints_or_wants_to_commit_is_told_from_one_that_ran(shop):
    file = "shop/migrations/0005_more.py"
    tries = {
        "exits": python("    print('printed')\n    sys.exit(0)"),
        "commits": migration(
            LAST, "        migrations.RunSQL(['UPDATE shop_order SET paid = (1 = 0)', 'COMMIT']),"
        ),
        "commits past Django": python("    connection.connection.commit()\n    raise ValueError('too late')"),
    }
    before = shop.everything()
    commands = [
        [["write", file, text], ["open"], ["read"], ["plan", "migrate", ["shop"]], ["execute"]]
        for text in tries.values()
    ]
    answers = shop.bench(["open"], *commands[0], *commands[1])
    rolled_back = "Everything was rolled back; nothing has changed."
    assert answers[4]["message"] == (
        f"Step 3 of 5 (shop.0005_more) failed: SystemExit: 0 ({file}:9). {rolled_back}"
    )
    assert answers[9]["message"] == (
        "Step 2 of 4 (shop.0005_more) failed: It ends the transaction (COMMIT), in which the whole repair runs; run it"
        f" with manage.py migrate. {rolled_back}"
    )
    Path(shop.project.root, file).unlink()
    assert shop.everything() == before
    *_, report = shop.bench(["open"], *commands[2])
    assert (report["outcome"], report["message"]) == (
        "failed",
        f"Step 3 of 5 (shop.0005_more) failed: ValueError: too late ({file}:9). A migration had ended the transaction"
        " by itself, so a part of the plan was kept: check again.",
    )
    assert shop.run("SELECT count(*) FROM shop_customer") == [(3,)]


def test_what_fails_after_the_commit_does_not_make_the_repair_a_failure(shop):
    late = "    def late():\n        raise ValueError('late')\n    transaction.on_commit(late)\n    print('hello')"
    shop.project.write({"shop/migrations/0005_more.py": python(late)})
    outcome = shop.project.migwizard("repair", "migrate", "--yes", "--no-replay", "--format", "json")
    assert outcome.code == 0
    assert outcome.stderr == "hello\n"
    assert outcome.json["outcome"] == "done"
    assert outcome.json["message"] == (
        "Done: 5 steps, 1 finding gone. What a migration left to be done after the commit failed, though:"
        " ValueError: late (shop/migrations/0005_more.py:9)."
    )
    assert records(shop.entry, "shop")[-1] == "0005_more"


def test_rows_without_a_parent_do_not_keep_a_record_from_being_written(new_shop):
    shop = new_shop("sqlite")
    shop.run("PRAGMA foreign_keys = OFF", "UPDATE shop_order SET customer_id = 99 WHERE id = 1")
    shop.forget("shop.0002_note")
    _, _, report = shop.bench(["read"], ["plan", "repair-history"], ["execute"])
    assert report["message"] == "Done: 1 step, 1 finding gone."


@pytest.mark.parametrize(
    ("kind", "sleep"),
    [("sqlite", "time.sleep(60)"), ("postgresql", "time.sleep(60)"), ("postgresql", "SELECT pg_sleep(60)")],
)
def test_ctrl_c_in_the_middle_of_a_long_step_rolls_back(new_shop, tmp_path, kind, sleep):
    shop = new_shop(kind)
    marker = tmp_path / "marker"
    wait = f"    connection.cursor().execute({sleep!r})" if sleep.startswith("SELECT") else f"    {sleep}"
    shop.project.write(
        {"shop/migrations/0005_more.py": python(f"    open({str(marker)!r}, 'w').close()\n{wait}")}
    )
    before = shop.everything()
    process = subprocess.Popen(
        [sys.executable, "-m", "migwizard", "repair", "migrate", "--yes", "--no-replay"],
        cwd=shop.project.root,
        env=shop.project.process_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that run in the background of a shell ignore SIGINT, and would hand that down.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not marker.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (130, "")
    assert err.strip() == "migwizard: Interrupted; the repair was rolled back, and nothing has changed."
    assert shop.everything() == before


def test_a_plan_from_another_state_of_database_or_files_is_refused(shop):
    sentence = "The database or the files have changed since the plan was made; look at the new plan."
    refused = {"outcome": "refused", "message": sentence, "ran": [], "gone": [], "remaining": []}
    shop.forget("shop.0002_note")
    changes = (
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0003_paid', CURRENT_TIMESTAMP)",
        "ALTER TABLE shop_order ADD COLUMN surplus integer",
    )
    for change in changes:
        *_, report = shop.bench(["read"], ["plan", "repair-history"], ["sql", change], ["execute"])
        assert report == refused
    assert records(shop.entry, "shop") == ["0001_initial", "0003_paid", "0004_coupon", "0003_paid"]
    new = migration(LAST, '        migrations.RunSQL("SELECT 1"),')
    *_, report = shop.bench(
        ["read"], ["plan", "repair-history"], ["write", "shop/migrations/0005_new.py", new], ["execute"]
    )
    assert report == refused


def test_rows_of_the_project_may_change_between_plan_and_execution(shop):
    """And so may the server's estimate of how many there are."""
    shop.forget("shop.0002_note")
    more = "INSERT INTO shop_customer (name) VALUES ('Hedy')"
    *_, report = shop.bench(
        ["read"], ["plan", "repair-history"], ["sql", more, "ANALYZE shop_customer"], ["execute"]
    )
    assert report["outcome"] == "done", report


def test_a_second_repairer_is_refused_and_told_who_is_first(kind, new_shop):
    shop = new_shop(kind)
    shop.forget("shop.0002_note")
    if shop.sqlite:
        shop.project.databases["default"]["OPTIONS"] = {"timeout": 0.2}
    before = shop.everything()
    with first_repairer(shop) as process:
        outcome = shop.project.migwizard("repair", "fake", "shop", "--yes", "--no-replay")
        assert outcome.code == 1
        assert outcome.stderr == ""
        if shop.sqlite:
            # This process: its program is the one that runs the tests.
            expected = f"{shop.entry['NAME']} is locked: {owner(os.getpid())} (process {os.getpid()}, "
            assert last_word(outcome).endswith(" UTC) is writing to it. Nothing has changed.")
        else:
            expected = f"Another repair is running: postgres (process {process}, the first, since "
        assert last_word(outcome).startswith(f"refused: {expected}")
    assert shop.everything() == before


@contextlib.contextmanager
def first_repairer(shop):
    """Hold the lock of a repair, as its process would; yields the process's number on the server."""
    if shop.sqlite:
        with connected(shop.entry) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield 0
            connection.execute("ROLLBACK")
        return
    from migwizard.databases.postgresql.locks import lock_key

    with connected(shop.entry, application_name="the first") as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [lock_key("migwizard:public")])
        ((process,),) = connection.execute("SELECT pg_backend_pid()").fetchall()
        yield process
        connection.execute("ROLLBACK")


def test_a_table_that_somebody_holds_is_waited_for_only_so_long(new_shop):
    shop = new_shop("postgresql")
    shop.run("ALTER TABLE shop_order DROP COLUMN note")
    before = shop.everything()
    done = threading.Event()

    def hold() -> None:
        with connected(shop.entry) as connection:
            connection.execute("BEGIN")
            connection.execute("LOCK TABLE shop_order IN ACCESS SHARE MODE")
            done.wait(60)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        outcome = shop.project.migwizard("repair", "migrate", "--yes", "--no-replay")
    finally:
        done.set()
        holder.join()
    assert outcome.code == 1
    said = re.sub(r"process \d+.*? UTC", "process 1", last_word(outcome))
    assert said == (
        f"failed: Step 2 of 3 (shop.0002_note) failed: A lock could not be had in time in database"
        f" '{shop.entry['NAME']}': canceling statement due to lock timeout; it is held by postgres (process 1)."
        " Everything was rolled back; nothing has changed."
    )
    assert shop.everything() == before
