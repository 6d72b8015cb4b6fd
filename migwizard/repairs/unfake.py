"""Take a migration's record away without touching the schema.

## What it does
Deletes the row from django_migrations, so that `migrate` will run the migration again. For a migration N, Django itself
needs `migrate APP N-1 --fake`, and refuses even that while the history is inconsistent.

## What it refuses
A migration that other recorded ones depend on: without its row, the history would be inconsistent. And one whose whole
effect is in the schema: its record is right.
"""

from __future__ import annotations

from ..core.graph import Key
from ..core.plan import Plan
from ..core.situation import Situation
from .base import (
    Impossible,
    Info,
    NothingToDo,
    Request,
    WrongArguments,
    action,
    dotted,
    find_migration,
    finding_id,
    rows_by_key,
    unrecord_step,
)

INFO = Info("unfake", "Take the record away", "APP MIGRATION", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when there is no such record, or another recorded migration depends on it.
    """
    if request.finding is not None:
        subject = request.finding.subject
        if subject.app is None or subject.migration is None:
            raise Impossible("This finding is not about one migration.")
        key = (subject.app, subject.migration)
    elif len(request.arguments) == 2:
        key = find_migration(situation, *request.arguments)
    else:
        raise WrongArguments("Name an app and a migration: unfake APP MIGRATION.")
    if key not in situation.recorded:
        raise NothingToDo(f"{dotted(key)} is not recorded.")
    if key in situation.graph.nodes:
        dependents = [
            other for other in situation.graph.descendants(key) if other in situation.graph.effective
        ]
        if dependents:
            shown = ", ".join(dotted(other) for other in dependents[:4])
            depend = "depends on it and is" if len(dependents) == 1 else "depend on it and are"
            raise Impossible(f"{dotted(key)} cannot be taken out alone: {shown} {depend} recorded.")
    row = rows_by_key(situation).get(key)
    seen = row is not None and row.confirmed and row.schema == "yes"
    risks = []
    if row is not None and row.schema in ("yes", "partly") and not seen:
        risks.append(
            f"The schema has a part of what {dotted(key)} makes; migrate may fail there with 'already exists'."
        )
    return Plan(
        INFO.name,
        f"Take the record of {dotted(key)} away",
        "careful",
        (unrecord_step(situation, key, f"{dotted(key)} shall be pending again.", command(situation, key)),),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=tuple(risks),
        refusal=(
            f"The schema has everything that {dotted(key)} makes, so the record is right; "
            "without it, migrate would make it again and fail."
            if seen
            else ""
        ),
    )


def command(situation: Situation, key: Key) -> str:
    """Return what Django would have to be told: to fake the migration before."""
    before = [parent[1] for parent in situation.graph.parents.get(key, ()) if parent[0] == key[0]]
    if key not in situation.graph.nodes or len(before) > 1:
        return "none: Django can only go back to the one migration before"
    return f"manage.py migrate --fake {key[0]} {before[0] if before else 'zero'}"
