"""Text from databases, files and settings, made harmless and cut to width before it reaches a terminal."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable

from rich.cells import cell_len, chop_cells, set_cell_size

Span = tuple[str, str]
"""A piece of a line: its text, and the name of its style in `look.COLOURED`."""
Spans = tuple[Span, ...]

LONGEST = 50_000
"""Characters of one paragraph that are wrapped; more would keep the screen waiting, and nobody reads them here."""
HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories that move the cursor, change the direction of writing, or show nothing at all."""


def safe(text: str, ascii_only: bool = False) -> str:
    """Return `text` with everything that a terminal might obey replaced by something that can be seen.

    Control characters become their pictures (`␛` for ESC, `␊` for a newline), other invisible ones their code
    (`<202e>`); with `ascii_only` both, and all other characters, become Python's escapes.
    """
    if text.isascii() and text.isprintable():
        return text
    if ascii_only:
        return "".join(
            character if character.isascii() and character.isprintable() else escaped(character)
            for character in text
        )
    return "".join(visible(character) for character in text)


def escaped(character: str) -> str:
    """Return the escape of one character as Python would write it; of the sign for a cut, its own."""
    return "~" if character == "…" else ascii(character)[1:-1]


def visible(character: str) -> str:
    """Return one character, or what stands for it when it cannot be seen."""
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    if unicodedata.category(character) in HIDDEN:
        return f"<{code:x}>"
    return character


def fit(text: str, width: int, cut: str = "…") -> str:
    """Return `text`, harmless, exactly `width` cells wide: padded with spaces, or cut with a sign."""
    if width <= 0:
        return ""
    # A name may be a megabyte; a cell shows one character at most.
    shown = safe(text[: 2 * width + 2], ascii_only=cut.isascii())
    length = cell_len(shown)
    if length <= width and len(text) <= 2 * width + 2:
        return shown + " " * (width - length)
    return set_cell_size(shown, max(0, width - len(cut))) + cut[:width]


def clip(text: str, width: int, cut: str = "…") -> str:
    """Return `text`, harmless, at most `width` cells wide."""
    return fit(text, width, cut).rstrip() if width > 0 else ""


def wrap(text: str, width: int, indent: str = "") -> list[str]:
    """Return `text` as lines of at most `width` characters; its own line ends and indentation are kept."""
    lines: list[str] = []
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]} ({len(text) - LONGEST:,} more characters are not shown)"
    for raw in text.expandtabs(4).split("\n"):
        # Leading blanks are the text's own layout (lists, quoted SQL); continuation lines keep them.
        own = raw[: len(raw) - len(raw.lstrip(" "))][: max(0, width // 2)]
        hanging = "  " if raw.lstrip(" ").startswith(("- ", "* ")) else ""
        lines.extend(
            textwrap.wrap(
                raw.strip(),
                max(10, width),
                initial_indent=indent + own,
                subsequent_indent=indent + own + hanging,
                break_on_hyphens=False,
            )
            or [""]
        )
    return lines


def folded(spans: Spans, width: int) -> list[Spans]:
    """Return a line in several styles as lines of at most `width` cells, broken at blanks where there are any."""
    if length(spans) <= width:
        return [spans]
    lines: list[Spans] = []
    row: list[Span] = []
    room = width = max(10, width)
    for text, style in spans:
        for word in re.findall(" +|[^ ]+", safe(text)):
            if cell_len(word) > room and row:
                lines.append(tuple(row))
                row, room = [], width
                word = word.strip(" ")
            *whole, rest = chop_cells(word, width) or [""]
            lines += [((part, style),) for part in whole]
            if rest:
                row.append((rest, style))
                room -= cell_len(rest)
    return [*lines, tuple(row)] if row else lines


def length(spans: Iterable[Span]) -> int:
    """Return the width of a line in cells."""
    return sum(cell_len(text) for text, _style in spans)
