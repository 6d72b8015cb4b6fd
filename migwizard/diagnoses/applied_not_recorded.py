"""The schema has what a migration does, but the migration is not recorded as applied.

## What it finds
Migrations without a row in `django_migrations` whose effects are in the live schema. If nothing at all
is recorded (all rows were deleted, or the table is gone), one finding tells of the whole history.

## Why it matters
Django takes the migration for pending. The next `migrate` runs it again and fails: `relation
"shop_order" already exists`, `duplicate column name: note`. It happens after a restore from a dump
without `django_migrations`, when somebody made the table by hand, when two servers migrated at once, and
when a migration was stopped between its changes and its record.

## Example
`django.db.utils.ProgrammingError: relation "shop_voucher" already exists`, although `showmigrations`
shows the migration as `[ ]`.

## How it is repaired
`fake` writes the missing record, after it has looked for every effect of the migration in the schema.
For a whole history, `fake-initial` goes through all apps and records whatever the schema proves.
(Django's own `--fake-initial` compares the names of tables and columns, nothing else, and stops after
the first migration of an app.)
Where the migration depends on one that never ran, no row may be written before that one: `migrate` runs it,
and records both.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer, Safety
from ..core.graph import Key, MigrationFile
from ..core.situation import MigrationTruth, Situation
from .base import (
    EVERYTHING,
    Info,
    about,
    by_app,
    dates,
    dotted,
    finding_id,
    offers,
    plural,
    rows_by_key,
)
from .evidence import OPAQUE, UNCERTAIN, facts_of, place, record_line, schema_lines
from .overlaps import holes, lost_history, read_through, renamed_files

INFO = Info(
    "applied-not-recorded",
    "error",
    "The schema has what a migration does, but it is not recorded",
    ("fake", "fake-initial", "migrate"),
)

MAKING = frozenset(("CreateModel", "AddField", "AddIndex", "AddIndexConcurrently", "AddConstraint"))
"""Operations that fail when what they make is there already."""


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each unrecorded migration that the schema proves, or one for the whole history."""
    lost = lost_history(situation)
    if lost:
        return (_whole(situation, lost),)
    told = {*holes(situation), *renamed_files(situation)}
    readable = read_through(situation)
    return tuple(
        _finding(situation, row, row.confirmed and row.key in readable)
        for row in situation.migrations
        if row.state == "applied-not-recorded" and row.key not in told
    )


def _finding(situation: Situation, row: MigrationTruth, confirmed: bool) -> Finding:
    name, facts = dotted(row.key), facts_of(row)
    table, column = place(tuple(truth for truth in row.operations if truth.truth == "yes"))
    fact = f": {facts[0]}" if facts else ""
    severity = "warning" if row.inferred else INFO.severity
    return Finding(
        finding_id(INFO, name),
        INFO.name,
        severity if confirmed else "info",
        about(situation, row.key, table, column),
        f"{name} is not recorded as applied, but the schema has what it does{fact}.",
        confirmed,
        evidence=(
            record_line(row.key, dates(situation)),
            *schema_lines(situation, row),
            *_failure(situation, row),
            *_before(situation, row.key),
            *(() if confirmed else (UNCERTAIN,)),
        ),
        repairs=_repairs(situation, row) if confirmed else (),
    )


def _failure(situation: Situation, row: MigrationTruth) -> tuple[str, ...]:
    """Return at which operation the next `migrate` fails, where that is sure."""
    operations = situation.graph.files[row.key].operations
    for truth in row.operations:
        if truth.truth == "yes" and truth.index < len(operations) and operations[truth.index].name in MAKING:
            return (
                f"migrate will fail at its operation {truth.index + 1} ({truth.title}), which makes what is there",
            )
    return ()


def _repairs(situation: Situation, row: MigrationTruth) -> tuple[Offer, ...]:
    safety = _safety(situation, row.key)
    if safety is None:
        if not waits_for(situation, row.key):
            return ()
        return offers(Offer("migrate", f"Run what {dotted(row.key)} depends on, and record it", "careful"))
    initial = is_initial(situation.graph.files[row.key])
    return offers(
        Offer("fake", f"Record {dotted(row.key)} as applied", safety),
        Offer("fake-initial", f"Record everything of {row.key[0]} that the schema proves", safety)
        if initial
        else None,
    )


def _safety(situation: Situation, key: Key) -> Safety | None:
    """Return how sure it is that a migration and all that it needs may be recorded; None when it may not."""
    rows = rows_by_key(situation)
    safety: Safety = "safe"
    for other in (*situation.graph.ancestors(key), key):
        row = rows.get(other)
        if other in situation.graph.effective:
            continue
        if row is None or not row.confirmed or row.schema not in ("yes", "unobservable"):
            return None
        if row.schema == "unobservable" and any(truth.kind in OPAQUE for truth in row.operations):
            safety = "careful"
    return safety


def waits_for(situation: Situation, key: Key) -> tuple[Key, ...]:
    """Return the pending migrations before which one may not be recorded; none where something else is in the way."""
    rows = rows_by_key(situation)
    missing = [other for other in situation.graph.ancestors(key) if other not in situation.graph.effective]
    states = {
        other: rows[other].state if other in rows and rows[other].confirmed else None for other in missing
    }
    if any(state not in ("pending", INFO.name) for state in states.values()):
        return ()
    return tuple(
        other for other in missing if states[other] == "pending" and rows[other].schema != "unobservable"
    )


def _before(situation: Situation, key: Key) -> tuple[str, ...]:
    """Return what must be run before a migration may be recorded."""
    waiting = waits_for(situation, key)
    return (f"it depends on what has never run: {', '.join(map(dotted, waiting))}",) if waiting else ()


def is_initial(file: MigrationFile) -> bool:
    """Tell whether Django takes a migration for an initial one, as `detect_soft_applied` does."""
    if file.initial is None:
        return all(dependency[0] != file.app for dependency in file.dependencies)
    return file.initial


def _whole(situation: Situation, proven: tuple[Key, ...]) -> Finding:
    """Return the finding about a history that is gone as a whole."""
    apps = len({app for app, _ in proven})
    lost = (
        "django_migrations is empty"
        if situation.database.history_table
        else "There is no table django_migrations"
    )
    told = frozenset(proven)
    unsure = [row.key for row in situation.migrations if row.state == INFO.name and row.key not in told]
    pending = [row for row in situation.migrations if row.state == "pending"]
    unseen = [row.key for row in pending if row.schema == "unobservable"]
    absent = [row.key for row in pending if row.schema != "unobservable"]
    opaque = any(
        truth.kind in OPAQUE
        for row in pending
        if row.schema == "unobservable" and any(key in told for key in situation.graph.descendants(row.key))
        for truth in row.operations
    )
    safety: Safety = "careful" if opaque else "safe"
    return Finding(
        finding_id(INFO, EVERYTHING),
        INFO.name,
        INFO.severity,
        about(situation),
        f"{lost}, but the schema has what {plural(len(proven), 'migration')} of {plural(apps, 'app')} do.",
        evidence=(
            *(f"in the schema: {line}" for line in by_app(proven)),
            *(f"in the schema, as far as can be told before a replay: {line}" for line in by_app(unsure)),
            *(f"cannot be seen in the schema: {line}" for line in by_app(unseen)),
            *(f"not in the schema, so pending: {line}" for line in by_app(absent)),
        ),
        repairs=offers(Offer("fake-initial", "Record every migration that the schema proves", safety)),
    )
