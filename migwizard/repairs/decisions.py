"""Which operations have to run so that a set of migrations is in the schema, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from ..core.finding import Safety
from ..core.graph import Key
from ..core.graph.branches import overtaken
from ..core.plan import Step
from ..core.schema.names import quoted
from ..core.situation import MigrationTruth, OperationTruth, Situation
from .base import Impossible, Uncertain, check_readable, dotted, operation_step, record_steps, rows_by_key


@dataclass(frozen=True, slots=True)
class Decision:
    """What is done about one migration, and why."""

    key: Key
    run: tuple[int, ...]
    """Indexes of the operations to run."""
    record: bool
    """Whether its row has to be written."""
    why: str
    safety: Safety
    again: bool = False
    """Whether the operations are in force, and run once more."""


def decide(situation: Situation, row: MigrationTruth, answer: str = "") -> Decision:
    """Decide what one migration needs so that record and schema both say that it is applied.

    What the schema proves is only recorded; what it disproves is run. What cannot be seen at all is recorded,
    because this is only asked of migrations that later, applied ones depend on; `answer` (`run` or `record`) says
    otherwise.

    Raises:
        Impossible: when the answer is not certain, or the schema shows half an operation.
    """
    check_readable(situation, row.key)
    name = dotted(row.key)
    record = not row.recorded
    if not row.confirmed and row.schema in ("yes", "partly", "no"):
        raise Uncertain(f"What the schema says of {name}")
    if row.schema == "unknown":
        raise Impossible(f"The schema was not compared, so nothing proves or disproves {name}.")
    halves = [truth for truth in row.operations if truth.truth == "partly"]
    if halves:
        shown = "; ".join(halves[0].evidence[:3])
        raise Impossible(
            f"Operation {halves[0].index + 1} of {name} ({halves[0].title}) is half in the schema: {shown}. Bring it to"
            f" its end with finish {row.key[0]} {row.key[1]}, or take it back with take-back {row.key[0]} {row.key[1]}."
        )
    if row.schema == "yes":
        return Decision(row.key, (), record, f"The schema has everything that {name} makes.", "safe")
    opaque = [truth for truth in row.operations if truth.kind in ("sql", "python", "custom", "separate")]
    if row.schema == "unobservable":
        if not opaque:
            return Decision(row.key, (), record, f"{name} changes nothing in the database.", "safe")
        everything = tuple(truth.index for truth in row.operations)
        if answer == "run":
            return Decision(row.key, everything, record, f"You chose to run {name}.", "careful")
        why = f"The schema cannot show whether {name} ran; later ones that need it are applied, so it is recorded."
        return Decision(row.key, (), record, why, "careful")
    missing = tuple(truth.index for truth in row.operations if needs_run(row, truth))
    if row.schema == "no":
        return Decision(
            row.key, missing, record, f"The schema has nothing of {name}, so it is run.", "careful"
        )
    return Decision(row.key, missing, record, f"The schema has a part of {name}; the rest is run.", "careful")


def needs_run(row: MigrationTruth, truth: OperationTruth) -> bool:
    """Tell whether an operation of a migration that is not wholly in the schema has to run."""
    if truth.truth == "no":
        return True
    if truth.truth == "unobservable" and not row.recorded:
        # Nothing of the migration is in: what cannot be seen did not run either. After a part, it is run again only
        # when it comes after the first missing operation.
        first = min((t.index for t in row.operations if t.truth == "no"), default=0)
        return row.schema == "no" or truth.index > first
    return truth.truth == "unobservable" and bool(truth.tables)


def steps_for(situation: Situation, decisions: Collection[Decision]) -> list[Step]:
    """Return the steps of some decisions in the order that the dependencies demand."""
    by_key = {decision.key: decision for decision in decisions}
    rows = rows_by_key(situation)
    steps: list[Step] = []
    for key in situation.graph.nodes:
        decision = by_key.get(key)
        if decision is None:
            continue
        truths = {truth.index: truth for truth in rows[key].operations}
        for index in decision.run:
            steps += leftovers(situation, key, index)
            step = operation_step(key, truths[index], f"{decision.why} {truths[index].title}.", situation)
            steps.append(replace(step, again=decision.again))
        if decision.record:
            command = "" if decision.run else f"manage.py migrate --fake {key[0]} {key[1]}"
            command = command or f"manage.py migrate {key[0]} {key[1]}"
            steps += record_steps(situation, key, decision.why, command)
    return steps


def followers(situation: Situation, decisions: Collection[Decision]) -> list[Decision]:
    """Return what must run again because it changes something that only now comes into being.

    A recorded operation that alters a column which was missing says nothing of itself in the schema; once the
    column is made as an earlier migration makes it, the alteration has to follow. And what another branch has made of
    the same thing is made again after what runs only now, if Django takes it for the later one.
    """
    touched: set[str] = set()
    rows = rows_by_key(situation)
    running = {decision.key: decision for decision in decisions}
    found = []
    for key in situation.graph.nodes:
        row = rows[key]
        decision = running.get(key)
        if decision is not None:
            for truth in row.operations:
                if truth.index in decision.run:
                    touched.update(truth.tables)
            continue
        again = tuple(
            truth.index
            for truth in row.operations
            if row.recorded and truth.truth == "unobservable" and touched & set(truth.tables)
        )
        if again:
            why = f"{dotted(key)} is recorded, but what it alters was missing; it follows now."
            found.append(Decision(key, again, False, why, "careful"))
    return found + overtaken_ones(situation, decisions)


def overtaken_ones(situation: Situation, decisions: Collection[Decision]) -> list[Decision]:
    """Return what runs once more, because what runs only now comes before it in the graph and overwrites it."""
    graph, rows = situation.graph, rows_by_key(situation)
    run = {decision.key: decision.run for decision in decisions if decision.run}
    here = (*(key for key in graph.nodes if key in graph.effective and key not in run), *run)
    again: dict[Key, list[int]] = {}
    for key, index in overtaken(graph.files, graph.nodes, here, run):
        if key not in run and rows[key].operations[index].truth == "yes":
            again.setdefault(key, []).append(index)
    return [
        Decision(key, tuple(found), False, once_more(key), "careful", True) for key, found in again.items()
    ]


def once_more(key: Key) -> str:
    """Return why an operation of a migration runs once more."""
    return f"{dotted(key)} comes last in the graph, so Django goes by what it makes; it runs once more."


def check_states(situation: Situation, steps: Iterable[Step]) -> str:
    """Return why operations cannot be run here; else an empty text."""
    unread = [key for key in situation.graph.nodes if situation.graph.files[key].error is not None]
    if unread and any(step.kind == "operation" for step in steps):
        # On SQLite a table is rebuilt from the state, and would lose the columns that this migration has made.
        return f"{dotted(unread[0])} cannot be read, so the state of the models is not known; repair its file first."
    return ""


def leftovers(situation: Situation, key: Key, index: int) -> list[Step]:
    """Return the steps that drop what a failed CREATE INDEX CONCURRENTLY has left in the way of an operation."""
    live = situation.live
    file = situation.graph.files[key]
    if live is None or situation.database.vendor != "postgresql":
        return []
    steps = []
    for lineage in situation.lineages:
        for former, version in zip((None, *lineage.versions), lineage.versions, strict=False):
            if version.operation != (key, index) or version.table is None:
                continue
            before = former.table.indexes if former is not None and former.table is not None else ()
            made = {one.name for one in version.table.indexes} - {one.name for one in before}
            table = live.tables.get(version.table.name)
            for one in table.indexes if table is not None else ():
                if one.name in made and not one.valid:
                    steps.append(drop_step(live.schema, one.name, key, file.atomic))
    return steps


def drop_step(schema: str, index: str, key: Key, atomic: bool) -> Step:
    """Return the step that drops an invalid index."""
    name = ".".join(quoted(part) for part in (schema, index) if part)
    return Step(
        "sql",
        f"Index {index} is invalid: an earlier attempt to build it failed and left it, in the way of {dotted(key)}.",
        sql=(f"DROP INDEX {'' if atomic else 'CONCURRENTLY '}{name}",),
        atomic=atomic,
        undo="Nothing is lost: an invalid index serves no query.",
        command=f"none: Django would fail with 'relation {index} already exists'",
    )
