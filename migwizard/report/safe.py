"""Text from databases, files and settings, made harmless before it reaches a terminal, a log or a page."""

from __future__ import annotations

import unicodedata

HIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Unicode categories that move the cursor, change the direction of writing, or show nothing at all."""


def visible(text: str) -> str:
    r"""Return a text on one line, with everything that a terminal might obey spelled out: `\x1b`, `\n`, `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(character) for character in text)


def visible_lines(text: str) -> str:
    """Return a text of several lines (SQL, a function's source) as `visible` does, its line ends and tabs kept."""
    return "\n".join(visible(line.replace("\t", "    ")) for line in text.splitlines())


def one_line(text: str) -> str:
    """Return what an error says in one harmless line."""
    return visible(" ".join(text.split()))


def is_harmless(text: str) -> bool:
    """Tell whether a terminal would show a text of several lines as it is."""
    return all(character in "\n\t" or _shown(character) == character for character in text)


def _shown(character: str) -> str:
    if unicodedata.category(character) in HIDDEN:
        return ascii(character)[1:-1]
    return character
