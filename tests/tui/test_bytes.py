"""What goes over the line: bytes are counted in a real terminal at 80x24."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from .terminal import Terminal

DOWN, PAGE = "j", "\x1b[6~"


@pytest.fixture
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    opened = Terminal("many", **getattr(request, "param", {}))
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "terminal",
    [{}, {"COLORTERM": "truecolor"}, {"NO_COLOR": "1"}, {"TERM": "linux"}],
    indirect=True,
    ids=repr,
)
def test_few_bytes_go_over_the_line(terminal: Terminal) -> None:
    start = terminal.read(until=b"no problem") + terminal.read()
    assert 2_000 < len(start) <= 50_000
    assert 0 < len(terminal.type("0")) <= 4_000
    moves = [len(terminal.type(DOWN)) for _ in range(3)]
    assert all(0 < move <= 600 for move in moves), moves
    pages = [len(terminal.type(key)) for key in (PAGE, PAGE, "G")]
    assert all(0 < page <= 4_000 for page in pages), pages
    panels = [len(terminal.type(key)) for key in ("2", "3", "1")]
    assert all(0 < panel <= 6_000 for panel in panels), panels


@pytest.mark.parametrize("terminal", [{"NO_COLOR": "1"}], indirect=True, ids=repr)
def test_no_color_means_no_colour_at_all(terminal: Terminal) -> None:
    sent = terminal.read(until=b"no problem") + terminal.type("2") + terminal.type("?")
    codes = {code for found in re.findall(rb"\x1b\[([0-9;]*)m", sent) for code in found.split(b";")}
    assert codes <= {b"", b"0", b"1", b"2", b"4", b"7", b"39", b"49"}, codes


def test_an_idle_screen_sends_nothing(terminal: Terminal) -> None:
    terminal.read(until=b"no problem")
    terminal.read()
    assert terminal.read(quiet=3) == b""
