"""Add an app to SHARED_APPS, TENANT_APPS or the list of a tenant type, so that its tables are where others need them.

## What it does
Writes the entry, and those of whatever the app needs itself, at the end of the list in the settings: django_tenants
stays the first, and INSTALLED_APPS, which is made from the lists, follows. The next `migrate` makes the tables: in
public first, then in each tenant. What is recorded there already, although the router kept its tables out, is run then
as well.

## What it refuses
Lists that are made by code are not edited: it shows the lines to write.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..core.plan import Plan
from ..core.situation import Situation
from ..core.tenants import AppSet, TenantSettings
from ..core.tenants.app_lists import with_apps
from ..core.tenants.app_splits import entries, entry_of
from .app_list import list_steps, named_set, settings_of, split_of, then
from .base import Impossible, Info, NothingToDo, Request, WrongArguments, action, finding_id

INFO = Info("add-app", "Add an app to a list of django-tenants", "APP LIST", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the app is in the list already, or has no tables to be had.
    """
    settings = settings_of(situation)
    app, apps, add = meant(situation, request, settings)
    names = ", ".join(add)
    edit = partial(_edited, setting=apps.setting, add=tuple(add))
    why = f"Its tables are then made in {place(settings, apps)}, where others point to them."
    lines = " ".join(f'"{entry}",' for entry in add)
    steps = list_steps(request.files, apps, edit, why, lines, "Take the lines out again.")
    return Plan(
        INFO.name,
        f"Add {names} to {apps.setting}",
        INFO.safety,
        (*steps, then(settings)),
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None and steps[0].kind == "file" else (),
        reveals=steps[0].kind == "file",
        fingerprint=situation.fingerprint,
        risks=tuple(risks(situation, settings, app, apps)),
        refusal="" if steps[0].kind == "file" else f"{steps[0].note}",
    )


def meant(
    situation: Situation, request: Request, settings: TenantSettings
) -> tuple[str, AppSet, Sequence[str]]:
    """Return the app, the list, and the entries to add to it."""
    if request.finding is not None:
        split = split_of(situation, request)
        if split.unmigrated:
            raise Impossible(f"{split.lacks} has no migrations, so no list gives it tables.")
        return split.lacks, split.apps, split.add
    app, apps = named_set(situation, request)
    if app in apps.labels:
        raise NothingToDo(f"{app} is in {apps.setting} already.")
    if not any(app in one.labels for one in settings.sets) and app not in situation.graph.unmigrated | {
        key[0] for key in situation.graph.files
    }:
        raise WrongArguments(f"There is no app '{app}'.")
    add = entries(settings, apps, app, situation.references)
    # A tenant sees public's tables, yet it can have an app's tables of its own.
    return app, apps, add or (entry_of(settings, app),)


def _edited(source: str, *, setting: str, add: tuple[str, ...]) -> str:
    return with_apps(source, setting, add)


def place(settings: TenantSettings, apps: AppSet) -> str:
    """Return where the tables of a list are, in words."""
    if apps == settings.public:
        return settings.public_schema
    return f"each tenant of the type {apps.kind}" if settings.type_field else "each tenant"


def risks(situation: Situation, settings: TenantSettings, app: str, apps: AppSet) -> Iterator[str]:
    """Yield what a person should know."""
    if apps == settings.public and any(app in one.labels for one in settings.kinds):
        yield (
            f"{settings.public_schema} and each tenant have tables of {app} of their own then: what is in one is not in"
            f" another."
        )
    if apps != settings.public and app in settings.public.labels:
        yield (
            f"Tenants have seen the rows of {app} in {settings.public_schema} so far; in tables of their own there are"
            " none."
        )
    if app == situation.project.user_model.partition(".")[0].lower():
        yield "Whoever is to log in there needs a user there: manage.py create_tenant_superuser, or createsuperuser."
    yield "What is running keeps the settings that it was started with: restart it."
