"""Columns, constraints and indexes of SQLite, made from pragma rows and the text of the CREATE statements."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

from migwizard.core.schema import Column, Constraint, Index, IndexPart

from .catalogue import Row
from .ddl import ColumnText, ForeignKey, IndexText, TableText, parse_index
from .tokens import Token, folded, mentioned, normal, tokenize

HIDDEN, VIRTUAL, STORED = 1, 2, 3
"""Values of `hidden` in pragma table_xinfo: a hidden column of a virtual table, and the two kinds of generated ones."""

EXPRESSION = -2
"""The number that pragma index_xinfo gives for a key that is an expression."""

Target = Callable[[str, tuple[str, ...]], tuple[str, tuple[str, ...]]]


@dataclass(frozen=True, slots=True)
class Definition:
    """A table as its CREATE statement has it."""

    name: str
    text: TableText
    names: Mapping[str, str]
    """Its columns by their folded names."""
    key_size: int
    """Number of columns in its primary key."""

    def spelled(self, columns: Sequence[str]) -> tuple[str, ...]:
        """Return columns as they were declared, however somebody wrote them."""
        return tuple(self.names.get(folded(column), column) for column in columns)

    def normal(self, tokens: Sequence[Token]) -> str:
        """Return an expression over the table's columns in the one way to write it."""
        return normal(tokens, self.names, self.name)


def read_column(table: Definition, row: Row) -> Column:
    """Make a column from a row of `catalogue.COLUMNS`."""
    _, name, type_, required, default, key, hidden = row
    text = table.text.columns.get(folded(name), ColumnText())
    type_ = normal_type(type_)
    generated = None
    if hidden in (VIRTUAL, STORED):
        generated = f"{'virtual' if hidden == VIRTUAL else 'stored'} {table.normal(text.generated or ())}"
    return Column(
        name,
        type_,
        # A single integer is the row's number, which is never NULL; any other primary key can be.
        not required and not (key and type_ == "integer" and table.key_size == 1),
        None if default is None else normal_default(default),
        "autoincrement" if text.autoincrement else "",
        generated,
        text.collation if text.collation and text.collation.lower() != "binary" else None,
    )


def normal_type(declared: str) -> str:
    """Return a declared type in lower case, with one space between words and none inside parentheses."""
    return re.sub(r"\s*([(),])\s*", r"\1", " ".join(declared.lower().split()))


def normal_default(text: str) -> str:
    """Return a default in the one way to write it; a number keeps its sign."""
    tokens = tokenize(text)
    if len(tokens) == 2 and tokens[0].is_symbol("-", "+") and tokens[1].kind == "number":
        return tokens[0].text + tokens[1].text
    return normal(tokens, None, "-")


def read_keys(table: Definition, columns: Sequence[Row], indexes: Sequence[Row]) -> Iterator[Constraint]:
    """Yield the primary key and the unique constraints; the pragmas say what is there, the text how it is called."""
    key = sorted((row[5], row[1]) for row in columns if row[5])
    if key:
        yield Constraint("primary", table.text.primary_key, tuple(name for _, name in key))
    named = [(name, table.spelled(parts)) for name, parts in table.text.uniques]
    for _, rows in groupby(indexes, key=lambda row: str(row[1])):
        parts = list(rows)
        if parts[0][3] != "u":
            continue
        own = tuple(row[5] for row in parts)
        found = next((one for one in named if one[1] == own), ("", own))
        if found in named:
            named.remove(found)
        yield Constraint("unique", found[0], own)


def read_checks(table: Definition) -> Iterator[Constraint]:
    """Yield the check constraints, which are in the text alone."""
    for name, tokens in table.text.checks:
        yield Constraint("check", name, mentioned(tokens, table.names), table.normal(tokens))


def read_foreign_keys(table: Definition, rows: Sequence[Row], target: Target) -> Iterator[Constraint]:
    """Yield the foreign keys; `target` makes a key of the snapshot from the names that one refers to."""
    keys = [list(parts) for _, parts in groupby(rows, key=lambda row: int(row[1]))]
    written = [(key, table.spelled(key.columns)) for key in table.text.foreign_keys]
    for place, parts in enumerate(keys):
        columns = table.spelled([row[3] for row in parts])
        key = ForeignKey("", columns, parts[0][2])
        # Both are in the order of declaration; where they disagree, the text was not understood.
        if len(written) == len(keys) and written[place][1] == columns:
            key = written[place][0]
        targets = tuple(row[4] for row in parts if row[4] is not None)
        yield Constraint(
            "foreign",
            key.name,
            columns,
            references=target(parts[0][2], targets),
            on_update=_action(parts[0][5]),
            on_delete=_action(parts[0][6]),
            deferrable=_deferrable(key),
        )


def _action(action: str) -> str:
    return "" if action == "no action" else action


def _deferrable(key: ForeignKey) -> Literal["", "deferrable", "deferred"]:
    if key.deferred:
        return "deferred"
    return "deferrable" if key.deferrable else ""


def read_indexes(table: Definition, rows: Sequence[Row], statements: Mapping[str, str]) -> list[Index]:
    """Return the indexes that a CREATE INDEX made, by name; `statements` are those, by the index's name."""
    indexes = []
    for name, group in groupby(rows, key=lambda row: str(row[1])):
        parts = list(group)
        if parts[0][3] == "c":
            indexes.append(_index(table, name, parts, statements.get(name, "")))
    return sorted(indexes, key=lambda index: index.name)


def _index(table: Definition, name: str, rows: Sequence[Row], statement: str) -> Index:
    partial, expressions = rows[0][8], any(row[4] == EXPRESSION for row in rows)
    text = parse_index(statement) if partial or expressions else IndexText([], [])
    parts = []
    for place, (_, _, _, _, number, column, descending, collation, _) in enumerate(rows):
        declared = table.text.columns.get(folded(column or ""), ColumnText()).collation or "BINARY"
        parts.append(
            IndexPart(
                column,
                table.normal(text.parts[place]) if number == EXPRESSION and place < len(text.parts) else None,
                bool(descending),
                collation="" if (collation or "BINARY").lower() == declared.lower() else collation,
            )
        )
    return Index(name, tuple(parts), bool(rows[0][2]), table.normal(text.condition))
