"""Which differences only follow from another: with a column go its indexes, with a table what points to it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..schema import Constraint
from ..schema.members import mentions
from ..situation import Drift, DriftKind, Situation
from .objects import NONE, Found, expected_object, family, live_object, live_table

CAST = re.compile(r"::[\w\s\"]+(?:\(\d+(?:,\s*\d+)?\))?(?:\[\])*")

Place = tuple[str, str | None]
"""A table and a column, or a table and None."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What is needed to tell of one difference what it follows from."""

    situation: Situation
    heads: Mapping[Place, Drift]
    """The differences that others may follow from, by what they are about."""
    twins: Mapping[tuple[str, str, str], tuple[Drift, Drift]]
    """Objects that are there under their name, but are others: what is missing, and what is unknown."""


def grouped(situation: Situation) -> tuple[tuple[Drift, tuple[Drift, ...]], ...]:
    """Return every difference that stands for itself, with those that follow from it.

    What follows from a table or column that is missing, where that one is told by another finding (a migration that is
    recorded and not applied), is left out. So are the constraints and indexes of a table that no applied migration
    makes: that the table is there at all is what the finding about its migration tells.
    """
    made = _made(situation)
    drifts = [
        drift
        for drift in situation.drifts
        if drift.kind == "column-unknown"
        or (drift.kind != "table-unknown" and (drift.table in made or not drift.kind.endswith("-unknown")))
    ]
    heads: dict[Place, Drift] = {}
    for kind in ("column-type", "column-unknown", "column-missing", "table-missing"):
        heads.update({(drift.table, drift.column): drift for drift in drifts if drift.kind == kind})
    known = _Known(situation, heads, _twins(drifts))
    following: dict[int, list[Drift]] = {}
    own: list[Drift] = []
    for drift in drifts:
        head, told = _head(known, drift)
        if head is not None:
            following.setdefault(id(head), []).append(drift)
        elif not told:
            own.append(drift)
    return tuple((drift, _all_below(drift, following)) for drift in own)


def numbered(situation: Situation) -> tuple[tuple[str, Drift, tuple[Drift, ...]], ...]:
    """Return every difference that stands for itself, with what identifies it and what follows from it."""
    taken: dict[str, int] = {}
    found = []
    for drift, consequences in grouped(situation):
        subject = subject_text(drift)
        taken[subject] = taken.get(subject, 0) + 1
        if taken[subject] > 1:
            subject += f":{taken[subject]}"
        found.append((subject, drift, consequences))
    return tuple(found)


def subject_text(drift: Drift) -> str:
    """Return what identifies a difference: `shop_order.note:column-type`, `shop_order:index-missing:shop_x`."""
    place = f"{drift.table}.{drift.column}" if drift.column is not None else drift.table
    return ":".join(part for part in (place, drift.kind, drift.name) if part)


def _made(situation: Situation) -> frozenset[str]:
    """Return the tables that applied migrations make or change."""
    touched = {
        table
        for row in situation.migrations
        if row.recorded
        for truth in row.operations
        for table in truth.tables
    }
    return frozenset(touched | situation.expected.keys())


def _twins(drifts: Iterable[Drift]) -> dict[tuple[str, str, str], tuple[Drift, Drift]]:
    sides: dict[str, dict[tuple[str, str, str], Drift]] = {"missing": {}, "unknown": {}}
    for drift in drifts:
        side = drift.kind.rpartition("-")[2]
        if side in sides and drift.name:
            sides[side][drift.table, family(drift), drift.name] = drift
    return {
        key: (drift, sides["unknown"][key])
        for key, drift in sides["missing"].items()
        if key in sides["unknown"]
    }


def _all_below(drift: Drift, following: Mapping[int, list[Drift]]) -> tuple[Drift, ...]:
    found: list[Drift] = []
    for other in following.get(id(drift), ()):
        found += [other, *_all_below(other, following)]
    return tuple(found)


def _head(known: _Known, drift: Drift) -> tuple[Drift | None, bool]:
    """Return the difference that this one follows from, and whether it follows from something told elsewhere."""
    if drift.kind == "table-missing":
        return None, False
    if _table_gone(known, drift.table):
        return known.heads.get((drift.table, None)), True
    if drift.kind.startswith("column-"):
        return _head_of_aspect(known, drift), False
    twin = known.twins.get((drift.table, family(drift), drift.name))
    if drift.kind.endswith("-missing"):
        gone = _needs(known, drift)
        if gone:
            return next((known.heads[place] for place in gone if place in known.heads), None), True
        return (_changed_column(known, drift), False) if twin is not None else (None, False)
    if drift.kind.endswith("-unknown"):
        return (twin[0], False) if twin is not None else (_unknown_column(known, drift), False)
    return None, False


def _table_gone(known: _Known, table: str) -> bool:
    live = known.situation.live
    if (table, None) in known.heads:
        return True
    return live is not None and table not in live.tables and not known.situation.beyond(table)


def _column_gone(known: _Known, table: str, column: str) -> bool:
    missing = known.heads.get((table, column))
    if missing is not None and missing.kind == "column-missing":
        return True
    live, expected = live_table(known.situation, table), known.situation.expected.get(table)
    if live is None or expected is None:
        return False
    return expected.column(column) is not None and live.column(column) is None


def _head_of_aspect(known: _Known, drift: Drift) -> Drift | None:
    """Return what an aspect of a column follows from: the column is missing, or only the cast to its type differs."""
    head = known.heads.get((drift.table, drift.column))
    if head is None or head is drift:
        return None
    if head.kind == "column-missing":
        return head
    if head.kind != "column-type":
        return None
    recast = NONE not in (drift.live, drift.expected) and CAST.sub("", drift.live) == CAST.sub(
        "", drift.expected
    )
    return head if drift.kind == "column-collation" or (drift.kind == "column-default" and recast) else None


def _needs(known: _Known, drift: Drift) -> tuple[Place, ...]:
    """Return the tables and columns that are gone and without which a missing object cannot be."""
    member = expected_object(known.situation, drift)
    gone: list[Place] = []
    if isinstance(member, Constraint) and member.references is not None:
        table, columns = member.references
        if table != drift.table and _table_gone(known, table):
            gone.append((table, None))
        gone += [(table, name) for name in columns if _column_gone(known, table, name)]
    expected = known.situation.expected.get(drift.table)
    names = {column.name for column in expected.columns} if expected is not None else set()
    names |= {name for table, name in known.heads if table == drift.table and name is not None}
    gone += [
        (drift.table, name)
        for name in sorted(names)
        if _is_about(drift, member, name) and _column_gone(known, drift.table, name)
    ]
    return tuple(gone)


def _is_about(drift: Drift, member: Found | None, column: str) -> bool:
    return mentions(member, column) if member is not None else column == drift.column


def _changed_column(known: _Known, drift: Drift) -> Drift | None:
    """Return the column whose other type gave an object another text."""
    return _on_column(known, drift, expected_object(known.situation, drift), "column-type")


def _unknown_column(known: _Known, drift: Drift) -> Drift | None:
    """Return the unknown column that an unknown object is on."""
    return _on_column(known, drift, live_object(known.situation, drift), "column-unknown")


def _on_column(known: _Known, drift: Drift, member: Found | None, kind: DriftKind) -> Drift | None:
    for (table, column), head in known.heads.items():
        if (
            table == drift.table
            and head.kind == kind
            and column is not None
            and _is_about(drift, member, column)
        ):
            return head
    return None
