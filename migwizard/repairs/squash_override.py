"""Replace the migrations of an installed app by a package of the project's own.

## What it does
Writes a package with the app's migrations squashed into one, or into a few where other apps depend on the middle, and
points MIGRATION_MODULES to it. Each field is made as it is in the end, so what a database cannot alter (a counted key
on SQL Server) is never altered. `replaces` names all originals: whatever depends on one of them goes on, and a database
that has all of them applied counts the squash as applied. Code that only moves rows is left out, as new tables have
none; what may do more stays at its place, and then tables are made as they were there. The docstring says from which
version and files the package was made. The package is read before it is shown: it must lead to the same models.

## What becomes of what is there
Nothing applied: nothing. All applied: the squash is recorded as well. A part applied, and the tables empty: tables and
records go, and `migrate` makes them anew. A part applied, with rows: the tables are altered to what the app's last
migration leaves, row by row kept, as long as no code in the rest would have moved rows.

## What it asks
The package (`--into PACKAGE`), what becomes of each piece of code (`--set code.MIGRATION.NUMBER=keep|drop`), and what
becomes of a run that came halfway (`--set partial=zero|align`).

## What it refuses
Apps of the project's own, which `squashmigrations` can squash in place, and apps that have an override already. Where
the settings are made by code, it shows the lines to write.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.graph import Key
from ..core.plan import Plan, Question, Step
from ..core.situation import Situation
from ..core.sources.override import OverrideProposal
from ..core.sources.setting_edits import with_key
from ..core.sources.source_text import CannotEdit
from .base import (
    Impossible,
    Info,
    Request,
    WrongArguments,
    action,
    check_app,
    finding_id,
)
from .files import file_step
from .midway import check_settings
from .remains import Remains, remains

INFO = Info(
    "squash-override", "Replace an app's migrations by ones of the project", "APP [PACKAGE]", "careful"
)

SETTING = "MIGRATION_MODULES"


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the app's migrations cannot be replaced, or what is in the database is in the way.
    """
    app = app_of(situation, request)
    check_foreign(situation, app)
    if request.override is None:
        return unasked(situation, request, app)
    settings = dict(request.settings)
    module = request.arguments[1] if len(request.arguments) > 1 else settings.get("into", "")
    proposal = request.override(app, module, settings)
    if proposal.failure:
        raise Impossible(proposal.failure)
    edited = setting_step(proposal)
    rest = remains(situation, proposal, settings, pointed=edited.kind == "file")
    asks = (
        Question("into", "Which package shall hold them?", answer=proposal.module),
        *proposal.questions,
        *rest.asks,
    )
    check_settings(settings, [question.key for question in asks])
    return Plan(
        INFO.name,
        f"Replace the migrations of {app} by {proposal.module}",
        INFO.safety,
        (*rest.steps, *file_steps(proposal), edited),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        asks=asks,
        risks=tuple(risks(proposal, rest, edited)),
    )


def unasked(situation: Situation, request: Request, app: str) -> Plan:
    """Return what can be said before anybody has looked into the app: that it can be asked for."""
    text = "Which package shall hold them?"
    return Plan(
        INFO.name,
        f"Replace the migrations of {app} by ones of the project",
        INFO.safety,
        (),
        finding_id(request),
        action(INFO, request),
        fingerprint=situation.fingerprint,
        asks=(Question("into", text),),
        refusal=f"{text} Answer with --into PACKAGE.",
    )


def app_of(situation: Situation, request: Request) -> str:
    """Return the app that is meant."""
    subject = request.finding.subject if request.finding is not None else None
    if subject is not None and subject.app is not None:
        return subject.app
    if not request.arguments:
        raise WrongArguments(f"Name an app: {INFO.name} APP --into PACKAGE.")
    check_app(situation, request.arguments[0])
    return request.arguments[0]


def check_foreign(situation: Situation, app: str) -> None:
    """Raise Impossible for an app whose migrations are the project's own already."""
    files = [file for file in situation.graph.files.values() if file.app == app]
    if not files:
        raise Impossible(f"There are no migration files of {app}.")
    if app in situation.project.own_apps:
        raise Impossible(f"{app} is the project's own; squash it in place: manage.py squashmigrations {app}.")
    if any(situation.project.owns(file) for file in files):
        raise Impossible(
            f"{app} has an override already: {SETTING} points into the project (update-override {app})."
        )


def file_steps(proposal: OverrideProposal) -> Iterator[Step]:
    """Yield the steps that write the package."""
    names = {name for _, name in proposal.new}
    for file in proposal.files:
        name = file.path.replace("\\", "/").rpartition("/")[2].removesuffix(".py")
        if name == "__init__":
            why = "Without it Django sees no migrations in the folder."
        elif name in names:
            why = f"It stands for migrations of {proposal.distribution} {proposal.version}."
        else:
            why = "A migration beside it takes code from this copy, which is no migration itself."
        yield file_step(file.path, None, file.content, why, command(proposal))


def command(proposal: OverrideProposal) -> str:
    """Return what Django has for it."""
    return f"none: squashmigrations {proposal.app} would write into the installed package"


def setting_step(proposal: OverrideProposal) -> Step:
    """Return the step that points the setting to the package, or says what has to be written by hand."""
    app, module = proposal.app, proposal.module
    why = f"{SETTING} says from where Django takes the migrations of {app}."
    line = f'{SETTING} = {{"{app}": "{module}"}}'
    reason = "The settings are in no file of the project"
    for file in proposal.settings:
        try:
            text = with_key(file.content, SETTING, app, module)
            return file_step(file.path, file.content, text, why, "none: settings are edited by hand")
        except CannotEdit as error:
            reason = f"{file.path} {error}"
    note = f"{reason}, so write it by hand where it belongs: {line}, beside what else the setting holds."
    return Step(
        "advice", why, note=note, undo="Take the line out again.", command="none: settings are edited by hand"
    )


def risks(proposal: OverrideProposal, rest: Remains, edited: Step) -> Iterator[str]:
    """Yield what a person should know."""
    app = proposal.app
    yield from rest.risks
    yield from proposal.notes
    kept = [code for code in proposal.codes if code.kept]
    if kept:
        yield (
            f"{len(kept)} operation{'s are' if len(kept) > 1 else ' is'} kept at {'their' if len(kept) > 1 else 'its'}"
            f" place (first: {name(kept[0].key)}, {kept[0].description}), so tables are made as they were there and"
            " altered afterwards; --set code.MIGRATION.NUMBER=drop leaves one out."
        )
    yield (
        f"Every database of the project takes the migrations of {app} from the package then. One that has all originals"
        " applied needs nothing but its next migrate; one that has only a part of them must be dealt with first."
    )
    yield (
        f"What later versions of {proposal.distribution} bring is not in the package: check tells when it is outdated"
        " (outdated-override)."
    )
    if edited.kind == "advice":
        yield f"Nothing of the package counts before {SETTING} names it."


def name(key: Key) -> str:
    """Return a migration as users write it."""
    return f"{key[0]}.{key[1]}"
