"""What an execution changed: history rows and tables, as they were and as they are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..core.plan import Plan
from ..core.schema.renaming import Rename, seen
from ..core.situation import Situation


def changed(plan: Plan, renamed: Iterable[Rename], before: Situation, after: Situation) -> dict[str, Any]:
    """Return the fields of a journal's entry that say what differs between two situations of one database.

    `renamed` is what the plan's operations set out to rename; a table that a step gave another shape is what that step
    made it.
    """
    former, present = set(before.records), set(after.records)
    found: dict[str, Any] = {
        "records_before": tuple(row for row in before.records if row not in present),
        "records_after": tuple(row for row in after.records if row not in former),
    }
    old = before.live.tables if before.live is not None else {}
    new = after.live.tables if after.live is not None else {}
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    found["tables_before"] = {name: old.get(name) for name in names}
    found["tables_after"] = {name: new.get(name) for name in names}
    shaped = {name for step in plan.steps for name, _ in step.tables}
    told = tuple(rename for step in plan.steps for rename in step.renames)
    own = (one for one in renamed if not {one.table, one.name} & shaped)
    found["renames"] = (*told, *seen(own, old, new))
    return found
