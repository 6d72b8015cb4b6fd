"""How the screen looks on this terminal: colours, attributes and glyphs, decided once from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rich.style import Style

Theme = Literal["ansi-dark", "ansi-light"]

COLOURLESS_TERMINALS = ("vt100", "vt102", "vt220", "vt320", "xterm-mono", "screen-mono", "ansi-m")
"""Values of TERM of terminals that know bold and reverse, but no colour."""
POOR_FONTS = ("linux", "vt", "ansi", "cons25", "sun")
"""Beginnings of TERM where the font is a console's: box drawing, but no arrows or circles."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The signs that are drawn; each says in shape what a colour only repeats."""

    yes: str = "✓"
    no: str = "–"
    partly: str = "◐"
    unobservable: str = "○"
    unknown: str = "?"
    applied: str = "●"
    pending: str = "○"
    wrong: str = "▲"
    ghost: str = "◌"
    error: str = "✗"
    warning: str = "▲"
    info: str = "·"
    cursor: str = ">"
    mark: str = "✱"
    needed: str = "↑"
    needs: str = "↓"
    folded: str = "▸"
    unfolded: str = "▾"
    foreign: str = "⇠"
    rule: str = "─"
    bar: str = "│"
    cut: str = "…"
    dot: str = "·"
    differs: str = "≠"
    lane: str = "│"
    then: str = "▸"


ASCII_GLYPHS = Glyphs(
    yes="ok",
    no="-",
    partly="part",
    unobservable="n/a",
    unknown="?",
    applied="*",
    pending="o",
    wrong="!",
    ghost="x",
    error="E",
    warning="W",
    info="i",
    mark="+",
    needed="^",
    needs="v",
    folded="+",
    unfolded="-",
    foreign="<-",
    rule="-",
    bar="|",
    cut="~",
    dot="-",
    differs="!=",
    lane="|",
    then=">",
)

# Names of the sixteen colours that every terminal draws in its owner's own palette; nothing brighter than that, so
# that a light background stays readable, and few bytes go over the line.
COLOURED: Mapping[str, str] = {
    "plain": "",
    "strong": "bold",
    "quiet": "dim",
    "heading": "bold",
    "status": "reverse",
    "status.alarm": "reverse bold",
    "cursor": "reverse",
    "cursor.idle": "bold",
    "match": "underline bold",
    "key": "bold",
    "tab": "",
    "tab.on": "bold reverse",
    "error": "red bold",
    "warning": "yellow",
    "info": "cyan",
    "ok": "green",
    "safe": "green",
    "careful": "yellow",
    "destructive": "red bold",
    "differs": "red bold",
    "related": "cyan bold",
    "app": "bold",
    "message": "bold",
    "diff.new": "green",
    "diff.gone": "red",
    "diff.place": "cyan",
    "sql.keyword": "blue bold",
    "sql.string": "green",
    "sql.number": "cyan",
    "sql.comment": "dim",
    "sql.name": "",
}
COLOURLESS: Mapping[str, str] = {
    "error": "bold",
    "warning": "bold",
    "info": "",
    "ok": "",
    "safe": "",
    "careful": "bold",
    "destructive": "bold underline",
    "differs": "bold underline",
    "related": "bold",
    "diff.new": "bold",
    "diff.gone": "",
    "diff.place": "",
    "sql.keyword": "bold",
    "sql.string": "",
    "sql.number": "",
}


@dataclass(frozen=True, slots=True)
class Look:
    """Colours, glyphs and theme for one terminal."""

    ascii: bool = False
    """Nothing beyond ASCII is drawn."""
    colour: bool = True
    dim: bool = True
    """Whether faint text is readable there."""
    theme: Theme = "ansi-dark"

    @property
    def glyphs(self) -> Glyphs:
        """The signs to draw with."""
        return ASCII_GLYPHS if self.ascii else GLYPHS

    def style(self, name: str) -> Style:
        """Return the style of that name; an unknown name is an error of the program."""
        return style_of(name, self.colour, self.dim)


GLYPHS = Glyphs()


@lru_cache(256)
def style_of(name: str, colour: bool, dim: bool) -> Style:
    """Return the Rich style of a name, without what the terminal cannot draw."""
    definition = COLOURED[name] if colour else COLOURLESS.get(name, COLOURED[name])
    if not dim:
        definition = definition.replace("dim", "").strip()
    return Style.parse(definition) if definition else Style.null()


def speaks_utf8(environ: Mapping[str, str]) -> bool:
    """Say whether the locale is UTF-8, as setlocale reads it: LC_ALL, then LC_CTYPE, then LANG.

    Without any of them Python itself assumes UTF-8 (PEP 538 and 540), and so does the terminal nearly always.
    """
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if value := environ.get(name, ""):
            return value.lower().replace("-", "").endswith("utf8") or "utf8@" in value.lower().replace(
                "-", ""
            )
    return True


def look_of(environ: Mapping[str, str]) -> Look:
    """Decide from TERM, COLORTERM, COLORFGBG, NO_COLOR and the locale how to draw."""
    term = environ.get("TERM", "")
    poor = term.startswith(POOR_FONTS)
    colour = not environ.get("NO_COLOR") and (
        bool(environ.get("COLORTERM")) or term not in COLOURLESS_TERMINALS
    )
    # rxvt, Konsole and others say `foreground;background` as numbers of the sixteen colours.
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return Look(
        ascii=poor or not speaks_utf8(environ),
        colour=colour,
        dim=not poor,
        theme="ansi-light" if background in ("7", "15") else "ansi-dark",
    )


def refusal(environ: Mapping[str, str], interactive: bool) -> str:
    """Return the sentence that says why no full screen can be shown here; empty when it can."""
    commands = "use the commands instead: migwizard check, migwizard status, migwizard repair."
    if not interactive:
        return f"The wizard needs a terminal for its input and output; {commands}"
    if (term := environ.get("TERM", "")) in ("", "dumb", "unknown"):
        return f"This terminal (TERM={term or 'not set'}) cannot show a full screen; {commands}"
    return ""
