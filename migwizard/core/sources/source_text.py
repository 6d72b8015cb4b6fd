"""A Python file's text with its syntax tree, to edit it where it stands and keep everything else."""

from __future__ import annotations

import ast
import warnings

BOM = "\ufeff"


class CannotEdit(Exception):
    """The file says it in a way that cannot be edited, for the reason given as the end of a sentence about the file."""


class Text:
    """A file's text with its syntax tree, whose columns are counted in bytes."""

    def __init__(self, source: str) -> None:
        self.bom = BOM if source.startswith(BOM) else ""
        self.body = source.removeprefix(BOM)
        self.lines = lines_of(self.body)
        self.starts = [len(self.bom)]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                self.tree = ast.parse(self.body)
            except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                raise CannotEdit("is not Python") from error

    def column(self, line: int, offset: int) -> int:
        """Return a column in characters from one in bytes; lines count from 0."""
        return len(self.lines[line].encode()[:offset].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Return the offsets of a node in the whole text."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        return (
            self.starts[first] + self.column(first, node.col_offset),
            self.starts[last] + self.column(last, node.end_col_offset or 0),
        )


def lines_of(text: str) -> list[str]:
    """Return the lines of a text with their ends, as Python counts them: not at form feeds and the like."""
    lines, start = [], 0
    for index, character in enumerate(text):
        if character == "\n" or (character == "\r" and text[index + 1 : index + 2] != "\n"):
            lines.append(text[start : index + 1])
            start = index + 1
    return [*lines, text[start:]]
