"""Record migrations as applied without running them, when the schema proves that they are.

## What it does
Writes the missing rows of django_migrations for a migration and for everything that it depends on. Unlike
`migrate --fake`, it looks first: every operation must be in the live schema. It also works while the history is
inconsistent, when Django's command refuses.

## What it refuses
Migrations whose effect is not in the schema (run them instead), or only partly, and what only a replay could tell.
"""

from __future__ import annotations

from ..core.graph import Key
from ..core.plan import Plan, Step
from ..core.situation import MigrationTruth, Situation
from .base import (
    Impossible,
    Info,
    NothingToDo,
    Request,
    Uncertain,
    WrongArguments,
    action,
    check_app,
    check_readable,
    dotted,
    find_migration,
    finding_id,
    record_steps,
    rows_by_key,
)
from .signals import squashes

INFO = Info("fake", "Record as applied what the schema already has", "APP [MIGRATION]", "safe")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the schema does not prove one of the migrations.
    """
    keys = targets(situation, request)
    rows = rows_by_key(situation)
    steps: list[Step] = []
    careful = False
    for key in keys:
        check_readable(situation, key)
        why, sure = proof(rows[key])
        careful = careful or not sure
        steps += record_steps(situation, key, why)
    if not steps:
        raise NothingToDo("Everything that was named is recorded already.")
    expects = (request.finding.id,) if request.finding is not None else ()
    return Plan(
        INFO.name,
        f"Record {', '.join(dotted(key) for key in keys[:3])}{' …' if len(keys) > 3 else ''} as applied",
        "careful" if careful else "safe",
        (*steps, *squashes(situation, steps)),
        finding_id(request),
        action(INFO, request),
        expects=expects,
        fingerprint=situation.fingerprint,
    )


def targets(situation: Situation, request: Request) -> tuple[Key, ...]:
    """Return the unrecorded migrations that are meant, dependencies first."""
    if request.finding is not None:
        subject = request.finding.subject
        if subject.app is None or subject.migration is None:
            raise Impossible("This finding is not about one migration.")
        wanted = [(subject.app, subject.migration)]
    elif request.arguments:
        app = request.arguments[0]
        check_app(situation, app)
        if len(request.arguments) > 1:
            wanted = [find_migration(situation, app, request.arguments[1])]
        else:
            wanted = list(situation.graph.leaves(app))
    else:
        raise WrongArguments("Name an app: fake APP [MIGRATION].")
    for key in wanted:
        if key not in situation.graph.nodes:
            squash = situation.graph.replaced.get(key)
            raise Impossible(
                f"{dotted(key)} is replaced by {dotted(squash)}." if squash else f"{dotted(key)} has no file."
            )
    whole = set(wanted) | {other for key in wanted for other in situation.graph.ancestors(key)}
    return tuple(
        key for key in situation.graph.nodes if key in whole and key not in situation.graph.effective
    )


def proof(row: MigrationTruth) -> tuple[str, bool]:
    """Return why a migration may be recorded, and whether the schema itself proves it.

    Raises:
        Impossible: when the schema disproves it, or cannot tell yet.
    """
    name = dotted(row.key)
    if row.schema == "unknown":
        raise Impossible(f"The schema was not compared, so nothing proves {name}.")
    if not row.confirmed:
        raise Uncertain(f"What the schema says of {name}")
    if row.schema in ("no", "partly"):
        lacking = next((t for t in row.operations if t.truth in ("no", "partly")), None)
        shown = f" ({'; '.join(lacking.evidence[:2])})" if lacking is not None else ""
        raise Impossible(
            f"{name} is not in the schema{'' if row.schema == 'no' else ' as a whole'}{shown}; faking it would lie."
        )
    if row.schema == "yes":
        return f"The schema has everything that {name} makes.", True
    if any(truth.kind in ("sql", "python", "custom", "separate") for truth in row.operations):
        return f"The schema cannot show whether {name} ran; it is recorded because you say so.", False
    return f"{name} changes nothing in the database.", True
