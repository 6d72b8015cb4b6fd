"""Repairs finding after finding, the recommended repair of each, until nothing that may be repaired is left."""

from __future__ import annotations

from collections.abc import Callable

from ..core.finding import SAFETIES, Finding, Safety
from ..core.plan import Plan, Report
from ..workbench import CannotRun, Reading, Workbench

Execute = Callable[[Plan], Report]
Told = Callable[[str], None]


def repair_everything(
    bench: Workbench,
    reading: Reading,
    allow: Safety,
    execute: Execute,
    read: Callable[[], Reading],
    told: Told,
    *,
    pending: bool = False,
) -> tuple[tuple[Report, ...], Reading]:
    """Return what became of each plan, and the situation that is left.

    Pending migrations are no fault, and are left alone; only where a repair has written migration files, they are run
    too, because that is what the files were written for.

    Args:
        bench: what the situation was read by.
        reading: the situation.
        allow: the gravest plan that is run.
        execute: runs a plan.
        read: reads everything anew.
        told: called with a sentence for each finding that is left alone, and why.
        pending: run pending migrations in any case.
    """
    results: list[Report] = []
    tried: set[str] = set()
    while True:
        faults = repairable(reading, pending or written(results))
        candidates = [finding for finding in faults if finding.id not in tried]
        if not candidates:
            return tuple(results), reading
        finding = candidates[0]
        tried.add(finding.id)
        try:
            made = bench.plan(finding, recommended(finding))
        except CannotRun as error:
            told(f"{finding.id}: {error}")
            continue
        if grave := too_grave(made, allow):
            told(f"{finding.id}: {grave}")
            continue
        results.append(execute(made))
        reading = read()
        if results[-1].outcome == "done":
            tried.clear()


def too_grave(made: Plan, allow: Safety) -> str:
    """Return that a plan is graver than what is allowed, in a sentence; empty where it is not."""
    if SAFETIES.index(made.safety) <= SAFETIES.index(allow):
        return ""
    return f"its repair is {made.safety}, which --allow {allow} does not allow."


def written(results: list[Report]) -> bool:
    """Tell whether any of these plans wrote files."""
    return any(step.kind == "file" for one in results if one.outcome == "done" for step in one.plan.steps)


def repairable(reading: Reading, pending: bool = False) -> tuple[Finding, ...]:
    """Return the findings that are a fault and have a repair; with `pending`, migrations to be run are one too."""
    return tuple(
        finding
        for finding in reading.findings
        if (finding.severity != "info" or (pending and finding.name == "pending-migrations"))
        and finding.confirmed
        and finding.repairs
    )


def recommended(finding: Finding) -> str:
    """Return the name of the repair that is recommended for a finding."""
    return next((offer.name for offer in finding.repairs if offer.recommended), finding.repairs[0].name)
