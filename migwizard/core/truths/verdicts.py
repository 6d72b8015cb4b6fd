"""From the testimonies of the tables to the three truths of every migration, and to the differences left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ..drift.mismatch import to_drift
from ..graph import Graph, Key, Record
from ..graph.order import Order
from ..schema import Snapshot, Table
from ..situation import Drift, MigrationTruth, OperationTruth, State, Truth
from .lineage import Lineage, OperationKey
from .objects import Ids, take_apart
from .weighing import Heard, conclude, contradicts
from .witness import Mismatch, Testimony, expected_name, hear, live_ids, resolve_tables


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What the comparison of a live schema with the lineages came to."""

    operations: Mapping[OperationKey, OperationTruth]
    mismatches: tuple[Mismatch, ...]
    unknown_tables: tuple[str, ...]
    """Live tables that no lineage accounts for."""
    inferred: frozenset[OperationKey]


def expected_table(lineage: Lineage, applied: frozenset[OperationKey]) -> Table | None:
    """Return the table as the leading applied versions leave it; None when it is gone, not made yet or not known."""
    count = lineage.after(applied)
    return lineage.versions[count - 1].table if count > 0 else None


def is_gone_again(lineage: Lineage, table: Table | None, applied: frozenset[OperationKey]) -> bool:
    """Tell whether the table is rightly not there, but would not be there after its last migration either.

    Then nothing about it tells whether it has been made and dropped, or not been made yet.
    """
    return table is None and lineage.versions[-1].name is None and expected_name(lineage, applied) is None


def settled_at(
    lineage: Lineage, table: Table | None, ids: Ids, applied: frozenset[OperationKey], order: Order
) -> int | None:
    """Return after how many versions the live table is exactly as the lineage has it, or None.

    Only two answers are looked for: where the records say it is, and the end. Both leave no doubt about any version:
    those before are in, those after are not. The end says so only where what is not recorded cannot be hidden under
    what another branch has made.
    """
    recorded = lineage.after(applied)
    for count in (recorded, len(lineage.versions)):
        if count < 0 or (count != recorded and may_be_hidden(lineage, applied, order)):
            continue
        if count == 0:
            if table is None:
                return 0
            continue
        version = lineage.versions[count - 1]
        if not version.known:
            continue
        if version.table is None or table is None:
            if version.table is table and count == recorded:
                return count
            continue
        if version.table == table or take_apart(version.table, version.ids) == take_apart(table, ids):
            return count
    return None


def may_be_hidden(lineage: Lineage, applied: frozenset[OperationKey], order: Order) -> bool:
    """Tell whether some version that is not recorded may have run before or after one that follows it here."""
    keys = [version.operation[0] for version in lineage.versions]
    return any(
        version.operation not in applied
        and not version.follows
        and not all(order.forced(keys[index], later) for later in keys[index + 1 :])
        for index, version in enumerate(lineage.versions)
    )


def examine(
    lineages: Iterable[Lineage],
    live: Snapshot,
    applied: frozenset[OperationKey],
    graph: Graph,
    ignored: frozenset[str] = frozenset(),
) -> Verdicts:
    """Hear every lineage and come to a truth for every operation that changes a table.

    `ignored` are live tables that nobody should be told about (the history table, unmanaged models' tables).
    """
    lineages = tuple(lineages)
    by_name, by_lineage = resolve_tables(lineages, live, applied)
    examination = Examination(applied, Order(graph))
    for lineage in lineages:
        name = by_lineage.get(lineage.id)
        table = live.tables[name] if name is not None else None
        ids = live_ids(lineage, table, applied, by_name) if table is not None else Ids({}, by_name)
        examination.take(lineage, table, ids)
    truths, inferred = conclude(examination.heard, graph, applied)
    unknown = tuple(name for name in live.tables if name not in by_name and name not in ignored)
    return Verdicts(truths, tuple(examination.mismatches), unknown, inferred)


