"""Bring an interrupted execution to its end.

## What it does
Does what is left of an execution whose process ended on the way: the steps that are not in, when they could not share
one transaction, or the files that were to be renamed into place after the commit. An invalid index that a killed
CREATE INDEX CONCURRENTLY has left is dropped before it is built again.

## What it refuses
An execution of which a step is in by a part: that migration is half-applied, and finish or take-back know how to go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ..core.journal import Entry
from ..core.plan import Plan, Step
from ..core.situation import Situation
from .base import Impossible, Info, Request, WrongArguments, dotted, risks_of
from .decisions import leftovers

INFO = Info("resume", "Bring an interrupted execution to its end", "NUMBER", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when it has ended, or a step is in by a part.
    """
    entry = request.entry
    if entry is None:
        raise WrongArguments("Name an execution: resume NUMBER (see migwizard journal).")
    if entry.outcome != "interrupted":
        raise Impossible(f"Number {entry.id} is not interrupted: {entry.message or entry.outcome}")
    steps = tuple(remaining(situation, entry))
    if not steps:
        raise Impossible(f"Nothing is left to do of number {entry.id}: {entry.message}")
    return Plan(
        INFO.name,
        f"Bring number {entry.id} to its end: {entry.title}",
        entry.safety,
        steps,
        request.finding.id if request.finding is not None else None,
        f"resume {entry.id}",
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=risks_of(situation, steps),
        resumes=entry.id,
    )


def remaining(situation: Situation, entry: Entry) -> Iterator[Step]:
    """Yield the steps that are not in."""
    for index, step in enumerate(entry.steps):
        if index < entry.done_steps:
            if step.kind == "file" and step.path in entry.misplaced:
                yield replace(step, why=f"{step.why} (The commit went through; the file did not follow.)")
            continue
        begun = index == entry.done_steps < entry.begun_steps
        if begun and step.migration is not None and step.operation is not None:
            # Killed in the midst of it, the server leaves an invalid index that is in the way of the same again.
            yield from leftovers(situation, step.migration, step.operation)
        if not (begun and is_in(situation, step)):
            yield replace(step, sql=()) if step.kind == "operation" else step


def is_in(situation: Situation, step: Step) -> bool:
    """Tell whether a step that was begun, and that no transaction held, is in.

    Raises:
        Impossible: when it is in by a part.
    """
    row = situation.truth(step.migration) if step.migration is not None else None
    truth = next((one for one in row.operations if one.index == step.operation), None) if row else None
    if truth is None:
        return False
    if truth.truth == "partly":
        raise Impossible(
            f"Operation {truth.index + 1} of {dotted(step.migration or ('', ''))} ({truth.title}) is in by a part; "
            "finish or take-back its migration."
        )
    return truth.truth == ("no" if step.backwards else "yes")
