"""A migration is recorded as applied, but the schema has nothing of it.

## What it finds
Migrations with a row in `django_migrations` of which not one effect that could be seen is in the live
schema.

## Why it matters
Django trusts the record: it never runs the migration again, and `showmigrations` shows `[X]`. The
application fails when it uses what is missing (`column shop_order.note does not exist`), and so does the
next migration that changes it. It comes from `migrate --fake` where the schema was not ready, from
`--fake-initial`, which compares names only, from a dump restored without some tables, from a name that
was used twice, and from a database router that kept the migration away when it was recorded.

## Example
`migrate shop 0007 --fake` was typed on a server whose table had no column `note`. Weeks later, orders
cannot be saved.

## How it is repaired
`migrate` runs the operations of that migration that the schema lacks, and leaves the record. Or `unfake`
takes the record away, so that the next `migrate` runs it; that is only possible while no recorded
migration depends on it.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer
from ..core.situation import MigrationTruth, Situation
from .base import Info, about, dates, dotted, finding_id, offers
from .evidence import UNCERTAIN, columns_line, facts_of, place, record_line, schema_lines
from .overlaps import read_through

INFO = Info(
    "recorded-not-applied",
    "error",
    "A migration is recorded, but nothing of it is in the schema",
    ("migrate", "unfake"),
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each migration that is recorded although the schema disproves it."""
    readable = read_through(situation)
    return tuple(
        _finding(situation, row, row.confirmed and row.key in readable)
        for row in situation.migrations
        if row.state == "recorded-not-applied"
    )


def _finding(situation: Situation, row: MigrationTruth, confirmed: bool) -> Finding:
    name, facts = dotted(row.key), facts_of(row)
    lacking = tuple(truth for truth in row.operations if truth.truth == "no")
    table, column = place(lacking)
    reason = facts[0] if facts else "nothing of it is in the schema"
    if len(facts) > 1:
        reason += f", and {len(facts) - 1} more of its effects cannot be found"
    return Finding(
        finding_id(INFO, name),
        INFO.name,
        INFO.severity if confirmed else "info",
        about(situation, row.key, table, column),
        f"{name} is recorded as applied, but {reason}.",
        confirmed,
        evidence=(
            record_line(row.key, dates(situation)),
            *(schema_lines(situation, row) if len(facts) > 1 else ()),
            *columns_line(situation, table),
            *(() if confirmed else (UNCERTAIN,)),
        ),
        repairs=_repairs(situation, row) if confirmed else (),
    )


def _repairs(situation: Situation, row: MigrationTruth) -> tuple[Offer, ...]:
    graph, name = situation.graph, dotted(row.key)
    runnable = not graph.missing and not graph.cycles
    needed = any(key in graph.effective for key in graph.descendants(row.key))
    return offers(
        Offer("migrate", f"Run what the schema lacks of {name}", "careful") if runnable else None,
        None
        if needed
        else Offer("unfake", f"Take the record of {name} away, so that it is pending again", "careful"),
    )
