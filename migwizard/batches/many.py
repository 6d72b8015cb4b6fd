"""Gives one schema after the other its turn, or several at a time, and goes on after a failure.

What became of each is in the journal of the batch before it is shown. Whoever is killed leaves schemas without a
result; they have their turn when the batch is gone on with. What a schema was left in is told by its own journal.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ..core.tenants.batch import Batch, SchemaResult, Task, came_through, why_not_resumed
from ..running.journal import JournalError, Writer, had_turn, has_ended
from ..workbench import CannotRun, Workbench
from .processes import Worker
from .survey import Survey
from .trying import try_turn
from .turn import Turn, take_turn

Heard = Callable[[SchemaResult, int, int], None]
"""Called with what became of a schema, how many have had their turn, and how many there are."""


def run(bench: Workbench, task: Task, found: Survey, *, jobs: int = 1, heard: Heard) -> Batch:
    """Give every schema of a survey its turn, and return the batch with what became of each.

    Args:
        bench: an open workbench.
        task: what is to be done in each.
        found: who is to have a turn.
        jobs: how many schemas are worked on at a time, each by a process of its own with a connection of its own.
        heard: called after each turn.

    Raises:
        CannotRun: when the journal cannot be written; then nothing was run.
    """
    refuse_read_only(bench)
    batches = bench.batches()
    schemas = tuple(turn.schema for turn in found.turns)
    try:
        batch, writer = batches.start(task, schemas, found.idle)
    except JournalError as error:
        raise CannotRun(str(error)) from error
    with _held(bench, writer):
        # Two at a time would be in each other's way where files are written.
        jobs = 1 if found.writes_files else jobs
        _give_turns(bench, task, found.turns, writer, jobs, heard, len(schemas))
        _end(bench, batch.id, writer)
    return batches.one(batch.id)


def go_on(bench: Workbench, number: int, found: Survey, *, jobs: int = 1, heard: Heard) -> Batch:
    """Give every schema of an interrupted batch that has no result its turn, and return the batch.

    Args:
        bench: an open workbench.
        number: of the batch.
        found: the survey of those that are left.
        jobs: how many schemas are worked on at a time.
        heard: called after each turn.

    Raises:
        CannotRun: when the batch is not interrupted, or its journal cannot be written.
    """
    refuse_read_only(bench)
    batches = bench.batches()
    try:
        if reason := why_not_resumed(batches.one(number)):
            raise CannotRun(reason)
        writer = batches.go_on(number)
    except JournalError as error:
        raise CannotRun(str(error)) from error
    with _held(bench, writer):
        # Only now nobody else can be at work on it: somebody may have gone on with it since it was surveyed.
        batch = batches.one(number)
        turns = {turn.schema: turn for turn in found.turns}
        rest = [turns.get(schema, Turn(schema)) for schema in batch.remaining]
        jobs = 1 if found.writes_files else jobs
        _give_turns(bench, batch.task, rest, writer, jobs, heard, len(batch.schemas))
        _end(bench, number, writer)
    return batches.one(number)


def try_out(
    bench: Workbench,
    task: Task,
    found: Survey,
    *,
    jobs: int = 1,
    one_of_each: bool = False,
    heard: Heard,
) -> tuple[SchemaResult, ...]:
    """Try a task in the schemas of a survey, each in a transaction of its own that is rolled back.

    Each is tried as it is: what an earlier one would leave for it, as public for tenants, is not there.

    Args:
        bench: an open workbench.
        task: what is to be tried.
        found: who is meant.
        jobs: how many schemas are worked on at a time.
        one_of_each: try only one of the schemas that hold the same.
        heard: called after each schema.
    """
    turns = found.firsts if one_of_each else found.turns
    tried = []
    for result in results(bench, task, turns, None, 1 if found.writes_files else jobs):
        tried.append(result)
        heard(result, len(tried), len(turns))
    return tuple(tried)


def refuse_read_only(bench: Workbench) -> None:
    """Raise CannotRun where nothing may be written."""
    if bench.options.read_only:
        raise CannotRun("Nothing is written in read-only mode (--read-only).")


@contextmanager
def _held(bench: Workbench, writer: Writer) -> Iterator[None]:
    """Have every execution written down as a part of the batch, and its file locked, until the end."""
    bench.batch = writer.number
    try:
        yield
    finally:
        bench.batch = None
        writer.close()


def _end(bench: Workbench, number: int, writer: Writer) -> None:
    """Write down that the batch has come to its end, once every schema has had its turn."""
    batches = bench.batches()
    batch = batches.one(number)
    if batch.remaining:
        return
    good = came_through(batch.results)
    has_ended(writer, "done" if good else "failed")
    if batch.task.undoes is not None and good:
        batches.mark_undone(batch.task.undoes, number)


def _give_turns(
    bench: Workbench,
    task: Task,
    turns: Sequence[Turn],
    writer: Writer,
    jobs: int,
    heard: Heard,
    total: int,
) -> None:
    """Give every schema its turn, and write down what became of it; end early when the workbench is to stop."""
    done = total - len(turns)
    for result in results(bench, task, turns, writer, jobs):
        done += 1
        had_turn(writer, result)
        heard(result, done, total)


def results(
    bench: Workbench, task: Task, turns: Sequence[Turn], writer: Writer | None, jobs: int
) -> Iterator[SchemaResult]:
    """Yield what became of each schema, as soon as it is known; without a journal, the task is only tried."""
    shared = [turn for turn in turns if turn.first]
    others = [turn for turn in turns if not turn.first]
    # What tenants build on is made before them, and taken back after them.
    for part in (others, shared) if task.undoes is not None else (shared, others):
        hands = min(jobs, len(part)) if part is others else 1
        yield from (
            _by_several(bench, task, part, writer, hands) if hands > 1 else _by_one(bench, task, part, writer)
        )
        if bench.stop.is_set():
            return


def _by_one(
    bench: Workbench, task: Task, turns: Sequence[Turn], writer: Writer | None
) -> Iterator[SchemaResult]:
    """Yield what became of each schema, worked on by this process, one after the other."""
    give_turn = take_turn if writer is not None else try_turn
    for turn in turns:
        result = give_turn(bench, turn, task)
        if bench.stop.is_set() and result.outcome != "done":
            # It was stopped in the midst of its turn, and rolled back: it has another one when the batch goes on.
            return
        yield result
        if bench.stop.is_set():
            return


def _by_several(
    bench: Workbench, task: Task, turns: Sequence[Turn], writer: Writer | None, jobs: int
) -> Iterator[SchemaResult]:
    """Yield what became of each schema, worked on by several processes."""
    waiting: queue.SimpleQueue[Turn] = queue.SimpleQueue()
    for turn in turns:
        waiting.put(turn)
    found: queue.SimpleQueue[SchemaResult | None] = queue.SimpleQueue()
    workers = [Worker(bench.options, task, writer) for _ in range(jobs)]
    hands = [
        threading.Thread(target=_work, args=(worker, waiting, found, bench.stop), daemon=True)
        for worker in workers
    ]
    for hand in hands:
        hand.start()
    busy = len(hands)
    try:
        while busy:
            result = _next(found, bench.stop, workers)
            if result is None:
                busy -= 1
            else:
                yield result
    finally:
        bench_stopped = time.monotonic()
        for worker in workers:
            worker.stop(bench_stopped)


def _next(
    found: queue.SimpleQueue[SchemaResult | None], stop: threading.Event, workers: Sequence[Worker]
) -> SchemaResult | None:
    """Return the next result, or None when a worker is through; ask the workers to stop when that is wanted."""
    while True:
        try:
            return found.get(timeout=0.5)
        except queue.Empty:
            if stop.is_set():
                for worker in workers:
                    worker.interrupt()


def _work(
    worker: Worker,
    waiting: queue.SimpleQueue[Turn],
    found: queue.SimpleQueue[SchemaResult | None],
    stop: threading.Event,
) -> None:
    """Hand one schema after the other to a worker, until none is left."""
    try:
        while not stop.is_set():
            try:
                turn = waiting.get_nowait()
            except queue.Empty:
                return
            result = worker.take_turn(turn)
            if result is None or (stop.is_set() and result.outcome != "done"):
                return
            found.put(result)
    finally:
        found.put(None)
