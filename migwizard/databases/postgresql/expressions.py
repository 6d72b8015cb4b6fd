"""Expressions as the catalogue prints them, made fit to be parsed again."""

from __future__ import annotations

import re

from ..altering import check_one

PIECE = re.compile(
    r"""(?<!\w)[eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*" | (?P<open>[(\[]) | (?P<close>[)\]])
      | (?P<end>; | -- | /\* | ['"\0] | \$\w*\$)
    """,
    re.VERBOSE | re.DOTALL,
)

ARRAY = re.compile(r"\bARRAY\[")

CAST = re.compile(r"::(?P<type>[a-z_][\w ]*|\"(?:[^\"]|\"\")*\")\[\]")

LAST_CAST = re.compile(r"::(?P<type>[a-z_][\w ]*|\"(?:[^\"]|\"\")*\")\s*\Z")


def sound(text: str) -> str:
    """Return a piece of SQL as the catalogue prints it, when it is one piece and no statement hides behind it.

    Raises:
        CannotAlter: when it is more than that; it may come from a file.
    """
    return check_one(text, PIECE)


def expression(text: str) -> str:
    """Return an expression that the server prints in the same way after it has parsed it.

    `status IN ('a', 'b')` on a varchar is printed as `ARRAY['a'::character varying, …]::text[]`. Parsed again, the
    cast would apply to each element, and be printed there; with a cast to the type that the array has, it does not.

    Raises:
        CannotAlter: when it is more than one expression.
    """
    text = sound(text)
    done, place = [], 0
    for start, end in _arrays(text):
        outer = CAST.match(text, end)
        inner = {_element_type(one) for one in _elements(text[start:end])}
        if start < place or outer is None or len(inner) != 1 or None in inner:
            continue
        done += [text[place:end], f"::{inner.pop()}[]"]
        place = end
    return "".join((*done, text[place:]))


def _arrays(text: str) -> list[tuple[int, int]]:
    """Return where the insides of `ARRAY[…]` begin, and where their brackets have closed."""
    found, open_at = [], []
    for match in PIECE.finditer(text):
        if match["open"]:
            open_at.append(match.end() if ARRAY.match(text, match.end() - len("ARRAY[")) else None)
        elif match["close"]:
            start = open_at.pop()
            if start is not None:
                found.append((start, match.end()))
    return sorted(found)


def _elements(inside: str) -> list[str]:
    """Return the elements of an array, given with its closing bracket."""
    parts, depth, start = [], 0, 0
    for match in re.finditer(rf"{PIECE.pattern} | (?P<comma>,)", inside, PIECE.flags):
        depth += (match["open"] is not None) - (match["close"] is not None)
        if match["comma"] and depth == 0:
            parts.append(inside[start : match.start()])
            start = match.end()
    return [*parts, inside[start:-1]]


def _element_type(element: str) -> str | None:
    found = LAST_CAST.search(element)
    return found["type"].strip() if found is not None else None
