"""Run what the schema lacks: pending migrations, and recorded ones that were never run.

## What it does
Runs the operations that the schema disproves, in the order that the dependencies demand, and writes the rows that are
missing, with everything that `migrate` does around it (pre_migrate, post_migrate, recorded squashes). A migration that
is recorded although nothing of it is there is run under the state of what is really applied; later migrations that
alter what it makes follow again.

## What it refuses
Half an operation (a table that exists with other columns): `finish` brings it to its end, `take-back` takes it back.

## What cannot be all or nothing
Migrations with `atomic = False` do what no transaction may hold. Each of their operations is committed by itself, as
`migrate` does, and what comes before them is committed first. The plan says so.
"""

from __future__ import annotations

from ..core.graph import Key
from ..core.plan import Plan
from ..core.situation import MigrationTruth, Situation
from .base import (
    Impossible,
    Info,
    NothingToDo,
    Request,
    action,
    check_app,
    check_readable,
    dotted,
    find_migration,
    finding_id,
    risks_of,
    rows_by_key,
    worst,
)
from .decisions import Decision, check_states, decide, followers, steps_for
from .signals import around

INFO = Info("migrate", "Run what the schema lacks", "[APP [MIGRATION]]", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when there is nothing to run, or what is in the way cannot be run over.
    """
    graph = situation.graph
    if graph.missing or graph.cycles:
        raise Impossible("The migration files do not fit together; repair the graph first.")
    rows = rows_by_key(situation)
    wanted = targets(situation, request)
    unready = [key for key in wanted if key not in situation.recorded and blocked(situation, key)]
    if unready:
        raise Impossible(f"The history is inconsistent below {dotted(unready[0])}; repair the history first.")
    decisions = [decision for key in wanted if (decision := wants(situation, rows[key])) is not None]
    if not decisions:
        raise NothingToDo("There is nothing to run: everything that was named is recorded and in the schema.")
    decisions += followers(situation, decisions)
    steps = steps_for(situation, decisions)
    return Plan(
        INFO.name,
        f"Run {', '.join(dotted(d.key) for d in decisions[:3])}{' …' if len(decisions) > 3 else ''}",
        worst([decision.safety for decision in decisions]),
        around(situation, steps),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=risks_of(situation, steps),
        refusal=check_states(situation, steps),
    )


def targets(situation: Situation, request: Request) -> tuple[Key, ...]:
    """Return the migrations that are meant and what they depend on, in the order of application."""
    graph = situation.graph
    if request.finding is not None and request.finding.subject.migration is not None:
        wanted = {(request.finding.subject.app or "", request.finding.subject.migration)}
    elif len(request.arguments) >= 2:
        wanted = {find_migration(situation, request.arguments[0], request.arguments[1])}
    elif request.arguments:
        check_app(situation, request.arguments[0])
        wanted = set(graph.leaves(request.arguments[0]))
    else:
        wanted = set(graph.leaves())
    unknown = sorted(wanted - set(graph.nodes))
    if unknown:
        raise Impossible(f"{dotted(unknown[0])} has no file of its own in the graph.")
    whole = wanted | {other for key in wanted for other in graph.ancestors(key)}
    return tuple(key for key in graph.nodes if key in whole)


def wants(situation: Situation, row: MigrationTruth) -> Decision | None:
    """Return what one migration needs, or None when it needs nothing."""
    if row.recorded:
        return (
            decide(situation, row)
            if row.state in ("recorded-not-applied", "half-applied") and row.confirmed
            else None
        )
    check_readable(situation, row.key)
    if row.schema == "unobservable" or (row.schema == "no" and row.state == "pending"):
        everything = tuple(truth.index for truth in row.operations)
        return Decision(row.key, everything, True, f"{dotted(row.key)} is pending.", "careful")
    return decide(situation, row)


def blocked(situation: Situation, key: Key) -> bool:
    """Tell whether a migration that is recorded depends on this one, which is not."""
    return any(other in situation.graph.effective for other in situation.graph.descendants(key))
