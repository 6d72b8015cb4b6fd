"""The turn of one schema: its own situation, its own plans, its own transactions."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from sys import stderr

from ..core.finding import Finding
from ..core.journal import Entry
from ..core.plan import Plan, Report
from ..core.situation import Situation
from ..core.tenants.batch import BAD, SchemaResult, Task
from ..workbench import CannotRun, Needless, Reading, Workbench
from .everything import recommended, repair_everything, repairable, too_grave

Choice = tuple[Finding | None, str, tuple[str, ...]]
"""A finding with the name of its repair, or an action with its arguments."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A schema that is to have its turn."""

    schema: str
    first: bool = False
    """Whether it comes before all others, and alone: what is in it is shared."""
    behind: bool = False
    """Whether others of its kind have run migrations that it has not; then they are run with everything else."""
    spares: bool = False
    """Whether a plan that loses something is left alone: what was shown for schemas with equal tables loses nothing."""


def take_turn(bench: Workbench, turn: Turn, task: Task) -> SchemaResult:
    """Do a task in one schema, and return what became of it. Never raises for what the database or a migration does."""
    started = time.monotonic()
    done = Done(bench, turn.spares)
    try:
        with redirect_stdout(stderr):
            # What migrations and receivers print must not end up in the document on standard output.
            _work(bench, turn, task, done)
    except Needless as error:
        return SchemaResult(turn.schema, "nothing", str(error), seconds=time.monotonic() - started)
    except CannotRun as error:
        done.said.append(str(error))
        done.stopped = True
    return _told(turn, done, time.monotonic() - started)


class Done:
    """What was done in one schema so far."""

    def __init__(self, bench: Workbench, spares: bool) -> None:
        self.bench = bench
        self.spares = spares
        """Whether a plan that loses something is left alone."""
        self.reports: list[Report] = []
        self.said: list[str] = []
        """What was left alone, and why."""
        self.left: tuple[str, ...] = ()
        """Ids of the errors that are left, where everything was to be repaired."""
        self.stopped = False
        """Whether it could not go on."""

    def execute(self, plan: Plan) -> Report:
        """Run a plan, and keep what became of it."""
        refusal = plan.refusal
        if self.spares and plan.safety == "destructive":
            refusal = refusal or f"{plan.title}: here it loses something, and that was not shown before."
        report = self.bench.execute(plan) if not refusal else Report(plan, "refused", refusal)
        self.reports.append(report)
        return report

    def went_well(self, plan: Plan) -> bool:
        """Run a plan, and tell whether it is in."""
        return self.execute(plan).outcome == "done"


def _work(bench: Workbench, turn: Turn, task: Task, done: Done) -> None:
    """Do a task in one schema.

    Raises:
        CannotRun: when it cannot be read or planned; Needless, when nothing is to be done.
    """
    bench.turn_to(turn.schema)
    reading = read(bench)
    if task.undoes is not None:
        take_back(bench, task.undoes, task.settings, done)
    elif task.what:
        _as_asked(bench, reading, task, done)
    else:
        _, left = repair_everything(
            bench,
            reading,
            task.allow,
            done.execute,
            lambda: read(bench),
            done.said.append,
            pending=turn.behind,
        )
        done.left = tuple(finding.id for finding in left.findings if finding.severity == "error")


def _as_asked(bench: Workbench, reading: Reading, task: Task, done: Done) -> None:
    """Run the action, or the repair of each finding that is meant, up to one that does not work."""
    choices = wanted(reading, task)
    while choices:
        finding, name, arguments = choices[0]
        good = done.went_well(bench.plan(finding, name, arguments, task.settings))
        if not good or finding is None or len(choices) == 1:
            return
        # The next plan is made of what this one has left.
        known = {one.id for one, _, _ in choices[1:] if one is not None}
        choices = tuple(one for one in meant(read(bench), task) if one[0] is not None and one[0].id in known)


def read(bench: Workbench) -> Reading:
    """Return the situation of the schema that the workbench looks at, with the findings that are its own.

    The public schema also tells of tenants; each of these has a turn of its own.
    """
    reading = bench.read(tenants=False)
    own = tuple(finding for finding in reading.findings if is_own(finding, reading.situation))
    bench.reading = Reading(reading.situation, own)
    return bench.reading


def is_own(finding: Finding, situation: Situation) -> bool:
    """Tell whether a finding is about the schema that was read, and not about another one."""
    schema = finding.subject.schema
    return finding.name not in OF_TENANTS and schema in (None, "", situation.database.schema)


