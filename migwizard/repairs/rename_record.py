"""Give a record the name that its migration file has now.

## What it does
Writes the new name into the row of django_migrations and leaves its timestamp as it is. Django has no command for it:
`migrate --fake` would add a second row, and `--prune` would delete the first one, so that the renamed file runs again.

## What it refuses
A new name that has no file or is recorded already, and one whose effect the schema disproves.
"""

from __future__ import annotations

from ..core.graph import Key
from ..core.plan import Plan, Step
from ..core.situation import Situation
from .base import Impossible, Info, Request, Uncertain, action, dotted, finding_id, rows_by_key, text
from .prune import later_names

INFO = Info("rename-record", "Give a record the name that its file has now", "APP OLD NEW", "safe")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when there is no such record or file, or the schema disproves that they are one migration.
    """
    old, new = names(situation, request)
    if old not in situation.recorded or old in situation.graph.files:
        raise Impossible(f"{dotted(old)} is not a record without a file.")
    if new not in situation.graph.nodes:
        raise Impossible(f"{dotted(new)} has no file of its own in the graph.")
    if new in situation.recorded:
        raise Impossible(f"{dotted(new)} is recorded already.")
    row = rows_by_key(situation)[new]
    if row.schema in ("no", "partly"):
        raise Impossible(
            f"The schema does not have what {dotted(new)} makes, so {dotted(old)} was another migration."
        )
    if not row.confirmed:
        raise Uncertain(f"What the schema says of {dotted(new)}")
    proved = row.schema == "yes"
    return Plan(
        INFO.name,
        f"Rename the record of {dotted(old)} to {new[1]}",
        "safe" if proved else "careful",
        (rename_step(old, new, proved),),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=() if proved else (f"The schema cannot show whether {dotted(new)} is what {dotted(old)} was.",),
    )


def names(situation: Situation, request: Request) -> tuple[Key, Key]:
    """Return the record's migration and the one whose name it is to get."""
    if request.finding is None:
        if len(request.arguments) != 3:
            raise Impossible("Name an app, the old name and the new one: rename-record APP OLD NEW.")
        app, before, after = request.arguments
        return (app, before), (app, after)
    subject = request.finding.subject
    if subject.app is None or subject.migration is None:
        raise Impossible("This finding is not about one migration.")
    old = (subject.app, subject.migration)
    candidates = later_names(situation, old)
    if len(candidates) != 1:
        found = " or ".join(dotted(key) for key in candidates) or "no file that is not recorded"
        raise Impossible(f"{dotted(old)} may be {found}; name it: rename-record {old[0]} {old[1]} NEW.")
    return old, candidates[0]


def rename_step(old: Key, new: Key, proved: bool) -> Step:
    """Return the step that renames the row."""
    known = "; the schema has everything that it makes" if proved else ""
    return Step(
        "record",
        f"{dotted(old)} has no file any more; {dotted(new)} is its new name{known}.",
        sql=(
            f"UPDATE django_migrations SET name = {text(new[1])}"
            f" WHERE app = {text(old[0])} AND name = {text(old[1])}",
        ),
        migration=old,
        record="rename",
        new_name=new[1],
        undo=f"UPDATE django_migrations SET name = {text(old[1])} WHERE app = {text(old[0])} AND name = {text(new[1])}",
        command="none: Django has no command that renames a record",
    )
