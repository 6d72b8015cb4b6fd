"""The screen: how soon it is there, and how soon it answers."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterator

from tests.projects import Project

from .measure import Measurement
from .places import LARGE, SMALL, Places
from .terminal import Terminal

KEYS = (b"j", b"j", b"j", b"k", b"\x04", b"\x15", b"G", b"g", b"\x1b[6~", b"\x1b[5~")
"""Up and down by a row, half a page, a page, and from end to end: each of them moves the cursor."""
CURSOR = ">"


def wizard(project: Project) -> Terminal:
    """The wizard, opened on a project."""
    # Without a replay in the background, which would have the machine to itself for a while.
    command = (sys.executable, "-m", "migwizard", "--read-only")
    return Terminal(command, project.root, {**project.process_environment(), "PYTHONDONTWRITEBYTECODE": ""})


def framed(text: str) -> bool:
    """Whether the whole frame is there, from the status line to the key bar."""
    return "migwizard" in text and "help" in text and "quit" in text


def filled(text: str) -> bool:
    """Whether everything has been read: only then does the status line say how the project is."""
    return "no problem" in text


def first_frame(places: Places) -> Iterator[Measurement]:
    """The frame is there within half a second of the start."""
    project = places.project(SMALL)
    times = []
    for _ in range(4):
        with wizard(project) as terminal:
            times.append((terminal.wait_for(framed, 10) - terminal.started, terminal.cpu))
    seconds, cpu = (statistics.median(column) for column in zip(*times[1:], strict=True))
    yield Measurement("screen: first frame", seconds, 0.5, "s", detail=f"CPU {cpu:.2f} s")


def keys(places: Places) -> Iterator[Measurement]:
    """A key is answered within 50 ms at 5,000 migrations, also while they are read."""
    with wizard(places.project(LARGE)) as terminal:
        terminal.wait_for(lambda text: "app000" in text, 60)
        terminal.press(b"0")
        reading = []
        while not filled(terminal.text):
            reading.append(terminal.press(KEYS[len(reading) % len(KEYS)], CURSOR))
            terminal.read(0.1)
        terminal.settle()
        _unfold(terminal)
        rows = [terminal.press(key, CURSOR) for _ in range(3) for key in KEYS]
        letters = [terminal.press(key) for key in (b"/", b"f", b"i", b"e", b"l", b"d")]
    yield _slowest("screen: a key while 5,000 migrations are read", reading)
    yield _slowest("screen: a key among 5,000 rows", rows)
    yield _slowest("screen: a letter of a filter of 5,000 rows", letters)


def _unfold(terminal: Terminal) -> None:
    """Unfold every app in the ledger, from the last to the first, at which the cursor ends."""
    terminal.press(b"G")
    for _ in range(LARGE.apps):
        os.write(terminal.keyboard, b"\x1b[C")
        terminal.settle(0.1)
        os.write(terminal.keyboard, b"k")
        terminal.settle(0.1)
    terminal.settle()


def _slowest(name: str, times: list[float]) -> Measurement:
    """The time that 95 of 100 keys keep; of a few, the slowest."""
    ordered = sorted(times)
    position = len(ordered) - 1 - len(ordered) // 20
    detail = f"of {len(times)}: median {statistics.median(times) * 1000:.0f} ms, slowest {ordered[-1] * 1000:.0f} ms"
    return Measurement(name, ordered[position] * 1000, 50, "ms", detail=detail)
