"""The smallest verified set of changes that makes an inconsistent history consistent.

## What it does
Every migration that an applied one depends on, and that is itself not recorded, is looked up in the schema. What the
schema proves is recorded; what it disproves is run, in the order that the dependencies demand; nothing else is touched.

## Why not Django's own commands
With one inconsistent row, `migrate`, `migrate --fake` and `migrate APP zero` all refuse before doing anything.

## What it asks
A migration whose effect cannot be seen (RunPython, RunSQL) is recorded, because migrations that need it are applied;
`--set APP.MIGRATION=run` runs it instead.
"""

from __future__ import annotations

from dataclasses import replace

from ..core.graph import Key
from ..core.graph.build import inconsistencies
from ..core.plan import Plan
from ..core.situation import Situation
from .base import (
    Info,
    NothingToDo,
    Request,
    WrongArguments,
    action,
    dotted,
    finding_id,
    risks_of,
    rows_by_key,
    worst,
)
from .decisions import check_states, decide, followers, steps_for
from .signals import around

INFO = Info("repair-history", "Record what the schema proves, run what it disproves", "", "safe")


def missing(situation: Situation) -> tuple[Key, ...]:
    """Return every unrecorded migration that an applied one needs, directly or not, in the order of application."""
    pairs = inconsistencies(situation.graph, situation.recorded)
    wanted = {dependency for _, dependency in pairs}
    for key in tuple(wanted):
        wanted.update(
            other for other in situation.graph.ancestors(key) if other not in situation.graph.effective
        )
    return tuple(key for key in situation.graph.nodes if key in wanted)


def refused(command: str) -> str:
    """Return what to say of the equivalent command while the history is inconsistent."""
    return f"none: `{command}` raises InconsistentMigrationHistory here"


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan, for one finding or for all violations at once (they hang together).

    Raises:
        Impossible: when the schema does not answer for one of the migrations.
    """
    keys = missing(situation)
    if not keys:
        raise NothingToDo(
            "The history is consistent: no applied migration depends on one that is not recorded."
        )
    for named, answer in request.settings.items():
        if named not in {dotted(key) for key in keys} or answer not in ("run", "record"):
            raise WrongArguments(
                f"--set takes a migration that lacks its record, and run or record: not {named}={answer}."
            )
    rows = rows_by_key(situation)
    decisions = [decide(situation, rows[key], request.settings.get(dotted(key), "")) for key in keys]
    needed = {other for d in decisions if d.run for other in situation.graph.ancestors(d.key)}
    for key in situation.graph.nodes:
        if key in needed and key not in keys and rows[key].state == "recorded-not-applied":
            decisions.append(decide(situation, rows[key]))
    decisions += followers(situation, decisions)
    steps = [replace(step, command=refused(step.command)) for step in steps_for(situation, decisions)]
    return Plan(
        INFO.name,
        f"Make the history consistent: {len([d for d in decisions if not d.run])} recorded, "
        f"{len([d for d in decisions if d.run])} run",
        worst([decision.safety for decision in decisions]),
        tuple(around(situation, steps)),
        finding_id(request),
        action(INFO, request),
        expects=tuple(f"inconsistent-history:{dotted(key)}" for key in keys),
        fingerprint=situation.fingerprint,
        risks=risks_of(situation, steps),
        refusal=check_states(situation, steps),
    )
