"""The ways out: by key, by signal, with a terminal that is gone."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from .terminal import Terminal


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    opened = Terminal(*getattr(request, "param", ()))
    opened.read(until=b"applied-not-recorded")
    opened.read()
    yield opened
    opened.close()


def test_q_leaves_with_status_0_and_closes_the_connection_on_its_own_thread(terminal: Terminal) -> None:
    said = terminal.type("q") + terminal.read(until=b"django=", limit=5)
    assert terminal.wait() == 0
    assert b"closed=True committed=0 threads=1 django=False" in said


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_with_its_own_status(terminal: Terminal, number: int) -> None:
    terminal.signal(number)
    said = terminal.read(until=b"django=", limit=5)
    assert terminal.wait() == 128 + number
    assert b"closed=True" in said


@pytest.mark.parametrize("terminal", [("endless",)], indirect=True)
def test_a_signal_stops_a_running_plan_first(terminal: Terminal) -> None:
    terminal.type("p")
    terminal.type("x")
    assert b"running" in terminal.type("y")
    terminal.signal(signal.SIGTERM)
    said = terminal.read(until=b"django=", limit=5)
    assert terminal.wait() == 128 + signal.SIGTERM
    assert b"closed=True" in said


@pytest.mark.parametrize("terminal", [("endless",)], indirect=True)
def test_it_does_not_outlive_its_terminal(terminal: Terminal) -> None:
    terminal.type("p")
    terminal.type("x")
    assert b"running" in terminal.type("y")
    os.close(terminal.master)
    assert terminal.wait(10) != 0


@pytest.mark.parametrize("terminal", [("endless",)], indirect=True)
def test_it_does_not_outlive_a_terminal_that_takes_nothing_any_more(terminal: Terminal) -> None:
    terminal.type("p")
    terminal.type("x")
    terminal.type("y")
    # Nobody reads any more: the kernel's buffer fills, then Textual's own queue.
    os.write(terminal.master, b"\x0c" * 400)
    terminal.signal(signal.SIGTERM)
    assert terminal.wait(10) == 128 + signal.SIGTERM
