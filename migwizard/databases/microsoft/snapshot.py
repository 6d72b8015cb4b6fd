"""The schema of a SQL Server database, made from the rows of its catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from migwizard.core.schema import Column, Table, TableKind, Trigger, View
from migwizard.core.schema.members import names

from . import catalogue
from .catalogue import Row, by_table, fetch, fetch_of, where
from .members import read_members
from .types import type_text

PERIODS = {1: "ROW START", 2: "ROW END"}
"""What a column of a temporal table is generated as, by `generated_always_type`."""

# Many tables have the same columns: one object for all that are equal.
equal_column = lru_cache(maxsize=20_000)(Column)


@dataclass
class Reading:
    """Some schemas while they are read."""

    cursor: Any
    schemas: Collection[str]
    home: str
    """The schema whose tables are keyed by their bare name."""
    collation: str
    """The collation of the database."""
    wanted: Collection[str] | None = None
    """Names of the tables and views to read; None for all."""
    numbers: tuple[int, ...] = ()
    """Numbers of the relations that are being read."""
    columns: dict[int, dict[int, str]] = field(default_factory=lambda: defaultdict(dict))
    """Names of columns by table and number."""

    def relations(self, query: str) -> dict[int, Row]:
        """Return the tables, or the views, of the schemas by their numbers."""
        condition, parameters = where(self.schemas, self.wanted)
        return {row[0]: row for row in fetch(self.cursor, f"{query}{condition}", *parameters)}

    def rows(self, query: str, keys: int = 1) -> list[Row]:
        """Return what a query tells of the relations that are being read, in the order of the first `keys` values."""
        return fetch_of(self.cursor, query, self.numbers, lambda row: row[:keys])

    def key(self, schema: str, name: str) -> str:
        """Return what identifies a table in the snapshot."""
        return name if schema == self.home else f"{schema}.{name}"


def read_schemas(reading: Reading) -> Iterator[Table | View]:
    """Yield the tables and views of `reading.schemas`."""
    tables = reading.relations(catalogue.TABLES_IN)
    if tables:
        reading.numbers = tuple(tables)
        yield from _read_tables(reading, tables)
    views = reading.relations(catalogue.VIEWS_IN)
    if views:
        reading.numbers = tuple(views)
        yield from _read_views(reading, views)


def _read_tables(reading: Reading, relations: Mapping[int, Row]) -> Iterator[Table]:
    columns = _read_columns(reading)
    constraints, indexes = read_members(reading)
    partitioned = {table for (table,) in reading.rows(catalogue.PARTITIONED_OF)}
    counts: dict[int, int] = defaultdict(int)
    for table, _, rows in reading.rows(catalogue.ROWS_OF):
        counts[table] += rows
    triggers = by_table(reading.rows(catalogue.TRIGGERS_OF))
    for table, (_, schema, name, temporal, external, in_memory) in relations.items():
        yield Table(
            name=reading.key(schema, name),
            columns=tuple(columns.get(table, ())),
            constraints=constraints.get(table, ()),
            indexes=indexes.get(table, ()),
            triggers=tuple(
                sorted(
                    (
                        Trigger(trigger, definition or "")
                        for _, trigger, definition in triggers.get(table, ())
                    ),
                    key=lambda trigger: trigger.name,
                )
            ),
            kind=_kind(bool(temporal), bool(external), bool(in_memory), table in partitioned),
            rows=counts.get(table),
        )


def _kind(temporal: bool, external: bool, in_memory: bool, partitioned: bool) -> TableKind:
    if temporal:
        return "temporal"
    if external:
        return "foreign"
    if in_memory:
        return "memory-optimized"
    return "partitioned" if partitioned else "table"


def _read_columns(reading: Reading) -> dict[int, list[Column]]:
    defaults = {(row[0], row[1]): row[2] for row in reading.rows(catalogue.DEFAULTS_OF)}
    computed = {(row[0], row[1]): row[2:] for row in reading.rows(catalogue.COMPUTED_OF)}
    columns: dict[int, list[Column]] = defaultdict(list)
    for row in reading.rows(catalogue.COLUMNS_OF, 2):
        table, number, name, type_name, type_schema, length, precision, scale = row[:8]
        nullable, collation, identity, period = row[8:]
        place = (table, number)
        reading.columns[table][number] = name
        columns[table].append(
            equal_column(
                name,
                type_text(type_name, length, precision, scale, type_schema or ""),
                bool(nullable),
                None if identity or place in computed else defaults.get(place),
                "identity" if identity else "",
                _generated(computed.get(place), period),
                collation if collation and collation.lower() != reading.collation.lower() else None,
            )
        )
    return columns


def _generated(computed: tuple[Any, ...] | None, period: int | None) -> str | None:
    if computed is not None:
        definition, persisted = computed
        return f"{'stored' if persisted else 'virtual'} {definition or ''}"
    return f"stored GENERATED ALWAYS AS {PERIODS[period]}" if period in PERIODS else None


def _read_views(reading: Reading, views: Mapping[int, Row]) -> Iterator[View]:
    dependencies: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for view, schema, name, column in reading.rows(catalogue.DEPENDENCIES_OF):
        dependencies[view].add((reading.key(schema, name), column or ""))
    definitions: dict[int, str | None] = dict(reading.rows(catalogue.DEFINITIONS_OF))
    indexed = {view for (view,) in reading.rows(catalogue.INDEXED_VIEWS_OF)}
    tables: list[tuple[str, str]] | None = None
    for view, (_, schema, name) in views.items():
        definition = definitions.get(view) or ""
        depends_on: Iterable[tuple[str, str]] = dependencies[view]
        if not depends_on and definition:
            if tables is None:
                tables = [(row[1], row[2]) for row in fetch(reading.cursor, catalogue.ALL_TABLES)]
            # Dependencies are not kept of everything; a table whose name is in the text may be one.
            depends_on = [
                (reading.key(space, table), "") for space, table in tables if names(definition, table)
            ]
        yield View(
            reading.key(schema, name),
            "materialized-view" if view in indexed else "view",
            definition.strip(),
            tuple(sorted(depends_on)),
        )
