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
`finish` does the rest: the operations that are missing, the missing parts of those that are in by halves,
then the record. `take-back` takes back what is there, so that `migrate` can run the migration as a whole;
it counts the rows that this would lose. Of a recorded migration, `align-schema` can bring the tables alone to
what they should be. `migwizard status` and the evidence of this finding say which
operations are in.
"""

from __future__ import annotations

from contextlib import suppress

from ..core.finding import Finding, Offer
from ..core.situation import MigrationTruth, Situation, Truth
from ..core.truths.midway import ShapeUnknown, Shaping, done, must_be_given, shaping
from .base import Info, about, dates, dotted, finding_id, listed, offers
from .evidence import UNCERTAIN, operation_lines, place, record_line
from .overlaps import holes, read_through

INFO = Info(
    "half-applied",
    "error",
    "Only some operations of a migration are in the schema",
    ("finish", "take-back", "align-schema"),
)

LOSING = ("DeleteModel", "RemoveField")
"""Operations that may lose something when they are run."""


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
        repairs=halves_repaired(situation, row) if confirmed else (),
    )


def halves_repaired(situation: Situation, row: MigrationTruth) -> tuple[Offer, ...]:
    """Return what heals it; what needs no answer and loses nothing comes first."""
    graph, name = situation.graph, dotted(row.key)
    expected = any(table in situation.expected for truth in row.operations for table in truth.tables)
    align = Offer("align-schema", f"Bring the tables of {name} to what it makes", "careful")
    last = align if row.recorded and expected else None
    if graph.missing or graph.cycles or any(graph.files[key].error is not None for key in graph.nodes):
        return offers(last)
    finish = take_back = None
    with suppress(ShapeUnknown):
        ahead = shaping(situation, row)
        parents = all(key in graph.effective for key in graph.ancestors(row.key))
        if parents and not (ahead is not None and ahead.insistent):
            finish = Offer("finish", f"Bring {name} to its end", "careful")
    with suppress(ShapeUnknown):
        behind = shaping(situation, row, backwards=True)
        if _can_go(situation, row, behind):
            take_back = Offer("take-back", f"Take back what is there of {name}", "careful")
    first = finish is not None and _clean(situation, row, ahead)
    if first or not _empty(situation, row):
        return offers(finish, take_back, last)
    return offers(take_back, finish, last)


def _can_go(situation: Situation, row: MigrationTruth, behind: Shaping | None) -> bool:
    """Tell whether what is there of a migration can be taken back."""
    graph = situation.graph
    if any(key in graph.effective for key in graph.descendants(row.key)):
        return False
    operations = graph.files[row.key].operations
    whole = behind.operations if behind is not None else frozenset()
    return all(operations[truth.index].reversible for truth in done(row) if truth.index not in whole)


def _clean(situation: Situation, row: MigrationTruth, ahead: Shaping | None) -> bool:
    """Tell whether the rest can be made without an answer, and without a loss."""
    operations = situation.graph.files[row.key].operations
    if any(truth.truth == "no" and operations[truth.index].name in LOSING for truth in row.operations):
        return False
    live = situation.live.tables if situation.live is not None else {}
    for name, target in ahead.tables if ahead is not None else ():
        table = live.get(name)
        if table is None or table.rows == 0:
            continue
        kept = target.columns if target is not None else ()
        if {column.name for column in table.columns} - {column.name for column in kept}:
            return False
        if any(must_be_given(column) and table.column(column.name) is None for column in kept):
            return False
    return True


def _empty(situation: Situation, row: MigrationTruth) -> bool:
    """Tell whether every table that is concerned is known to be empty."""
    live = situation.live.tables if situation.live is not None else {}
    return all(live[name].rows == 0 for truth in done(row) for name in truth.tables if name in live)


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
