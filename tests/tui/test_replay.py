"""A replay in the background: whatever the user asks for comes first, and it goes on by itself."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from migwizard.tui.bench import BenchThread
from tests.running.kit import LAST, Shop, migration

from .fakes import NOTE, TAX, FakeWorkbench
from .stage import Play, play
from .terminal import Terminal

pytest_plugins = ["tests.running.fixtures"]

DOUBTFUL = replace(TAX, id="schema-drift:x", severity="info", confirmed=False, repairs=())


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a replay go on as soon as nothing else waits."""
    monkeypatch.setattr(BenchThread, "QUIET", 0.0)


@asynccontextmanager
async def replaying(**options: bool) -> AsyncIterator[Play]:
    """The wizard while the first of three migrations is replayed."""
    bench = FakeWorkbench(findings=(NOTE, DOUBTFUL), slow_replay=3, **options)
    async with play(bench, wait=False) as wizard:
        await wizard.until(lambda: "replaying 0/3" in wizard.lines()[0])
        yield wizard


def calls(wizard: Play) -> list[str]:
    return [name.partition(" ")[0] for name in wizard.bench.asked][2:]


async def finish(wizard: Play) -> None:
    for _ in range(3):
        wizard.bench.one_more()
    await wizard.until(lambda: wizard.wizard.pending <= 0)


async def test_a_plan_comes_first_and_the_replay_goes_on() -> None:
    async with replaying() as wizard:
        wizard.bench.one_more()
        await wizard.until(lambda: "replaying 1/3" in wizard.lines()[0])
        await wizard.pilot.press("p")
        await wizard.until(lambda: wizard.wizard.plan is not None)
        assert wizard.bench.asked[2:5] == ["read", "read with replay", f"plan {NOTE.id} fake ()"]
        await wizard.until(lambda: "replaying 1/3" in wizard.lines()[0])
        assert "Record shop.0005_note as applied" in wizard.text()
        await finish(wizard)
        assert calls(wizard) == ["read", "read", "plan", "read"]
        assert wizard.wizard.plan is not None


async def test_a_dry_run_and_a_run_come_first() -> None:
    async with replaying() as wizard:
        await wizard.pilot.press("p")
        await wizard.until(lambda: wizard.wizard.plan is not None)
        await wizard.pilot.press("d")
        await wizard.until(lambda: wizard.wizard.tried is not None)
        await wizard.pilot.press("x", "y")
        await wizard.until(lambda: wizard.bench.committed == 1)
        await finish(wizard)
        assert "execute" in calls(wizard)
        assert wizard.bench.asked[-1] == "read with replay"
        assert not wizard.wizard.planning


@pytest.mark.parametrize(("key", "name"), [("a", "actions"), ("u", "journal"), ("5", "log"), ("R", "read")])
async def test_whatever_is_asked_for_comes_first(key: str, name: str) -> None:
    async with replaying() as wizard:
        await wizard.pilot.press(key)
        await wizard.until(lambda: calls(wizard)[2:3] == [name])
        await finish(wizard)


async def test_a_plan_that_hangs_on_the_replay_says_so_and_follows_it() -> None:
    async with replaying(uncertain=True) as wizard:
        await wizard.pilot.press("p")
        await wizard.until(lambda: "The plan follows by" in wizard.text())
        await wizard.until(lambda: "replaying 0/3" in wizard.lines()[0])
        assert wizard.wizard.planning
        await finish(wizard)
        assert wizard.wizard.plan is not None
        assert calls(wizard) == ["read", "read", "plan", "read", "plan"]


async def test_without_a_replay_to_wait_for_the_reason_is_all() -> None:
    bench = FakeWorkbench(findings=(NOTE,), slow_replay=3, uncertain=True)
    async with play(bench) as wizard:
        await wizard.press("p")
        assert "is not certain before a replay." in wizard.text()
        assert not wizard.wizard.planning


async def test_what_was_asked_for_at_the_same_moment_is_not_overlooked() -> None:
    bench = FakeWorkbench(findings=(NOTE, DOUBTFUL), slow_replay=3)
    async with play(bench, wait=False) as wizard:
        for _ in range(5):
            await wizard.pilot.press("a", "escape")
        await wizard.until(lambda: calls(wizard).count("actions") > 0)
        await wizard.until(lambda: "replaying 0/3" in wizard.lines()[0])
        await finish(wizard)


