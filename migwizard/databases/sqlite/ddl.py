"""What the text of a CREATE TABLE or CREATE INDEX says that no pragma does.

Checks, names of constraints, AUTOINCREMENT, collations, deferrability, expressions: SQLite keeps them as text alone.
The grammar is that of https://www.sqlite.org/lang_createtable.html; SQLite has accepted the text already, so nothing is
checked here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from .tokens import Token, by_commas, closing, folded, name_of, tokenize

TABLE_CONSTRAINTS = frozenset(("CONSTRAINT", "PRIMARY", "UNIQUE", "CHECK", "FOREIGN"))
COLUMN_CONSTRAINTS = frozenset(
    (
        *(
            "CONSTRAINT",
            "PRIMARY",
            "NOT",
            "NULL",
            "UNIQUE",
            "CHECK",
            "DEFAULT",
            "COLLATE",
            "REFERENCES",
            "GENERATED",
        ),
        *("AS", "DEFERRABLE"),
    )
)


@dataclass
class ForeignKey:
    """A foreign key as written; no columns of the target means its primary key."""

    name: str
    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...] = ()
    deferrable: bool = False
    deferred: bool = False


@dataclass
class ColumnText:
    """What the definition of one column says beyond the pragmas."""

    collation: str | None = None
    autoincrement: bool = False
    generated: Sequence[Token] | None = None


@dataclass
class TableText:
    """What a CREATE TABLE says beyond the pragmas."""

    columns: dict[str, ColumnText] = field(default_factory=dict)
    """By folded name."""
    primary_key: str = ""
    """Name of the primary key's constraint; empty without one."""
    uniques: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Name and columns of each unique constraint."""
    checks: list[tuple[str, Sequence[Token]]] = field(default_factory=list)
    foreign_keys: list[ForeignKey] = field(default_factory=list)


@dataclass
class IndexText:
    """What a CREATE INDEX says beyond the pragmas."""

    parts: list[Sequence[Token]]
    """The tokens of each key, without its collation and order."""
    condition: Sequence[Token]
    """The tokens after WHERE; none for an index over all rows."""


class Reader:
    """A place in a sequence of tokens."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.place = 0

    def word(self) -> str:
        """Return the next token in upper case if it is a keyword or an unquoted name; else nothing."""
        return self.tokens[self.place].word if self.place < len(self.tokens) else ""

    def at_symbol(self, symbol: str) -> bool:
        """Return whether the next token is this symbol."""
        return self.place < len(self.tokens) and self.tokens[self.place] == ("symbol", symbol, "")

    def done(self) -> bool:
        """Return whether nothing is left."""
        return self.place >= len(self.tokens)

    def take(self) -> Token:
        """Return the next token and go past it; an empty symbol at the end."""
        self.place += 1
        return self.tokens[self.place - 1] if self.place <= len(self.tokens) else Token("symbol", "")

    def skip(self, word: str) -> bool:
        """Go past the next token if it is this keyword."""
        found = self.word() == word
        self.place += found
        return found

    def skip_all(self, *words: str) -> bool:
        """Go past the next tokens if they are these keywords, all of them in this order."""
        found = tuple(token.word for token in self.tokens[self.place : self.place + len(words)]) == words
        self.place += len(words) * found
        return found

    def group(self) -> Sequence[Token]:
        """Return what is in the parentheses that come next, and go past them; nothing without them."""
        if not self.at_symbol("("):
            return ()
        start, end = self.place + 1, closing(self.tokens, self.place)
        self.place = end + 1
        return self.tokens[start:end]

    def names(self) -> tuple[str, ...]:
        """Return the first name of each part of the group that comes next."""
        return tuple(name_of(part[0]) for part in by_commas(self.group()) if part)


# A replay reads the same tables again and again; nobody changes the answer.
@lru_cache(maxsize=1024)
def parse_table(sql: str) -> TableText:
    """Return what a CREATE TABLE statement says."""
    reader = Reader(tokenize(sql))
    table = TableText()
    while not reader.done() and not reader.at_symbol("("):
        reader.take()
    for part in by_commas(reader.group()):
        item = Reader(part)
        if item.word() in TABLE_CONSTRAINTS:
            _table_constraints(item, table)
        elif not item.done():
            _column(item, table)
    return table


