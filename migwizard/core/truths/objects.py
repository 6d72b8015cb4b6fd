"""A table taken apart into slots: the smallest things that one operation can change.

A slot is addressed independently of names that a later rename may change: columns and tables are replaced by ids
that follow them through renames, and constraints and indexes are addressed by what they do, not by what they are
called (older Django versions and other hands chose other names for the same thing).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..schema import Column, Constraint, Index, IndexPart, Table

Slot = tuple[object, ...]
"""First the kind of object, then what identifies it."""

Value = object
"""What stands in a slot; None when nothing does."""

COLUMN_ASPECTS = ("type", "nullability", "default", "identity", "generated", "collation", "comment")


@dataclass(frozen=True, slots=True)
class Ids:
    """Names of columns and tables at one moment, with the ids that follow them through renames."""

    columns: Mapping[str, str]
    tables: Mapping[str, str]

    def column(self, name: str) -> str:
        """Return the id of a column; an unknown one is its own."""
        return self.columns.get(name, f"?{name}")

    def table(self, name: str) -> str:
        """Return the id of a table; an unknown one is its own."""
        return self.tables.get(name, f"?{name}")


@dataclass(frozen=True, slots=True)
class Named:
    """Constraints or indexes that do the same thing on the same columns, whatever they are called."""

    names: tuple[str, ...]
    detail: tuple[object, ...] = ()

    def same_thing(self, other: object) -> bool:
        """Tell whether both do the same, whatever the names and however often."""
        return isinstance(other, Named) and self.detail == other.detail


def take_apart(table: Table, ids: Ids) -> dict[Slot, Value]:
    """Return every slot of a table with its value."""
    slots: dict[Slot, Value] = {("table",): table.name}
    if table.comment:
        slots["table-comment",] = table.comment
    for column in table.columns:
        slots.update(column_slots(column, ids))
    named: dict[Slot, list[tuple[str, tuple[object, ...]]]] = {}
    for constraint in table.constraints:
        slot, detail = constraint_slot(constraint, ids)
        named.setdefault(slot, []).append((constraint.name, detail))
        if not constraint.enforced:
            slots["constraint-disabled", slot] = constraint.name
        elif not constraint.validated:
            slots["constraint-not-validated", slot] = constraint.name
    for index in table.indexes:
        slot, detail = index_slot(index, ids)
        if not index.valid:
            slots["index-invalid", index.name] = index.name
            continue
        named.setdefault(slot, []).append((index.name, detail))
    for slot, members in named.items():
        slots[slot] = Named(tuple(sorted(name for name, _ in members)), min(d for _, d in members))
    for trigger in table.triggers:
        slots["trigger", trigger.name] = trigger.definition
    return slots


def column_slots(column: Column, ids: Ids) -> dict[Slot, Value]:
    """Return the slots of one column: that it exists under its name, and each aspect by itself."""
    key = ids.column(column.name)
    values = (
        column.type,
        column.nullable,
        column.default,
        # A serial and an identity column number rows alike; which of them it is tells only Django's version (4.1).
        bool(column.identity),
        mask(column.generated, ids),
        column.collation,
        column.comment,
    )
    slots: dict[Slot, Value] = {("column", key): column.name}
    slots.update(
        {("column", key, aspect): value for aspect, value in zip(COLUMN_ASPECTS, values, strict=True)}
    )
    return slots


def constraint_slot(constraint: Constraint, ids: Ids) -> tuple[Slot, tuple[object, ...]]:
    """Return the address of a constraint, and what else must be equal about it."""
    columns = tuple(ids.column(name) for name in constraint.columns)
    if constraint.kind == "foreign":
        table, targets = constraint.references or ("", ())
        address: Slot = ("foreign-key", columns, ids.table(table), targets)
        return address, (constraint.on_delete, constraint.on_update, constraint.deferrable)
    if constraint.kind == "primary":
        return ("primary-key",), (tuple(sorted(columns)),)
    if constraint.kind == "unique":
        # Uniqueness does not depend on the order of the columns, and Django has not always kept it.
        address = ("unique", tuple(sorted(columns)), "", constraint.nulls_distinct, constraint.include)
        return address, (constraint.deferrable,)
    return (
        constraint.kind if constraint.kind == "check" else "exclusion",
        mask(constraint.definition, ids),
    ), ()


def index_slot(index: Index, ids: Ids) -> tuple[Slot, tuple[object, ...]]:
    """Return the address of an index; a plain unique index stands where the unique constraint would."""
    condition = mask(index.condition, ids) or ""
    include = tuple(ids.column(name) for name in index.include)
    parts = tuple(part_key(part, ids) for part in index.parts)
    if index.unique and all(part.column and not part.opclass and not part.collation for part in index.parts):
        keys = tuple(sorted(ids.column(part.column or "") for part in index.parts))
        return ("unique", keys, condition, index.nulls_distinct, include), ("",)
    kind = "unique" if index.unique else "index"
    return (kind, parts, condition, index.method, index.nulls_distinct, include), (index.options,)


def part_key(part: IndexPart, ids: Ids) -> tuple[object, ...]:
    """Return what identifies one key of an index."""
    subject = ids.column(part.column) if part.column is not None else mask(part.expression, ids)
    return (subject, part.descending, part.nulls, part.opclass, part.collation)


WORD = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|[^\W\d]\w*""")


def mask(text: str | None, ids: Ids) -> str | None:
    """Return an expression with its column names replaced by ids, so that a rename does not change it."""
    if not text:
        return text

    def replace(match: re.Match[str]) -> str:
        word = match.group()
        if word[0] == "'":
            return word
        name = word[1:-1].replace('""', '"') if word[0] == '"' else word
        found = ids.columns.get(name)
        return f'"{found}"' if found is not None else word

    return WORD.sub(replace, text)
