"""SQL as it is shown: formatted by sqlparse, coloured, in lines that fit."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import cast

from sqlparse import lexer
from sqlparse import tokens as kinds

from migwizard.report.formatting import LONGEST, formatted

from .safe import Span, Spans, wrap

STYLES: tuple[tuple[object, str], ...] = (
    (kinds.Keyword, "sql.keyword"),
    (kinds.Comment, "sql.comment"),
    (kinds.String.Symbol, "plain"),
    (kinds.String, "sql.string"),
    (kinds.Number, "sql.number"),
)
"""sqlparse's kinds of tokens, subkinds before kinds, and the styles of `look.COLOURED`."""
WORDS = re.compile(r" +|[^ ]+")
DEEPEST = 4
"""Blanks at the beginning of a line; sqlparse indents a table's columns by forty."""


def sql_lines(statement: str, width: int, indent: str = "") -> list[Spans]:
    """Return a statement as coloured lines of at most `width` cells."""
    text = formatted(statement)
    if len(text) > LONGEST:
        return [((line, "plain"),) for line in wrap(text, width, indent)]
    lines: list[list[Span]] = [[]]
    for kind, value in tokens(text):
        style = style_of(kind)
        for number, part in enumerate(value.expandtabs(4).split("\n")):
            if number:
                lines.append([])
            add(lines[-1], part, style)
    return [part for spans in lines for part in folded(spans, width, indent)]


def add(line: list[Span], text: str, style: str) -> None:
    """Append text to a line: to its last span if that looks the same, and without deep indentation."""
    if not line[1:] and (not line or line[0][0].isspace()) and text.isspace():
        line[:] = [((line[0][0] + text if line else text)[:DEEPEST], "plain")]
    elif text:
        joined(line, text, style)


def tokens(statement: str) -> Iterable[tuple[object, str]]:
    """Return the tokens of a statement, each with its kind, without grouping them."""
    return cast("Iterable[tuple[object, str]]", lexer.tokenize(statement))  # type: ignore[no-untyped-call]


def style_of(kind: object) -> str:
    """Return the style of a token."""
    return next((style for parent, style in STYLES if kind in parent), "plain")  # type: ignore[operator]


def folded(spans: list[Span], width: int, indent: str) -> list[Spans]:
    """Return one line as several, broken between words, and inside one only where it is too long by itself."""
    room = max(12, width - len(indent))
    lines: list[Spans] = []
    current: list[Span] = []
    used = 0
    lead = spans[0][0] if spans and spans[0][0].isspace() else ""
    further = lead[: room // 2] + "  "
    for text, style in spans:
        for word in WORDS.findall(text):
            rest = word
            while used + len(rest) > room:
                if len(rest) > room - len(further) * bool(lines):
                    current.append((rest[: room - used], style))
                    rest = rest[room - used :]
                lines.append(((indent, "plain"), *current))
                current, used = [(further, "plain")], len(further)
                rest = rest.lstrip(" ")
            if rest:
                joined(current, rest, style)
                used += len(rest)
    lines.append(((indent, "plain"), *current))
    return lines


def joined(line: list[Span], text: str, style: str) -> None:
    """Append text to a line, to its last span if that looks the same; blanks look like anything."""
    if line and (line[-1][1] == style or text.isspace()):
        line[-1] = (line[-1][0] + text, line[-1][1])
    else:
        line.append((text, style))


def one_line(statement: str, most: int = 400) -> str:
    """Return the beginning of a statement without line breaks."""
    return " ".join(statement[: 2 * most].split())[:most]
