"""Each difference of the schema as a clause: what is there, and what is expected."""

from __future__ import annotations

from ..core.drift.objects import (
    NONE,
    NOUNS,
    described,
    expected_object,
    family,
    live_object,
    live_table,
    manner,
)
from ..core.situation import Drift, Situation


def fact(situation: Situation, drift: Drift) -> str:
    """Return a difference as a clause: `column shop_order.note does not exist`."""
    if drift.kind == "table-missing":
        return f"table {drift.table} does not exist"
    if drift.kind == "table-comment":
        return f"the comment of table {drift.table} is not as expected"
    if drift.kind == "column-missing":
        return f"column {drift.table}.{drift.column} does not exist"
    if drift.kind == "column-unknown":
        name = f"{drift.table}.{drift.column}{details(situation, drift)}"
        return f"column {name} exists, but no applied migration makes it"
    if drift.kind.startswith("column-"):
        return f"column {drift.table}.{drift.column} {aspect(drift)}"
    if drift.kind == "index-invalid":
        return f"index {drift.name} on {drift.table} is invalid, so that the database does not use it"
    if drift.kind == "constraint-not-validated":
        return f"constraint {drift.name} on {drift.table} is not validated, so that older rows may violate it"
    if drift.kind == "constraint-disabled":
        return f"constraint {drift.name} on {drift.table} is disabled, so that no row is held to it"
    if drift.kind == "table-renamed":
        return f"{drift.expected} is called {drift.table} here"
    if drift.kind in ("index-renamed", "constraint-renamed"):
        return f"{drift.expected} is called {drift.name} here"
    if drift.kind.endswith("-unknown"):
        return f"{there(situation, drift)} exists, but no applied migration makes it"
    if drift.live:
        return differs(situation, drift)
    return f"{drift.expected or unseen(drift)} does not exist"


def aspect(drift: Drift) -> str:
    """Return how one aspect of a column differs, as the end of a clause."""
    live, expected = drift.live, drift.expected
    if drift.kind == "column-type":
        return f"has the type {live} where {expected} is expected"
    if drift.kind == "column-nullability":
        if live == "NOT NULL":
            return "is NOT NULL where it should allow NULL"
        return "allows NULL where NOT NULL is expected"
    if drift.kind == "column-identity":
        return f"is {live} where it should be {expected}"
    noun = {
        "column-default": "default",
        "column-generated": "expression",
        "column-collation": "collation",
    }.get(drift.kind, "comment")
    if drift.kind == "column-generated":
        if live == NONE:
            return f"is not generated where {expected} is expected"
        return f"is generated as {live} where {'an ordinary column' if expected == NONE else expected} is expected"
    if live == NONE:
        return f"has no {noun} where {expected} is expected"
    return f"has the {noun} {live} where {expected} is expected"


def details(situation: Situation, drift: Drift) -> str:
    """Return type, nullability and default of a live column in parentheses; empty when it is not known."""
    table = live_table(situation, drift.table)
    column = table.column(drift.column) if table is not None and drift.column is not None else None
    if column is None:
        return ""
    parts = [column.type, "NULL allowed" if column.nullable else "NOT NULL"]
    if column.generated:
        parts.append(f"generated as {column.generated}")
    elif column.identity:
        parts.append("numbered by the database")
    else:
        parts.append(f"default {column.default}" if column.default is not None else "no default")
    return f" ({', '.join(parts)})"


def there(situation: Situation, drift: Drift) -> str:
    """Return what is there though nothing should be, as a noun."""
    member = live_object(situation, drift)
    return described(drift.table, member) if member is not None else unseen(drift)


def unseen(drift: Drift) -> str:
    """Return an object as a noun when nothing but the difference is known of it."""
    noun = NOUNS.get(family(drift), "object")
    for text in (drift.live, drift.expected):
        if text.startswith((noun, "unique index")):
            return text
    where = f"{drift.table} ({drift.column})" if drift.column is not None else drift.table
    return " ".join(part for part in (noun, drift.name, "on", where) if part)


def differs(situation: Situation, drift: Drift) -> str:
    """Return how an object that is there differs from the one that should be."""
    live, expected = live_object(situation, drift), expected_object(situation, drift)
    if live is None or expected is None:
        return f"{drift.expected or unseen(drift)} is there, but not as expected"
    return f"{described(drift.table, live)} is {manner(live)} where {manner(expected)} is expected"
