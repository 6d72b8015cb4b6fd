"""What a task would do in many schemas, and what became of a dry run, as text and as documents."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..core.tenants.batch import TRIED_WELL, SchemaResult, Task, tally
from . import json
from .batches import counts, idle_line, names_line, nothing_to_do, row, survey, task_document, width_of
from .safe import visible
from .words import plural

if TYPE_CHECKING:
    from ..batches import Planned, Survey

ALONE = (
    "Each schema was tried as it is: what the public one gets first in a repair is not there for the others."
)

OF_ITS_OWN = "Each has a plan of its own, made in its turn: what is pending may depend on its rows."


def planned_many(found: Survey, task: Task, form: str) -> str:
    """Return the first plan of each group of equal schemas, as `text` or `json`."""
    if form == "json":
        return json.written(
            {
                "version": json.VERSION,
                "task": task_document(task),
                "groups": [_group(one) for one in found.planned],
                "idle": list(found.idle),
            }
        )
    return survey(found, task) if found.planned else nothing_to_do(task, found.idle, form)


def _group(one: Planned) -> dict[str, Any]:
    """Return schemas that are equal with what is to be done in each."""
    schemas = [turn.schema for turn in one.turns]
    refusal = one.refusal or (one.plan.refusal if one.plan is not None else "")
    message = refusal or (one.plan.title if one.plan is not None else OF_ITS_OWN)
    return {
        "schemas": schemas,
        "count": len(schemas),
        "outcome": "refused" if refusal else "planned",
        "message": message,
        "plan": json.planned(one.plan) if one.plan is not None else None,
    }


def trial(found: Survey, task: Task, results: Sequence[SchemaResult], form: str) -> str:
    """Return what became of each schema in a dry run, the bad ones first, as `text` or `json`."""
    if form == "json":
        return json.written(_document(found, task, results))
    return "\n".join(_lines(found, task, results)) if results else nothing_to_do(task, found.idle, form)


def _lines(found: Survey, task: Task, results: Sequence[SchemaResult]) -> Iterator[str]:
    """Yield the lines of the table, and what the slowest schema of each group would keep others from."""
    yield f"dry run of {visible(task.title)}: {plural(len(results), 'schema')}"
    yield ""
    width, likes = width_of(results), _likes(found, results)
    for result in sorted(results, key=_is_good):
        yield row(result, width)
        yield from (f"{'':{width}}  loses: {visible(loss)}" for loss in result.loses)
        if others := likes.get(result.schema, ())[1:]:
            yield f"{'':{width}}  stands for {names_line(others)}"
    for result in _slowest(found, results):
        yield ""
        yield f"{visible(result.schema)}, the slowest of its kind, would block, until it is committed:"
        yield from (f"  - {visible(line)}" for line in result.blocks)
    yield ""
    yield f"{counts(results)}.{f' {idle_line(found.idle)}' if found.idle else ''}"
    if not all(map(_is_good, results)) and any(turn.first for turn in found.turns) and len(results) > 1:
        yield ALONE
    yield "Everything was rolled back."


def _is_good(result: SchemaResult) -> bool:
    """Tell whether a schema went through, or had nothing to be done."""
    return result.outcome in TRIED_WELL


def _slowest(found: Survey, results: Sequence[SchemaResult]) -> Iterator[SchemaResult]:
    """Yield, for each group of equal schemas, the one that took longest of those that would block anybody."""
    for one in found.planned:
        names = {turn.schema for turn in one.turns}
        blocking = [result for result in results if result.schema in names and result.blocks]
        if blocking:
            yield max(blocking, key=lambda result: result.seconds)


def _likes(found: Survey, results: Sequence[SchemaResult]) -> dict[str, tuple[str, ...]]:
    """Return, for each schema that was tried, those that it stands for: itself, and its likes that were not tried."""
    tried = {result.schema for result in results}
    groups = (tuple(turn.schema for turn in one.turns) for one in found.planned)
    return {
        name: (name, *(other for other in group if other not in tried))
        for group in groups
        for name in group[:1]
        if name in tried
    }


def _document(found: Survey, task: Task, results: Sequence[SchemaResult]) -> dict[str, Any]:
    """Return a dry run in many schemas as a document."""
    likes = _likes(found, results)
    return {
        "version": json.VERSION,
        "task": task_document(task),
        "outcome": "rolled-back" if all(map(_is_good, results)) else "failed",
        "counts": tally(results),
        "schemas": [
            {
                "schema": result.schema,
                "stands_for": list(likes.get(result.schema, (result.schema,))),
                "outcome": result.outcome,
                "message": result.message,
                "gone": list(result.gone),
                "locks": list(result.blocks),
                "loses": list(result.loses),
                "seconds": round(result.seconds, 3),
            }
            for result in results
        ],
        "idle": list(found.idle),
    }
