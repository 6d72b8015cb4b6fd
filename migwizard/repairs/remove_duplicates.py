"""Delete all but the oldest of several records of one migration.

## What it does
Keeps the row with the lowest id of each migration that is recorded more than once, and deletes the others by their ids.
The history table has no unique constraint, so two processes that migrate at once can both write the same row.

## What it leaves
The kept row is the one that was written first; its timestamp stays as it is.
"""

from __future__ import annotations

from ..core.graph import Key, Record
from ..core.plan import Plan
from ..core.situation import Situation
from .base import Impossible, Info, Request, action, check_app, dotted, finding_id, unrecord_step

INFO = Info("remove-duplicates", "Keep the oldest of several records of one migration", "[APP]", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan, for one migration, one app or all.

    Raises:
        Impossible: when nothing is recorded twice.
    """
    app = request.finding.subject.app if request.finding is not None else next(iter(request.arguments), None)
    name = request.finding.subject.migration if request.finding is not None else None
    if app is not None and request.finding is None:
        check_app(situation, app)
    doubled = {
        key: rows
        for key, rows in by_migration(situation).items()
        if len(rows) > 1 and app in (None, key[0]) and name in (None, key[1])
    }
    if not doubled:
        raise Impossible("No migration is recorded more than once.")
    steps = tuple(
        unrecord_step(
            situation,
            key,
            f"{dotted(key)} is recorded by row {kept.id} already; row {row.id} says it again.",
            "none: Django has no command that deletes one of several records",
            row.id,
        )
        for key, (kept, *others) in doubled.items()
        for row in others
    )
    return Plan(
        INFO.name,
        f"Delete {len(steps)} record{'s' if len(steps) > 1 else ''} that say{'' if len(steps) > 1 else 's'} it again",
        "careful",
        steps,
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
    )


def by_migration(situation: Situation) -> dict[Key, list[Record]]:
    """Return the rows of each migration, the first written first."""
    rows: dict[Key, list[Record]] = {}
    for record in sorted(situation.records, key=lambda record: record.id):
        rows.setdefault(record.key, []).append(record)
    return rows
