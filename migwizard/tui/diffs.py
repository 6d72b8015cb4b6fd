"""Changes of files on the screen: unified diffs with their signs, coloured where there is colour."""

from __future__ import annotations

from rich.cells import chop_cells

from migwizard.core.sources.diffs import unified

from .blocks import Block
from .safe import Spans, safe

STYLES = {"+": "diff.new", "-": "diff.gone", "@": "diff.place"}
"""Styles of lines by their first character."""


def diff_block(path: str, former: str | None, content: str | None) -> Block:
    """Return a change of a file; it is compared when it comes into view."""

    def build(width: int) -> list[Spans]:
        lines = unified(path, former, content)
        if not lines:
            return [(("  The file stays as it is.", "quiet"),)]
        return [spans for number, line in enumerate(lines) for spans in folded(line, number < 2, width)]

    return Block(build, words="\n".join((path, former or "", content or "")))


def folded(line: str, head: bool, width: int) -> list[Spans]:
    """Return a line of a diff as lines that fit; the sign stays alone in its column."""
    style = "strong" if head else STYLES.get(line[:1], "plain")
    if head or line[:1] in ("@", "\\"):
        sign, text = "", line
    else:
        sign, text = line[:1], line[1:]
    parts = chop_cells(safe(text.expandtabs(4)), max(10, width - 2 - len(sign))) or [""]
    return [
        ((f"  {sign if not number else ' ' * len(sign)}{part}", style),) for number, part in enumerate(parts)
    ]
