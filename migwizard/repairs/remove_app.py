"""Take an app out of SHARED_APPS, TENANT_APPS or the list of a tenant type.

## What it does
Takes the entry out of the list in the settings. The router then lets no more of the app's migrations make tables there.
Tables that are there stay, with their rows, and so do the records.

## What it refuses
Lists that are made by code are not edited: it shows the line to take out. So is the app that the tenants are in, and
one that is in no other list: it would not be installed any more.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from ..core.plan import Plan
from ..core.situation import Situation
from ..core.tenants import AppSet, TenantSettings
from ..core.tenants.app_lists import without_app
from .app_list import list_steps, named_set, settings_of, split_of
from .base import Impossible, Info, NothingToDo, Request, action, finding_id

INFO = Info("remove-app", "Take an app out of a list of django-tenants", "APP LIST", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the app is not in the list, or has to stay there.
    """
    settings = settings_of(situation)
    if request.finding is not None:
        split = split_of(situation, request)
        app, apps = split.first.app, split.apps
    else:
        app, apps = named_set(situation, request)
    check(settings, app, apps)
    entry = apps.named.get(app, app)
    steps = list_steps(
        request.files,
        apps,
        partial(without_app, setting=apps.setting, entry=entry),
        f"No table of {app} is made there any more.",
        f'without "{entry}",',
        "Write the line again.",
    )
    done = steps[0].kind == "file"
    return Plan(
        INFO.name,
        f"Take {entry} out of {apps.setting}",
        INFO.safety,
        steps,
        finding_id(request),
        action(INFO, request),
        reveals=done,
        fingerprint=situation.fingerprint,
        risks=tuple(risks(situation, settings, app, apps)),
        refusal="" if done else steps[0].note,
    )


def check(settings: TenantSettings, app: str, apps: AppSet) -> None:
    """Raise Impossible where the app has to stay in the list."""
    if app not in apps.labels:
        raise NothingToDo(f"{app} is not in {apps.setting}.")
    owner = settings.tenant_model.partition(".")[0]
    if apps == settings.public and app in (owner, "django_tenants"):
        raise Impossible(f"{app} has to be in {apps.setting}: the tenants themselves are in there.")
    if not any(app in other.labels for other in settings.sets if other != apps):
        raise Impossible(f"{app} is in no other list, so it would not be installed any more.")


def risks(situation: Situation, settings: TenantSettings, app: str, apps: AppSet) -> Iterator[str]:
    """Yield what a person should know."""
    there = apps == settings.public and situation.live is not None
    tables = [
        name
        for lineage in situation.lineages
        for name in lineage.names()
        if there and name.startswith(f"{app}_") and situation.live and name in situation.live.tables
    ]
    if tables:
        yield f"Tables that are there stay, with their rows, and nobody looks after them: {', '.join(tables[:5])}."
    where = settings.public_schema if apps == settings.public else "tenants"
    yield f"What uses {app} in {where} fails from now on: its pages, and whatever asks for its tables."
    yield "What is running keeps the settings that it was started with: restart it."
