"""Write the migration that changed models lack.

## What it does
Writes what `makemigrations` would write for an app of the project. What Django would ask is asked: the value that
existing rows get in a new column that must not be NULL, and whether a field or model that is gone was renamed; nothing
that would lose data is guessed. The migration is pending then, and is run by `migrate`.

## What it refuses
Installed packages, whose next version would take the file away again, and apps with several last migrations.
"""

from __future__ import annotations

from ..core.plan import Plan, Step
from ..core.situation import Situation
from ..core.sources.proposal import Proposal
from .base import Impossible, Info, Request, WrongArguments, action, check_app, dotted, finding_id
from .files import file_step, last_name_step

INFO = Info("make-migration", "Write the migration that changed models lack", "[APP]", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan; without steps as long as something that it must be told is missing.

    Raises:
        Impossible: when the models have not changed, or the app is not the project's own.
    """
    app = app_of(situation, request)
    check_writable(situation, app)
    if unchanged(situation, app):
        raise Impossible(f"The models of {app} are as its migrations leave them.")
    if request.propose is None:
        raise Impossible("The models are not at hand.")
    proposal = request.propose(app, request.settings)
    if proposal.failure and not proposal.questions:
        raise Impossible(proposal.failure)
    if not proposal.migrations and not proposal.questions:
        raise Impossible(f"The models of {app} are as its migrations leave them.")
    for proposed in proposal.migrations:
        check_writable(situation, proposed.key[0])
    names = ", ".join(dotted(proposed.key) for proposed in proposal.migrations)
    return Plan(
        INFO.name,
        f"Write {names}" if names else f"Write the migration that the models of {app} lack",
        INFO.safety,
        steps_of(situation, proposal),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        asks=proposal.questions,
        risks=risks(proposal),
        refusal=proposal.failure or unanswered(proposal),
    )


def app_of(situation: Situation, request: Request) -> str:
    """Return the app whose models are meant."""
    if request.finding is not None and request.finding.subject.app is not None:
        return request.finding.subject.app
    if request.arguments:
        check_app(situation, request.arguments[0])
        return request.arguments[0]
    if situation.model_changes_unknown:
        raise Impossible(f"What the models lack is not known: {situation.model_changes_unknown}.")
    changed = sorted({change.app for change in situation.model_changes if change.own})
    if not changed:
        raise Impossible("The models of the project's own apps are as the migrations leave them.")
    if len(changed) > 1:
        raise WrongArguments(f"The models of several apps have changed; name one of {', '.join(changed)}.")
    return changed[0]


def unchanged(situation: Situation, app: str) -> bool:
    """Tell whether it is known that an app's models are as its migrations leave them."""
    looked = situation.live is not None and not situation.model_changes_unknown
    return looked and all(change.app != app for change in situation.model_changes)


def check_writable(situation: Situation, app: str) -> None:
    """Raise Impossible unless the app's migrations are the project's own, and end in one."""
    leaves = situation.graph.leaves(app)
    if len(leaves) > 1:
        raise Impossible(f"The app {app} has {len(leaves)} last migrations; join them first (merge {app}).")
    if leaves and not situation.project.owns(situation.graph.files[leaves[0]]):
        raise Impossible(
            f"{app} is an installed package: a migration that is written there is lost with its next version."
        )


def steps_of(situation: Situation, proposal: Proposal) -> tuple[Step, ...]:
    """Return the steps: a file a migration, and the names that django-linear-migrations keeps."""
    steps: list[Step] = []
    last: dict[str, str] = {}
    for proposed in proposal.migrations:
        app, name = proposed.key
        last[app] = name
        why = f"{dotted(proposed.key)} makes what the models have and no migration makes: "
        why += "; ".join(proposed.operations) + "."
        steps.append(file_step(proposed.path, None, proposed.content, why, f"manage.py makemigrations {app}"))
    for app, name in last.items():
        steps += last_name_step(situation, app, name, f"manage.py makemigrations {app}")
    return tuple(steps)


def risks(proposal: Proposal) -> tuple[str, ...]:
    """Return what the next `migrate` does with the migrations."""
    names = ", ".join(dotted(proposed.key) for proposed in proposal.migrations)
    losing = (
        f"{dotted(proposed.key)}: {operation} loses what it holds when the migration runs."
        for proposed in proposal.migrations
        for operation in proposed.losing
    )
    pending = (f"Not applied by this plan, but by the next migrate: {names}.",) if names else ()
    return (*pending, *losing, *proposal.notes)


def unanswered(proposal: Proposal) -> str:
    """Return what has to be answered first, or an empty text."""
    missing = [question for question in proposal.questions if question.answer is None]
    if not missing:
        return ""
    answers = " ".join(
        f"--set {question.key}={'|'.join(question.choices) or 'VALUE'}" for question in missing
    )
    return f"{missing[0].text} Answer with {answers}."
