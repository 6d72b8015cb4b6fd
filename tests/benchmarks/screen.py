"""The screen: how soon it is there, and how soon it answers."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator

from tests.projects import Project

from .measure import Measurement
from .places import LARGE, SMALL, Places
from .terminal import Terminal

KEYS = (b"j", b"j", b"j", b"k", b"\x04", b"\x15", b"G", b"g", b"\x1b[6~", b"\x1b[5~")
"""Up and down by a row, half a page, a page, and from end to end."""


def wizard(project: Project) -> Terminal:
    """The wizard, opened on a project."""
    # Without a replay in the background, which would have the machine to itself for a while.
    command = (sys.executable, "-m", "migwizard", "--read-only")
    return Terminal(command, project.root, {**project.process_environment(), "PYTHONDONTWRITEBYTECODE": ""})


def framed(text: str) -> bool:
    """Whether the whole frame is there, from the status line to the key bar."""
    return "migwizard" in text and "help" in text and "quit" in text


def filled(text: str) -> bool:
    """Whether everything has been read: the status line then counts the problems."""
    return "no problem" in text.partition("READ-ONLY")[2] or " problem" in text


def first_frame(places: Places) -> Iterator[Measurement]:
    """The frame is there within half a second of the start."""
    project = places.project(SMALL)
    seconds = []
    for _ in range(4):
        with wizard(project) as terminal:
            seconds.append(terminal.wait_for(framed, 10) - terminal.started)
    yield Measurement("screen: first frame", statistics.median(seconds[1:]), 0.5, "s")


def keys(places: Places) -> Iterator[Measurement]:
    """A key is answered within 50 ms at 5,000 migrations."""
    with wizard(places.project(LARGE)) as terminal:
        terminal.wait_for(filled, 120)
        terminal.settle()
        terminal.press(b"j")
        times = [terminal.press(key) for _ in range(3) for key in KEYS]
    yield Measurement(
        "screen: a key at 5,000 migrations, the slowest of 30",
        max(times) * 1000,
        50,
        "ms",
        detail=f"median {statistics.median(times) * 1000:.0f} ms",
    )
