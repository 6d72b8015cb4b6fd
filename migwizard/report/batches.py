"""What is done in many schemas, and what became of each, as plain text; and the documents of the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..core.tenants.batch import Batch, SchemaResult, Task, tally
from . import json
from .safe import one_line, visible
from .words import plural, utc

if TYPE_CHECKING:
    from ..batches import Survey

WIDTH = 24
"""The most that a schema's name takes of a line; a longer one pushes the rest."""
MOST_IDLE = 5
"""So many schemas with nothing to be done are named; of more, the number is told."""
BAR = 20
"""Cells of a progress bar."""


def survey(found: Survey, task: Task) -> str:
    """Return what is to be done, once for schemas that are equal."""
    lines = [f"{visible(task.title)}: {plural(len(found.turns), 'schema')}"]
    for one in found.planned:
        names = tuple(turn.schema for turn in one.turns)
        lines += ["", f"{plural(len(names), 'schema')}: {names_line(names)}"]
        if one.plan is not None:
            lines.append(f"  {visible(one.plan.title)} ({one.plan.repair}, {one.plan.safety})")
            lines += [f"    {number}. {visible(step.why)}" for number, step in enumerate(one.plan.steps, 1)]
            lines += [f"    risk: {visible(risk)}" for risk in one.plan.risks]
            if one.plan.refusal:
                lines.append(f"  It cannot be executed: {visible(one.plan.refusal)}")
        if one.refusal:
            lines.append(f"  {'' if one.needless else 'It cannot be planned: '}{visible(one.refusal)}")
    if found.idle:
        lines += ["", idle_line(found.idle)]
    return "\n".join(lines)


def nothing_to_do(task: Task, idle: Sequence[str], form: str) -> str:
    """Return what to say when no schema needs a turn."""
    if form == "json":
        return json.written(
            {
                "version": json.VERSION,
                "task": task_document(task),
                "batch": None,
                "schemas": [],
                "idle": list(idle),
            }
        )
    return f"There was nothing to do. {idle_line(idle)}"


def batch(found: Batch, form: str) -> str:
    """Return what became of each schema, the bad ones first, as `text` or `json`."""
    return json.written(document(found)) if form == "json" else "\n".join(_table(found))


def _table(found: Batch) -> Iterator[str]:
    """Yield the lines of the table of results."""
    results = sorted(
        found.results, key=lambda one: (one.outcome in ("done", "nothing"), found.schemas.index(one.schema))
    )
    width = width_of(results)
    yield f"{visible(found.name)}: {visible(found.task.title)}"
    yield ""
    for result in results:
        yield row(result, width)
        yield from (f"{'':{width}}  still there: {visible(name)}" for name in result.left)
    if found.remaining:
        yield f"Not begun: {names_line(found.remaining)}"
    yield ""
    yield f"{counts(found.results)}.{f' {idle_line(found.idle)}' if found.idle else ''}"
    if found.remaining:
        yield f"It was interrupted; migwizard repair resume {found.name} goes on with it."
    elif found.undone_by is None and found.touched and found.task.undoes is None:
        yield f"migwizard undo {found.name} takes it back; --schema NAME undo NUMBER, in one schema."


def width_of(results: Sequence[SchemaResult]) -> int:
    """Return how wide the column of the schemas is."""
    return min(WIDTH, max((len(visible(result.schema)) for result in results), default=0))


def row(result: SchemaResult, width: int) -> str:
    """Return what became of one schema, as a line of the table."""
    numbers = f"  [{', '.join(map(str, result.entries))}]" if result.entries else ""
    return (
        f"{visible(result.schema):{width}}  {result.outcome:11}  {result.seconds:6.1f} s{numbers}"
        f"  {one_line(result.message)}"
    )


def batches(found: Sequence[Batch]) -> str:
    """Return several batches, one line each."""
    return "\n".join(_line(one) for one in found)


def _line(one: Batch) -> str:
    undone = f", taken back by batch-{one.undone_by}" if one.undone_by is not None else ""
    count = (
        f"{len(one.results)} of {plural(len(one.schemas), 'schema')}"
        if one.remaining
        else counts(one.results)
    )
    return (
        f"{one.name:>9}  {utc(one.begun):%Y-%m-%d %H:%M}  {visible(one.who)}  {one.outcome}{undone}"
        f"  {one_line(one.task.title)}: {count}"
    )


def progress(result: SchemaResult, done: int, total: int, bad: int, rest: float | None) -> str:
    """Return how far it is, in one line: `12/200  acme: done  1 failed  about 40 s left`."""
    failed = f"  {bad} not done" if bad else ""
    left = f"  about {duration(rest)} left" if rest is not None and done < total else ""
    return f"{done}/{total}  {one_line(result.schema)}: {result.outcome}{failed}{left}"


def bar(done: int, total: int, line: str, width: int) -> str:
    """Return a progress bar with a line behind it, cut off where a terminal of so many cells ends."""
    full = BAR * done // total if total else BAR
    return f"[{'#' * full}{'.' * (BAR - full)}] {line}"[: max(0, width - 1)]


def duration(seconds: float) -> str:
    """Return a time in words: `40 s`, `12 min`, `2 h 5 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def counts(results: Sequence[SchemaResult]) -> str:
    """Return how many schemas came to which end: `1 failed, 4 done`."""
    return ", ".join(f"{number} {outcome}" for outcome, number in tally(results).items()) or "nothing was run"


def idle_line(schemas: Sequence[str]) -> str:
    """Return which schemas had nothing to be done."""
    if not schemas:
        return ""
    names = (
        f"{plural(len(schemas), 'schema')} ({names_line(schemas)})"
        if len(schemas) <= MOST_IDLE
        else plural(len(schemas), "schema")
    )
    return f"{names} had nothing to be done, and {'was' if len(schemas) == 1 else 'were'} not touched."


def names_line(schemas: Sequence[str], most: int = 8) -> str:
    """Return schemas by their names; of many, the first ones and how many more."""
    shown = ", ".join(visible(schema) for schema in schemas[:most])
    return f"{shown} and {len(schemas) - most} more" if len(schemas) > most else shown


def document(found: Batch) -> dict[str, Any]:
    """Return a batch as a document."""
    return {
        "version": json.VERSION,
        "batch": found.name,
        "task": task_document(found.task),
        "outcome": found.outcome,
        "begun": json.date(found.begun),
        "ended": json.date(found.ended) if found.ended is not None else None,
        "who": found.who,
        "undone_by": f"batch-{found.undone_by}" if found.undone_by is not None else None,
        "counts": tally(found.results),
        "schemas": [
            {
                "schema": result.schema,
                "outcome": result.outcome,
                "message": result.message,
                "journal": list(result.entries),
                "gone": list(result.gone),
                "left": list(result.left),
                "seconds": round(result.seconds, 3),
            }
            for result in found.results
        ],
        "remaining": list(found.remaining),
        "idle": list(found.idle),
    }


def task_document(task: Task) -> dict[str, Any]:
    """Return what was asked for as a document."""
    return {
        "what": list(task.what),
        "repair": task.repair,
        "allow": task.allow,
        "undoes": f"batch-{task.undoes}" if task.undoes is not None else None,
    }
