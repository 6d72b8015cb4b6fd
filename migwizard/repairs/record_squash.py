"""Bring the records of a squashed migration in order, so that Django can use it.

## What it does
Of what the squashed migration replaces, what the schema proves is recorded and what it disproves is run, with
everything that `migrate` does around it; then the squashed migration is recorded as well. Where originals have no file
any more, the schema is compared with the squashed migration as a whole: if all of it is there, the missing rows are
written; if nothing of it is there, the rows that say otherwise are deleted, and `migrate` can run it.

## What it refuses
A squashed migration that is half in the schema while originals have no file: bring the files back first
(`restore-file`), for only they say what is still to be run.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..core.finding import Safety
from ..core.graph import Key
from ..core.graph.squashes import stuck, unrecorded
from ..core.plan import Plan, Step
from ..core.situation import MigrationTruth, Situation
from .base import (
    Impossible,
    Info,
    Request,
    Uncertain,
    WrongArguments,
    action,
    dotted,
    find_migration,
    finding_id,
    record_steps,
    risks_of,
    rows_by_key,
    unrecord_step,
    worst,
)
from .decisions import Decision, check_states, decide, followers, steps_for
from .migrate import blocked, wants
from .signals import around

INFO = Info("record-squash", "Bring the records of a squashed migration in order", "APP SQUASH", "safe")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when there is nothing to do, or the schema does not say what.
    """
    squash = named(situation, request)
    graph = situation.graph
    if squash in stuck(graph, situation.recorded):
        return of_whole(situation, request, squash)
    if squash in graph.partial:
        return of_rest(situation, request, squash)
    if squash not in graph.nodes:
        raise Impossible(
            f"{dotted(squash)} is replaced by {dotted(graph.replaced[squash])}."
            if squash in graph.replaced
            else f"{dotted(squash)} is not in the graph; repair its file first."
        )
    row = rows_by_key(situation)[squash]
    if squash in situation.recorded and squash in graph.effective:
        raise Impossible(f"{dotted(squash)} is recorded, and so is all that it replaces.")
    if squash in graph.effective:
        why = f"Everything that {dotted(squash)} replaces is recorded, so it counts as applied."
        return whole(situation, request, squash, "safe" if is_proved(row) else "careful", why)
    if row.schema == "yes" and row.confirmed:
        return whole(
            situation, request, squash, "safe", f"The schema has everything that {dotted(squash)} makes."
        )
    raise Impossible(f"Nothing that {dotted(squash)} replaces is recorded; migrate runs it as it is.")


def named(situation: Situation, request: Request) -> Key:
    """Return the squashed migration that is meant."""
    if request.finding is not None:
        key = (request.finding.subject.app or "", request.finding.subject.migration or "")
    elif len(request.arguments) == 2:
        key = find_migration(situation, *request.arguments)
    else:
        raise WrongArguments(f"Name an app and a squashed migration: {INFO.name} {INFO.arguments}.")
    file = situation.graph.files.get(key)
    if file is None or not file.replaces:
        raise Impossible(f"{dotted(key)} replaces no other migration.")
    return key


def is_proved(row: MigrationTruth) -> bool:
    """Tell whether the schema has nothing against a migration that Django takes for applied."""
    return row.confirmed and row.schema in ("yes", "unobservable")


def whole(situation: Situation, request: Request, squash: Key, safety: Safety, why: str) -> Plan:
    """Return the plan that records a squash, with whatever it replaces and is not recorded."""
    steps = record_steps(situation, squash, why, "manage.py migrate")
    return made(situation, request, f"Record {dotted(squash)}", safety, steps)


def of_rest(situation: Situation, request: Request, squash: Key) -> Plan:
    """Return the plan that records or runs what is left of the originals, whose files are there."""
    graph, rows = situation.graph, rows_by_key(situation)
    if graph.missing or graph.cycles:
        raise Impossible("The migration files do not fit together; repair the graph first.")
    left = set(unrecorded(graph, situation.recorded, squash))
    left |= {other for key in left if key in graph.nodes for other in graph.ancestors(key)}
    decisions: list[Decision] = []
    for key in graph.nodes:
        if key in left and key not in graph.effective:
            decision = (
                decide(situation, rows[key]) if blocked(situation, key) else wants(situation, rows[key])
            )
            decisions += [decision] if decision is not None else []
    if not decisions:
        inner = next((key for key in graph.files[squash].replaces if key in graph.partial), squash)
        raise Impossible(
            f"{dotted(inner)}, which {dotted(squash)} replaces, is not complete; begin with that."
        )
    decisions += followers(situation, decisions)
    steps = steps_for(situation, decisions)
    run = len([decision for decision in decisions if decision.run])
    return made(
        situation,
        request,
        f"Complete {dotted(squash)}: {len(decisions) - run} recorded, {run} run",
        worst([decision.safety for decision in decisions]),
        around(situation, steps),
        risks_of(situation, steps),
        check_states(situation, steps),
    )


def of_whole(situation: Situation, request: Request, squash: Key) -> Plan:
    """Return the plan for a squash of which originals have no file: it is proved, or disproved, as a whole."""
    name = dotted(squash)
    row = next((row for row in situation.squashes if row.key == squash), None)
    if row is None or row.schema == "unknown":
        raise Impossible(f"The schema was not compared, so nothing proves or disproves {name}.")
    if not row.confirmed:
        raise Uncertain(f"What the schema says of {name}")
    if row.schema == "yes":
        return whole(situation, request, squash, "safe", f"The schema has everything that {name} makes.")
    if row.schema == "unobservable":
        why = f"The schema cannot show whether {name} ran; a part of what it replaces is recorded, so the rest is too."
        return whole(situation, request, squash, "careful", why)
    if row.schema == "partly":
        lacking = [truth for truth in row.operations if truth.truth in ("no", "partly")]
        shown = "; ".join(fact for truth in lacking for fact in truth.evidence[:2]) or "some is missing"
        raise Impossible(
            f"The schema has only a part of what {name} makes ({shown}), and the files that say what is left to run are"
            " gone; bring them back first (restore-file)."
        )
    return taken_back(situation, request, squash)


def taken_back(situation: Situation, request: Request, squash: Key) -> Plan:
    """Return the plan that deletes the records of a squash of which the schema has nothing."""
    graph, name = situation.graph, dotted(squash)
    members = (*graph.files[squash].replaces, squash)
    for file in graph.files.values():
        if file.key in situation.recorded and file.key not in members and set(members) & {*file.dependencies}:
            raise Impossible(
                f"{dotted(file.key)} is recorded and depends on {name}, of which the schema has nothing."
            )
    why = f"The schema has nothing of what {name} makes, so this row is wrong; without it, migrate can run {name}."
    command = "none: Django has no command that deletes it"
    steps = [unrecord_step(situation, key, why, command) for key in members if key in situation.recorded]
    return made(situation, request, f"Take back the records of {name}", "careful", steps)


def made(
    situation: Situation,
    request: Request,
    title: str,
    safety: Safety,
    steps: Sequence[Step],
    risks: tuple[str, ...] = (),
    refusal: str = "",
) -> Plan:
    """Return a plan with everything that all of these have in common."""
    return Plan(
        INFO.name,
        title,
        safety,
        tuple(steps),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=risks,
        refusal=refusal,
    )
