"""Constraints and indexes of SQL Server, made from the rows of its catalogue."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from migwizard.core.schema import Constraint, Index, IndexPart
from migwizard.core.schema.members import names

from ..ordering import in_order
from . import catalogue
from .catalogue import Row

if TYPE_CHECKING:
    from .snapshot import Reading

GIVEN = re.compile(r"(?:PK|UQ|CK|FK|DF)__.*_[0-9A-F]{8}(?:[0-9A-F]{8})?", re.DOTALL)
"""A name that the server gave a constraint: it ends with a number that no other one has."""

ACTIONS = {"NO_ACTION": "", "CASCADE": "cascade", "SET_NULL": "set null", "SET_DEFAULT": "set default"}

ORDINARY = "NONCLUSTERED"
IGNORES_DUPLICATES = "ignore_dup_key=on"

equal_part = lru_cache(maxsize=20_000)(IndexPart)


@dataclass(frozen=True, slots=True)
class IndexRow:
    """A row of sys.indexes with its columns."""

    row: Row
    parts: tuple[tuple[str, bool], ...]
    """Names of the keys, and whether they are descending."""
    include: tuple[str, ...]

    @property
    def backs_constraint(self) -> bool:
        """Whether it is there for a primary key or unique constraint, which has its name."""
        return bool(self.row[5] or self.row[6])


def own_name(name: str, given: bool) -> str:
    """Return the name of a constraint; nothing for one that the server made up, which is another one every time."""
    return "" if given and GIVEN.fullmatch(name) else name


def read_members(
    reading: Reading,
) -> tuple[dict[int, tuple[Constraint, ...]], dict[int, tuple[Index, ...]]]:
    """Return the constraints and the indexes of each table; an index that backs a constraint is none of its own."""
    constraints: dict[int, list[Constraint]] = defaultdict(list)
    indexes: dict[int, list[Index]] = defaultdict(list)
    given = {(row[0], row[1]): bool(row[2]) for row in reading.rows(catalogue.KEYS_OF)}
    for one in _index_rows(reading):
        table, name = one.row[0], one.row[2]
        if one.backs_constraint:
            constraints[table].append(_key(one, own_name(name, given.get((table, name), False))))
        else:
            indexes[table].append(_index(one))
    for table, constraint in (*_checks(reading), *_foreign_keys(reading)):
        constraints[table].append(constraint)
    return (
        {table: in_order(found) for table, found in constraints.items()},
        {table: tuple(sorted(found, key=lambda index: index.name)) for table, found in indexes.items()},
    )


def _index_rows(reading: Reading) -> Iterator[IndexRow]:
    columns: dict[tuple[int, int], list[Row]] = defaultdict(list)
    for row in reading.rows(catalogue.INDEX_COLUMNS_OF):
        columns[row[0], row[1]].append(row)
    for row in reading.rows(catalogue.INDEXES_OF):
        names_of = reading.columns[row[0]]
        own = sorted(columns.get((row[0], row[1]), ()), key=lambda one: (one[2], one[3]))
        keys = [one for one in own if one[2]]
        # What is neither a key nor included is there for the partition scheme alone.
        included = [one for one in own if not one[2] and one[6]]
        if not keys:
            # A columnstore has no keys.
            keys, included = included, []
        yield IndexRow(
            row,
            tuple((names_of.get(one[4], ""), bool(one[5])) for one in keys),
            tuple(names_of.get(one[4], "") for one in included),
        )


def _key(one: IndexRow, name: str) -> Constraint:
    columns = tuple(column for column, _ in one.parts)
    if one.row[5]:
        return Constraint("primary", name, columns)
    return Constraint("unique", name, columns, nulls_distinct=False)


def _index(one: IndexRow) -> Index:
    _, _, name, method, unique, _, _, disabled, condition, ignores = one.row
    return Index(
        name,
        tuple(equal_part(column, None, descending) for column, descending in one.parts),
        bool(unique),
        condition or "",
        one.include,
        "" if method == ORDINARY else method.lower(),
        not disabled,
        not unique,
        IGNORES_DUPLICATES if ignores else "",
    )


def _checks(reading: Reading) -> Iterator[tuple[int, Constraint]]:
    for table, name, made_up, definition, distrusted, disabled in reading.rows(catalogue.CHECKS_OF):
        columns = tuple(
            sorted(one for one in reading.columns[table].values() if names(definition or "", one))
        )
        yield (
            table,
            Constraint(
                "check",
                own_name(name, made_up),
                columns,
                definition or "",
                validated=not distrusted,
                enforced=not disabled,
            ),
        )


def _foreign_keys(reading: Reading) -> Iterator[tuple[int, Constraint]]:
    by_key: dict[int, list[Row]] = defaultdict(list)
    for row in reading.rows(catalogue.FOREIGN_OF, 2):
        by_key[row[0]].append(row)
    for rows in by_key.values():
        _, _, table, name, made_up, on_delete, on_update, distrusted, _, schema, other, _, disabled = rows[0]
        yield (
            table,
            Constraint(
                "foreign",
                own_name(name, made_up),
                tuple(reading.columns[table].get(row[8], "") for row in rows),
                references=(reading.key(schema, other), tuple(row[11] for row in rows)),
                on_delete=ACTIONS[on_delete],
                on_update=ACTIONS[on_update],
                validated=not distrusted,
                enforced=not disabled,
            ),
        )
