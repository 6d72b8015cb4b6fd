"""Migrations that are in by halves: which of their operations ran, and what their tables are between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from .graph import Key
from .lineage import Lineage, OperationKey
from .schema import Table
from .situation import MigrationTruth, OperationTruth, Situation
from .truths import expected_table
from .witness import resolve_tables

OPAQUE = ("sql", "python", "custom", "separate")
"""Kinds of operations that may do what neither state nor schema can show."""


class ShapeUnknown(Exception):
    """What a table is between two operations is not known, for the reason given in one sentence."""


def reached(row: MigrationTruth) -> int:
    """Return how many leading operations of a migration ran, as far as the others show it.

    A migration stops at the first operation that fails. So whatever comes before the first one that is missing, or
    before one that is there, has run, even if the schema cannot show it.
    """
    missing = [truth.index for truth in row.operations if truth.truth in ("no", "partly")]
    there = [truth.index + 1 for truth in row.operations if truth.truth == "yes"]
    return max([min(missing, default=len(row.operations)), *there])


def done(row: MigrationTruth) -> tuple[OperationTruth, ...]:
    """Return the operations of a migration that are in, by halves or as a whole; those that left no trace included."""
    if row.schema == "no":
        return ()
    end = reached(row)
    return tuple(
        truth
        for truth in row.operations
        if truth.truth in ("yes", "partly") or (truth.truth == "unobservable" and truth.index < end)
    )


def shapes(
    situation: Situation, key: Key, index: int, *, after: bool
) -> tuple[tuple[str, Table | None, Table | None], ...]:
    """Return (name, live table, table as it must be) of what an operation changes, after it or before it.

    What the operations of no migration know of (a column that somebody added) is not in the last of the three.

    Raises:
        ShapeUnknown: when it was only modelled, or later migrations have changed the table already.
    """
    live = situation.live
    applied = records_say(situation, key)
    own = frozenset((key, other) for other in range(index + 1 if after else index))
    if live is None:
        raise ShapeUnknown("The schema was not compared.")
    _, by_lineage = resolve_tables(situation.lineages, live, applied | {(key, index)})
    found = []
    for lineage in of_operation(situation, key, index):
        target = shape(lineage, applied | own)
        present = by_lineage.get(lineage.id)
        name = target.name if target is not None else present
        if name is None:
            continue
        if present is not None and present != name:
            raise ShapeUnknown(f"Table {present} must be renamed to {name}, which only its operation can do.")
        found.append((name, live.tables.get(name), target))
    return tuple(found)


def of_operation(situation: Situation, key: Key, index: int) -> Iterator[Lineage]:
    """Yield the lineages of the tables that an operation changes."""
    for lineage in situation.lineages:
        if any(version.operation == (key, index) for version in lineage.versions):
            yield lineage


def makes(lineage: Lineage, operation: OperationKey) -> bool:
    """Tell whether an operation is the one that makes a table."""
    return lineage.versions[0].operation == operation


def records_say(situation: Situation, but: Key) -> frozenset[OperationKey]:
    """Return the operations of all migrations that count as applied, but for one."""
    graph = situation.graph
    return frozenset(
        (key, index)
        for key in graph.effective
        if key != but
        for index in range(len(graph.files[key].operations))
    )


def shape(lineage: Lineage, operations: frozenset[OperationKey]) -> Table | None:
    """Return a table as some operations leave it, None where it is not there.

    Raises:
        ShapeUnknown: when it was only modelled, or the operations are not the first ones of the table.
    """
    count = lineage.after(operations)
    name = lineage.id.split("#")[0]
    if count < 0:
        raise ShapeUnknown(
            f"Later migrations have changed table {name}, so its shape in between is not known."
        )
    if count and not lineage.versions[count - 1].known:
        raise ShapeUnknown(f"What table {name} must be is not certain before a replay (migwizard replay).")
    return expected_table(lineage, operations)


def with_strangers(target: Table, live: Table, lineages: Iterable[Lineage]) -> Table:
    """Return a table as it must be, with the columns and triggers of the live one that no migration has ever known.

    What constrains or indexes such a column stays with it.
    """
    known = {column for one in lineages for version in one.versions for column in version.ids.columns}
    known |= {column.name for column in target.columns}
    triggers = {trigger.name for trigger in target.triggers}
    columns = tuple(column for column in live.columns if column.name not in known)
    names = {column.name for column in columns}
    there = names | {column.name for column in target.columns}
    return replace(
        target,
        columns=(*target.columns, *columns),
        constraints=(
            *target.constraints,
            *(one for one in live.constraints if names & set(one.columns) and there >= set(one.columns)),
        ),
        indexes=(
            *target.indexes,
            *(
                one
                for one in live.indexes
                if names & (used := {part.column for part in one.parts if part.column}) and there >= used
            ),
        ),
        triggers=(*target.triggers, *(one for one in live.triggers if one.name not in triggers)),
    )
