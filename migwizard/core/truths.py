"""From the testimonies of the tables to the three truths of every migration, and to the differences left over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .drift import to_drift
from .graph import Graph, Key, Record
from .lineage import Lineage, OperationKey
from .objects import Ids, take_apart
from .schema import Snapshot, Table
from .situation import Drift, MigrationTruth, OperationTruth, State, Truth
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


def settled_at(
    lineage: Lineage, table: Table | None, ids: Ids, applied: frozenset[OperationKey]
) -> int | None:
    """Return after how many versions the live table is exactly as the lineage has it, or None.

    Only two answers are looked for: where the records say it is, and the end. Both leave no doubt about any version:
    those before are in, those after are not.
    """
    for count in (lineage.after(applied), len(lineage.versions)):
        if count < 0:
            continue
        if count == 0:
            if table is None:
                return 0
            continue
        version = lineage.versions[count - 1]
        if not version.known:
            continue
        if version.table is None or table is None:
            if version.table is table and (count == lineage.after(applied)):
                return count
            continue
        if version.table == table or take_apart(version.table, version.ids) == take_apart(table, ids):
            return count
    return None


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
    witness: dict[OperationKey, list[Testimony]] = {}
    settled: dict[OperationKey, list[tuple[bool, str]]] = {}
    tables: dict[OperationKey, set[str]] = {}
    mismatches: list[Mismatch] = []
    opaque: set[str] = set()
    for lineage in lineages:
        name = by_lineage.get(lineage.id)
        table = live.tables[name] if name is not None else None
        ids = live_ids(lineage, table, applied, by_name) if table is not None else Ids({}, by_name)
        for version in lineage.versions:
            tables.setdefault(version.operation, set()).add(name or version.name or lineage.id)
        count = settled_at(lineage, table, ids, applied)
        if count is not None:
            for index, version in enumerate(lineage.versions):
                inside = index < count
                settled.setdefault(version.operation, []).append(
                    (inside, settled_text(table, lineage, inside))
                )
            if lineage.after(applied) == count:
                continue
            hearing = hear(lineage, table, ids, applied)
            mismatches += hearing.mismatches
            continue
        hearing = hear(lineage, table, ids, applied)
        if lineage.opaque:
            opaque.add(lineage.id)
        for testimony in hearing.testimonies:
            witness.setdefault(testimony.operation, []).append(testimony)
        mismatches += hearing.mismatches
    truths, inferred = conclude(witness, settled, tables, applied, graph, opaque)
    unknown = tuple(name for name in live.tables if name not in by_name and name not in ignored)
    return Verdicts(truths, tuple(mismatches), unknown, inferred)


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


def conclude(
    witness: Mapping[OperationKey, list[Testimony]],
    settled: Mapping[OperationKey, list[tuple[bool, str]]],
    tables: Mapping[OperationKey, set[str]],
    applied: frozenset[OperationKey],
    graph: Graph,
    opaque: set[str],
) -> tuple[dict[OperationKey, OperationTruth], frozenset[OperationKey]]:
    """Weigh the testimonies of every operation."""
    operations = witness.keys() | settled.keys()
    weighed: dict[OperationKey, Truth | None] = {
        operation: weigh(witness.get(operation, []), settled.get(operation, []), operation in applied)
        for operation in operations
    }
    proven = {operation[0] for operation, truth in weighed.items() if truth in ("yes", "partly")}
    certain = {
        operation[0]
        for operation in operations
        if any(t.verdict == "yes" for t in witness.get(operation, ()))
        or any(inside and operation in applied for inside, _ in settled.get(operation, ()))
    }
    reached: set[Key] = set(proven & certain)
    for key in proven & certain:
        reached.update(graph.ancestors(key)) if key in graph.parents else None
    truths: dict[OperationKey, OperationTruth] = {}
    inferred: set[OperationKey] = set()
    for operation in operations:
        truth = weighed[operation]
        if truth is None:
            inside = operation in applied or operation[0] in reached
            moot = all(t.verdict == "moot" for t in witness.get(operation, ()))
            truth = ("unobservable" if moot and operation in applied else "yes") if inside else "no"
            if moot and not inside:
                truth = "no"
            inferred.add(operation)
        heard = witness.get(operation, [])
        truths[operation] = OperationTruth(
            operation[1],
            title_of(graph, operation),
            kind_of(graph, operation),
            truth,
            evidence_of(heard, settled.get(operation, []), truth),
            confirmed=not any(t.lineage in opaque and contradicts(t, operation in applied) for t in heard),
            tables=tuple(sorted(tables.get(operation, ()))),
        )
    return truths, frozenset(inferred)


def contradicts(testimony: Testimony, recorded: bool) -> bool:
    """Tell whether a testimony speaks against the record."""
    return testimony.verdict in ("no", "differs") if recorded else testimony.verdict in ("yes", "differs")


def weigh(heard: list[Testimony], settled: list[tuple[bool, str]], recorded: bool) -> Truth | None:
    """Return the truth that the testimonies force, or None when they are silent."""
    yes = any(t.verdict == "yes" for t in heard) or any(inside for inside, _ in settled)
    no = any(t.verdict == "no" for t in heard) or any(not inside for inside, _ in settled)
    differs = any(t.verdict == "differs" for t in heard)
    if yes and (no or (differs and not recorded)):
        return "partly"
    if yes:
        return "yes"
    if no:
        return "no"
    if differs:
        return "yes" if recorded else "no"
    return None


def evidence_of(heard: list[Testimony], settled: list[tuple[bool, str]], truth: Truth) -> tuple[str, ...]:
    """Return the sentences that speak for the truth, the telling ones first, each once."""
    whole = {t.lineage for t in heard if t.slot == ("table",) and t.creates}
    telling = [t for t in heard if t.verdict not in ("moot", "silent")]
    if truth == "partly":
        telling.sort(key=lambda t: t.verdict == "yes")
    else:
        telling = [
            t
            for t in telling
            if t.lineage not in whole
            or t.slot == ("table",)
            or t.verdict == "differs"
            or (truth == "yes" and t.verdict == "no")
        ]
    telling = [
        t
        for t in telling
        if not (len(t.slot) == 3 and t.slot[0] == "column" and t.creates and t.verdict == "yes")
    ]
    texts = [t.text for t in telling] + [text for _, text in settled]
    if not texts:
        texts = [t.text for t in heard]
    return tuple(dict.fromkeys(texts))[:12]


def title_of(graph: Graph, operation: OperationKey) -> str:
    """Return Django's description of an operation."""
    file = graph.files.get(operation[0])
    if file is None or operation[1] >= len(file.operations):
        return f"operation {operation[1] + 1}"
    return file.operations[operation[1]].description


def kind_of(graph: Graph, operation: OperationKey) -> str:
    """Return the kind of an operation."""
    file = graph.files.get(operation[0])
    return (
        file.operations[operation[1]].kind
        if file is not None and operation[1] < len(file.operations)
        else "unread"
    )


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
    replaceable = {old for file in graph.files.values() for old in file.replaces}
    ghosts = sorted(
        {record.key for record in records if record.key not in graph.files and record.key not in replaceable}
    )
    rows += [MigrationTruth(key, False, dates[key], True, "unknown", "missing-file") for key in ghosts]
    return tuple(rows)


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
        # Inside one operation that is recorded, something lost is a drift of its table, not half a migration.
        if recorded and not any(truth.truth == "no" for truth in truths):
            return "applied"
        return "half-applied"
    return "applied" if recorded else "pending"


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
