"""Some operations of a migration are in the schema, and others are not.

## What it finds
Migrations of which one part is in the live schema and another is not, operation by operation, whether
they are recorded or not. Also a migration that is not recorded and whose table is there, but not as the
migration makes it.

## Why it matters
If it is not recorded, the next `migrate` starts it from its first operation and fails, because that
one's effect is there already. If it is recorded, the rest of it will never be run. It happens when a
migration fails half way on MySQL or MariaDB, which commit after each statement; on PostgreSQL with
`atomic = False`, when an index is built concurrently; when a process is killed; and when somebody made a
table by hand and forgot a column.

## Example
`0013_invoice` creates a table and adds a column to another. The table is there, the column is not, and
`migrate` says `relation "shop_invoice" already exists`.

## How it is repaired
Either the rest is done (the statements of the operations that are missing, then the record), or what is
there is taken back, and the migration is run again as a whole. `migwizard status` and the evidence of
this finding say which operations are in. Look at the rows first: a table that is half there may hold
some.
"""

from __future__ import annotations

from ..core.finding import Finding, Offer
from ..core.situation import MigrationTruth, Situation, Truth
from .base import Info, about, dates, dotted, finding_id, listed, offers
from .evidence import UNCERTAIN, operation_lines, place, record_line
from .overlaps import holes, read_through

INFO = Info(
    "half-applied", "error", "Only some operations of a migration are in the schema", ("align-schema",)
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each migration that is in the schema by halves."""
    told, readable = frozenset(holes(situation)), read_through(situation)
    return tuple(
        _finding(situation, row, row.confirmed and row.key in readable)
        for row in situation.migrations
        if row.state == "half-applied" and row.key not in told
    )


def _finding(situation: Situation, row: MigrationTruth, confirmed: bool) -> Finding:
    name = dotted(row.key)
    table, column = place(tuple(truth for truth in row.operations if truth.truth in ("no", "partly")))
    record = "recorded as applied" if row.recorded else "not recorded"
    return Finding(
        finding_id(INFO, name),
        INFO.name,
        INFO.severity if confirmed else "info",
        about(situation, row.key, table, column),
        f"{name} is {record}, and {_halves(row)}.",
        confirmed,
        evidence=(
            record_line(row.key, dates(situation)),
            *operation_lines(row),
            *(() if confirmed else (UNCERTAIN,)),
        ),
        repairs=_repairs(situation, row) if confirmed else (),
    )


def _repairs(situation: Situation, row: MigrationTruth) -> tuple[Offer, ...]:
    expected = any(name in situation.expected for truth in row.operations for name in truth.tables)
    title = f"Bring the tables of {dotted(row.key)} to what it makes"
    return offers(Offer("align-schema", title, "careful") if row.recorded and expected else None)


def _halves(row: MigrationTruth) -> str:
    """Return which operations are in and which are not, by their numbers."""
    answers: tuple[tuple[Truth, str], ...] = (
        ("yes", "in the schema"),
        ("partly", "only partly in it"),
        ("no", "not"),
    )
    if len(row.operations) == 1:
        return "its one operation is only partly in the schema"
    parts = []
    for truth, words in answers:
        numbers = [str(operation.index + 1) for operation in row.operations if operation.truth == truth]
        if numbers:
            noun = "number" if len(numbers) == 1 else "numbers"
            parts.append(f"{noun} {listed(numbers, 12)} {'is' if len(numbers) == 1 else 'are'} {words}")
    return f"of its {len(row.operations)} operations {listed(parts)}"
