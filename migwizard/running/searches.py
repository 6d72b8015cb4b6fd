"""The queries that find the rows in the way of another shape of a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..core.schema import Column, Constraint, Index, Table
from ..core.schema.filling import Place
from ..core.schema.members import columns_of, mentions_any, pair
from ..core.schema.names import quoted


@dataclass(frozen=True, slots=True)
class Search:
    """A question for rows that are in the way of one change."""

    table: str
    words: str
    """What is wrong with them, with `{rows}` for how many they are and `{are}` for a verb that fits."""
    condition: str = ""
    """A condition that such rows fulfil, in SQL."""
    alike_in: tuple[str, ...] = ()
    """For rows that must differ: what they are alike in, in SQL."""
    place: Place | None = None
    """The column that a value would heal."""


def searches(
    live: Table,
    target: Table,
    names: Mapping[str, str],
    there: Mapping[str, Table],
    unfit: Callable[[Column, Column], str],
) -> Iterator[Search]:
    """Yield what must be asked before a table gets another shape.

    Args:
        live: the table as it is.
        target: the table as it shall be.
        names: tables as they are written in SQL, by their keys.
        there: all tables as they are.
        unfit: returns the condition of values of one column that another one does not take, as `Database.unfit`.
    """
    for column in target.columns:
        old = live.column(column.name)
        yield from _empty(live, old, column)
        condition = unfit(old, column) if old is not None else ""
        if condition:
            words = f"in {{rows}} of {live.name}, {column.name} does not fit {column.type}"
            yield Search(live.name, words, condition)
    yield from _alike(live, target)
    yield from _against(live, target)
    yield from _orphans(live, target, names, there)


def _empty(live: Table, old: Column | None, column: Column) -> Iterator[Search]:
    if column.nullable or column.generated or column.identity:
        return
    place = (live.name, column.name)
    if old is None and column.default is None:
        words = f"{{rows}} of {live.name} would have no {column.name}, which must not be empty"
        yield Search(live.name, words, "1 = 1", place=place)
    elif old is not None and old.nullable and not old.generated:
        words = f"{{rows}} of {live.name} {{have}} no {column.name} (NULL), which must not be empty"
        yield Search(live.name, words, f"{quoted(column.name)} IS NULL", place=place)


def _alike(live: Table, target: Table) -> Iterator[Search]:
    """Yield a search for each key that rows must now differ in."""
    former = {frozenset(columns) for columns in unique_columns(live)}
    constraints = pair(live.constraints, target.constraints, _essence).added
    for one in constraints:
        if one.kind in ("primary", "unique") and frozenset(one.columns) not in former:
            keys = tuple(map(quoted, one.columns))
            yield from _search_alike(live, one, keys, one.nulls_distinct, "")
    for index in pair(live.indexes, target.indexes, lambda one: replace(one, name="")).added:
        plain = not index.condition and None not in [part.column for part in index.parts]
        if index.unique and not (plain and frozenset(columns_of(index)) in former):
            keys = tuple(
                quoted(part.column) if part.column is not None else f"({part.expression})"
                for part in index.parts
            )
            yield from _search_alike(live, index, keys, index.nulls_distinct, index.condition)


def unique_columns(table: Table) -> Iterator[tuple[str, ...]]:
    """Yield the sets of columns that no two rows of a table can be alike in."""
    yield from (one.columns for one in table.constraints if one.kind in ("primary", "unique"))
    for index in table.indexes:
        if index.unique and index.valid and not index.condition and all(part.column for part in index.parts):
            yield columns_of(index)


def _search_alike(
    live: Table, member: Constraint | Index, keys: tuple[str, ...], nulls_distinct: bool, condition: str
) -> Iterator[Search]:
    if not _can_be_asked(live, member):
        return
    conditions = [f"({condition})"] if condition else []
    if nulls_distinct:
        conditions += [f"{key} IS NOT NULL" for key in keys]
    words = f"{{rows}} of {live.name} {{are}} alike in ({', '.join(columns_of(member)) or member.name})"
    yield Search(live.name, words, " AND ".join(conditions) or "1 = 1", keys)


def _can_be_asked(live: Table, member: Constraint | Index) -> bool:
    """Tell whether everything that a constraint or index is about is there already."""
    there = {column.name for column in live.columns}
    return there.issuperset(columns_of(member))


def _essence(one: Constraint) -> Constraint:
    return replace(one, name="", validated=True, deferrable="")


def _made_true(live: Table, target: Table) -> Iterator[Constraint]:
    """Yield the constraints that all rows must keep from now on."""
    pairing = pair(live.constraints, target.constraints, _essence)
    yield from (one for one in pairing.added if one.validated)
    yield from (new for old, new in pairing.kept if new.validated and not old.validated)


def _against(live: Table, target: Table) -> Iterator[Search]:
    new = {column.name for column in target.columns if live.column(column.name) is None}
    for one in _made_true(live, target):
        if one.kind == "check" and _can_be_asked(live, one) and not mentions_any(one, new):
            words = f"{{rows}} of {live.name} {{are}} against the check {one.name or one.definition}"
            yield Search(live.name, words, f"NOT ({one.definition})")


def _orphans(
    live: Table, target: Table, names: Mapping[str, str], there: Mapping[str, Table]
) -> Iterator[Search]:
    for one in _made_true(live, target):
        if one.kind != "foreign" or one.references is None or not _can_be_asked(live, one):
            continue
        table, columns = one.references
        condition = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in one.columns)
        parent = there.get(table)
        if parent is not None and all(parent.column(name) is not None for name in columns):
            same = " AND ".join(
                f"parent.{quoted(other)} = child.{quoted(own)}"
                for own, other in zip(one.columns, columns, strict=True)
            )
            condition += f" AND NOT EXISTS (SELECT 1 FROM {names[table]} parent WHERE {same})"
        words = f"{{rows}} of {live.name} {{point}} to no row of {table} by {', '.join(one.columns)}"
        yield Search(live.name, words, condition)
