"""A repair and a real `manage.py migrate` at the same time: nothing is ever recorded twice."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from migwizard.databases.processes import opened, user_name, whose
from migwizard.databases.sqlite.locks import identity

from .kit import LAST, Shop, migration, records

pytest_plugins = ["tests.running.fixtures"]

TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"

PAUSE = """
def run(apps, editor):
    import os
    here = os.path.dirname(os.path.abspath(__file__))
    open(os.path.join(here, "paused"), "w").close()
    while not os.path.exists(os.path.join(here, "go")):
        time.sleep(0.05)
"""
RUN = "        migrations.RunPython(run),"
ADD = '        migrations.AddField("order", "vip", models.BooleanField(default=False)),\n'
HARMLESS = '        migrations.RunSQL("SELECT 1"),'

REPAIR = """
import os, sys, time
import django
django.setup()
from django.db import Error, connection
from migwizard.core.plan import Step
from migwizard.databases import AnotherRepair, of
from migwizard.running import history
from migwizard.running.transaction import Ending, one_transaction

class Refused(Exception):
    pass

def look():
    others = database.others_at_work(("shop_order",), project=os.getcwd())
    if others:
        raise Refused(" ".join(others))

database = of(connection)
try:
    with database.repairing(), one_transaction(connection, Ending()):
        database.guard_timeouts(2, 60)
        if holder := database.try_lock("migwizard"):
            raise Refused(holder)
        alone = database.hold_history("django_migrations")
        look()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations WHERE name = '0005_more'")
            if cursor.fetchone() is None:
                step = Step("record", "", migration=("shop", "0005_more"), record="insert")
                cursor.execute(*history.statement(connection, step))
        open("holding", "w").close()
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.05)
        if not alone:
            look()
    print("done")
except (Refused, AnotherRepair) as error:
    print(f"refused: {error}")
except Error as error:
    print(f"refused: {database.explain_error(error)}")
