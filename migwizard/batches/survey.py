"""Which of many schemas a task has something to do in; of those that are equal, one tells for all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..core.finding import SEVERITIES, Finding
from ..core.plan import Plan
from ..core.tenants import Group, Overview
from ..core.tenants.across import Spread
from ..core.tenants.batch import Task
from ..workbench import CannotRun, Needless, Workbench
from .turn import Turn, needs, read

Progress = Callable[[str, int, int], None]

LOOKED_INTO = 6
"""So many groups of equal schemas are read to say what is wrong in them, before anything is asked for."""


def unheard(stage: str, done: int, total: int) -> None:
    """Hear how far it is, where nobody asked."""


@dataclass(frozen=True, slots=True)
class Planned:
    """Schemas that hold the same, with what is to be done in each."""

    turns: tuple[Turn, ...]
    plan: Plan | None
    """The first plan for the one that was read; None where none can be made."""
    refusal: str = ""
    """Why there is no plan, in a sentence."""
    needless: bool = False
    """Whether there is none because nothing is to be done."""

    @property
    def loses(self) -> bool:
        """Whether the plan loses rows or filled columns."""
        return self.plan is not None and self.plan.safety == "destructive"


@dataclass(frozen=True, slots=True)
class Survey:
    """Who is to have a turn, and who has no need of one."""

    planned: tuple[Planned, ...] = ()
    idle: tuple[str, ...] = ()
    """Schemas that have nothing to be done, and are not touched."""

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Every schema that is to have a turn: what all share first."""
        turns = (turn for one in self.planned for turn in one.turns)
        return tuple(sorted(turns, key=lambda turn: not turn.first))

    @property
    def firsts(self) -> tuple[Turn, ...]:
        """One of each that are equal: what all share first."""
        return tuple(sorted((one.turns[0] for one in self.planned), key=lambda turn: not turn.first))

    @property
    def loses(self) -> bool:
        """Whether a plan loses rows or filled columns."""
        return any(one.loses for one in self.planned)

    @property
    def writes_files(self) -> bool:
        """Whether a plan writes files, which are the same for all schemas."""
        steps = (step for one in self.planned if one.plan is not None for step in one.plan.steps)
        return any(step.kind == "file" for step in steps)


def survey(
    bench: Workbench,
    schemas: Sequence[str],
    task: Task,
    overview: Overview | None,
    progress: Progress = unheard,
) -> Survey:
    """Return which of some schemas a task has something to do in.

    Of schemas that hold the same one is read as a whole. Where nothing is amiss with that one, and no migration is
    pending whose way may depend on rows, nothing is amiss with the others either.

    Raises:
        CannotRun: when the server refuses, or it was stopped.
    """
    likes = alike(schemas, overview)
    planned: list[Planned] = []
    idle: list[str] = []
    for number, (members, group) in enumerate(likes):
        progress("looking at the schemas", number, len(likes))
        refuse_stopped(bench)
        behind = overview is not None and group is not None and lags(group, overview)
        first = group is not None and group.role == "public"
        turns = tuple(Turn(schema, first, behind) for schema in members)
        one = planned_for(bench, turns, task)
        if not one.needless:
            planned.append(one)
            continue
        idle += members[:1] if may_differ(group) else members
        if may_differ(group) and turns[1:]:
            planned.append(Planned(turns[1:], None))
    refuse_stopped(bench)
    progress("looking at the schemas", len(likes), len(likes))
    found = Survey(tuple(planned), tuple(idle))
    if task.what or not found.writes_files:
        return found
    # What is written counts for every schema, and may leave something to be run in each.
    if idle:
        planned.append(Planned(tuple(Turn(schema) for schema in idle), None))
    return Survey(tuple(replace(one, turns=all_of(one.turns)) for one in planned))


def known(
    bench: Workbench, schemas: Sequence[str], overview: Overview | None, progress: Progress = unheard
) -> tuple[Spread, ...]:
    """Return what is found in some schemas with those that it holds for, the gravest first.

    One of each group of equal ones is read, of many groups the first few: what all have can be offered at once, and
    what is rare is found by a survey. A schema that cannot be read tells nothing.

    Raises:
        CannotRun: when it was stopped.
    """
    found: dict[str, tuple[Finding, list[str]]] = {}
    likes = alike(schemas, overview)[:LOOKED_INTO]
    for number, (members, _) in enumerate(likes):
        progress("looking what is wrong there", number, len(likes))
        refuse_stopped(bench)
        try:
            bench.turn_to(members[0])
            for finding in read(bench).findings:
                found.setdefault(finding.id, (finding, []))[1].extend(members)
        except CannotRun:
            continue
    refuse_stopped(bench)
    spread = (Spread(finding, tuple(names)) for finding, names in found.values())
    return tuple(sorted(spread, key=lambda one: SEVERITIES.index(one.finding.severity)))


def refuse_stopped(bench: Workbench) -> None:
    """Raise CannotRun once the workbench was asked to stop: what was cut short says nothing of a schema."""
    if bench.stop.is_set():
        raise CannotRun("It was stopped, before every schema had been looked at.")


def agreed(found: Survey, task: Task) -> Survey:
    """Return a survey as somebody agreed to it who was shown it.

    Who was shown a plan that loses nothing has not agreed to lose something where only the rows are others.
    Where finding after finding is repaired, it was said beforehand how grave a plan may be.
    """
    if not task.what and task.undoes is None:
        return found
    return replace(found, planned=tuple(one if one.loses else spared(one) for one in found.planned))


def spared(one: Planned) -> Planned:
    """Return schemas in which nothing may be lost."""
    return replace(one, turns=tuple(replace(turn, spares=True) for turn in one.turns))


def planned_for(bench: Workbench, turns: tuple[Turn, ...], task: Task) -> Planned:
    """Return what a task would do first in schemas that hold the same, by the first of them, which is read."""
    try:
        bench.turn_to(turns[0].schema)
        read(bench)
        return Planned(turns, *needs(bench, turns[0], task))
    except CannotRun as error:
        return Planned(turns, None, str(error), isinstance(error, Needless))


def all_of(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """Return turns in which pending migrations are run as well."""
    return tuple(replace(turn, behind=True) for turn in turns)


def alike(
    schemas: Sequence[str], overview: Overview | None
) -> tuple[tuple[tuple[str, ...], Group | None], ...]:
    """Return the schemas in groups that hold the same, in the order in which they came; what is unknown is alone."""
    found: dict[str, tuple[list[str], Group | None]] = {}
    for schema in schemas:
        group = overview.group_of(schema) if overview is not None else None
        # A schema that cannot be read, or that somebody is at work on, is like no other.
        alone = group is None or group.holding.unreadable or group.creating
        name = f"\0{schema}" if alone or group is None else group.representative
        found.setdefault(name, ([], group))[0].append(schema)
    return tuple((tuple(members), group) for members, group in found.values())


def may_differ(group: Group | None) -> bool:
    """Tell whether schemas of a group may still differ in what is to be done: rows count for what is pending."""
    return group is not None and bool(group.pending)


def lags(group: Group, overview: Overview) -> bool:
    """Tell whether others of its kind have run migrations that a group has not."""
    mine = set(group.pending)
    others = [one for one in overview.groups if one.kind == group.kind and one is not group and one.exists]
    return bool(mine) and any(not mine <= set(other.pending) for other in others if other.role != "ownerless")
