"""Take back what is there of a half-applied migration, so that it can be run as a whole.

## What it does
Takes the operations that are in the schema back, the last one first, and deletes the record if there is one. A table
that is there by halves is dropped if the migration makes it, or given back the shape that it had before; columns that
no migration knows of stay. Rows and values that would be lost are counted before: what is empty goes without harm,
what is filled makes the plan destructive. `migrate` then runs the migration as a whole.

## What it asks
Of an operation that no schema shows (RunPython, RunSQL) nobody knows whether it ran. The ones before the first missing
operation are taken for done, so their reverse is run: `--set run.N=skip` leaves operation N alone.

## What it refuses
A migration that applied ones depend on (rollback takes those back too), and operations without a reverse.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..core.plan import Plan, Step
from ..core.situation import MigrationTruth, OperationTruth, Situation
from ..core.truths.midway import OPAQUE, Shaping, done
from .base import (
    Impossible,
    Info,
    Request,
    action,
    dotted,
    finding_id,
    operation_step,
    risks_of,
    unrecord_steps,
)
from .decisions import check_states, leftovers
from .midway import RUN, check_settings, meant, question_key, questions, shape_step, shaped
from .signals import around

INFO = Info("take-back", "Take back what is there of a half-applied migration", "APP MIGRATION", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when nothing of the migration is there, or something that is applied depends on it.
    """
    row = meant(situation, request, INFO)
    check_there(situation, row)
    asked = tuple(
        one
        for one in questions(situation, row, request.settings, backwards=True)
        if one.key in {question_key(truth) for truth in done(row)}
    )
    check_settings(request.settings, {one.key for one in asked})
    found = shaped(situation, row, backwards=True)
    steps = tuple(back(situation, row, found, {one.key: one.answer for one in asked}))
    return Plan(
        INFO.name,
        f"Take back what is there of {dotted(row.key)}",
        INFO.safety,
        around(situation, steps),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        asks=asked,
        risks=risks_of(situation, steps),
        refusal=check_states(situation, steps) or irreversible(situation, row, steps),
    )


def check_there(situation: Situation, row: MigrationTruth) -> None:
    """Raise Impossible when nothing of the migration is there, or it cannot go alone."""
    graph, name = situation.graph, dotted(row.key)
    if row.schema not in ("yes", "partly"):
        record = f"; only its record is (unfake {' '.join(row.key)})" if row.recorded else ""
        raise Impossible(f"Nothing of {name} can be seen in the schema{record}.")
    if row.recorded and row.schema == "yes":
        raise Impossible(f"{name} is applied as a whole; rollback goes back to the migration before it.")
    dependents = [key for key in graph.descendants(row.key) if key in graph.effective]
    if dependents:
        raise Impossible(
            f"{dotted(dependents[0])} depends on {name} and is applied; rollback takes both back."
        )


def back(
    situation: Situation, row: MigrationTruth, found: Shaping | None, answers: Mapping[str, str | None]
) -> Iterator[Step]:
    """Yield the steps that take back what is there of a migration."""
    name = dotted(row.key)
    command = "none: Django takes a migration back only as a whole"
    there = {truth.index for truth in done(row)}
    kept = []
    for truth in reversed(row.operations):
        if found is not None and truth.index == found.index and found.tables:
            yield shape_step(row, found, back_why(name, found), command)
        if found is not None and truth.index in found.operations:
            continue
        if truth.truth == "no":
            yield from leftovers(situation, row.key, truth.index)
        elif truth.index in there:
            if answers.get(question_key(truth), RUN) == RUN:
                why = f"{name} is in by halves; what is there is taken back. {truth.title}."
                if truth.truth == "unobservable" and truth.kind in OPAQUE:
                    why = f"The schema cannot show whether this ran; its reverse is run. {truth.title}."
                yield operation_step(row.key, truth, why, situation, backwards=True, command=command)
            else:
                kept.append(truth)
    why = f"Nothing of {name} is in the schema any more, so its record goes.{left_alone(kept)}"
    yield from unrecord_steps(situation, row.key, why, command)


def back_why(name: str, found: Shaping) -> str:
    """Return what becomes of the tables that are in by halves."""
    parts = []
    dropped = [table for table, target in found.tables if target is None]
    altered = [table for table, target in found.tables if target is not None]
    if dropped:
        parts.append(
            f"{', '.join(dropped)} {'is' if len(dropped) == 1 else 'are'} half as {name} makes it, and goes."
        )
    if altered:
        verb = "gets back the shape that it" if len(altered) == 1 else "get back the shape that they"
        parts.append(f"{', '.join(altered)} {verb} had before {name}.")
    return " ".join(parts)


def left_alone(kept: list[OperationTruth]) -> str:
    """Return which operations are not taken back."""
    if not kept:
        return ""
    said = ", ".join(f"operation {truth.index + 1} ({truth.title})" for truth in kept)
    return f" Left as it is: {said}."


def irreversible(situation: Situation, row: MigrationTruth, steps: tuple[Step, ...]) -> str:
    """Return which operations cannot be taken back; empty when all can."""
    operations = situation.graph.files[row.key].operations
    back = {step.operation for step in steps if step.backwards}
    found = [
        truth for truth in row.operations if truth.index in back and not operations[truth.index].reversible
    ]
    if not found:
        return ""
    said = ", ".join(f"operation {truth.index + 1} ({truth.title})" for truth in found)
    skips = " ".join(f"--set {question_key(one)}=skip" for one in found if one.truth == "unobservable")
    hint = f" {skips} leaves what cannot be seen in the schema as it is." if skips else ""
    return f"{dotted(row.key)} has no reverse for {said}.{hint}"
