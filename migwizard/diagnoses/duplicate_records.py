"""A migration is recorded more than once.

## What it finds
Migrations with two or more rows in `django_migrations`.

## Why it matters
The table has no unique constraint on app and name, so nothing keeps two servers that migrate at the same
moment from writing the same row twice. Django reads the rows into a dictionary and does not notice; but
other tools do, a copy of the table into one with a constraint fails, and two rows of one migration are
the trace of two runs of it, which may have written its data twice.

## Example
Three containers started at once, and each ran `migrate` first. `shop.0007_note` has rows 41, 42 and 43,
all of the same second.

## How it is repaired
The oldest row stays, the others are deleted: one DELETE with the ids that the evidence names. First look
whether the migration's data were written twice.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer
from ..core.graph import Key, Record
from ..core.situation import Situation
from .base import Info, about, dotted, finding_id, offers, when

INFO = Info("duplicate-records", "warning", "A migration is recorded more than once", ("remove-duplicates",))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each migration with several rows."""
    rows: dict[Key, list[Record]] = {}
    for record in situation.records:
        rows.setdefault(record.key, []).append(record)
    return tuple(
        Finding(
            finding_id(INFO, dotted(key)),
            INFO.name,
            INFO.severity,
            about(situation, key),
            f"{dotted(key)} is recorded {'twice' if len(found) == 2 else f'{len(found)} times'} in django_migrations.",
            evidence=tuple(f"row {record.id} is of {when(record.applied)}" for record in found),
            repairs=offers(
                Offer("remove-duplicates", "Keep the oldest of several records of one migration", "careful")
            ),
        )
        for key, found in rows.items()
        if len(found) > 1
    )