class Examination:
    """Collects what the tables say, one after another."""

    def __init__(self, applied: frozenset[OperationKey], order: Order) -> None:
        self.applied = applied
        self.order = order
        self.heard: dict[OperationKey, Heard] = {}
        self.mismatches: list[Mismatch] = []

    def take(self, lineage: Lineage, table: Table | None, ids: Ids) -> None:
        """Hear one table: the shortest way that leaves no doubt."""
        for version in lineage.versions:
            self.of(version.operation).tables.add(table.name if table else version.name or lineage.id)
        if is_gone_again(lineage, table, self.applied):
            self.take_gone(lineage)
            return
        count = settled_at(lineage, table, ids, self.applied, self.order)
        if count is not None:
            self.take_settled(lineage, table, count)
            if lineage.after(self.applied) == count:
                return
        hearing = hear(lineage, table, ids, self.applied, self.order)
        self.mismatches += hearing.mismatches
        if count is None:
            for testimony in hearing.testimonies:
                heard = self.of(testimony.operation)
                heard.testimonies.append(testimony)
                if lineage.opaque and contradicts(testimony, testimony.operation in self.applied):
                    heard.sure = False

    def take_gone(self, lineage: Lineage) -> None:
        """Take a table that is rightly not there: silent about everything."""
        text = f"table {lineage.id.split('#')[0]} does not exist"
        ends = frozenset((0, len(lineage.versions)))
        for index, version in enumerate(lineage.versions):
            silent = Testimony(
                version.operation, lineage.id, ("table",), "silent", text, False, index + 1, ends
            )
            self.of(version.operation).testimonies.append(silent)

    def take_settled(self, lineage: Lineage, table: Table | None, count: int) -> None:
        """Take a table that is exactly as after `count` versions."""
        for index, version in enumerate(lineage.versions):
            if version.follows:
                continue
            heard, inside = self.of(version.operation), index < count
            heard.settled.append((inside, settled_text(table, lineage, inside)))
            if lineage.opaque and inside != (version.operation in self.applied):
                heard.sure = False

    def of(self, operation: OperationKey) -> Heard:
        """Return what has been heard of one operation."""
        return self.heard.setdefault(operation, Heard())


def settled_text(table: Table | None, lineage: Lineage, inside: bool) -> str:
    """Return the evidence of a table that is exactly as expected."""
    name = table.name if table is not None else lineage.id.split("#")[0]
    if inside:
        return (
            f"table {name} is exactly as expected"
            if table is not None
            else f"table {name} is gone, as expected"
        )
    return f"table {name} does not show it" if table is not None else f"table {name} does not exist"


def testify_all(
    graph: Graph,
    records: tuple[Record, ...],
    verdicts: Verdicts | None,
    unknown: frozenset[Key] = frozenset(),
) -> tuple[MigrationTruth, ...]:
    """Return the three truths of every migration in the graph, then of every ghost.

    Without `verdicts` the schema was not compared. `unknown` are migrations whose effects could not be found out.
    """
    dates = {record.key: record.applied for record in reversed(records)}
    rows = []
    for key in graph.nodes:
        recorded = key in graph.effective
        truths = operations_of(graph, key, verdicts if key not in unknown else None)
        schema = together(truths)
        unread = graph.files[key].error is not None and not any(
            t.truth in ("yes", "no", "partly") for t in truths
        )
        rows.append(
            MigrationTruth(
                key,
                True,
                dates.get(key),
                recorded,
                schema,
                "unreadable" if unread else state_of(recorded, schema, truths),
                truths,
                confirmed=all(t.confirmed for t in truths),
                inferred=verdicts is not None
                and all((key, t.index) in verdicts.inferred for t in truths if t.truth in ("yes", "no")),
            )
        )
    rows = lost_later(rows, graph)
    replaceable = {old for file in graph.files.values() for old in file.replaces}
    ghosts = sorted(
        {record.key for record in records if record.key not in graph.files and record.key not in replaceable}
    )
    rows += [MigrationTruth(key, False, dates[key], True, "unknown", "missing-file") for key in ghosts]
    return tuple(rows)


