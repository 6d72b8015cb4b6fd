"""Turn a squashed migration into an ordinary one, and take away what it replaced.

## What it does
Deletes the files of the migrations that it replaces, lets everything in the project that depends on one of them depend
on the squashed migration, takes `replaces` out of it, and deletes the records of what it replaced. The files are edited
where they name each other, and otherwise stay as they are. `--set records=keep` leaves the records.

## When to do it
Once the squashed migration is recorded in every database of the project: production, staging, every colleague's. One
that has only the records of what it replaced would run the squashed migration again.

## What it refuses
Files of installed packages, which only their next release can change, and code that seems to import from a migration
that would be deleted.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..core.graph import Key
from ..core.journal import FileChange
from ..core.plan import Plan, Question, Step
from ..core.situation import Situation
from ..core.sources.transition import NotReady, Transition, transition
from .base import (
    Impossible,
    Info,
    Request,
    WrongArguments,
    action,
    dotted,
    finding_id,
    record_step,
    unrecord_step,
)
from .record_squash import named

INFO = Info("finish-squash", "Turn a squashed migration into an ordinary one", "APP SQUASH", "careful")

COMMAND = "none: Django has no command for it; its documentation says how to do it by hand"


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the squash is not applied here, or a file cannot be changed.
    """
    squash = named(situation, request)
    answer = request.settings.get("records", "prune")
    if answer not in ("prune", "keep"):
        raise WrongArguments(f"--set records takes prune or keep, not {answer}.")
    try:
        found = transition(situation.graph, situation.project.own_apps, squash)
    except NotReady as error:
        raise Impossible(str(error)) from error
    old = [key for key in found.replaced if key in situation.recorded]
    return Plan(
        INFO.name,
        f"Make an ordinary migration of {dotted(squash)}",
        INFO.safety,
        (*records(situation, squash, old if answer == "prune" else ()), *files(found)),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        asks=(question(answer),) if old else (),
        risks=tuple(risks(squash, answer if old else "keep")),
    )


def question(answer: str) -> Question:
    """Return the question what becomes of the old records."""
    return Question("records", "What becomes of the records of what it replaced?", ("prune", "keep"), answer)


def records(situation: Situation, squash: Key, old: Iterable[Key]) -> Iterable[Step]:
    """Yield the steps for the history: first what has to be there, then what goes."""
    name = dotted(squash)
    if squash not in situation.recorded:
        why = f"Everything that {name} replaces is recorded, so it counts as applied; from now on it needs its own row."
        yield record_step(squash, why, "manage.py migrate")
    for key in old:
        why = f"{dotted(key)} is a part of {name} now."
        yield unrecord_step(situation, key, why, f"manage.py migrate {key[0]} --prune")


def files(found: Transition) -> Iterable[Step]:
    """Yield the steps for the files: those that stay are right before any goes."""
    name = dotted(found.squash)
    for change in found.redirected:
        yield file_step(change, f"It depends on what {name} replaces, and has to depend on {name} itself.")
    yield file_step(found.rewritten, f"Without `replaces`, {name} is a migration like any other.")
    for change in found.deleted:
        yield file_step(change, f"{name} has replaced it.")


def file_step(change: FileChange, why: str) -> Step:
    """Return the step that changes a file."""
    return Step(
        "file",
        why,
        path=change.path,
        content=change.content,
        former=change.former,
        undo="Write the file again as it was.",
        command=COMMAND,
    )


def risks(squash: Key, answer: str) -> Iterable[str]:
    """Yield what must be true elsewhere."""
    name = dotted(squash)
    yield (
        f"Every other database of the project must have {name} recorded before it meets these files: run migrate there"
        " first. One that has only the records of what it replaces would run it again."
    )
    if answer == "prune":
        yield (
            f"A release of the code from before takes {name} for not applied once the old records are gone: undo this"
            " before you go back to one, or keep the records (--set records=keep) until you never will."
        )
