"""The schema as a witness: what the live tables say of each operation.

Each slot of a table has a history: the values that operations gave it, one after another. The live value is looked
up in that history. If it stands only at or after an operation's value, the operation is in; if only before, it is
not; if both (a column that was added and removed again), the slot is silent and the answer follows from what later
migrations prove. It is silent, too, about an operation of another branch, which may have run before or after the one
whose value is there. A live value that stands nowhere is a drift.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..graph.order import Order
from ..schema import Snapshot, Table
from .lineage import Lineage, OperationKey
from .objects import Ids, Named, Slot, Value, take_apart
from .words import subject, value_text

Verdict = Literal["yes", "no", "silent", "differs", "moot"]


@dataclass(frozen=True, slots=True)
class Testimony:
    """What one slot of the live schema says of one operation."""

    operation: OperationKey
    lineage: str
    slot: Slot
    verdict: Verdict
    text: str
    creates: bool = False
    """The operation brought the slot into being."""
    position: int = 0
    """Where the operation stands in the slot's history, from 1."""
    matched: frozenset[int] = frozenset()
    """Where in that history the live value stands; 0 is before the first operation."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A slot whose live value is not the one that the recorded operations should have left."""

    lineage: str
    table: str
    column: str | None
    slot: Slot
    expected: Value
    live: Value
    expected_text: str
    live_text: str
    operations: tuple[OperationKey, ...]
    """The operations that stand between the live value and the expected one; or the one that should have set it."""
    known: bool
    """The live value stands somewhere in the slot's history."""
    named_only: bool = False
    """Only names of constraints or indexes differ."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """Everything that one lineage has to say."""

    testimonies: tuple[Testimony, ...]
    mismatches: tuple[Mismatch, ...]


Entry = tuple[OperationKey | None, Value]


def resolve_tables(
    lineages: Iterable[Lineage], live: Snapshot, applied: frozenset[OperationKey]
) -> tuple[dict[str, str], dict[str, str]]:
    """Return which live table belongs to which lineage, as {live name: lineage id} and {lineage id: live name}.

    The name that the recorded operations should have left wins; then any name that the table has had.
    """
    by_name: dict[str, str] = {}
    by_lineage: dict[str, str] = {}
    lineages = tuple(lineages)
    for lineage in lineages:
        name = expected_name(lineage, applied)
        if name is not None and name in live.tables and name not in by_name:
            by_name[name], by_lineage[lineage.id] = lineage.id, name
    for lineage in reversed(lineages):
        if lineage.id not in by_lineage:
            for version in reversed(lineage.versions):
                name = version.name
                if name is not None and name in live.tables and name not in by_name:
                    by_name[name], by_lineage[lineage.id] = lineage.id, name
                    break
    return by_name, by_lineage


def expected_name(lineage: Lineage, applied: frozenset[OperationKey]) -> str | None:
    """Return the name that the applied operations should have left the table with, or None."""
    name = None
    for version in lineage.versions:
        if version.operation in applied:
            name = version.name
    return name


def live_ids(
    lineage: Lineage, table: Table, applied: frozenset[OperationKey], tables: Mapping[str, str]
) -> Ids:
    """Return the ids of a live table's columns, by the names they have, or had, or will have."""
    preferred: dict[str, str] = {}
    for version in lineage.versions:
        if version.operation in applied and version.known:
            preferred = dict(version.ids.columns)
    columns: dict[str, str] = {}
    names = [column.name for column in table.columns]
    for name in names:
        if name in preferred:
            columns[name] = preferred[name]
    for version in reversed(lineage.versions):
        for name in names:
            key = version.ids.columns.get(name)
            if name not in columns and key is not None and key not in columns.values():
                columns[name] = key
    return Ids(columns, tables)


def histories(lineage: Lineage) -> dict[Slot, list[Entry]]:
    """Return, for every slot that the lineage ever had, its values with the operations that set them."""
    found: dict[Slot, list[Entry]] = {}
    before: dict[Slot, Value] = {}
    for version in lineage.versions:
        # What a model of the state calls a foreign key after its target was renamed is nothing that the rename did.
        if not version.known or (version.follows and before):
            continue
        after = take_apart(version.table, version.ids) if version.table is not None else {}
        for slot in dict.fromkeys((*before, *after)):
            old, new = before.get(slot), after.get(slot)
            if old != new or (slot not in found and new is not None):
                found.setdefault(slot, [(None, None)]).append((version.operation, new))
        before = after
    return found


def hear(
    lineage: Lineage, table: Table | None, ids: Ids, applied: frozenset[OperationKey], order: Order
) -> Hearing:
    """Compare one live table (None when it is not there) with its lineage."""
    slots = take_apart(table, ids) if table is not None else {}
    past = histories(lineage)
    name = table.name if table is not None else (expected_name(lineage, applied) or last_name(lineage))
    names = {key: column for column, key in ids.columns.items()}
    # What is not there is called by the name that it should have now.
    done = [version for version in lineage.versions if version.operation in applied]
    for version in (*reversed(done), *lineage.versions):
        for column, key in version.ids.columns.items():
            names.setdefault(key, column)
    testimonies: list[Testimony] = []
    mismatches: list[Mismatch] = []
    for slot, entries in past.items():
        live = slots.get(slot)
        matched, exact = matches(entries, live)
        parent_missing = is_child(slot) and not parent_there(slot, slots)
        testimonies += testify(lineage.id, slot, entries, live, matched, parent_missing, name, names, order)
        if not parent_missing:
            mismatch = find_mismatch(lineage.id, slot, entries, live, matched, exact, applied, name, names)
            if mismatch is not None:
                mismatches.append(mismatch)
    for slot, live in slots.items():
        if slot not in past and live is not None and not (is_aspect(slot) and slot[:2] not in past):
            shown = value_text(slot, live) if is_aspect(slot) else subject(name, slot, live, names)
            of = names.get(str(slot[1]), str(slot[1]).lstrip("?")) if slot[0] == "column" else None
            wanted = value_text(slot, None) if is_aspect(slot) else ""
            mismatches.append(Mismatch(lineage.id, name, of, slot, None, live, wanted, shown, (), False))
    return Hearing(tuple(testimonies), tuple(mismatches))


