"""Bring a half-applied migration to its end: what the schema lacks of it, then its record.

## What it does
Runs the operations that are missing, in their order, whether the migration is recorded or not. A table or column that
is there by halves (a table made by hand that lacks a column, a column without its index) is given the shape that the
migration leaves, with the smallest change; columns that no migration knows of stay. An invalid index that a failed
CREATE INDEX CONCURRENTLY has left is dropped before it is built again.

## What it asks
Of an operation that no schema shows (RunPython, RunSQL) nobody knows whether it ran. A migration stops where it fails,
so the ones before the first missing operation are taken for done, and those after it are run: `--set run.N=skip` and
`--set run.N=run` say otherwise for operation N. Rows that a new column leaves without a value are asked for.

## What it refuses
A migration whose dependencies are not applied, and half operations of which it is not known what they must become.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..core.plan import Plan, Step
from ..core.schema.filling import Place, answered, fillable, fills
from ..core.situation import MigrationTruth, OperationTruth, Situation
from ..core.truths.midway import OPAQUE, Shaping, reached
from .base import (
    Impossible,
    Info,
    Request,
    action,
    dotted,
    finding_id,
    operation_step,
    record_steps,
    risks_of,
)
from .decisions import check_states, leftovers
from .midway import RUN, check_settings, meant, question_key, questions, shape_step, shaped
from .signals import around

INFO = Info("finish", "Bring a half-applied migration to its end", "APP MIGRATION", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the migration is not in by halves, or what is missing is not known.
    """
    row = meant(situation, request, INFO)
    check_partly(row)
    check_parents(situation, row)
    asked = questions(situation, row, request.settings)
    found = shaped(situation, row)
    keys = fill_keys(situation, found)
    check_settings(request.settings, {*keys, *(one.key for one in asked)})
    answers = {one.key: one.answer for one in asked}
    steps = tuple(missing(situation, row, found, fills(keys, request.settings), answers))
    return Plan(
        INFO.name,
        f"Bring {dotted(row.key)} to its end",
        INFO.safety,
        around(situation, steps),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        asks=(*asked, *answered(keys, request.settings)),
        risks=risks_of(situation, steps),
        refusal=check_states(situation, steps) or stranger(found),
    )


def check_partly(row: MigrationTruth) -> None:
    """Raise Impossible unless a part of the migration is in the schema, and another is not."""
    name = " ".join(row.key)
    if row.schema == "yes":
        record = "." if row.recorded else f"; only its record is missing (fake {name})."
        raise Impossible(f"Everything that {dotted(row.key)} makes is in the schema{record}")
    if row.schema != "partly":
        raise Impossible(
            f"Nothing of {dotted(row.key)} can be seen in the schema; migrate {name} runs it whole."
        )


def check_parents(situation: Situation, row: MigrationTruth) -> None:
    """Raise Impossible when something that the migration depends on is not applied."""
    graph = situation.graph
    lacking = [key for key in graph.ancestors(row.key) if key not in graph.effective]
    if lacking:
        raise Impossible(
            f"{dotted(row.key)} depends on {dotted(lacking[0])}, which is not applied; that comes first"
            f" (migrate {lacking[0][0]} {lacking[0][1]})."
        )


def missing(
    situation: Situation,
    row: MigrationTruth,
    found: Shaping | None,
    given: tuple[tuple[str, str, str], ...],
    answers: Mapping[str, str | None],
) -> Iterator[Step]:
    """Yield the steps that bring a migration to its end."""
    name, end = dotted(row.key), reached(row)
    command = (
        f"none: manage.py migrate {row.key[0]} {row.key[1]} would begin with what is there already, and fail"
    )
    skipped = []
    for truth in row.operations:
        if found is not None and truth.index == found.index and found.tables:
            names = ", ".join(table for table, _ in found.tables)
            why = f"{names} {'is' if len(found.tables) == 1 else 'are'} half as {name} leaves it; the rest is made."
            yield shape_step(row, found, why, command, given)
        if found is not None and truth.index in found.operations:
            continue
        if truth.truth == "no":
            yield from leftovers(situation, row.key, truth.index)
            why = f"The schema has a part of {name}; this is missing. {truth.title}."
            yield operation_step(row.key, truth, why, situation, command=command)
        elif truth.truth == "unobservable" and truth.kind in OPAQUE:
            if answers[question_key(truth)] == RUN:
                why = f"The schema cannot show whether this ran; it is run. {truth.title}."
                yield operation_step(row.key, truth, why, situation, command=command)
            else:
                skipped.append(truth)
        elif truth.truth == "unobservable" and truth.tables and truth.index >= end:
            why = f"It alters what was missing, and follows it. {truth.title}."
            yield operation_step(row.key, truth, why, situation, command=command)
    if not row.recorded:
        why = f"With this, everything of {name} is in the schema.{left_out(skipped)}"
        yield from record_steps(situation, row.key, why, command)


def left_out(skipped: list[OperationTruth]) -> str:
    """Return which operations are taken for done."""
    if not skipped:
        return ""
    said = ", ".join(f"operation {truth.index + 1} ({truth.title})" for truth in skipped)
    return f" Not run again, because it is taken for done: {said}."


def fill_keys(situation: Situation, found: Shaping | None) -> dict[str, Place]:
    """Return the columns that rows may lack a value for, by the key that asks for it."""
    if found is None or situation.live is None:
        return {}
    return fillable(situation.live.tables, found.tables)


def stranger(found: Shaping | None) -> str:
    """Return which column of no migration would keep the application from inserting rows; else an empty text."""
    for name, column in found.insistent if found is not None else ():
        return (
            f"No migration knows of column {name}.{column.name}, which takes no NULL and has no default, so the"
            " application could not insert a row; drop it or give it a default first, or use take-back."
        )
    return ""
