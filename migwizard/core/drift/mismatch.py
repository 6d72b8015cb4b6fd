"""From a mismatched slot to a difference with a kind and words."""

from __future__ import annotations

from ..graph import Key
from ..situation import Drift, DriftKind
from ..truths.objects import Named
from ..truths.witness import Mismatch

ASPECTS: dict[object, DriftKind] = {
    "type": "column-type",
    "nullability": "column-nullability",
    "default": "column-default",
    "identity": "column-identity",
    "generated": "column-generated",
    "collation": "column-collation",
    "comment": "column-comment",
}

MISSING: dict[object, DriftKind] = {
    "table": "table-missing",
    "column": "column-missing",
    "primary-key": "primary-key-missing",
    "unique": "unique-missing",
    "check": "check-missing",
    "foreign-key": "foreign-key-missing",
    "exclusion": "exclusion-missing",
    "index": "index-missing",
    "trigger": "trigger-missing",
}

UNKNOWN: dict[object, DriftKind] = {
    "column": "column-unknown",
    "primary-key": "primary-key-unknown",
    "unique": "unique-unknown",
    "check": "check-unknown",
    "foreign-key": "foreign-key-unknown",
    "exclusion": "exclusion-unknown",
    "index": "index-unknown",
    "index-invalid": "index-invalid",
    "constraint-not-validated": "constraint-not-validated",
    "constraint-disabled": "constraint-disabled",
    "trigger": "trigger-unknown",
}


def to_drift(mismatch: Mismatch, explained_by: tuple[Key, ...]) -> Drift | None:
    """Return the difference that a mismatch is, or None when it is none worth a word."""
    kind = kind_of(mismatch)
    if kind is None:
        return None
    named = mismatch.live if isinstance(mismatch.live, Named) else mismatch.expected
    name = ""
    if isinstance(named, Named):
        name = ", ".join(part for part in named.names if part)
    elif mismatch.slot[0] in ("trigger", "index-invalid"):
        name = str(mismatch.slot[1])
    elif mismatch.slot[0] in ("constraint-not-validated", "constraint-disabled"):
        name = str(mismatch.live)
    return Drift(
        kind,
        mismatch.table,
        mismatch.column or first_column(mismatch),
        name,
        mismatch.expected_text,
        mismatch.live_text,
        mismatch.operations[-1][0] if mismatch.operations else None,
        confirmed=not explained_by,
        explained_by=explained_by,
    )


def first_column(mismatch: Mismatch) -> str | None:
    """Return the column that a constraint or index is about, when it is about exactly one."""
    if len(mismatch.slot) < 2 or not isinstance(mismatch.slot[1], tuple) or len(mismatch.slot[1]) != 1:
        return None
    part = mismatch.slot[1][0]
    key = part[0] if isinstance(part, tuple) else part
    return str(key) if isinstance(key, str) and key.replace("_", "").isalnum() else None


def kind_of(mismatch: Mismatch) -> DriftKind | None:
    """Return the kind of a difference."""
    slot = mismatch.slot
    if slot[0] == "column" and len(slot) == 3:
        return ASPECTS[slot[2]]
    if slot[0] == "table-comment":
        return "table-comment"
    if mismatch.named_only:
        return "index-renamed" if slot[0] == "index" else "constraint-renamed"
    if slot[0] == "table" and mismatch.live is not None:
        return "table-unknown" if mismatch.expected is None else "table-renamed"
    if mismatch.live is None:
        return MISSING.get(slot[0])
    if mismatch.expected is None:
        return UNKNOWN.get(slot[0])
    if slot[0] == "foreign-key":
        return "foreign-key-differs"
    return MISSING.get(slot[0])