def last_name(lineage: Lineage) -> str:
    """Return the last name that the table had."""
    return next((version.name for version in reversed(lineage.versions) if version.name), lineage.id)


def matches(entries: Sequence[Entry], live: Value) -> tuple[frozenset[int], bool]:
    """Return the positions in a slot's history where the live value stands, and whether names match exactly."""
    exact = frozenset(index for index, (_, value) in enumerate(entries) if value == live)
    if exact or not isinstance(live, Named):
        return exact, True
    return frozenset(index for index, (_, value) in enumerate(entries) if live.same_thing(value)), False


def is_aspect(slot: Slot) -> bool:
    """Tell whether the slot is an aspect of a column (its type, its default, …)."""
    return slot[0] == "column" and len(slot) == 3


def is_child(slot: Slot) -> bool:
    """Tell whether the slot is part of something that can be missing itself."""
    return slot != ("table",)


def parent_there(slot: Slot, slots: Mapping[Slot, Value]) -> bool:
    """Tell whether what the slot is a part of is there: its table, and for an aspect, its column."""
    if slots.get(("table",)) is None:
        return False
    return not is_aspect(slot) or slots.get(slot[:2]) is not None


def testify(
    lineage: str,
    slot: Slot,
    entries: Sequence[Entry],
    live: Value,
    matched: frozenset[int],
    parent_missing: bool,
    table: str,
    names: Mapping[str, str],
    order: Order,
) -> list[Testimony]:
    """Return what one slot says of each operation that set it."""
    found = []
    for index, (operation, value) in enumerate(entries):
        if operation is None:
            continue
        before = entries[index - 1][1]
        verdict: Verdict
        sides = {side(entries, index, position, order) for position in matched}
        if parent_missing:
            verdict = "moot"
        elif not matched:
            verdict = "no" if value is None else "differs"
        elif sides == {"in"}:
            verdict = "yes"
        elif sides == {"out"}:
            # A change of something that was never made says nothing by itself.
            verdict = "moot" if live is None and before is not None and value is not None else "no"
        else:
            verdict = "silent"
        text = evidence(slot, before, value, live, verdict, table, names)
        found.append(Testimony(operation, lineage, slot, verdict, text, before is None, index, matched))
    return found


def side(entries: Sequence[Entry], index: int, position: int, order: Order) -> Literal["in", "out", "open"]:
    """Return whether an operation of a slot's history is in where the live value is that of another position."""
    operation, other = entries[index][0], entries[position][0]
    if other is None or operation is None:
        return "out"
    if position >= index:
        return "in" if order.forced(operation[0], other[0]) else "open"
    return "out" if order.forced(other[0], operation[0]) else "open"


def evidence(
    slot: Slot,
    before: Value,
    value: Value,
    live: Value,
    verdict: Verdict,
    table: str,
    names: Mapping[str, str],
) -> str:
    """Return the sentence that a testimony is shown with."""
    what = subject(table, slot, live if live is not None else (value if value is not None else before), names)
    if live is None:
        return f"{what} does not exist"
    if is_aspect(slot):
        shown = value_text(slot, live)
        wanted = value_text(slot, value)
        return f"{what} is {shown}" if verdict == "yes" else f"{what} is {shown}, not {wanted}"
    if verdict == "differs":
        return f"{what} exists, but not as the migration makes it"
    return f"{what} exists"


def find_mismatch(
    lineage: str,
    slot: Slot,
    entries: Sequence[Entry],
    live: Value,
    matched: frozenset[int],
    exact: bool,
    applied: frozenset[OperationKey],
    table: str,
    names: Mapping[str, str],
) -> Mismatch | None:
    """Return how the live value differs from what the applied operations should have left, or None."""
    wanted = max((index for index, (operation, _) in enumerate(entries) if operation in applied), default=0)
    expected = entries[wanted][1]
    if wanted in matched and exact:
        return None
    if expected is None and live is None:
        return None
    named_only = isinstance(expected, Named) and expected.same_thing(live)
    if matched and not named_only:
        nearest = min(matched, key=lambda index: abs(index - wanted))
        low, high = sorted((nearest, wanted))
        between = tuple(op for op, _ in entries[low + 1 : high + 1] if op is not None)
    else:
        between = tuple(op for op, _ in entries[wanted : wanted + 1] if op is not None)
        if expected is None:
            between = tuple(op for op, value in entries if op is not None and value is not None)
    column = None
    if slot[0] == "column":
        column = names.get(str(slot[1]), str(slot[1]).lstrip("?"))
    return Mismatch(
        lineage,
        table,
        column,
        slot,
        expected,
        live,
        value_text(slot, expected)
        if is_aspect(slot)
        else subject(table, slot, expected, names)
        if expected is not None
        else "",
        value_text(slot, live)
        if is_aspect(slot)
        else subject(table, slot, live, names)
        if live is not None
        else "",
        between,
        bool(matched),
        named_only,
    )
