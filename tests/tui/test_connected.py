"""Who is connected, in the database panel."""

from __future__ import annotations

import re
from dataclasses import replace

from migwizard.core.session import Session
from migwizard.tui.connected import busy, connected, locking
from migwizard.tui.look import Look

from .fakes import OTHERS, FakeWorkbench
from .stage import play


def drawn(sessions: tuple[Session, ...], width: int = 78) -> list[str]:
    lines = connected(sessions).build(width)
    if busy(sessions):
        lines = [*lines, *locking(sessions, Look()).build(width)]
    return ["".join(text for text, _ in line).rstrip() for line in lines]


def test_who_locks_and_who_waits_is_named() -> None:
    assert drawn(OTHERS) == [
        "connected: 3 others; 2 with locks, below",
        "who locks what",
        "    deploy (process 4711, manage.py, from 10.0.0.7, since 2026-03-01 10:00:00",
        "    UTC): idle in transaction, holds ACCESS EXCLUSIVE on shop_order and ROW",
        "    EXCLUSIVE on django_migrations",
        "  ≠ web (process 4712, gunicorn, from 10.0.0.8, since 2026-03-01 10:00:05",
        "    UTC): active, waits for process 4711",
    ]


def test_nobody_and_nobody_with_a_lock_are_told_apart() -> None:
    assert drawn(()) == ["connected: nobody else, as far as can be seen"]
    assert drawn(OTHERS[2:]) == ["connected: 1 other; nobody holds a lock"]


def test_a_crowd_is_cut_short() -> None:
    crowd = tuple(replace(OTHERS[1], process=number) for number in range(25))
    assert drawn(crowd, 200)[-1] == "    and 5 more"
    assert len(drawn(crowd, 200)) == 23


def test_what_cannot_be_seen_leaves_no_hole() -> None:
    assert (
        drawn((Session(1, "", holds=(("t", "SHARE"),)),))[2] == "    somebody (process 1): holds SHARE on t"
    )


async def test_the_panel_asks_anew_each_time_and_follows() -> None:
    bench = FakeWorkbench()
    async with play(bench) as wizard:
        await wizard.press("2")
        assert "connected: 3 others; 2 with locks, below" in wizard.text()
        bench.others = (replace(OTHERS[2], who="[/]\x1b[31m", holds=(("[/]", "SHARE"),)),)
        await wizard.press("1", "2")
        assert "connected: 1 other; 1 with locks, below" in wizard.text()
        await wizard.press("G")
        assert re.search(r"    \[/\].\[31m \(process 4713, gunicorn", wizard.text())
        assert "holds SHARE on [/]" in wizard.text()
        assert "\x1b" not in wizard.text()


async def test_a_server_that_does_not_say_is_no_reason_to_complain() -> None:
    bench = FakeWorkbench(fails={"sessions": "The server does not answer."})
    async with play(bench) as wizard:
        await wizard.press("2")
        assert "connected:" not in wizard.text()
        assert "answer" not in wizard.text()
        assert "table shop_order" in wizard.text()
