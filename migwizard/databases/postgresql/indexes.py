"""Indexes of PostgreSQL, made from the rows of its catalogue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from migwizard.core.schema import Index, IndexPart

from . import catalogue
from .catalogue import Row, fetch

DESCENDING, NULLS_FIRST = 1, 2
"""Bits of `pg_index.indoption`."""

DEFAULT_COLLATION = 100
"""Object id of the collation named `default`, the same in every database."""

# Many tables have the same columns, and tenants have them all: one object for all that are equal.
equal_part = lru_cache(maxsize=20_000)(IndexPart)

Names = Mapping[int, Mapping[int, str]]


class IndexRow(NamedTuple):
    """A row of pg_index, its vectors taken apart."""

    table: int
    oid: int
    name: str
    method: str
    unique: bool
    valid: bool
    keys: tuple[int, ...]
    """Column numbers; 0 for an expression. Those after the first `key_count` are included columns."""
    key_count: int
    options: tuple[int, ...]
    classes: tuple[int, ...]
    collations: tuple[int, ...]
    condition: str
    expressions: tuple[str | None, ...]
    storage: tuple[str, ...]
    nulls_not_distinct: bool

    @classmethod
    def of(cls, row: Row) -> IndexRow:
        """Make it from a row of `catalogue.INDEXES`."""
        table, oid, name, method, unique, valid, keys, count, options, classes, collations = row[:11]
        condition, expressions, storage, nulls_not_distinct = row[11:]
        return cls(
            table,
            oid,
            name,
            method,
            unique,
            valid,
            _numbers(keys),
            count,
            _numbers(options),
            _numbers(classes),
            _numbers(collations),
            condition or "",
            tuple(expressions) if expressions else (),
            tuple(sorted(storage)) if storage else (),
            nulls_not_distinct,
        )

    def included(self, names: Mapping[int, str]) -> tuple[str, ...]:
        """Return the names of the included columns."""
        if self.key_count == len(self.keys):
            return ()
        return tuple(names.get(number, "") for number in self.keys[self.key_count :])


# Most of a schema's vectors are the same few.
@lru_cache(maxsize=1024)
def _numbers(vector: str) -> tuple[int, ...]:
    return tuple(map(int, vector.split()))


def read_indexes(
    cursor: Any, rows: list[IndexRow], names: Names, collations: Mapping[int, Mapping[int, int]]
) -> dict[int, list[Index]]:
    """Return the indexes of each table; `names` and `collations` are those of its columns, by their numbers."""
    classes = _special_classes(cursor, {oid for row in rows for oid in row.classes})
    others = [_differing_collations(row, collations[row.table]) for row in rows]
    differing = {oid for found in others for oid in found if oid}
    collation_names: dict[int, str] = (
        dict(fetch(cursor, catalogue.COLLATIONS, differing)) if differing else {}
    )
    indexes: dict[int, list[Index]] = defaultdict(list)
    for row, found in zip(rows, others, strict=True):
        own = [collation_names.get(oid, "") for oid in found]
        indexes[row.table].append(_index(row, names[row.table], classes, own))
    return indexes


def _special_classes(cursor: Any, used: set[int]) -> dict[int, str]:
    """Return the names of those operator classes that are not their type's default."""
    rows = fetch(cursor, catalogue.OPERATOR_CLASSES, used) if used else []
    return {oid: name for oid, name, default in rows if not default}


def _differing_collations(row: IndexRow, columns: Mapping[int, int]) -> list[int]:
    """Return, for each key, the collation if it is not that of its column, else 0.

    What an expression's own collation would be is in no catalogue, so there it is the database's default.
    """
    return [
        0 if oid in (0, columns.get(number, DEFAULT_COLLATION)) else oid
        for number, oid in zip(row.keys, row.collations, strict=False)
    ]


def _index(
    row: IndexRow, names: Mapping[int, str], classes: Mapping[int, str], collations: list[str]
) -> Index:
    parts = tuple(
        equal_part(
            names.get(number, "") if number else None,
            None if number else row.expressions[place],
            bool(row.options[place] & DESCENDING),
            _nulls(row.options[place]),
            classes.get(row.classes[place], ""),
            collations[place],
        )
        for place, number in enumerate(row.keys[: row.key_count])
    )
    return Index(
        row.name,
        parts,
        row.unique,
        row.condition,
        row.included(names),
        "" if row.method == "btree" else row.method,
        row.valid,
        not row.nulls_not_distinct,
        ", ".join(row.storage),
    )


def _nulls(option: int) -> Literal["", "first", "last"]:
    """Return where NULLs go, if not where they go by default: last when ascending, first when descending."""
    first = bool(option & NULLS_FIRST)
    if first == bool(option & DESCENDING):
        return ""
    return "first" if first else "last"
