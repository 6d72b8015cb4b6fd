"""The schema of a PostgreSQL database, made from the rows of its catalogue."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal

from migwizard.core.schema import (
    Column,
    Constraint,
    ConstraintKind,
    Identity,
    Table,
    TableKind,
    Trigger,
    View,
)

from ..ordering import in_order
from . import catalogue
from .catalogue import Row, fetch
from .indexes import IndexRow, read_indexes

KINDS: Mapping[str, TableKind] = {
    "r": "table",
    "p": "partitioned",
    "v": "view",
    "m": "materialized-view",
    "f": "foreign",
}
CONSTRAINT_KINDS: Mapping[str, ConstraintKind] = {
    "p": "primary",
    "u": "unique",
    "c": "check",
    "f": "foreign",
    "x": "exclude",
}
ACTIONS = {"a": "", "r": "restrict", "c": "cascade", "n": "set null", "d": "set default", " ": ""}
GENERATED = {"s": "stored", "v": "virtual"}
DEFERRABLE: Mapping[tuple[bool, bool], Literal["", "deferrable", "deferred"]] = {
    (False, False): "",
    (True, False): "deferrable",
    (True, True): "deferred",
}
"""By `condeferrable` and `condeferred`."""

# Many tables have the same columns, and tenants have them all: one object for all that are equal.
equal_column = lru_cache(maxsize=20_000)(Column)

NEXTVAL = re.compile(r"nextval\('(?:[^']|'')*'::regclass\)", re.DOTALL)


Comments = Mapping[tuple[int, int], str]
"""Comments by table and number of the column, 0 for the table itself."""


@dataclass
class Reading:
    """One schema while it is read: what the later queries need from the earlier ones."""

    cursor: Any
    version: int
    schema: str
    """The schema whose rows are being turned into tables, by its real name."""
    home: str
    """The schema whose tables are keyed by their bare name."""
    names: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """Names of columns by table and number."""
    collations: dict[int, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    """Collations of columns by table and number."""
    keys: dict[int, str] = field(default_factory=dict)
    """Keys of tables by their object ids."""

    def key(self, schema: str, name: str) -> str:
        """Return the key of a table in the snapshot."""
        return name if schema == self.home else f"{schema}.{name}"


def read_schema(reading: Reading, tables: Collection[str] | None) -> Iterator[Table | View]:
    """Yield the tables and views of `reading.schema`; only those with the keys `tables`, if given."""
    relations = _read_relations(reading, tables)
    reading.keys = {row[0]: reading.key(row[1], row[2]) for row in relations}
    stored = [row[0] for row in relations if KINDS[row[3]] not in ("view", "materialized-view")]
    views = [row for row in relations if KINDS[row[3]] in ("view", "materialized-view")]
    if stored:
        yield from _read_tables(reading, {row[0]: row for row in relations}, stored)
    if views:
        yield from _read_views(reading, views)


def _read_relations(reading: Reading, tables: Collection[str] | None) -> list[Row]:
    if tables is None:
        return fetch(reading.cursor, catalogue.RELATIONS, reading.schema)
    prefix = reading.key(reading.schema, "")
    names = [key[len(prefix) :] for key in tables if key.startswith(prefix)]
    query = catalogue.RELATIONS + catalogue.ONLY_NAMED
    return fetch(reading.cursor, query, reading.schema, names) if names else []


def _read_tables(reading: Reading, relations: Mapping[int, Row], stored: list[int]) -> Iterator[Table]:
    comments = {
        (oid, number): text for oid, number, text in fetch(reading.cursor, catalogue.COMMENTS, stored)
    }
    columns = _read_columns(reading, stored, comments)
    indexes = {row.oid: row for row in _index_rows(reading, stored)}
    constraints, backing = _read_constraints(reading, stored, indexes)
    free = [row for row in indexes.values() if row.oid not in backing]
    by_table = read_indexes(reading.cursor, free, reading.names, reading.collations)
    triggers: dict[int, list[Trigger]] = defaultdict(list)
    for oid, name, definition in fetch(reading.cursor, catalogue.TRIGGERS, stored):
        triggers[oid].append(Trigger(name, definition or ""))
    for oid in stored:
        _, _, _, kind, tuples, pages = relations[oid]
        # Before version 14, a table that was never analysed says 0 rows in 0 pages.
        known = tuples >= 0 and (reading.version >= 140000 or pages > 0)
        yield Table(
            name=reading.keys[oid],
            columns=tuple(columns.get(oid, ())),
            constraints=in_order(constraints[oid]),
            indexes=tuple(sorted(by_table[oid], key=lambda index: index.name)),
            triggers=tuple(sorted(triggers[oid], key=lambda trigger: trigger.name)),
            kind=KINDS[kind],
            comment=comments.get((oid, 0)),
            rows=int(tuples) if known else None,
        )


def _read_columns(reading: Reading, stored: list[int], comments: Comments) -> dict[int, list[Column]]:
    columns: dict[int, list[Column]] = defaultdict(list)
    rows = fetch(reading.cursor, catalogue.COLUMNS, stored)
    defaults = {
        (oid, number): text for oid, number, text in fetch(reading.cursor, catalogue.DEFAULTS, stored)
    }
    serial = _serial_columns(reading, defaults)
    collations = _collation_names(reading, {row[7] for row in rows if row[7] != row[8]})
    table, names, own_collations, own = 0, reading.names[0], reading.collations[0], columns[0]
    for oid, number, name, type_, required, identity, generated, collation, usual in rows:
        if oid != table:
            # The rows of a table stand together.
            table, names, own_collations, own = oid, reading.names[oid], reading.collations[oid], columns[oid]
        names[number] = name
        own_collations[number] = collation
        place = (oid, number)
        numbered: Identity = "identity" if identity else "serial" if place in serial else ""
        expression = defaults.get(place)
        own.append(
            equal_column(
                name,
                # A quoted name in a type is somebody's own type, and says what it says.
                type_ if '"' in type_ else type_.lower(),
                not required,
                None if numbered or generated else expression,
                numbered,
                f"{GENERATED[generated]} {expression}" if generated else None,
                collations[collation] if collation != usual else None,
                comments.get(place),
            )
        )
    return columns


def _serial_columns(reading: Reading, defaults: Mapping[tuple[int, int], str]) -> set[tuple[int, int]]:
    """Return the columns whose default is the next number of a sequence of their own, and nothing more."""
    candidates = {place for place, text in defaults.items() if text and NEXTVAL.fullmatch(text)}
    if not candidates:
        return set()
    rows = fetch(reading.cursor, catalogue.OWNED_SEQUENCES, {oid for oid, _ in candidates})
    return candidates & {(oid, number) for oid, number in rows}


def _collation_names(reading: Reading, wanted: Collection[int]) -> Mapping[int, str]:
    return dict(fetch(reading.cursor, catalogue.COLLATIONS, wanted)) if wanted else {}


def _index_rows(reading: Reading, stored: list[int]) -> list[IndexRow]:
    return [
        IndexRow.of(row) for row in fetch(reading.cursor, catalogue.indexes_query(reading.version), stored)
    ]


def _read_constraints(
    reading: Reading, stored: list[int], indexes: Mapping[int, IndexRow]
) -> tuple[dict[int, list[Constraint]], set[int]]:
    """Return the constraints of each table, and the indexes that back one."""
    rows = fetch(reading.cursor, catalogue.CONSTRAINTS, stored)
    _read_foreign_names(reading, {row[4] for row in rows if row[4]} - set(stored))
    constraints: dict[int, list[Constraint]] = defaultdict(list)
    backing = set()
    for row in rows:
        index = indexes.get(row[11]) if row[1] in "pux" else None
        if index is not None:
            backing.add(index.oid)
        constraints[row[0]].append(_constraint(reading, row, index))
    return constraints, backing


def _read_foreign_names(reading: Reading, tables: set[int]) -> None:
    """Learn the keys and columns of tables that are referenced but not themselves read."""
    if tables:
        for oid, schema, table, number, name in fetch(reading.cursor, catalogue.COLUMN_NAMES, tables):
            reading.keys[oid] = reading.key(schema, table)
            reading.names[oid][number] = name


def _constraint(reading: Reading, row: Row, index: IndexRow | None) -> Constraint:
    oid, kind, name, keys, referenced, referenced_keys, on_delete, on_update = row[:8]
    deferrable, deferred, validated, _, definition = row[8:]
    own = reading.names[oid]
    columns = [own[number] for number in keys or () if number in own]
    if kind == "c":
        # The catalogue has them in the order of the table's columns, where a new one is the last.
        columns.sort()
    references = None
    if kind == "f":
        other = reading.names[referenced]
        targets = tuple([other.get(number, "") for number in referenced_keys])
        references = (reading.keys.get(referenced, ""), targets)
    if kind == "x":
        # Deferrability is told apart from the definition, as for every other constraint.
        definition = (definition or "").removesuffix(" INITIALLY DEFERRED").removesuffix(" DEFERRABLE")
    return Constraint(
        CONSTRAINT_KINDS[kind],
        name,
        tuple(columns),
        definition or "",
        references,
        ACTIONS[on_delete],
        ACTIONS[on_update],
        DEFERRABLE[deferrable, deferred],
        validated,
        not (index is not None and index.nulls_not_distinct),
        index.included(own) if index is not None else (),
    )


def _read_views(reading: Reading, relations: Iterable[Row]) -> Iterator[View]:
    rows = {row[0]: row for row in relations}
    definitions: dict[int, str | None] = dict(fetch(reading.cursor, catalogue.VIEW_DEFINITIONS, rows))
    dependencies: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for oid, schema, table, column in fetch(reading.cursor, catalogue.VIEW_DEPENDENCIES, rows):
        dependencies[oid].append((reading.key(schema, table), column))
    for oid, (_, schema, name, kind, *_rest) in rows.items():
        yield View(
            reading.key(schema, name),
            KINDS[kind],
            (definitions.get(oid) or "").strip(),
            tuple(sorted(dependencies[oid])),
        )
