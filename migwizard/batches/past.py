"""A batch of before: what is left of it, and what would take it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..core.tenants import Overview
from ..core.tenants.batch import Batch, Task, why_not_resumed, why_not_undone
from ..running.journal import JournalError
from ..workbench import CannotRun, Workbench
from .survey import Planned, Progress, Survey, alike, planned_for, refuse_stopped, survey, unheard
from .turn import Turn


def the_batch(bench: Workbench, number: int) -> Batch:
    """Return a batch by its number. Raises CannotRun when there is none, or it cannot be read."""
    try:
        return bench.batches().one(number)
    except JournalError as error:
        raise CannotRun(str(error)) from error


def survey_rest(
    bench: Workbench, number: int, overview: Overview | None, progress: Progress = unheard
) -> Survey:
    """Return what is to be done in the schemas of an interrupted batch that have had no turn yet.

    Raises:
        CannotRun: when it is not interrupted, or the server refuses.
    """
    batch = the_batch(bench, number)
    if reason := why_not_resumed(batch):
        raise CannotRun(reason)
    found = survey(bench, batch.remaining, batch.task, overview, progress)
    if not found.idle:
        return found
    # Every one that is left has its turn, also where nothing is to be done by now: it may be in already.
    idle = Planned(
        tuple(Turn(schema) for schema in found.idle), None, "Nothing is left to be done there.", True
    )
    return Survey((*found.planned, idle))


def survey_back(
    bench: Workbench,
    number: int,
    overview: Overview | None,
    progress: Progress = unheard,
    settings: Mapping[str, str] | None = None,
) -> Survey:
    """Return what would take a batch back: in every schema that it touched, the last one first.

    Of schemas that are equal, and in which the same was done, one is read. `settings` answers what the plans ask.

    Raises:
        CannotRun: when it was taken back already, or is still running, or the server refuses.
    """
    batch = the_batch(bench, number)
    if reason := why_not_undone(batch):
        raise CannotRun(reason)
    task = Task(settings=settings or {}, undoes=number)
    likes = tuple(_treated_alike(batch, overview))
    planned: list[Planned] = []
    for at, (turns, has_result) in enumerate(likes):
        progress("looking at the schemas", at, len(likes))
        refuse_stopped(bench)
        # One that had no turn was at work at most; only its own journal tells, and it is looked at in its turn.
        whole = planned_for(bench, turns, task) if has_result else Planned(turns, None)
        planned.append(whole)
    refuse_stopped(bench)
    progress("looking at the schemas", len(likes), len(likes))
    return Survey(tuple(planned))


def _treated_alike(batch: Batch, overview: Overview | None) -> Iterator[tuple[tuple[Turn, ...], bool]]:
    """Yield the turns of schemas that are equal and in which the same was done; and whether they had a turn then."""
    done = {result.schema: (result.message, result.gone) for result in batch.results}
    for members, group in alike(tuple(reversed(batch.touched)), overview):
        first = group is not None and group.role == "public"
        found: dict[object, list[Turn]] = {}
        for schema in members:
            found.setdefault(done.get(schema), []).append(Turn(schema, first))
        for what, turns in found.items():
            yield tuple(turns), what is not None
