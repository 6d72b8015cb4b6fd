"""From a live table to the expected one, by some of their differences and by no others."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from ..drift.mismatch import to_drift
from ..situation import Drift
from ..truths.objects import Ids, Named, Slot, Value, constraint_slot, index_slot, take_apart
from ..truths.witness import Mismatch, is_aspect
from ..truths.words import subject, value_text
from . import Column, Constraint, Index, Table
from .members import columns_of, mentions_any

FIELDS: Mapping[object, tuple[str, ...]] = {
    "type": ("type",),
    "nullability": ("nullable",),
    "default": ("default",),
    "identity": ("identity", "default"),
    "generated": ("generated",),
    "collation": ("collation",),
    "comment": ("comment",),
}
"""The fields of a column that make each of its aspects."""


def differences(live: Table, expected: Table) -> dict[Slot, Drift]:
    """Return the slots in which two tables differ, each with the difference that the comparison makes of it."""
    ids = ids_of(live, expected)
    there, wanted = take_apart(live, ids), take_apart(expected, ids)
    found: dict[Slot, Drift] = {}
    for slot in dict.fromkeys((*wanted, *there)):
        is_there, should = there.get(slot), wanted.get(slot)
        one_sided = is_aspect(slot) and not (slot[:2] in there and slot[:2] in wanted)
        if is_there == should or one_sided:
            continue
        drift = to_drift(_mismatch(live.name, slot, should, is_there, ids), ())
        if drift is not None:
            found[slot] = drift
    return found


def ids_of(live: Table, expected: Table) -> Ids:
    """Return ids by which every column and table is called what it is called."""
    columns = {column.name for column in (*live.columns, *expected.columns)}
    constraints = (*live.constraints, *expected.constraints)
    tables = {one.references[0] for one in constraints if one.references is not None}
    return Ids({name: name for name in columns}, {name: name for name in tables})


def _mismatch(table: str, slot: Slot, expected: Value, live: Value, ids: Ids) -> Mismatch:
    def text(value: Value) -> str:
        if is_aspect(slot):
            return value_text(slot, value)
        return subject(table, slot, value, ids.columns) if value is not None else ""

    column = str(slot[1]) if slot[0] == "column" else None
    same = isinstance(expected, Named) and expected.same_thing(live)
    return Mismatch(
        "", table, column, slot, expected, live, text(expected), text(live), (), False, named_only=same
    )


def slot_of(found: Mapping[Slot, Drift], drift: Drift) -> Slot | None:
    """Return the slot that a difference is about, or None when that cannot be told without doubt."""
    for same in (_alike, _named_alike, _written_alike):
        slots = [slot for slot, other in found.items() if other.kind == drift.kind and same(other, drift)]
        if len(slots) == 1:
            return slots[0]
    return None


def _alike(one: Drift, other: Drift) -> bool:
    return (one.name, one.column, one.expected, one.live) == (
        *(other.name, other.column),
        *(other.expected, other.live),
    )


def _named_alike(one: Drift, other: Drift) -> bool:
    return (one.name, one.column) == (other.name, other.column)


def _written_alike(one: Drift, other: Drift) -> bool:
    # After a column was renamed, an object on it is told by its name alone.
    return bool(one.name) and one.name == other.name


def aligned(live: Table, expected: Table, slots: Collection[Slot]) -> Table:
    """Return the live table with what stands in these slots as it is expected, and everything else as it is."""
    ids, chosen = ids_of(live, expected), frozenset(slots)
    columns = _columns(live, expected, chosen)
    gone = {column.name for column in live.columns} - {column.name for column in columns}
    kept = {column.name for column in columns}
    names = {one.name for one in expected.indexes if index_slot(one, ids)[0] in chosen}
    invalid = {slot[1] for slot in chosen if slot[0] == "index-invalid"}
    constraints = [
        one
        for one in (
            *(one for one in live.constraints if constraint_slot(one, ids)[0] not in chosen),
            *(one for one in expected.constraints if constraint_slot(one, ids)[0] in chosen),
        )
        if kept.issuperset((*one.columns, *one.include)) and not mentions_any(one, gone)
    ]
    indexes = [
        one
        for one in (
            *(one for one in live.indexes if _stays(one, ids, chosen, invalid, names)),
            *(one for one in expected.indexes if one.valid and index_slot(one, ids)[0] in chosen),
        )
        if kept.issuperset((*columns_of(one), *one.include)) and not mentions_any(one, gone)
    ]
    triggers = [
        *(one for one in live.triggers if ("trigger", one.name) not in chosen),
        *(one for one in expected.triggers if ("trigger", one.name) in chosen),
    ]
    return replace(
        live,
        columns=columns,
        constraints=tuple(_validated(one, ids, chosen) for one in constraints),
        indexes=tuple(sorted(indexes, key=lambda one: one.name)),
        triggers=tuple(sorted(triggers, key=lambda one: one.name)),
        comment=expected.comment if ("table-comment",) in chosen else live.comment,
    )


def _stays(
    index: Index, ids: Ids, chosen: frozenset[Slot], invalid: Collection[object], names: Collection[str]
) -> bool:
    if not index.valid:
        # What a failed build left goes when the real one takes its name.
        return index.name not in invalid and index.name not in names
    return index_slot(index, ids)[0] not in chosen


def _validated(one: Constraint, ids: Ids, chosen: frozenset[Slot]) -> Constraint:
    slot = constraint_slot(one, ids)[0]
    if chosen.isdisjoint((("constraint-not-validated", slot), ("constraint-disabled", slot))):
        return one
    return replace(one, validated=True, enforced=True)


def _columns(live: Table, expected: Table, chosen: frozenset[Slot]) -> tuple[Column, ...]:
    columns = [_column(one, expected.column(one.name), chosen) for one in live.columns]
    added = [
        one for one in expected.columns if ("column", one.name) in chosen and live.column(one.name) is None
    ]
    return (*(one for one in columns if one is not None), *added)


def _column(column: Column, expected: Column | None, chosen: frozenset[Slot]) -> Column | None:
    if expected is None:
        return None if ("column", column.name) in chosen else column
    changed = {
        field: getattr(expected, field)
        for aspect, fields in FIELDS.items()
        if ("column", column.name, aspect) in chosen
        for field in fields
    }
    return replace(column, **changed)
