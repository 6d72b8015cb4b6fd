"""The constraints and indexes that differences are about, looked up where they stand, and put into words."""

from __future__ import annotations

from collections.abc import Mapping

from ..schema import Constraint, Index, Table
from ..schema.members import columns_of
from ..situation import Drift, Situation

Found = Constraint | Index

NONE = "none"
"""How `core.truths.words` writes that an aspect of a column is not there."""

NOUNS: Mapping[str, str] = {
    "primary-key": "primary key",
    "unique": "unique constraint",
    "check": "check",
    "foreign-key": "foreign key",
    "exclusion": "exclusion constraint",
    "index": "index",
    "trigger": "trigger",
    "constraint": "constraint",
}

CONSTRAINT_NOUNS: Mapping[str, str] = {
    "primary": "primary key",
    "unique": "unique constraint",
    "check": "check",
    "foreign": "foreign key",
    "exclude": "exclusion constraint",
}


def family(drift: Drift) -> str:
    """Return what kind of object a difference is about: `foreign-key-missing` is about a `foreign-key`."""
    return drift.kind.rpartition("-")[0] if drift.kind != "constraint-not-validated" else "constraint"


def live_table(situation: Situation, name: str) -> Table | None:
    """Return a table of the live schema, or None."""
    return situation.live.tables.get(name) if situation.live is not None else None


def expected_object(situation: Situation, drift: Drift) -> Found | None:
    """Return the constraint or index that should be there, or None when it cannot be told."""
    return find_object(situation.expected.get(drift.table), drift)


def live_object(situation: Situation, drift: Drift) -> Found | None:
    """Return the constraint or index that is there, or None when it cannot be told."""
    return find_object(live_table(situation, drift.table), drift)


def find_object(table: Table | None, drift: Drift) -> Found | None:
    """Return what a difference is about in one table: by its name, else by its column, else None."""
    if table is None:
        return None
    kind = family(drift)
    members: list[Found] = [c for c in table.constraints if CONSTRAINT_NOUNS[c.kind] == NOUNS.get(kind)]
    # A unique index and a unique constraint do the same, and differences call both unique.
    members += [index for index in table.indexes if kind == "index" or (kind == "unique" and index.unique)]
    names = drift.name.split(", ")
    named = next((member for member in members if member.name and member.name in names), None)
    if named is not None:
        return named
    alike = [
        member
        for member in members
        if kind == "primary-key" or (drift.column is not None and columns_of(member) == (drift.column,))
    ]
    return alike[0] if len(alike) == 1 else None


def described(table: str, member: Found) -> str:
    """Return a constraint or index as a noun, as `core.truths.words` does: `unique constraint u on shop (a, b)`."""
    if isinstance(member, Index):
        keys = ", ".join((part.column or part.expression or "") for part in member.parts)
        condition = f" where {member.condition}" if member.condition else ""
        return f"{'unique ' if member.unique else ''}index {member.name} on {table} ({keys}){condition}"
    inside = member.definition if member.kind in ("check", "exclude") else ", ".join(member.columns)
    target = ""
    if member.references is not None:
        target = f" to {member.references[0]} ({', '.join(member.references[1])})"
    words = (CONSTRAINT_NOUNS[member.kind], member.name, f"on {table} ({inside}){target}")
    return " ".join(word for word in words if word)


def manner(member: Found) -> str:
    """Return how a constraint or index does its work, beyond its columns."""
    if isinstance(member, Index):
        return member.options or "without options"
    if member.kind == "primary":
        return f"on ({', '.join(member.columns)})"
    deferred = {
        "": "not deferrable",
        "deferrable": "deferrable",
        "deferred": "deferrable, initially deferred",
    }
    actions = [
        f"on {event} {action}"
        for event, action in (("delete", member.on_delete), ("update", member.on_update))
        if action
    ]
    return ", ".join([*actions, deferred[member.deferrable]])
