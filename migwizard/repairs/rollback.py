"""Go back to an earlier migration: everything that was applied after it is taken back, in all apps that depend on it.

## What it does
What `migrate APP MIGRATION` does towards an earlier migration, and `migrate APP zero` towards none: the operations of
everything applied that depends on what goes are taken back, the last one first, and the rows of django_migrations are
deleted, those of squashed migrations with what they replace. The schema is asked before: what is recorded but not
there is only un-recorded, and of a migration that is in by halves only what is there is taken back. Before anything is
run, the plan says which other apps go along, and how many rows and values are lost.

## What it refuses
Operations without a reverse, which are all named before the first step; a record without a file in the way, because
nobody knows what it did; and files that cannot be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.graph import Key
from ..core.plan import Plan, Step
from ..core.situation import MigrationTruth, Situation
from ..core.truths.midway import done
from .base import (
    Impossible,
    Info,
    Request,
    Uncertain,
    WrongArguments,
    action,
    check_app,
    dotted,
    find_migration,
    operation_step,
    risks_of,
    rows_by_key,
    unrecord_steps,
)
from .decisions import check_states
from .signals import around

INFO = Info("rollback", "Go back to an earlier migration", "APP MIGRATION|zero", "careful")

ZERO = "zero"


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when there is nothing to take back, or what is in the way is not known.
    """
    if len(request.arguments) != 2:
        raise WrongArguments("Name an app and a migration, or zero: rollback APP MIGRATION|zero.")
    if situation.graph.missing or situation.graph.cycles:
        raise Impossible("The migration files do not fit together; repair the graph first.")
    app, name = request.arguments
    check_app(situation, app)
    keys = later(situation, app, name)
    rows = rows_by_key(situation)
    going = [key for key in reversed(situation.graph.nodes) if key in keys and goes(rows[key])]
    if not going:
        where = "nothing of it is applied" if name == ZERO else f"nothing after {app}.{name} is applied"
        raise Impossible(f"There is nothing to take back: {where}.")
    check_ghosts(situation, going)
    for key in going:
        check_certain(rows[key])
    command = f"manage.py migrate {app} {name}"
    steps = [step for key in going for step in back(situation, rows[key], command)]
    return Plan(
        INFO.name,
        f"Go back to {app}.{name}: {_going_in_short(going)}",
        INFO.safety,
        around(situation, steps),
        action=action(INFO, request),
        fingerprint=situation.fingerprint,
        risks=(*along(app, going), *risks_of(situation, steps)),
        refusal=check_states(situation, steps) or irreversible(situation, steps),
    )


def later(situation: Situation, app: str, name: str) -> frozenset[Key]:
    """Return what `migrate APP MIGRATION` would take back if all of it were applied."""
    graph = situation.graph
    if name == ZERO:
        first = [key for key in graph.nodes if key[0] == app]
    else:
        target = find_migration(situation, app, name)
        if target in graph.replaced:
            raise Impossible(
                f"{dotted(target)} is replaced by {dotted(graph.replaced[target])}, which is applied as a whole;"
                f" go back to a migration before or after it, or use manage.py migrate {target[0]} {target[1]}."
            )
        if target not in graph.nodes:
            raise Impossible(f"{dotted(target)} has no file of its own in the graph.")
        if target not in graph.effective:
            raise Impossible(f"{dotted(target)} is not applied itself, so there is no way back to it.")
        # What other apps need of the target itself stays, as in Django.
        first = [child for child in graph.children.get(target, ()) if child[0] == app]
    return frozenset(first) | {other for key in first for other in graph.descendants(key)}


def goes(row: MigrationTruth) -> bool:
    """Tell whether anything of a migration has to go: its record, or what the schema has of it."""
    return row.recorded or row.schema in ("yes", "partly")


def check_ghosts(situation: Situation, going: Sequence[Key]) -> None:
    """Raise Impossible when a record without a file came after what is taken back: nobody knows what it hangs on."""
    first: dict[str, int] = {}
    for record in situation.records:
        if record.key in going:
            first[record.app] = min(first.get(record.app, record.id), record.id)
    for record in situation.records:
        row = situation.truth(record.key)
        if row is not None and not row.file and record.id > first.get(record.app, record.id):
            raise Impossible(
                f"{dotted(record.key)} was recorded later and has no file, so nobody knows what it did: bring the file"
                f" back (restore-file {record.app} {record.name}), or delete its record first (prune {record.app})."
            )


def check_certain(row: MigrationTruth) -> None:
    """Raise Impossible when the schema does not say which operations of a migration are in."""
    if row.schema == "unknown":
        raise Impossible(f"The schema was not compared, so nothing shows what of {dotted(row.key)} is there.")
    if not row.confirmed:
        raise Uncertain(f"What the schema says of {dotted(row.key)}")


def back(situation: Situation, row: MigrationTruth, command: str) -> Iterator[Step]:
    """Yield the steps that take one migration back."""
    name = dotted(row.key)
    truths = done(row)
    why = f"{name} is taken back."
    if row.schema == "no" or (row.schema == "partly" and not truths):
        why = f"{name} is recorded, but nothing of it is in the schema, so only its record goes."
    elif row.schema == "partly":
        why = f"Only a part of {name} is in the schema, which is taken back."
    elif not row.recorded:
        why = f"{name} is not recorded, but the schema has it; it is taken back with what it depends on."
    for truth in reversed(truths):
        yield operation_step(
            row.key, truth, f"{why} {truth.title}.", situation, backwards=True, command=command
        )
    yield from unrecord_steps(situation, row.key, why, command)


def along(app: str, going: Sequence[Key]) -> tuple[str, ...]:
    """Return, in one sentence an app, which migrations of other apps go along."""
    apps: dict[str, list[str]] = {}
    for key in going:
        apps.setdefault(key[0], []).append(key[1])
    return tuple(
        f"App {other} goes along, because it depends on what goes: {', '.join(names)}."
        for other, names in apps.items()
        if other != app
    )


def irreversible(situation: Situation, steps: Sequence[Step]) -> str:
    """Return which operations cannot be taken back; empty when all can."""
    found = []
    for step in steps:
        if step.backwards and step.migration is not None and step.operation is not None:
            operation = situation.graph.files[step.migration].operations[step.operation]
            if not operation.reversible:
                found.append(
                    f"operation {step.operation + 1} of {dotted(step.migration)} ({operation.description})"
                )
    if not found:
        return ""
    many = "These operations have" if len(found) > 1 else "This operation has"
    return (
        f"{many} no reverse: {'; '.join(found)}. Give the file one (reverse_code=migrations.RunPython.noop or"
        " reverse_sql=migrations.RunSQL.noop where nothing has to be undone), or go back less far."
    )


def _going_in_short(going: Sequence[Key]) -> str:
    """Return what goes: the migrations of a few, else how many of which apps."""
    if len(going) <= 3:
        return ", ".join(dotted(key) for key in going)
    apps = sorted({app for app, _ in going})
    return f"{len(going)} migrations of {', '.join(apps) if len(apps) <= 6 else f'{len(apps)} apps'}"