OF_TENANTS = ("schema-without-tenant", "tenants-behind")
"""Findings of the public schema that are about tenants as a whole."""


def wanted(reading: Reading, task: Task) -> tuple[Choice, ...]:
    """Return what a task means in one schema: findings with their repairs, or the action.

    Raises:
        Needless: when the schema has no such finding.
        CannotRun: when the finding has no such repair.
    """
    from ..repairs import info

    first = task.what[0]
    found = meant(reading, task)
    if not found and info(first) is not None:
        return ((None, first, task.what[1:]),)
    if not found:
        raise Needless("It does not have this finding.")
    return found


def meant(reading: Reading, task: Task) -> tuple[Choice, ...]:
    """Return the findings that a task means by id or name, with their repairs.

    Raises:
        CannotRun: when one has no such repair.
    """
    chosen = []
    for finding in reading.findings:
        if task.what[0] not in (finding.id, finding.name):
            continue
        offered = [offer.name for offer in finding.repairs]
        if not offered:
            raise CannotRun(f"There is no repair of {finding.id} that migwizard can do by itself.")
        if task.repair is not None and task.repair not in offered:
            raise CannotRun(f"'{task.repair}' is no repair of {finding.id} (it has: {', '.join(offered)}).")
        chosen.append((finding, task.repair or recommended(finding), ()))
    return tuple(chosen)


def needs(bench: Workbench, turn: Turn, task: Task) -> tuple[Plan | None, str]:
    """Return the first plan that a task would run in the schema that was read last, or a sentence why there is none.

    Raises:
        Needless: when nothing is to be done there.
    """
    assert bench.reading is not None
    if task.undoes is not None:
        number = to_take_back(bench, task.undoes)[0].id
        return _asked_for(bench, (None, "undo", (str(number),)), task)
    if task.what:
        return _asked_for(bench, wanted(bench.reading, task)[0], task)
    said: list[str] = []
    for finding in repairable(bench.reading, turn.behind):
        try:
            made, refusal = _asked_for(bench, (finding, recommended(finding), ()), task)
        except Needless:
            continue
        why = too_grave(made, task.allow) if made is not None else refusal
        if not why:
            return made, ""
        said.append(f"{finding.id}: {why}")
    if not said:
        raise Needless("There is nothing to repair.")
    return None, " ".join(said)


def _asked_for(bench: Workbench, choice: Choice, task: Task) -> tuple[Plan | None, str]:
    """Return the plan of one repair, or a sentence why there is none. Raises Needless when nothing is to be done."""
    finding, name, arguments = choice
    try:
        return bench.plan(finding, name, arguments, task.settings), ""
    except Needless:
        raise
    except CannotRun as error:
        return None, str(error)


def to_take_back(bench: Workbench, batch: int) -> tuple[Entry, ...]:
    """Return what a batch did in the schema that was read last and is in, the newest first.

    Raises:
        Needless: when nothing of it is in.
    """
    entries = tuple(
        entry
        for entry in bench.journal()
        if entry.batch == batch and entry.undone_by is None and (entry.outcome == "done" or entry.in_place)
    )
    if not entries:
        raise Needless(f"Nothing of batch-{batch} is in.")
    return entries


def take_back(bench: Workbench, batch: int, settings: Mapping[str, str], done: Done) -> None:
    """Take back everything that a batch did in the schema that was read last, the newest first.

    Raises:
        Needless: when nothing of it is in.
        CannotRun: when an execution cannot be taken back.
    """
    for number, entry in enumerate(to_take_back(bench, batch)):
        if number:
            read(bench)
        if not done.went_well(bench.plan(None, "undo", (str(entry.id),), settings)):
            return


def _told(turn: Turn, done: Done, seconds: float) -> SchemaResult:
    """Return what became of one schema, in one line."""
    reports = done.reports
    outcomes = [report.outcome for report in reports]
    outcome = next((bad for bad in BAD if bad in outcomes), "done" if reports else None)
    if done.stopped and outcome in (None, "done"):
        outcome = "failed" if reports else "refused"
    failing = [report.message for report in reports if report.outcome != "done"]
    titles = "; ".join(report.plan.title for report in reports)
    return SchemaResult(
        turn.schema,
        outcome or ("refused" if done.said else "nothing"),
        " ".join((*failing, *done.said)) or (f"{titles}." if titles else "There was nothing to do."),
        tuple(report.journal for report in reports if report.journal is not None),
        tuple(dict.fromkeys(name for report in reports for name in report.gone)),
        done.left,
        seconds,
    )
