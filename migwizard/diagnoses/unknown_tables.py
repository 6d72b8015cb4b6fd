"""Tables that no migration and no model accounts for.

## What it finds
Tables in the live schema that no migration of the project makes and no unmanaged model names. All of
them together, as one info.

## Why it matters
Mostly it does not: other programs may live in the same database. But they can also be what is left of an
app that was taken out of INSTALLED_APPS, of a renamed table, or of a migration from another branch; and
a table that has the name that a later migration wants makes that one fail.

## Example
`old_blog_post` is still there, two years after the app went.

## How it is repaired
Nothing has to be. Whoever knows that a table is not needed drops it, after a backup. If another program
owns it, an unmanaged model (`managed = False`) says so.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .base import EVERYTHING, Info, about, finding_id, listed, plural

INFO = Info("unknown-tables", "info", "Tables that no migration accounts for")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding with all tables that nobody accounts for, or none."""
    names = sorted({drift.table for drift in situation.drifts if drift.kind == "table-unknown"})
    if not names:
        return ()
    verb = "belongs" if len(names) == 1 else "belong"
    return (
        Finding(
            finding_id(INFO, EVERYTHING),
            INFO.name,
            INFO.severity,
            about(situation, table=names[0] if len(names) == 1 else None),
            f"{plural(len(names), 'table')} {verb} to no migration: {listed(names)}.",
            evidence=tuple(f"table {name}" for name in names),
        ),
    )
