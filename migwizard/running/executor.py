"""Executes a plan in one transaction: all of it, or nothing.

After the last step, still inside the transaction, the situation is read again. If a finding that the plan promised to
remove is still there, or an error appeared that was not there before, everything is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.apps import apps as global_apps
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import Error

from ..core.finding import Finding
from ..core.plan import Plan, Ran, Report, Step
from ..core.situation import Situation
from ..diagnoses import diagnose
from ..reading.errors import describe
from ..reading.reader import CannotRead, Reader
from . import history
from .capture import Capture
from .losses import Known, is_opaque, known_columns, losses, unannounced
from .operations import Stage
from .transaction import Ending, EndsTransaction, one_transaction

LOCK_SECONDS = 5
STATEMENT_SECONDS = 600
KEPT = "A migration had ended the transaction by itself, so a part of the plan was kept: check again."


class Stop(Exception):
    """The execution ends here and everything is rolled back."""

    def __init__(self, outcome: str, message: str, remaining: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.remaining = remaining


def execute(
    reader: Reader,
    plan: Plan,
    *,
    heard: Callable[[Ran], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Report:
    """Run a plan, and say what became of it. Never raises for what the database or a migration does.

    Args:
        reader: the open reader whose connection is used.
        plan: the plan as it was shown.
        heard: called with each statement as it was executed.
        stop: asked between steps; when it says yes, everything is rolled back.
    """
    if reader.options.read_only:
        return Report(plan, "refused", "Nothing is written in read-only mode (--read-only).")
    if plan.refusal:
        return Report(plan, "refused", plan.refusal)
    capture = Capture(reader.connection, heard)
    ending = Ending()
    done: tuple[tuple[str, ...], str] = ((), "")
    late = ""
    try:
        with one_transaction(reader.connection, ending):
            done = run_inside(reader, plan, capture, stop)
    except Stop as error:
        return stopped(plan, capture, ending, error)
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        # A migration that calls sys.exit() shall not end the program, least of all with status 0.
        if not ending.committed:
            if isinstance(error, KeyboardInterrupt):
                raise
            return failed(reader, plan, capture, ending, error)
        late = f" What a migration left to be done after the commit failed, though: {reason(reader, error)}"
    gone, message = done
    return Report(plan, "done", message + late, tuple(capture.ran), gone)


def stopped(plan: Plan, capture: Capture, ending: Ending, stop: Stop) -> Report:
    """Return what to say when the execution itself decided against the plan."""
    outcome: Any = stop.outcome
    message = str(stop)
    if outcome == "rolled-back":
        message = f"Everything was rolled back: {message}" if ending.whole else f"{message} {KEPT}"
    return Report(plan, outcome, message, tuple(capture.ran), remaining=stop.remaining)


def failed(reader: Reader, plan: Plan, capture: Capture, ending: Ending, error: BaseException) -> Report:
    """Return what to say when a step raised, or when the transaction could not even begin."""
    if capture.step is None:
        return Report(plan, "refused", f"{reason(reader, error)} Nothing has changed.")
    where = f"Step {capture.step + 1} of {len(plan.steps)}"
    if capture.step >= len(plan.steps):
        where = "The check after the last step"
    elif (key := plan.steps[capture.step].migration) is not None:
        where += f" ({'.'.join(key)})"
    left = "Everything was rolled back; nothing has changed." if ending.whole else KEPT
    return Report(plan, "failed", f"{where} failed: {reason(reader, error)} {left}", tuple(capture.ran))


def reason(reader: Reader, error: BaseException) -> str:
    """Return one sentence for what was raised by the database, or by the project's own code."""
    if isinstance(error, Error):
        return reader.database.explain_error(error)
    if isinstance(error, (CannotRead, EndsTransaction)):
        return str(error)
    return f"{describe(error, Path(reader.project.info.root))}."


def run_inside(
    reader: Reader, plan: Plan, capture: Capture, stop: Callable[[], bool]
) -> tuple[tuple[str, ...], str]:
    """Run the steps and verify the result, inside the transaction; return what is gone, and what to say."""
    database = reader.database
    database.guard_timeouts(LOCK_SECONDS, STATEMENT_SECONDS)
    holder = database.try_lock("migwizard")
    if holder:
        raise Stop("refused", f"Another repair is running: {holder}.")
    reader.refresh()
    before = reader.reread()
    if plan.fingerprint and before.fingerprint != plan.fingerprint:
        raise Stop(
            "refused", "The database or the files have changed since the plan was made; look at the new plan."
        )
    findings = diagnose(before)
    capture.step = 0
    stage = Stage(before, plan, reader.files.migrations, reader.connection) if runs(plan) else None
    known = known_columns(stage) if stage is not None else {}
    with capture.installed():
        run_steps(reader, before, plan, stage, capture, stop)
    capture.step = len(plan.steps)
    if changes(plan):
        reader.connection.check_constraints()
    situation = reader.reread()
    check_losses(before, situation, plan, known, capture)
    after = diagnose(situation)
    remaining = verify(plan, before, findings, after)
    if remaining:
        raise Stop(
            "rolled-back",
            remaining[0][1],
            tuple(name for name, _ in remaining),
        )
    gone = tuple(finding.id for finding in findings if finding.id not in {other.id for other in after})
    steps, found = len(plan.steps), len(gone)
    return gone, (
        f"Done: {steps} step{'s' if steps != 1 else ''}, {found} finding{'s' if found != 1 else ''} gone."
    )


