"""Join the branches of an app whose graph forks with a merge migration.

## What it does
Writes the migration that `makemigrations --merge` would write: it depends on all last migrations of the app and does
nothing itself. It is recorded as well if everything that it depends on is applied; what is pending of the branches
stays pending, and is run by the next `migrate`. Where both sides deal with the same field, model or option, the plan
names the operations.

## What it refuses
Branches of which one fails after the other (both add the same field, one removes what the other alters), branches
that have no migration in common, and files of installed packages.
"""

from __future__ import annotations

from ..core.branches import Overlap, opaque
from ..core.joining import Merge, Unjoinable, described, merge
from ..core.plan import Plan, Step
from ..core.situation import Situation
from .base import (
    Impossible,
    Info,
    Request,
    WrongArguments,
    action,
    check_app,
    dotted,
    finding_id,
    record_step,
)
from .files import file_step, last_name_step

INFO = Info("merge", "Join the branches of an app", "[APP]", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when there is nothing to merge, or the branches contradict each other.
    """
    try:
        made = merge(situation, app_of(situation, request))
    except Unjoinable as error:
        raise Impossible(str(error)) from error
    return Plan(
        INFO.name,
        f"Merge {' and '.join(dotted(branch.leaf) for branch in made.branches)}",
        INFO.safety,
        steps_of(situation, made),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=risks(situation, made),
    )


def app_of(situation: Situation, request: Request) -> str:
    """Return the app whose branches are meant."""
    if request.finding is not None and request.finding.subject.app is not None:
        return request.finding.subject.app
    if request.arguments:
        check_app(situation, request.arguments[0])
        return request.arguments[0]
    leaves = [app for app, _ in situation.graph.leaves()]
    forked = sorted({app for app in leaves if leaves.count(app) > 1})
    if not forked:
        raise Impossible("No app has more than one last migration.")
    if len(forked) > 1:
        raise WrongArguments(
            f"Several apps have more than one last migration; name one of {', '.join(forked)}."
        )
    return forked[0]


def steps_of(situation: Situation, made: Merge) -> tuple[Step, ...]:
    """Return the steps: the file, its name where django-linear-migrations keeps it, and its record."""
    app, name = made.file.key
    command = f"manage.py makemigrations --merge {app}"
    why = f"{dotted(made.file.key)} depends on all last migrations of {app}, so there is one last migration again."
    written = file_step(made.file.path, None, made.file.source, why, command)
    steps = (written, *last_name_step(situation, app, name, command))
    if made.pending:
        return steps
    why = f"Everything that {dotted(made.file.key)} joins is applied, and it does nothing itself."
    return (*steps, record_step(made.file.key, why, f"manage.py migrate {app}"))


def risks(situation: Situation, made: Merge) -> tuple[str, ...]:
    """Return what is left to be run, and what both branches deal with."""
    pending = [dotted(key) for key in made.pending]
    named = ", ".join(pending[:4]) + (f" and {len(pending) - 4} more" if len(pending) > 4 else "")
    return (
        *((f"Not applied here, and so run by the next migrate: {named}.",) if pending else ()),
        *(f"{described(overlap)}; {consequence(overlap)}" for overlap in made.met),
        *(
            f"{dotted(key)} ({operation.description}) may touch what another branch changes, which cannot be seen;"
            " read it."
            for key, operation in opaque(situation.graph, made.branches)
        ),
    )


def consequence(overlap: Overlap) -> str:
    """Return what comes of two operations on the same thing, as the end of a sentence."""
    if overlap.breaker is not None:
        return f"on a database where {dotted(overlap.breaker)} runs first, the other one fails."
    return "which of them wins depends on the order in which a database runs them."
