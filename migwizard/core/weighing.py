"""Weighs what the tables say of each operation, and infers what none of them says."""

from __future__ import annotations

from collections.abc import Mapping

from .graph import Graph, Key
from .lineage import OperationKey
from .objects import Slot
from .situation import OperationTruth, Truth
from .witness import Testimony

Settled = Mapping[OperationKey, list[tuple[bool, str]]]
"""By operation, for each table that is exactly as some version: whether the operation is in, and the evidence."""


def conclude(
    witness: Mapping[OperationKey, list[Testimony]],
    settled: Settled,
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
    inside = infer(witness, settled, weighed, applied, graph)
    truths: dict[OperationKey, OperationTruth] = {}
    inferred: set[OperationKey] = set()
    for operation in operations:
        truth = weighed[operation]
        if truth is None:
            moot = all(t.verdict == "moot" for t in witness.get(operation, ()))
            truth = (
                "no"
                if operation not in inside
                else "unobservable"
                if moot and operation in applied
                else "yes"
            )
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


def infer(
    witness: Mapping[OperationKey, list[Testimony]],
    settled: Settled,
    weighed: Mapping[OperationKey, Truth | None],
    applied: frozenset[OperationKey],
    graph: Graph,
) -> frozenset[OperationKey]:
    """Return the operations that are in, those included of which no table says anything by itself.

    Two things follow from what is proved. Whatever a proved migration depends on has been applied. And what is in can
    only have come to its live value through the operations between: where a table was made, and is not there, it has
    been dropped.
    """
    reached: set[Key] = set()
    inside = set(applied)
    news = [
        operation
        for operation, truth in weighed.items()
        if truth in ("yes", "partly")
        and (
            any(t.verdict == "yes" for t in witness.get(operation, ()))
            or any(is_in for is_in, _ in settled.get(operation, ()))
        )
    ]
    chains: dict[tuple[str, Slot], list[Testimony]] = {}
    for heard in witness.values():
        for testimony in heard:
            if testimony.verdict == "silent":
                chains.setdefault((testimony.lineage, testimony.slot), []).append(testimony)
    while news:
        inside.update(news)
        for key in {operation[0] for operation in news} - reached:
            reached.add(key)
            reached.update(graph.ancestors(key) if key in graph.parents else ())
        inside.update(
            operation for operation in weighed if operation[0] in reached and weighed[operation] is None
        )
        news = [
            operation
            for chain in chains.values()
            for operation in led_to(chain, inside)
            if operation not in inside
        ]
    return frozenset(inside)


def led_to(chain: list[Testimony], inside: set[OperationKey]) -> list[OperationKey]:
    """Return the operations that must have followed those that are in, for a slot to have its live value."""
    start = max((t.position for t in chain if t.operation in inside), default=0)
    if start == 0:
        return []
    end = min((position for position in chain[0].matched if position >= start), default=0)
    return [t.operation for t in chain if start < t.position <= end]
