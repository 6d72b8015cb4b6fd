"""Join the branches of an app whose graph forks with a merge migration.

## What it does
Writes the migration that `makemigrations --merge` would write: it depends on all last migrations of the app and does
nothing itself. It is recorded as well if everything that it depends on is applied; what is pending of the branches
stays pending, and is run by the next `migrate`. Where both sides deal with the same field, model or option, the plan
names the operations, and says which of them Django goes by from then on, and which one's effect this database keeps.

## What it refuses
Branches of which one fails after the other (both add the same field, one removes what the other alters), branches
that have no migration in common, and files of installed packages.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ..core.graph import Key
from ..core.graph.branches import Overlap, opaque, overtaken
from ..core.plan import Plan, Step
from ..core.situation import Situation
from ..core.sources.joining import Merge, Unjoinable, described, merge
from .base import (
    Impossible,
    Info,
    Request,
    WrongArguments,
    action,
    check_app,
    dotted,
    finding_id,
    operation_step,
    record_step,
    rows_by_key,
)
from .decisions import once_more
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
    steps = (*once_more_steps(situation, made), written, *last_name_step(situation, app, name, command))
    if made.pending:
        return steps
    why = f"Everything that {dotted(made.file.key)} joins is applied, and it does nothing itself."
    return (*steps, record_step(made.file.key, why, f"manage.py migrate {app}"))


def once_more_steps(situation: Situation, made: Merge) -> Iterator[Step]:
    """Yield the operations that run once more, where a branch that comes last in the graph ran first here."""
    ran = [key for key in order_here(situation, made) if key not in made.pending]
    own = {key for branch in made.branches for key in branch.own}
    rows = rows_by_key(situation)
    for key, index in overtaken(made.after.files, made.after.nodes, ran, own):
        truth = rows[key].operations[index]
        why = f"{once_more(key)} {truth.title}."
        yield replace(operation_step(key, truth, why, situation, command="none"), again=True)


def risks(situation: Situation, made: Merge) -> tuple[str, ...]:
    """Return what is left to be run, and what both branches deal with."""
    pending = [dotted(key) for key in made.pending]
    named = ", ".join(pending[:4]) + (f" and {len(pending) - 4} more" if len(pending) > 4 else "")
    return (
        *((f"Not applied here, and so run by the next migrate: {named}.",) if pending else ()),
        *(f"{described(overlap)}; {consequence(situation, made, overlap)}" for overlap in made.met),
        *(
            f"{dotted(key)} ({operation.description}) may touch what another branch changes, which cannot be seen;"
            " read it."
            for key, operation in opaque(situation.graph, made.branches)
        ),
    )


def consequence(situation: Situation, made: Merge, overlap: Overlap) -> str:
    """Return what comes of two operations on the same thing, as the end of a sentence and another one."""
    if overlap.breaker is not None:
        return f"on a database where {dotted(overlap.breaker)} runs first, the other one fails."
    if not overlap.contested:
        return "neither keeps the other from what it does."
    last, here = last_of(made.after.nodes, overlap), last_of(order_here(situation, made), overlap)
    result = f"with the merge, Django takes it for what {dotted(last)} makes of it"
    pending = {overlap.first, overlap.second} & set(made.pending)
    end = f", which {'runs' if pending else 'ran'} last here as well."
    if here != last:
        who = "Migrate with migwizard, which runs" if pending else "This plan runs"
        end = (
            f"; but {dotted(here)} {'runs' if pending else 'ran'} last here. {who} {dotted(last)}'s operation once more"
            " after it."
        )
    return f"{result}{end} Models that want it otherwise need one more migration (make-migration)."


def last_of(order: Sequence[Key], overlap: Overlap) -> Key:
    """Return which of the two migrations of an overlap comes later in an order."""
    return max(overlap.first, overlap.second, key=order.index)


def order_here(situation: Situation, made: Merge) -> tuple[Key, ...]:
    """Return the order in which the migrations ran here, and those that are pending will."""
    ran = [record.key for record in sorted(situation.records, key=lambda record: record.id)]
    applied = [key for key in made.after.nodes if key in made.after.effective]
    applied.sort(key=lambda key: ran.index(key) if key in ran else -1)
    return (*applied, *made.pending)