def _table_constraints(reader: Reader, table: TableText) -> None:
    """Read constraints until the end of the part: the comma between two of them may be missing."""
    name = ""
    while not reader.done():
        if reader.skip("CONSTRAINT"):
            name = name_of(reader.take())
        elif reader.skip("PRIMARY"):
            reader.skip("KEY")
            table.primary_key, name = name, ""
            _autoincrement_inside(reader.group(), table)
        elif reader.skip("UNIQUE"):
            table.uniques.append((name, reader.names()))
            name = ""
        elif reader.skip("CHECK"):
            table.checks.append((name, reader.group()))
            name = ""
        elif reader.skip("FOREIGN"):
            reader.skip("KEY")
            columns = reader.names()
            reader.skip("REFERENCES")
            table.foreign_keys.append(_references(reader, name, columns))
            name = ""
        else:
            reader.take()


def _autoincrement_inside(group: Sequence[Token], table: TableText) -> None:
    """See `PRIMARY KEY (id AUTOINCREMENT)`, which SQLite allows too."""
    if group and group[-1].word == "AUTOINCREMENT":
        table.columns.setdefault(folded(name_of(group[0])), ColumnText()).autoincrement = True


def _column(reader: Reader, table: TableText) -> None:
    column_name = name_of(reader.take())
    column = table.columns.setdefault(folded(column_name), ColumnText())
    while not reader.done() and reader.word() not in COLUMN_CONSTRAINTS:
        reader.take()  # its type
    name = ""
    while not reader.done():
        word = reader.take().word
        if word == "CONSTRAINT":
            name = name_of(reader.take())
            continue
        if word == "PRIMARY":
            table.primary_key = name
        elif word == "AUTOINCREMENT":
            column.autoincrement = True
        elif word == "UNIQUE":
            table.uniques.append((name, (column_name,)))
        elif word == "CHECK":
            table.checks.append((name, reader.group()))
        elif word == "COLLATE":
            column.collation = name_of(reader.take())
        elif word == "REFERENCES":
            table.foreign_keys.append(_references(reader, name, (column_name,)))
        elif word == "DEFERRABLE":
            _defer_last(reader, table)
        elif word == "AS":
            column.generated = reader.group()
        elif word == "DEFAULT":
            _skip_default(reader)
        name = ""


def _defer_last(reader: Reader, table: TableText) -> None:
    """Apply a DEFERRABLE that stands apart from its REFERENCES."""
    deferred = _initially_deferred(reader)
    if table.foreign_keys:
        table.foreign_keys[-1].deferrable, table.foreign_keys[-1].deferred = True, deferred


def _skip_default(reader: Reader) -> None:
    """Go past a default, which a pragma tells: a group, or a literal with its sign."""
    if reader.at_symbol("("):
        reader.group()
        return
    if reader.take().is_symbol("+", "-"):
        reader.take()


def _references(reader: Reader, name: str, columns: tuple[str, ...]) -> ForeignKey:
    key = ForeignKey(name, columns, name_of(reader.take()), reader.names())
    while not reader.done():
        if reader.skip("ON"):
            reader.take()
            # `set null`, `set default` and `no action` are two words.
            if reader.take().word in ("SET", "NO"):
                reader.take()
        elif reader.skip("MATCH"):
            reader.take()
        elif reader.skip("DEFERRABLE"):
            key.deferrable, key.deferred = True, _initially_deferred(reader)
        elif reader.skip_all("NOT", "DEFERRABLE"):
            _initially_deferred(reader)
        else:
            break
    return key


def _initially_deferred(reader: Reader) -> bool:
    return reader.skip("INITIALLY") and reader.take().word == "DEFERRED"


@lru_cache(maxsize=1024)
def parse_index(sql: str) -> IndexText:
    """Return what a CREATE INDEX statement says."""
    reader = Reader(tokenize(sql))
    while not reader.done() and not reader.at_symbol("("):
        reader.take()
    parts = [_without_order(part) for part in by_commas(reader.group())]
    reader.skip("WHERE")
    return IndexText(parts, reader.tokens[reader.place :])


def _without_order(part: Sequence[Token]) -> Sequence[Token]:
    if part and part[-1].word in ("ASC", "DESC"):
        part = part[:-1]
    return part[:-2] if len(part) > 2 and part[-2].word == "COLLATE" else part
