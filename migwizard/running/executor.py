"""Executes a plan: in one transaction wherever that is possible, all of it or nothing.

After the last step, still inside the transaction, the situation is read again. If a finding that the plan promised to
remove is still there, or an error appeared that was not there before, everything is rolled back. Before the first step
and after each one a line goes to the journal; the files of the plan are renamed into place after the commit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import Error

from ..core.plan import Plan, Ran, Report
from ..databases.concurrency import AnotherRepair
from ..reading.connected import CannotRead
from ..reading.errors import describe
from ..reading.reader import Reader
from .arrival import arrived
from .capture import Capture
from .execution import Execution, Stop
from .files import FileInTheWay
from .journal import Journal, JournalError
from .stages import Part, parts
from .transaction import Ending, EndsTransaction, one_transaction
from .verdict import went_through

KEPT = "A migration had ended the transaction by itself, so a part of the plan was kept: check again."
UNCHANGED = "Everything was rolled back; nothing has changed."


def execute(
    reader: Reader,
    plan: Plan,
    *,
    heard: Callable[[Ran], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    journal: Journal | None = None,
    dry: bool = False,
) -> Report:
    """Run a plan, and say what became of it. Never raises for what the database or a migration does.

    Args:
        reader: the open reader whose connection is used.
        plan: the plan as it was shown.
        heard: called with each statement as it was executed.
        stop: asked between steps; when it says yes, everything is rolled back.
        journal: where the execution is written down; a dry run leaves nothing that could be.
        dry: roll back at the end, whatever became of it.
    """
    if reader.options.read_only:
        return Report(plan, "refused", "Nothing is written in read-only mode (--read-only).", dry=dry)
    if plan.refusal:
        return Report(plan, "refused", plan.refusal, dry=dry)
    capture = Capture(reader.connection, heard)
    execution = Execution(reader, plan, capture, stop, None if dry else journal, dry)
    several = len(parts(plan.steps)) > 1
    try:
        with reader.database.repairing(reader.options.schema, several=several):
            report = run(execution)
        return arrived(reader, report)
    except AnotherRepair as error:
        return execution.report("refused", f"Another repair is running: {error}.")
    finally:
        execution.close()


def run(execution: Execution) -> Report:
    """Run all parts of a plan, and return what became of it."""
    ending = Ending()
    late = ""
    try:
        for part in parts(execution.plan.steps):
            ending = Ending()
            with held(execution, part, ending):
                execution.run_part(part)
            if part.atomic:
                execution.committed()
    except Stop as error:
        return stopped(execution, ending, error)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        # A migration that calls sys.exit() shall not end the program, least of all with status 0.
        if not ending.committed:
            report = failed(execution, ending, error)
            if isinstance(error, KeyboardInterrupt):
                raise
            return report
        execution.committed()
        late = f" What a migration left to be done after the commit failed, though: {reason(execution.reader, error)}"
    return execution.report("done", f"{went_through(execution.plan, execution.gone, execution.new)}{late}")


@contextmanager
def held(execution: Execution, part: Part, ending: Ending) -> Iterator[None]:
    """Hold the transaction of one part, or, where no transaction may be, only the limits on its statements."""
    reader = execution.reader
    if part.atomic:
        with one_transaction(reader.connection, ending):
            yield
        return
    with reader.database.session_timeouts(execution.PATIENT_SECONDS, execution.PATIENT_SECONDS):
        yield


def stopped(execution: Execution, ending: Ending, stop: Stop) -> Report:
    """Return what to say when the execution itself decided against the plan, or ended a dry run."""
    outcome, message = stop.outcome, str(stop)
    if outcome == "rolled-back" and not execution.dry:
        if execution.in_already:
            outcome, message = "failed", f"{message[:1].upper()}{message[1:]} {execution.kept()}"
        else:
            message = f"Everything was rolled back: {message}" if ending.whole else f"{message} {KEPT}"
    elif outcome == "failed" and execution.dry:
        message = f"It would be rolled back: {message}"
    return execution.report(outcome, message, stop.remaining)


def failed(execution: Execution, ending: Ending, error: BaseException) -> Report:
    """Return what to say when a step raised, or when the transaction could not even begin."""
    plan, step, why = execution.plan, execution.capture.step, reason(execution.reader, error)
    if step is None:
        return execution.report("refused", f"{why} Nothing has changed.")
    where = f"Step {step + 1} of {len(plan.steps)}"
    if step >= len(plan.steps):
        where = "The check after the last step"
    elif (key := plan.steps[step].migration) is not None:
        where += f" ({'.'.join(key)})"
    if execution.announced and not ending.committed and execution.lost_connection():
        outcome, came = execution.settle_commit()
        return execution.report(outcome, f"The connection was lost at the commit: {why} {came}")
    left = UNCHANGED if ending.whole else KEPT
    if execution.dry:
        left = "Everything was rolled back, as in any dry run."
    elif execution.in_already or step in execution.alone:
        left = execution.kept()
    return execution.report("failed", f"{where} failed: {why} {left}")


def reason(reader: Reader, error: BaseException) -> str:
    """Return one sentence for what was raised by the database, or by the project's own code."""
    if isinstance(error, Error):
        return reader.database.explain_error(error)
    if isinstance(error, (CannotRead, EndsTransaction, FileInTheWay, JournalError)):
        return str(error)
    return f"{describe(error, Path(reader.project.info.root))}."
