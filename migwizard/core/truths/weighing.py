"""Weighs what the tables say of each operation, and infers what none of them says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..graph import Graph, Key
from ..situation import OperationTruth, Truth
from .lineage import OperationKey
from .objects import Slot
from .witness import Testimony


@dataclass(slots=True)
class Heard:
    """Everything that was heard of one operation."""

    testimonies: list[Testimony] = field(default_factory=list)
    settled: list[tuple[bool, str]] = field(default_factory=list)
    """For each table that is exactly as some version: whether the operation is in, and the evidence."""
    tables: set[str] = field(default_factory=set)
    sure: bool = True
    """False when something speaks against the record that an opaque operation might explain."""


def conclude(
    heard: Mapping[OperationKey, Heard], graph: Graph, applied: frozenset[OperationKey]
) -> tuple[dict[OperationKey, OperationTruth], frozenset[OperationKey]]:
    """Return the truth of every operation, and which of them are only inferred."""
    weighed = {operation: weigh(said, operation in applied) for operation, said in heard.items()}
    inside = infer(heard, weighed, applied, graph)
    truths: dict[OperationKey, OperationTruth] = {}
    inferred: set[OperationKey] = set()
    for operation, said in heard.items():
        truth = weighed[operation]
        if truth is None:
            moot = all(t.verdict == "moot" for t in said.testimonies)
            truth = (
                "no"
                if operation not in inside
                else "unobservable"
                if moot and operation in applied
                else "yes"
            )
            inferred.add(operation)
        truths[operation] = OperationTruth(
            operation[1],
            title_of(graph, operation),
            kind_of(graph, operation),
            truth,
            evidence_of(said, truth),
            confirmed=said.sure,
            tables=tuple(sorted(said.tables)),
        )
    return truths, frozenset(inferred)


def contradicts(testimony: Testimony, recorded: bool) -> bool:
    """Tell whether a testimony speaks against the record."""
    return testimony.verdict in ("no", "differs") if recorded else testimony.verdict in ("yes", "differs")


def weigh(said: Heard, recorded: bool) -> Truth | None:
    """Return the truth that the testimonies force, or None when they are silent."""
    verdicts = {t.verdict for t in said.testimonies}
    yes = "yes" in verdicts or any(inside for inside, _ in said.settled)
    no = "no" in verdicts or any(not inside for inside, _ in said.settled)
    differs = "differs" in verdicts
    if yes and (no or (differs and not recorded)):
        return "partly"
    if yes:
        return "yes"
    if no:
        return "no"
    if differs:
        return "yes" if recorded else "no"
    return None


def evidence_of(said: Heard, truth: Truth) -> tuple[str, ...]:
    """Return the sentences that speak for the truth, the telling ones first, each once."""
    heard, settled = said.testimonies, said.settled
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
    heard: Mapping[OperationKey, Heard],
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
            any(t.verdict == "yes" for t in heard[operation].testimonies)
            or any(is_in for is_in, _ in heard[operation].settled)
        )
    ]
    chains: dict[tuple[str, Slot], list[Testimony]] = {}
    for said in heard.values():
        for testimony in said.testimonies:
            if testimony.verdict == "silent":
                chains.setdefault((testimony.lineage, testimony.slot), []).append(testimony)
    while news:
        inside.update(news)
        front = {operation[0] for operation in news} - reached
        while front:
            reached |= front
            front = {parent for key in front for parent in graph.parents.get(key, ())} - reached
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
