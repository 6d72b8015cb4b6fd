"""Whether a plan did what it promised, told from the findings before and after."""

from __future__ import annotations

from ..core.finding import Finding
from ..core.plan import Plan
from ..core.schema import Table
from ..core.situation import Situation
from ..core.truths.lineage import holds_the_same
from ..diagnoses.base import plural


def verify(
    plan: Plan, situation: Situation, before: tuple[Finding, ...], after: tuple[Finding, ...]
) -> list[tuple[str, str]]:
    """Return (finding id, sentence) of everything that forbids a commit."""
    left = {finding.id: finding for finding in after}
    found = [(name, f"the finding {name} is still there.") for name in plan.expects if name in left]
    if plan.undoes is not None:
        # Taking something back brings back what it had healed.
        return found
    if plan.reveals and all(step.kind in ("file", "advice") for step in plan.steps):
        # Nothing in the database is another one: what comes up was there before, and could not be seen.
        return found
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


def unlike(plan: Plan, after: Situation) -> str:
    """Return a table that a step promised another shape for; empty when every promise is kept."""
    if after.live is None:
        return ""
    promised: dict[str, Table | None] = {}
    for step in plan.steps:
        if step.kind == "operation" and not step.signal:
            # What operations make of it afterwards is told by the findings.
            promised.clear()
        for one in step.renames:
            promised.pop(one.table, None)
        promised.update(step.tables)
    for name, table in promised.items():
        live = after.live.tables.get(name)
        if live != table and not holds_the_same(live, table):
            return name
    return ""


def went_through(plan: Plan, gone: tuple[str, ...], new: tuple[str, ...]) -> str:
    """Return what an execution did, when nothing was in its way; `gone` and `new` are ids of findings."""
    came = "".join(
        f", {plural(len(names), 'finding')} {word}"
        for names, word in ((gone, "gone"), (new, "came up"))
        if names
    )
    return f"Done: {plural(len(plan.steps), 'step')}{came}."


def would_go_through(plan: Plan, gone: tuple[str, ...], new: tuple[str, ...]) -> str:
    """Return what a dry run found, when nothing was in its way; `gone` and `new` are ids of findings."""
    came = "".join(
        f", {plural(len(names), 'finding')} would {word}"
        for names, word in ((gone, "be gone"), (new, "come up"))
        if names
    )
    return f"Dry run: {plural(len(plan.steps), 'step')} went through{came}. Everything was rolled back."