async def test_control_c_ends_the_replay_and_it_is_not_begun_again() -> None:
    async with replaying() as wizard:
        await wizard.pilot.press("ctrl+c")
        await wizard.until(lambda: wizard.wizard.pending <= 0)
        assert "what was replayed so far is kept" in wizard.text()
        assert calls(wizard) == ["read", "read"]


SLOW = """
def slow(apps, schema_editor):
    with open({path!r}, "a") as file:
        file.write("{number} ")
    end = time.monotonic() + 60
    while {number} == 3 and not __import__("os").path.exists({path!r} + ".go") and time.monotonic() < end:
        time.sleep(0.05)
"""


def slow_files(path: str) -> dict[str, str]:
    """Four migrations that note that they ran, of which the last but one takes a minute, unless told to go."""
    files = {}
    for number in (1, 2, 3, 4):
        name = f"{number + 4:04}_slow"
        before = [("shop", f"{number + 3:04}_slow")] if number > 1 else LAST
        files[f"shop/migrations/{name}.py"] = migration(
            before,
            "        migrations.RunPython(slow),\n        migrations.RunSQL('ALTER TABLE shop_order ADD x int')"
            if number == 1
            else "        migrations.RunPython(slow)",
            SLOW.format(path=path, number=number),
        )
    return files


DRIVER = """
import sys, threading, time
from pathlib import Path
from migwizard.reading.options import Options
from migwizard.tui.bench import BenchThread
from migwizard.tui.jobs import Job
from migwizard.workbench import Workbench

said, log = threading.Condition(), []
def post(message):
    with said:
        log.append(message)
        said.notify_all()
def until(test):
    with said:
        end = time.monotonic() + 60
        while not any(map(test, log)):
            assert time.monotonic() < end, log
            said.wait(0.1)
def of(kind, name):
    return lambda m: type(m).__name__ == kind and m.job.name == name
bench = BenchThread(lambda: Workbench(Options(Path("."))), post)
bench.QUIET = 0.2
bench.start()
for job in (Job("open"), Job("read", (False,)), Job("read", (True,))):
    bench.ask(job)
mark = Path(sys.argv[1])
until(lambda m: type(m).__name__ == "Progress" and m.text == "replaying" and mark.exists() and "3" in mark.read_text())
begun = time.monotonic()
bench.ask(Job("plan", (None, "unfake", ("billing", "0002_total"), {})))
until(of("Answer", "plan"))
planned = time.monotonic() - begun
Path(sys.argv[1] + ".go").touch()
until(lambda m: of("Answer", "read")(m) and m.value.situation.compared == "replayed")
before = mark.read_text()
Path(sys.argv[1] + ".go").unlink()
bench.halt()
bench.join(20)
print(round(planned, 2), before)
"""


def test_a_replay_that_made_way_keeps_what_it_had_done(
    kind: str, new_shop: Callable[..., Shop], tmp_path: object
) -> None:
    path = f"{tmp_path}/ran"
    shop = new_shop(kind, slow_files(path))
    fast = shop.project.manage("migrate", "shop", "0006", "--verbosity", "0")
    assert fast.code == 0, fast.stderr
    shop.run("DELETE FROM django_migrations WHERE name = '0006_slow'")
    open(path, "w").close()
    outcome = shop.project.run(sys.executable, "-c", DRIVER, path)
    assert outcome.code == 0, outcome.stderr
    seconds, ran = outcome.stdout.split(maxsplit=1)
    assert ran.split() == ["1", "2", "3", "3", "4"]
    assert float(seconds) < 5


@pytest.mark.parametrize("key", ["q", "\x03q"])
def test_one_can_leave_during_a_replay(
    key: str,
    kind: str,
    new_shop: Callable[..., Shop],
    terminals: Callable[..., Terminal],
    tmp_path: object,
) -> None:
    shop = new_shop(kind, slow_files(f"{tmp_path}/ran"))
    assert shop.project.manage("migrate", "shop", "0006", "--verbosity", "0").code == 0
    terminal = terminals(shop)
    terminal.read(until=b"replaying", limit=60)
    begun = time.monotonic()
    terminal.type(key)
    assert terminal.wait() == 0
    assert time.monotonic() - begun < 3
