"""Every way in which one property of a table can be another one, as far as the server lets it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from zlib import crc32

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Table

DEFAULTS = {
    ("sqlite", "integer"): "-7",
    ("sqlite", "varchar"): "'it''s %s'",
    ("sqlite", "text"): "lower ( 'A' )",
    ("postgresql", "integer"): "7",
    ("postgresql", "character varying"): "'it''s %s'::character varying",
    ("postgresql", "text"): "lower('A\\'::text)",
}
"""Defaults as each server prints them."""


def mutations(table: Table, vendor: str) -> Iterator[Table]:
    """Yield tables that differ from `table` in one property, and that its rows can have, whatever they are."""
    if table.kind != "table":
        return
    foreign = [one for one in table.constraints if one.kind == "foreign"]
    for one in table.constraints:
        others = tuple(other for other in table.constraints if other != one)
        if one.kind != "primary" and one.columns:
            yield replace(table, constraints=others)
        if vendor == "postgresql" or one.name:
            yield with_constraint(table, others, replace(one, name=other_name(one.name)))
    for one in foreign:
        others = tuple(other for other in table.constraints if other != one)
        yield with_constraint(table, others, replace(one, on_delete="cascade"))
        yield with_constraint(table, others, replace(one, deferrable="" if one.deferrable else "deferred"))
        if vendor == "postgresql":
            yield with_constraint(table, others, replace(one, validated=False))
    for index in table.indexes:
        others_left = tuple(other for other in table.indexes if other != index)
        yield replace(table, indexes=others_left)
        yield with_index(table, others_left, replace(index, name=other_name(index.name)))
        if not index.unique and index.method in ("", "btree"):
            yield with_index(table, others_left, replace(index, parts=tuple(map(turned, index.parts))))
    for trigger in table.triggers:
        yield replace(table, triggers=tuple(one for one in table.triggers if one != trigger))
    yield from column_mutations(table, vendor)
    yield replace(table, columns=(*table.columns, Column('new "%s"', "integer", True)))
    last = table.columns[-1]
    if not last.generated:
        yield with_index(
            table,
            table.indexes,
            Index(other_name(f"{table.name}'; --"), (IndexPart(last.name, descending=True),)),
        )


def column_mutations(table: Table, vendor: str) -> Iterator[Table]:
    """Yield tables of which one column has another property."""
    key = {name for one in table.constraints if one.kind == "primary" for name in one.columns}
    expressions = [part.expression or "" for index in table.indexes for part in index.parts]
    for column in table.columns:
        if column.generated or column.name in key:
            continue
        text = column.type.startswith(("char", "varchar", "text"))
        if not column.nullable and not column.identity:
            yield with_column(table, replace(column, nullable=True))
        array = column.type.endswith("[]")
        default = DEFAULTS.get((vendor, column.type.partition("(")[0])) if not array else None
        if not column.identity and default is not None:
            yield with_column(table, replace(column, default=None if column.default else default))
        if text and vendor == "postgresql" and not any(column.name in one for one in expressions):
            # What is computed from it in an index would be of another collation, too.
            yield with_column(table, replace(column, collation=None if column.collation else "C"))
        if text and vendor == "postgresql":
            yield with_column(table, replace(column, comment="it's %s"))
        if text and vendor == "sqlite":
            yield with_column(table, replace(column, type="varchar(700)"))
        if column.type in ("integer", "smallint") and vendor == "postgresql" and not column.default:
            yield with_column(table, replace(column, type="bigint"))


def with_column(table: Table, column: Column) -> Table:
    """Return a table with another column of that name."""
    return replace(table, columns=tuple(column if one.name == column.name else one for one in table.columns))


def with_constraint(table: Table, others: tuple[Constraint, ...], one: Constraint) -> Table:
    """Return a table with these constraints and another one, in their order."""
    kinds = ("primary", "unique", "check", "exclude", "foreign")
    found = sorted(
        (*others, one),
        key=lambda c: (kinds.index(c.kind), c.name, c.columns, c.definition, c.references or ("", ())),
    )
    return replace(table, constraints=tuple(found))


def with_index(table: Table, others: tuple[Index, ...], index: Index) -> Table:
    """Return a table with these indexes and another one, in their order."""
    return replace(table, indexes=tuple(sorted((*others, index), key=lambda one: one.name)))


def turned(part: IndexPart) -> IndexPart:
    """Return the other direction of an index's key, where it has one."""
    return part if part.opclass or part.nulls else replace(part, descending=not part.descending)


def other_name(name: str) -> str:
    """Return a name that nothing has yet, no longer than PostgreSQL allows."""
    return f"{name[:30]}_{crc32(name.encode())}"
