"""Migrations wait to be applied.

## What it finds
Migrations that are not recorded and of which the schema has nothing, or cannot show anything. All of
them together, as one info: after a deployment that is the ordinary state. Those that applied migrations
depend on are inconsistent-history.

## Why it matters
The code may already expect what they make. Until they are applied, the application can fail; `migrate
--check` exits with status 1.

## Example
A new release was installed, and `migrate` has not been run yet.

## How it is repaired
`migrate`. The preview shows which statements it would run, and what they lock.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer
from ..core.situation import Situation
from .base import EVERYTHING, Info, about, by_app, finding_id, offers, plural
from .overlaps import holes, lost_history, renamed_files

INFO = Info("pending-migrations", "info", "Migrations wait to be applied", ("migrate",))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding with all pending migrations, or none."""
    if lost_history(situation):
        return ()
    missing = holes(situation)
    told = {*missing, *renamed_files(situation)}
    pending = tuple(row.key for row in situation.migrations if row.state == "pending" and row.key not in told)
    if not pending:
        return ()
    apps = len({app for app, _ in pending})
    runnable = not missing and not situation.graph.missing and not situation.graph.cycles
    verb = "waits" if len(pending) == 1 else "wait"
    return (
        Finding(
            finding_id(INFO, EVERYTHING),
            INFO.name,
            INFO.severity,
            about(situation),
            f"{plural(len(pending), 'migration')} of {plural(apps, 'app')} {verb} to be applied.",
            evidence=by_app(pending),
            repairs=offers(Offer("migrate", "Apply the pending migrations", "careful")) if runnable else (),
        ),
    )
