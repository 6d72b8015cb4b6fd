"""What is decided from the environment."""

from __future__ import annotations

import pytest

from migwizard.tui.look import ASCII_GLYPHS, COLOURED, Glyphs, Look, look_of, refusal


@pytest.mark.parametrize(
    ("environ", "look"),
    [
        ({"TERM": "xterm-256color", "LANG": "en_US.UTF-8"}, Look()),
        ({"TERM": "xterm-256color"}, Look()),
        ({"TERM": "xterm", "LC_ALL": "C", "LANG": "en_US.UTF-8"}, Look(ascii=True)),
        ({"TERM": "xterm", "LANG": "de_DE.ISO-8859-1"}, Look(ascii=True)),
        ({"TERM": "xterm", "LANG": "de_DE.utf8@euro"}, Look()),
        ({"TERM": "linux", "LANG": "C.UTF-8"}, Look(ascii=True, dim=False)),
        ({"TERM": "xterm", "NO_COLOR": "1"}, Look(colour=False)),
        ({"TERM": "xterm", "NO_COLOR": ""}, Look()),
        ({"TERM": "vt220"}, Look(ascii=True, colour=False, dim=False)),
        ({"TERM": "xterm", "COLORFGBG": "0;15"}, Look(theme="ansi-light")),
        ({"TERM": "xterm", "COLORFGBG": "15;0"}, Look(theme="ansi-dark")),
    ],
    ids=repr,
)
def test_the_look_of_a_terminal(environ: dict[str, str], look: Look) -> None:
    assert look_of(environ) == look


def test_without_colour_no_style_has_one() -> None:
    for name in COLOURED:
        style = Look(colour=False).style(name)
        assert style.color is None, name
        assert style.bgcolor is None, name


def test_nothing_is_told_by_colour_alone() -> None:
    signs = Glyphs()
    for group in (
        (signs.yes, signs.no, signs.partly, signs.unobservable, signs.unknown),
        (signs.applied, signs.pending, signs.wrong, signs.ghost),
        (signs.error, signs.warning, signs.info),
        (
            ASCII_GLYPHS.yes,
            ASCII_GLYPHS.no,
            ASCII_GLYPHS.partly,
            ASCII_GLYPHS.unobservable,
            ASCII_GLYPHS.unknown,
        ),
        (ASCII_GLYPHS.applied, ASCII_GLYPHS.pending, ASCII_GLYPHS.wrong, ASCII_GLYPHS.ghost),
        (ASCII_GLYPHS.error, ASCII_GLYPHS.warning, ASCII_GLYPHS.info),
    ):
        assert len(set(group)) == len(group)


def test_terminals_that_cannot_show_it() -> None:
    assert refusal({"TERM": "xterm"}, interactive=True) == ""
    assert refusal({}, interactive=True).startswith("This terminal (TERM=not set) cannot show a full screen;")
    assert refusal({"TERM": "xterm"}, interactive=False).startswith("The wizard needs a terminal")
