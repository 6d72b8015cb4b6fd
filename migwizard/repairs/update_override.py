"""Bring what a package has new into the project's override of its migrations.

## What it does
Copies the migrations of the installed version that the override neither has nor replaces into it, under their own
names: their dependencies on what is replaced lead to the squash. Imports that begin with a dot are written out, and
each says from which file it was made. Where files have changed that the override was made from, their new digests are
written down. Everything is read before it is shown: the override must lead to the same models as the installed
migrations. The new migrations are pending then, and are run by `migrate`.

## What it refuses
An override that is not the project's own, and one that would lead somewhere else than the installed migrations: then it
says what differs, for a person to write the migration, or to make the override anew.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.plan import Plan, Step
from ..core.situation import Situation
from ..core.sources.override import Override, OverrideUpdate
from .base import Impossible, Info, Request, WrongArguments, action, dotted, finding_id
from .files import file_step

INFO = Info("update-override", "Bring the override of an app's migrations up to date", "[APP]", "careful")

COMMAND = "none: Django sees the override alone"


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when there is nothing to bring in, or it cannot be.
    """
    override = meant(situation, request)
    if not override.own:
        raise Impossible(
            f"{override.module} is not in the project; whoever it belongs to must bring it up to date."
        )
    if not override.new and not override.changed:
        raise Impossible(f"{override.module} knows all that {override.distribution} {override.version} has.")
    if request.update is None:
        raise Impossible("The project is not at hand.")
    update = request.update(override)
    if update.failure:
        raise Impossible(update.failure)
    names = ", ".join(override.new) or "new digests"
    return Plan(
        INFO.name,
        f"Bring {names} into {override.module}",
        INFO.safety,
        tuple(steps(override, update)),
        finding_id(request),
        action(INFO, request),
        expects=(f"outdated-override:{override.app}",),
        fingerprint=situation.fingerprint,
        risks=tuple(risks(override)),
    )


def meant(situation: Situation, request: Request) -> Override:
    """Return the override that is meant."""
    known = {one.app: one for one in situation.overrides}
    subject = request.finding.subject.app if request.finding is not None else None
    app = subject or (request.arguments[0] if request.arguments else None)
    if app is None:
        outdated = [one for one in known.values() if one.new or one.changed]
        if len(outdated) == 1:
            return outdated[0]
        if outdated:
            names = ", ".join(one.app for one in outdated)
            raise WrongArguments(f"Several overrides are outdated; name one of {names}.")
        raise Impossible("No override is outdated.")
    if app not in known:
        raise WrongArguments(
            f"The migrations of {app} are its own; MIGRATION_MODULES names no other package."
        )
    return known[app]


def steps(override: Override, update: OverrideUpdate) -> Iterator[Step]:
    """Yield the steps that write the files."""
    for change in update.files:
        if change.former is None:
            why = f"{override.distribution} {override.version} has this migration."
        else:
            why = "It says from which files it was made, and they are others by now."
        yield file_step(change.path, change.former, change.content, why, COMMAND)


def risks(override: Override) -> Iterator[str]:
    """Yield what a person should know."""
    if override.new:
        names = ", ".join(dotted((override.app, name)) for name in override.new)
        yield f"Not applied by this plan, but by the next migrate: {names}."
        yield "They do what the package does: what this database cannot run of them, check tells beforehand."