def check_losses(before: Situation, after: Situation, plan: Plan, known: Known, capture: Capture) -> None:
    """Raise Stop when something is gone that the plan did not say would go."""
    if before.live is None or after.live is None:
        return
    opaque = {number for number, step in enumerate(plan.steps) if is_opaque(before, step)}
    said = [ran.sql for ran in capture.ran if ran.step in opaque]
    lost = unannounced(plan, losses(before, known, before.live, after.live, said))
    if lost:
        raise Stop("rolled-back", lost[0])


def verify(
    plan: Plan, situation: Situation, before: tuple[Finding, ...], after: tuple[Finding, ...]
) -> list[tuple[str, str]]:
    """Return (finding id, sentence) of everything that forbids a commit."""
    left = {finding.id: finding for finding in after}
    found = [(name, f"the finding {name} is still there.") for name in plan.expects if name in left]
    known = {finding.id for finding in before}
    found += [
        (finding.id, f"a new error would have come up: {finding.summary}")
        for finding in after
        if finding.severity == "error" and finding.id not in known and finding.id not in plan.expects
        # One finding for many (all records lost) may leave findings of its own for those that it was not about.
        if not was_so(situation, finding)
    ]
    return found


def was_so(situation: Situation, finding: Finding) -> bool:
    """Tell whether a migration was already what the finding says that it is."""
    app, name = finding.subject.app, finding.subject.migration
    row = situation.truth((app, name)) if app is not None and name is not None else None
    return row is not None and row.state == finding.name


def run_steps(
    reader: Reader,
    situation: Situation,
    plan: Plan,
    stage: Stage | None,
    capture: Capture,
    stop: Callable[[], bool],
) -> None:
    """Run every step in order."""
    editor: Any = None
    open_for: Any = None
    history_table = situation.database.history_table
    try:
        for index, step in enumerate(plan.steps):
            if stop():
                raise Stop("rolled-back", "it was stopped before the end.")
            if editor is not None and (step.kind != "operation" or step.migration != open_for):
                close_editor(reader, editor)
                editor = None
            capture.step = index
            if step.kind == "operation" and step.signal:
                send(reader, step, stage)
            elif stage is not None and step.migration is not None and step.operation is not None:
                if editor is None:
                    settle_triggers(reader)
                    editor = reader.connection.schema_editor(atomic=False)
                    editor.__enter__()
                    open_for = step.migration
                stage.run(step.migration, step.operation, editor, backwards=step.backwards)
            elif step.kind == "record":
                if not history_table:
                    ensure_history(reader)
                    history_table = True
                write_record(reader, step)
            elif step.kind == "sql":
                with reader.connection.cursor() as cursor:
                    for statement in step.sql:
                        cursor.execute(statement, None)
        if editor is not None:
            close_editor(reader, editor)
    except BaseException:
        if editor is not None:
            editor.deferred_sql.clear()
        raise


def runs(plan: Plan) -> bool:
    """Tell whether the plan runs operations."""
    return any(step.kind == "operation" for step in plan.steps)


def changes(plan: Plan) -> bool:
    """Tell whether the plan changes more than history rows, which no foreign key can hang on."""
    return any(step.kind in ("operation", "sql") for step in plan.steps)


def close_editor(reader: Reader, editor: Any) -> None:
    """Run what the schema editor deferred to the end of the migration."""
    editor.__exit__(None, None, None)
    settle_triggers(reader)


def settle_triggers(reader: Reader) -> None:
    """Let deferred constraints fire now: rows changed before would make the next ALTER TABLE fail (55006)."""
    if reader.connection.vendor == "postgresql":
        with reader.connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def send(reader: Reader, step: Step, stage: Stage | None) -> None:
    """Send a signal as `migrate` does."""
    alias = reader.connection.alias
    plan = [(migration, False) for migration in stage.chain.values()] if stage is not None else []
    if step.signal == "pre_migrate":
        emit_pre_migrate_signal(0, False, alias, apps=global_apps, plan=plan)
        return
    state_apps = stage.state.apps if stage is not None else global_apps
    emit_post_migrate_signal(0, False, alias, apps=state_apps, plan=plan)


def write_record(reader: Reader, step: Step) -> None:
    """Insert or delete a history row."""
    sql, values = history.statement(reader.connection, step)
    with reader.connection.cursor() as cursor:
        cursor.execute(sql, values)
        if step.record != "insert" and cursor.rowcount == 0:
            raise Stop(
                "rolled-back",
                f"the row of {'.'.join(step.migration or ())} is not there any more.",
            )


def ensure_history(reader: Reader) -> None:
    """Create the history table, as the recorder would."""
    with reader.connection.cursor() as cursor:
        for sql in history.table(reader.connection):
            cursor.execute(sql)