"""
"""What the executor does, with a pause in the middle of it."""


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def started(shop: Shop, *command: str) -> Iterator[subprocess.Popen[str]]:
    """A process of the project."""
    process = subprocess.Popen(
        [sys.executable, *command],
        cwd=shop.project.root,
        env=shop.project.process_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


class Both:
    """A shop with a migration 0005_more, and the two that want to record it."""

    def __init__(self, shop: Shop, operations: str, stack: ExitStack) -> None:
        self.shop = shop
        self.stack = stack
        self.root = shop.project.root
        shop.project.write({"shop/migrations/0005_more.py": migration(LAST, operations, PAUSE)})

    def migrate(self) -> subprocess.Popen[str]:
        return self.stack.enter_context(started(self.shop, "manage.py", "migrate", "shop"))

    def paused(self) -> subprocess.Popen[str]:
        """A `migrate` in the middle of its RunPython."""
        process = self.migrate()
        wait_for(self.root / "shop/migrations/paused", process)
        return process

    def let_migrate_go(self) -> None:
        (self.root / "shop/migrations/go").touch()

    def repair(self) -> subprocess.Popen[str]:
        return self.stack.enter_context(started(self.shop, "-c", REPAIR, "end"))

    def holding(self) -> subprocess.Popen[str]:
        """A repair that has recorded 0005_more and not committed yet."""
        process = self.repair()
        wait_for(self.root / "holding", process)
        return process

    def let_repair_end(self) -> None:
        (self.root / "end").touch()

    @property
    def recorded(self) -> int:
        return records(self.shop.entry, "shop").count("0005_more")


@pytest.fixture
def both(new_shop: Callable[..., Shop]) -> Iterator[Callable[..., Both]]:
    """A function from a kind of database (`wal` is SQLite's, too) and some operations to a shop with both."""
    with ExitStack() as stack:

        def make(kind: str, operations: str) -> Both:
            shop = new_shop("sqlite" if kind == "wal" else kind)
            if kind == "wal":
                shop.run("PRAGMA journal_mode = WAL")
            return Both(shop, operations, stack)

        yield make


def finished(process: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, (out or err).strip()


ME = user_name(os.getuid())


def migrating(process: Any, what: str) -> str:
    """What is said of a `migrate` on this machine, as a pattern."""
    return rf"refused: {ME} \(process {process.pid}, manage\.py migrate, since {TIME}\) is migrating this {what}\."


@pytest.mark.parametrize("kind", ["sqlite", "wal", "postgresql"])
def test_a_migrate_that_has_not_touched_the_database_yet_is_noticed(kind, both):
    at = both(kind, RUN)
    at.let_repair_end()
    migrate = at.paused()
    code, said = finished(at.repair())
    assert code == 0
    assert re.fullmatch(migrating(migrate, "project" if kind == "postgresql" else "database"), said), said
    at.let_migrate_go()
    assert finished(migrate)[0] == 0
    assert at.recorded == 1


@pytest.mark.parametrize("kind", ["sqlite", "wal", "postgresql"])
def test_a_migrate_that_has_changed_a_table_is_noticed(kind, both):
    at = both(kind, ADD + RUN)
    at.let_repair_end()
    migrate = at.paused()
    code, said = finished(at.repair())
    assert code == 0
    if kind == "postgresql":
        assert re.match(
            rf"refused: postgres \(process \d+, since {TIME}\) holds ACCESS EXCLUSIVE on shop_order"
            r" \(idle in transaction\)\. ",
            said,
        ), said
    else:
        who = rf"{ME} \(process {migrate.pid}, manage\.py migrate, since {TIME}\)"
        expected = rf"refused: {at.shop.entry['NAME']} is locked: {who} is writing to it\."
        assert re.fullmatch(expected, said), said
    at.let_migrate_go()
    assert finished(migrate)[0] == 0
    assert at.recorded == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_migrate_that_starts_during_a_repair_waits_and_finds_it_done(kind, both):
    at = both(kind, HARMLESS)
    repair = at.holding()
    migrate = at.migrate()
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND relation = 'django_migrations'::regclass"
    deadline = time.monotonic() + 60
    while kind == "postgresql" and not at.shop.run(waiting):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    while kind == "sqlite" and not opened(migrate.pid, {identity(Path(at.shop.entry["NAME"]))}):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    at.let_repair_end()
    assert finished(repair) == (0, "done")
    code, said = finished(migrate)
    assert code == 0
    assert said.endswith("No migrations to apply.")
    assert at.recorded == 1


def test_a_migrate_that_could_read_the_history_during_a_repair_is_noticed_at_its_end(both):
    at = both("wal", RUN)
    repair = at.holding()
    migrate = at.paused()
    at.let_repair_end()
    assert re.fullmatch(migrating(migrate, "database"), finished(repair)[1])
    at.let_migrate_go()
    assert finished(migrate)[0] == 0
    assert at.recorded == 1


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_of_two_repairs_one_is_refused_and_told_who_the_other_is(kind, both):
    at = both(kind, HARMLESS)
    first = at.holding()
    code, said = finished(at.repair())
    assert code == 0
    who = rf"postgres \(process \d+, migwizard {re.escape(whose())}, since"
    if kind == "sqlite":
        who = rf"{re.escape(whose())} \(process {first.pid}, migwizard, since"
    assert re.fullmatch(rf"refused: {who} {TIME}\)", said), said
    at.let_repair_end()
    assert finished(first) == (0, "done")
    assert at.recorded == 1


def test_a_workbench_says_who_is_connected_even_while_a_migrate_writes(kind, both):
    at = both(kind, ADD + RUN)
    migrate = at.paused()
    (said,) = at.shop.bench(["sessions"])
    if kind == "postgresql":
        assert ["shop_order", "ACCESS EXCLUSIVE"] in next(holds for _, holds in said if holds)
    else:
        assert said == [["manage.py migrate", [[Path(at.shop.entry["NAME"]).name, "RESERVED"]]]]
    at.let_migrate_go()
    assert finished(migrate)[0] == 0


def test_a_migrate_of_another_project_or_database_keeps_nobody_waiting(new_shop, both):
    at, other = both("sqlite", HARMLESS), both("sqlite", RUN)
    at.let_repair_end()
    migrate = other.paused()
    assert finished(at.repair()) == (0, "done")
    other.let_migrate_go()
    assert finished(migrate)[0] == 0
