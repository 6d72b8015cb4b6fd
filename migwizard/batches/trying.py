"""The turn of one schema in a dry run: its own situation, its own plan, tried and taken back."""

from __future__ import annotations

import time
from contextlib import redirect_stdout
from sys import stderr

from ..core.locks import blocked
from ..core.plan import Plan, Report
from ..core.tenants.batch import Became, SchemaResult, Task
from ..core.truths.words import sentence
from ..workbench import CannotRun, Needless, Workbench
from .turn import Turn, meant, needs, read


def try_turn(bench: Workbench, turn: Turn, task: Task) -> SchemaResult:
    """Try the first plan of a task in one schema, roll it back, and return what would have become of it.

    `rolled-back` is the good end. Never raises for what the database or a migration does.
    """
    started = time.monotonic()

    def told(outcome: Became, message: str, report: Report | None = None) -> SchemaResult:
        return SchemaResult(
            turn.schema,
            outcome,
            message,
            gone=report.gone if report is not None else (),
            seconds=time.monotonic() - started,
            blocks=blocked(report.ran) if report is not None else (),
            loses=losses(report.plan) if report is not None else (),
        )

    try:
        with redirect_stdout(stderr):
            # What migrations and receivers print must not end up in the document on standard output.
            bench.turn_to(turn.schema)
            reading = read(bench)
            plan, refusal = needs(bench, turn, task)
            if plan is None or plan.refusal:
                return told("refused", plan.refusal if plan is not None else refusal)
            report = bench.dry_run(plan)
    except Needless as error:
        return told("nothing", str(error))
    except CannotRun as error:
        return told("refused", str(error))
    more = len(meant(reading, task)) - 1 if task.what else 0
    rest = (
        f" {more} more of this finding {'has its' if more == 1 else 'have their'} turn after it."
        if more > 0
        else ""
    )
    outcome: Became = report.outcome if report.outcome in ("rolled-back", "refused") else "failed"
    return told(outcome, f"{report.message}{rest}", report)


def losses(plan: Plan) -> tuple[str, ...]:
    """Return what goes by a plan with rows or values in it, in words."""
    return tuple(sentence(loss) for loss in plan.loses if loss.rows != 0)
