"""Expressions as the catalogue of SQL Server prints them."""

from __future__ import annotations

import re

from ..altering import check_one

PIECE = re.compile(
    r"""'(?:[^']|'')*' | "(?:[^"]|"")*" | \[(?:[^\]]|\]\])*\] | (?P<open>\() | (?P<close>\))
      | (?P<end>; | -- | /\* | ['"\[\]\0])
    """,
    re.VERBOSE | re.DOTALL,
)


def sound(text: str) -> str:
    """Return an expression as the catalogue prints it, when it is one and no statement hides behind it.

    Raises:
        CannotAlter: when it is more than that; it may come from a file.
    """
    return check_one(text, PIECE)


def enclosed(text: str) -> str:
    """Return an expression in parentheses, which keep it apart from what follows; the catalogue prints them."""
    text = sound(text)
    return text if is_enclosed(text) else f"({text})"


def is_enclosed(text: str) -> bool:
    """Tell whether the first parenthesis is the first sign of a text and closes at its end."""
    depth = 0
    for match in PIECE.finditer(text):
        if depth == 0 and match.start() > 0:
            return False
        depth += (match["open"] is not None) - (match["close"] is not None)
    return text[:1] == "(" and text[-1:] == ")"
