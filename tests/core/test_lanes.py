"""The lanes of an app, as literal drawings."""

from __future__ import annotations

from textwrap import dedent

import pytest

from migwizard.core.graph.lanes import as_ascii, lanes

DRAWINGS = {
    "linear": (
        "1: 2:1 3:2",
        """\
        ● 1
        ● 2
        ● 3
        """,
    ),
    "a conflict": (
        "1: 2:1 3a:2 3b:2 4b:3b",
        """\
        ●   1
        ●─╮ 2
        ● │ 3a
          ● 3b
          ● 4b
        """,
    ),
    "a merge": (
        "1: 2a:1 2b:1 3b:2b 4:2a,3b 5:4",
        """\
        ●─╮ 1
        ● │ 2a
        │ ● 2b
        │ ● 3b
        ●─╯ 4
        ●   5
        """,
    ),
    "three leaves": (
        "1: 2a:1 2b:1 2c:1",
        """\
        ●─┬─╮ 1
        ● │ │ 2a
          ● │ 2b
            ● 2c
        """,
    ),
    "three merged": (
        "1: 2a:1 2b:1 2c:1 3:2a,2b,2c",
        """\
        ●─┬─╮ 1
        ● │ │ 2a
        │ ● │ 2b
        │ │ ● 2c
        ●─┴─╯ 3
        """,
    ),
    "criss-cross": (
        "1: a:1 b:1 c:a,b d:a,b e:c,d",
        """\
        ●─╮   1
        ●─│─╮ a
        │ ●─┤ b
        ●─╯ │ c
        │   ● d
        ●───╯ e
        """,
    ),
    "a fork in the second lane reuses the first": (
        "1: 2a:1 2b:1 3c:2b 3d:2b",
        """\
        ●─╮ 1
        ● │ 2a
        ╭─● 2b
        │ ● 3c
        ●   3d
        """,
    ),
    "two roots": (
        "1: x: 2:1 3:2,x",
        """\
        ●   1
        │ ● x
        ● │ 2
        ●─╯ 3
        """,
    ),
    "a parent that is not drawn": (
        "1: 2:gone 3:1,2",
        """\
        ●   1
        │ ● 2
        ●─╯ 3
        """,
    ),
}


def draw(graph: str) -> str:
    parents = {}
    for item in graph.split():
        name, _, names = item.partition(":")
        parents["a", name] = [("a", other) for other in names.split(",") if other]
    rows = lanes(list(parents), parents)
    width = max(map(len, rows))
    return "".join(f"{row:{width}} {name}\n" for row, (_, name) in zip(rows, parents, strict=True))


@pytest.mark.parametrize("name", DRAWINGS)
def test_drawing(name: str) -> None:
    graph, drawing = DRAWINGS[name]
    drawn = draw(graph)
    assert drawn == dedent(drawing), f"\n{drawn}"


def test_ascii_has_a_character_for_each_of_the_drawing() -> None:
    assert [as_ascii(row) for row in ("●─┬─╮", "│ ●─┤", "●─┴─╯", "╭─●─┼")] == [
        "*-.-.",
        "| *-+",
        "*-'-'",
        ".-*-+",
    ]
    assert all(as_ascii(row).isascii() for row in draw(DRAWINGS["criss-cross"][0]).splitlines())


def test_no_app_has_no_rows() -> None:
    assert lanes([], {}) == ()
