"""Migrations that are in by halves: which of their operations ran, and what their tables are between two of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from ..graph import Key
from ..schema import Column, Table
from ..situation import MigrationTruth, OperationTruth, Situation
from .lineage import Lineage, OperationKey, holds_the_same
from .verdicts import expected_table
from .witness import resolve_tables

OPAQUE = ("sql", "python", "custom", "separate")
"""Kinds of operations that may do what neither state nor schema can show."""


class ShapeUnknown(Exception):
    """What a table is between two operations is not known, for the reason given in one sentence."""


class ShapeUncertain(ShapeUnknown):
    """What a table is between two operations hangs on a replay; `what` is the beginning of a sentence."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not certain before a replay (migwizard replay).")
        self.what = what


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


@dataclass(frozen=True, slots=True)
class Shaping:
    """The tables that operations have changed by halves, and what they must be instead."""

    index: int
    """The operation in whose place the tables get their shape: the last of the halves, or the first on the way back."""
    operations: frozenset[int]
    """The operations whose effect this brings, or takes back, as a whole."""
    tables: tuple[tuple[str, Table | None], ...]
    """Those that are not as they must be."""
    strangers: tuple[tuple[str, Column], ...]
    """(table, column) that no migration knows of, and that stay."""

    @property
    def insistent(self) -> tuple[tuple[str, Column], ...]:
        """The strangers without which no row can be inserted, which the application does not know."""
        return tuple(one for one in self.strangers if must_be_given(one[1]))


def must_be_given(column: Column) -> bool:
    """Tell whether a row cannot be inserted without a value for a column."""
    return not (column.nullable or column.default is not None or column.identity or column.generated)


def shaping(situation: Situation, row: MigrationTruth, *, backwards: bool = False) -> Shaping | None:
    """Return what has to become of the tables of half operations, None where there are no half operations.

    Operations that change several times what one of these tables is are brought, or taken back, together.

    Raises:
        ShapeUnknown: when what the tables must be is not known, or hangs on other tables as well.
    """
    halves = [truth.index for truth in row.operations if truth.truth == "partly"]
    if not halves:
        return None
    if situation.live is None:
        raise ShapeUnknown("The schema was not compared.")
    index = min(halves) if backwards else max(halves)
    lineages = [one for one in situation.lineages if touched(one, row.key) & set(halves)]
    if not lineages:
        raise ShapeUncertain("What its tables must be")
    together = {
        truth.index
        for truth in row.operations
        if truth.truth == ("yes" if backwards else "no")
        and (truth.index > index if backwards else truth.index < index)
        and any(truth.index in touched(one, row.key) for one in lineages)
    }
    for other in situation.lineages:
        if other not in lineages and touched(other, row.key) & together:
            raise ShapeUnknown(
                f"One of its operations changes {lineages[0].id} together with {other.id}, of which only one is half."
            )
    own = frozenset((row.key, number) for number in range(index if backwards else index + 1))
    return targets(situation, row.key, lineages, own, index, frozenset((*halves, *together)))


def targets(
    situation: Situation,
    key: Key,
    lineages: Collection[Lineage],
    own: frozenset[OperationKey],
    index: int,
    operations: frozenset[int],
) -> Shaping:
    """Return the shaping of some tables to what they are after some of a migration's operations."""
    live = situation.live.tables if situation.live is not None else {}
    base = records_say(situation, key)
    names = live_names(situation, base | {(key, index)})
    tables: list[tuple[str, Table | None]] = []
    strangers: list[tuple[str, Column]] = []
    for lineage in lineages:
        target, present = shape(lineage, base | own, key), names.get(lineage.id)
        name = target.name if target is not None else present
        if name is None:
            continue
        if present is not None and present != name:
            raise ShapeUnknown(
                f"Table {present} would have to be called {name}, which only its operation can do."
            )
        table = live.get(name)
        if target is not None and table is not None:
            kept = with_strangers(target, table, lineage)
            strangers += [(name, column) for column in kept.columns[len(target.columns) :]]
            target = kept
        if not (target == table or holds_the_same(table, target)):
            tables.append((name, target))
    return Shaping(index, operations, tuple(tables), tuple(strangers))


def live_names(situation: Situation, applied: frozenset[OperationKey]) -> dict[str, str]:
    """Return the live table of each lineage."""
    return (
        resolve_tables(situation.lineages, situation.live, applied)[1] if situation.live is not None else {}
    )


def touched(lineage: Lineage, key: Key) -> set[int]:
    """Return the operations of a migration that change a table."""
    return {version.operation[1] for version in lineage.versions if version.operation[0] == key}


def records_say(situation: Situation, but: Key) -> frozenset[OperationKey]:
    """Return the operations of all migrations that count as applied, but for one."""
    graph = situation.graph
    return frozenset(
        (key, index)
        for key in graph.effective
        if key != but
        for index in range(len(graph.files[key].operations))
    )


def shape(lineage: Lineage, operations: frozenset[OperationKey], key: Key) -> Table | None:
    """Return a table as some operations leave it, those of `key` among them; None where it is not there.

    Raises:
        ShapeUnknown: when it was only modelled, or the operations are not the first ones of the table.
    """
    count = lineage.after(operations)
    name = lineage.id.split("#")[0]
    if count < 0:
        raise ShapeUnknown(misplaced(lineage, operations, key, name))
    if count and not lineage.versions[count - 1].known:
        raise ShapeUncertain(f"What table {name} must be")
    return expected_table(lineage, operations)


def misplaced(lineage: Lineage, operations: frozenset[OperationKey], key: Key, name: str) -> str:
    """Return why a table's shape is not known where not all that comes first has been applied."""
    first = next(one.operation for one in lineage.versions if one.operation not in operations)
    if first[0] == key:
        return f"Later migrations have changed table {name}, so its shape in between is not known."
    app, migration = first[0]
    return (
        f"{app}.{migration} comes before others that have changed table {name}, but is not applied, so the table's"
        f" shape without it is not known; that comes first (migrate {app} {migration})."
    )


def with_strangers(target: Table, live: Table, lineage: Lineage) -> Table:
    """Return a table as it must be, with the columns and triggers of the live one that no migration has ever known.

    What constrains or indexes such a column stays with it.
    """
    known = {column for version in lineage.versions for column in version.ids.columns}
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