def lost_later(rows: list[MigrationTruth], graph: Graph) -> list[MigrationTruth]:
    """Return the rows with those applied that lack something although migrations after them went through.

    An interrupted migration stops everything after it; where later ones are in the schema, what is missing was lost
    after all, and is told as a difference of its table.
    """
    proved = {row.key for row in rows if row.recorded and row.schema == "yes"}
    return [
        replace(row, state="applied")
        if row.recorded and row.state == "half-applied" and not proved.isdisjoint(graph.descendants(row.key))
        else row
        for row in rows
    ]


def operations_of(graph: Graph, key: Key, verdicts: Verdicts | None) -> tuple[OperationTruth, ...]:
    """Return the truth of every operation of one migration."""
    found = []
    for index, operation in enumerate(graph.files[key].operations):
        truth = verdicts.operations.get((key, index)) if verdicts is not None else None
        if truth is None:
            silent: Truth = "unobservable" if verdicts is not None else "unknown"
            truth = OperationTruth(index, operation.description, operation.kind, silent)
        found.append(truth)
    return tuple(found)


def together(truths: tuple[OperationTruth, ...]) -> Truth:
    """Return what the operations of a migration say together."""
    said = {truth.truth for truth in truths}
    if "partly" in said or {"yes", "no"} <= said:
        return "partly"
    for answer in ("yes", "no", "unknown"):
        if answer in said:
            return answer
    return "unobservable"


def state_of(recorded: bool, schema: Truth, truths: tuple[OperationTruth, ...]) -> State:
    """Return what a migration's record and schema come to."""
    if schema == "yes":
        return "applied" if recorded else "applied-not-recorded"
    if schema == "no":
        return "recorded-not-applied" if recorded else "pending"
    if schema == "partly":
        return "applied" if recorded and not stopped_midway(truths) else "half-applied"
    return "applied" if recorded else "pending"


def stopped_midway(truths: tuple[OperationTruth, ...]) -> bool:
    """Tell whether whole operations are missing, and none that is there comes after one of them.

    That is what an interrupted migration leaves. Something lost from inside an operation, or an operation missing
    among others that are there, was lost later: a drift of its table.
    """
    missing = [truth.index for truth in truths if truth.truth == "no"]
    there = [truth.index for truth in truths if truth.truth in ("yes", "partly")]
    return bool(missing) and (not there or max(there) < min(missing))


def drifts_of(
    verdicts: Verdicts,
    rows: tuple[MigrationTruth, ...],
    lineages: Iterable[Lineage],
    applied: frozenset[OperationKey],
) -> tuple[Drift, ...]:
    """Return the differences that no finding about a migration already tells."""
    told = {
        row.key
        for row in rows
        if row.state in ("recorded-not-applied", "half-applied", "applied-not-recorded")
    }
    truths = verdicts.operations
    opaque = {lineage.id: lineage.opaque for lineage in lineages if lineage.opaque}
    found = []
    for mismatch in verdicts.mismatches:
        blamed = [op for op in mismatch.operations if op[0] in told]
        if any(is_told(op, truths, applied) for op in blamed):
            continue
        drift = to_drift(mismatch, opaque.get(mismatch.lineage, ()))
        if drift is not None:
            found.append(drift)
    found += [Drift("table-unknown", name, None, "", "", f"table {name}") for name in verdicts.unknown_tables]
    return tuple(found)


def is_told(
    operation: OperationKey, truths: Mapping[OperationKey, OperationTruth], applied: frozenset[OperationKey]
) -> bool:
    """Tell whether a finding about the migration covers this operation's difference."""
    truth = truths[operation].truth if operation in truths else "unknown"
    return truth in ("no", "partly") if operation in applied else truth in ("yes", "partly")


__all__ = [
    "Verdicts",
    "drifts_of",
    "examine",
    "expected_name",
    "expected_table",
    "testify_all",
]
