"""The schema of a SQLite database, made from its pragmas and from the text of its CREATE statements."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import DatabaseError

from migwizard.core.schema import Table, Trigger, View

from ..ordering import in_order
from . import catalogue
from .catalogue import Row, fetch, fetch_for
from .ddl import TableText, parse_table
from .parts import HIDDEN, Definition, read_checks, read_column, read_foreign_keys, read_indexes, read_keys
from .tokens import by_folded, folded, mentioned, normal, tokenize

MODULE = re.compile(r"CREATE\s+VIRTUAL\s+TABLE\s.*?\bUSING\s+(\w+)", re.IGNORECASE | re.DOTALL)
SHADOW_SUFFIXES = {
    "fts3": ("content", "segments", "segdir", "docsize", "stat"),
    "fts4": ("content", "segments", "segdir", "docsize", "stat"),
    "fts5": ("data", "idx", "content", "docsize", "config"),
    "rtree": ("node", "parent", "rowid"),
}
"""Tables that the modules which come with SQLite make for each virtual table; before 3.37 nothing else tells them."""


@dataclass
class Reading:
    """One schema (`main`, or an attached database) while it is read."""

    cursor: Any
    version: tuple[int, ...]
    schema: str
    prefix: str
    """What stands before a table's name in its key."""
    tables: Collection[str] | None
    """Names of the tables to read; None for all."""
    index_sql: dict[str, str] = field(default_factory=dict)
    """CREATE statements of the indexes, by name."""
    spelling: dict[str, str] = field(default_factory=dict)
    """Names of all tables and views by their folded names."""

    def target(self, table: str, columns: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
        """Return the key and columns that a foreign key refers to; no columns mean the primary key."""
        name = self.spelling.get(folded(table), table)
        if not columns:
            columns = tuple(
                column for (column,) in fetch(self.cursor, catalogue.PRIMARY_KEY, name, self.schema)
            )
        return self.prefix + name, columns


def read_schema(reading: Reading) -> Iterator[Table | View]:
    """Yield the tables and views of a schema."""
    wanted = None if reading.tables is None else by_folded(reading.tables).keys()
    if wanted is not None and not wanted:
        return
    by_type: dict[str, list[Row]] = defaultdict(list)
    for row in _fetch(reading, catalogue.OBJECTS, column="tbl_name"):
        if wanted is None or folded(row[2]) in wanted:
            by_type[row[0]].append(row)
    names = fetch_for(reading.cursor, catalogue.RELATION_NAMES, reading.schema, None)
    reading.spelling = by_folded(name for (name,) in names)
    if by_type["table"]:
        yield from _read_tables(reading, by_type)
    for _, name, _, sql in sorted(by_type["view"]):
        yield _view(reading, name, sql)


def _fetch(reading: Reading, query: str, schemas: int = 0, column: str = "m.name") -> list[Row]:
    """Run a query about the tables that are read; its first parameters are so many times the schema."""
    parameters = [reading.schema] * schemas
    return fetch_for(reading.cursor, query, reading.schema, reading.tables, *parameters, column=column)


def _read_tables(reading: Reading, by_type: Mapping[str, list[Row]]) -> Iterator[Table]:
    virtual = {name: sql for _, name, _, sql in by_type["table"] if MODULE.match(sql)}
    shadows = _shadow_tables(reading, virtual)
    columns = _grouped([*_fetch(reading, catalogue.COLUMNS, 1), *_virtual_columns(reading, virtual)])
    foreign_keys = _grouped(_fetch(reading, catalogue.FOREIGN_KEYS, 1))
    indexes = _grouped(_fetch(reading, catalogue.INDEXES, 2))
    reading.index_sql = {name: sql for _, name, _, sql in by_type["index"]}
    triggers: dict[str, list[Trigger]] = defaultdict(list)
    for _, name, table, sql in sorted(by_type["trigger"]):
        triggers[folded(table)].append(Trigger(name, normal(tokenize(sql), reading.spelling)))
    for _, name, _, sql in sorted(by_type["table"]):
        if folded(name) in shadows:
            continue
        definition = Definition(
            name,
            TableText() if name in virtual else parse_table(sql),
            by_folded(row[1] for row in columns[name]),
            sum(row[5] > 0 for row in columns[name]),
        )
        yield Table(
            name=reading.prefix + name,
            columns=tuple(read_column(definition, row) for row in columns[name] if row[6] != HIDDEN),
            constraints=in_order(
                [
                    *read_keys(definition, columns[name], indexes[name]),
                    *read_checks(definition),
                    *read_foreign_keys(definition, foreign_keys[name], reading.target),
                ]
            ),
            indexes=tuple(read_indexes(definition, indexes[name], reading.index_sql)),
            triggers=tuple(triggers[folded(name)]),
            kind="virtual" if name in virtual else "table",
            definition=sql,
        )


def _grouped(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """Return rows by the table that stands first in each."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[0]].append(row)
    return groups


def _virtual_columns(reading: Reading, virtual: Iterable[str]) -> Iterator[Row]:
    for name in virtual:
        try:
            yield from fetch(reading.cursor, catalogue.ONE_TABLE, name, name, reading.schema)
        except DatabaseError:
            # Its module is not loaded in this process; the table is there all the same.
            continue


def _shadow_tables(reading: Reading, virtual: Mapping[str, str]) -> frozenset[str]:
    """Return the folded names of the tables in which virtual tables keep their rows."""
    if reading.tables is not None:
        everything = fetch_for(reading.cursor, catalogue.VIRTUAL_TABLES, reading.schema, None)
        virtual = dict(everything)
    if not virtual:
        return frozenset()
    names = set()
    for name, sql in virtual.items():
        module = MODULE.match(sql)
        suffixes = SHADOW_SUFFIXES.get(module[1].lower(), ()) if module else ()
        names |= {folded(f"{name}_{suffix}") for suffix in suffixes}
    if reading.version >= (3, 37):
        names |= {folded(name) for (name,) in fetch(reading.cursor, catalogue.SHADOWS, reading.schema)}
    return frozenset(names)


def _view(reading: Reading, name: str, sql: str) -> View:
    tokens = tokenize(sql)
    others = {key: table for key, table in reading.spelling.items() if table != name}
    depends_on = tuple((reading.prefix + table, "") for table in sorted(mentioned(tokens, others)))
    return View(reading.prefix + name, "view", normal(tokens, others), depends_on)
