"""The words of the statements that Django's schema editors write."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

DOUBLE = ('"', '"')
QUOTES = {"mysql": ("`", "`"), "microsoft": ("[", "]")}
"""How each vendor quotes names; all others do it with double quotes."""


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a statement: a name without its quotes, a group without its parentheses."""

    kind: Literal["name", "word", "text", "group", "mark"]
    value: str
    end: int = field(default=0, compare=False)
    """Where it ends in the statement."""


class Words:
    """Takes statements of one vendor apart."""

    def __init__(self, vendor: str) -> None:
        self.opening, self.closing = QUOTES.get(vendor, DOUBLE)
        self.joint = f"{self.closing}.{self.opening}"
        name = self._name(self.opening, self.closing)
        if vendor == "microsoft":
            # mssql-django writes the column of ISJSON() in double quotes.
            name = f"{name}|{self._name(*DOUBLE)}"
        text = r"[NEx]?'((?:[^'\\]|''|\\.)*)'" if vendor == "mysql" else r"[NEx]?'((?:[^']|'')*)'"
        self.pattern = re.compile(
            rf"(?P<blank>\s+|--[^\n]*)|(?P<name>{name})|(?P<text>{text})|(?P<word>[\w@$#]+)|(?P<mark>.)",
            re.DOTALL,
        )

    @staticmethod
    def _name(opening: str, closing: str) -> str:
        end = re.escape(closing)
        return rf"{re.escape(opening)}(?:[^{end}]|{end * 2})*{end}"

    def of(self, sql: str) -> tuple[Token, ...]:
        """Return the words of a statement; whatever is in parentheses is one."""
        return tuple(self._grouped(sql))

    def _raw(self, sql: str) -> Iterator[tuple[str, str, int, int]]:
        for found in self.pattern.finditer(sql):
            kind = str(found.lastgroup)
            if kind != "blank":
                yield kind, found[0], found.start(), found.end()

    def _grouped(self, sql: str) -> Iterator[Token]:
        depth, begun = 0, 0
        for kind, text, start, end in self._raw(sql):
            if kind == "mark" and text == "(":
                depth += 1
                begun = end if depth == 1 else begun
            elif kind == "mark" and text == ")":
                depth -= 1
                if depth == 0:
                    yield Token("group", sql[begun:start], end)
            elif depth == 0:
                yield self._token(kind, text, end)

    def _token(self, kind: str, text: str, end: int = 0) -> Token:
        if kind == "name":
            return Token("name", text[1:-1].replace(self.closing * 2, self.closing), end)
        if kind == "word":
            return Token("word", text, end)
        return Token("text" if kind == "text" else "mark", text, end)

    def names(self, sql: str) -> tuple[str, ...]:
        """Return every quoted name in a text, also inside parentheses."""
        return tuple(self._token(kind, text).value for kind, text, _, _ in self._raw(sql) if kind == "name")

    def items(self, sql: str) -> tuple[str, ...]:
        """Return the parts of a list, separated by commas outside of parentheses."""
        return self._split(sql, ",")

    def statements(self, sql: str) -> tuple[str, ...]:
        """Return the statements of a text."""
        return self._split(sql, ";")

    def _split(self, sql: str, mark: str) -> tuple[str, ...]:
        depth, begun = 0, 0
        parts = []
        for kind, text, start, end in self._raw(sql):
            if kind == "mark":
                depth += (text == "(") - (text == ")")
                if text == mark and depth == 0:
                    parts.append(sql[begun:start].strip())
                    begun = end
        parts.append(sql[begun:].strip())
        return tuple(part for part in parts if part)


class Cursor:
    """A place in the words of a statement."""

    def __init__(self, tokens: tuple[Token, ...], joint: str) -> None:
        self.tokens = tokens
        self.joint = joint
        self.at = 0

    @property
    def done(self) -> bool:
        """Whether there is no word left."""
        return self.at >= len(self.tokens)

    def take(self, *words: str) -> bool:
        """Go past some words if they come next, in upper or lower case."""
        coming = self.tokens[self.at : self.at + len(words)]
        if len(coming) == len(words) and all(
            token.kind == "word" and token.value.upper() == word
            for token, word in zip(coming, words, strict=True)
        ):
            self.at += len(words)
            return True
        return False

    def seek(self, *words: str) -> bool:
        """Go past the next occurrence of some words."""
        for place in range(self.at, len(self.tokens)):
            before, self.at = self.at, place
            if self.take(*words):
                return True
            self.at = before
        return False

    def name(self) -> str | None:
        """Return the name that comes next, its parts joined as Django's `db_table` has them."""
        parts: list[str] = []
        while not self.done:
            token = self.tokens[self.at]
            if token.kind == "name" or (token.kind == "word" and not parts):
                parts.append(token.value)
                self.at += 1
                if not self.done and self.tokens[self.at] == Token("mark", "."):
                    self.at += 1
                    continue
            break
        return self.joint.join(parts) if parts else None

    def group(self) -> str | None:
        """Return what is in the parentheses that come next."""
        if not self.done and self.tokens[self.at].kind == "group":
            self.at += 1
            return self.tokens[self.at - 1].value
        return None

    def peek(self) -> Token:
        """Return the next word, or an empty mark at the end."""
        return self.tokens[self.at] if not self.done else Token("mark", "")

    @property
    def end(self) -> int:
        """Where the last word ends in the statement."""
        return self.tokens[self.at - 1].end if self.at else 0

    def rest(self) -> tuple[Token, ...]:
        """Return the words that are left."""
        return self.tokens[self.at :]
