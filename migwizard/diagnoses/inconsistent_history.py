"""A migration is recorded as applied, but one that it depends on is not.

## What it finds
Every migration that is missing in `django_migrations` although a recorded one depends on it, directly or
through others. All of them at once: Django's own check names the first pair and stops.

## Why it matters
Until the history is consistent, `migrate`, `migrate --fake`, `migrate APP zero`, `migrate --prune`,
`migrate --plan`, `migrate --check` and `makemigrations --check` all raise InconsistentMigrationHistory
before they do anything. So the usual advice, to fake the missing migration with `migrate`, cannot be
followed. It happens when a dependency is added to a migration that was shipped already, after a restore
from a dump of another age, and when a record was deleted.

## Example
`InconsistentMigrationHistory: Migration shop.0008_constraints is applied before its dependency
shop.0007_indexes on database 'default'.`

## How it is repaired
The schema says which way round it is. If the effects of the missing migration are in the schema, only
its record is missing, and writing that record is enough. If they are not, the migration has to be run.
`repair-history` does for each missing migration what the schema demands, in one transaction, in the
order of the dependencies. If instead the dependency itself is wrong (it was added to an old migration
later on), correct the migration file: let the newest migration depend on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from ..core.finding import Finding, Offer, Safety
from ..core.graph import Key
from ..core.situation import MigrationTruth, Situation
from .base import Info, about, dates, dotted, finding_id, offers, plural, rows_by_key, when
from .evidence import OPAQUE, schema_lines
from .half_applied import halves_repaired
from .overlaps import holes, renamed_files

INFO = Info(
    "inconsistent-history",
    "error",
    "An applied migration depends on one that is not recorded",
    ("repair-history", "finish", "take-back"),
)

REFUSING = (
    "until it is repaired, migrate, migrate --fake, migrate --prune and makemigrations --check all refuse"
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each missing record that an applied migration depends on."""
    rows, known, missing = rows_by_key(situation), dates(situation), holes(situation)
    renamed = renamed_files(situation)
    safety = _safety([rows.get(key) for key in missing])
    return tuple(
        _finding(situation, key, rows.get(key), known, safety) for key in missing if key not in renamed
    )


def _finding(
    situation: Situation,
    key: Key,
    row: MigrationTruth | None,
    known: Mapping[Key, datetime | None],
    safety: Safety | None,
) -> Finding:
    direct, indirect = _dependents(situation, key)
    first, *others = (*direct, *indirect)
    also = f" (and {plural(len(others), 'other')})" if others else ""
    repairs: tuple[Offer, ...] = ()
    if safety is not None:
        title = "Record what the schema proves, run what it disproves"
        repairs = offers(Offer("repair-history", title, safety))
    elif row is not None and row.state == "half-applied" and row.confirmed:
        repairs = halves_repaired(situation, row)
    return Finding(
        finding_id(INFO, dotted(key)),
        INFO.name,
        INFO.severity,
        about(situation, key),
        f"{dotted(first)}{also} is recorded as applied, but its dependency {dotted(key)} is not.",
        evidence=(
            *(f"{dotted(other)}, recorded on {when(known[other])}, depends on it" for other in direct),
            *(
                f"{dotted(other)}, recorded on {when(known[other])}, depends on it through migrations that are"
                " not recorded either"
                for other in indirect
            ),
            *schema_lines(situation, row),
            REFUSING,
        ),
        repairs=repairs,
    )


def _dependents(situation: Situation, key: Key) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
    """Return the recorded migrations that need this one directly, and those that need it through unrecorded ones."""
    graph, recorded = situation.graph, situation.recorded
    direct = tuple(child for child in graph.children.get(key, ()) if child in recorded)
    seen: set[Key] = set()
    stack = [child for child in graph.children.get(key, ()) if child not in graph.effective]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            if node not in recorded:
                stack.extend(graph.children.get(node, ()))
    return direct, tuple(
        node for node in graph.nodes if node in seen and node in recorded and node not in direct
    )


def _safety(rows: list[MigrationTruth | None]) -> Safety | None:
    """Return how much is at stake when all missing records are repaired at once; None when they cannot be."""
    safety: Safety = "safe"
    for row in rows:
        if row is None or not row.confirmed or row.schema == "unknown":
            return None
        if any(truth.truth == "partly" for truth in row.operations):
            return None
        opaque = any(truth.kind in OPAQUE for truth in row.operations)
        if row.schema in ("no", "partly") or (row.schema == "unobservable" and opaque):
            safety = "careful"
    return safety
