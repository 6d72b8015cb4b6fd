"""An app of django-tenants is in another list than those whose tables it needs.

## What it finds
A foreign key from an app of SHARED_APPS, TENANT_APPS or a tenant type to a table of an app that is not in that list,
so that the table is not there where the foreign key is made: public sees only itself, a tenant sees itself and public.
It is found from settings and migration files, before anything is run. So is an app without migrations, whose tables no
schema gets.

## Why it matters
`migrate_schemas` stops in the middle, with `relation "users_user" does not exist`, and no tenant after it is migrated.
With a user model of the project's own it happens to the first project that has the admin in SHARED_APPS and its users
in TENANT_APPS alone. No order of commands helps, and no dropping of schemas.

## Example
`django.contrib.admin` is in both lists, and AUTH_USER_MODEL is `users.User`, of an app in TENANT_APPS only. In public,
`admin.0001_initial` makes a foreign key to users_user, which is in the schemas of tenants.

## How it is repaired
`add-app` adds the app to the list that lacks it, with whatever it needs itself. Or, where nothing in public needs it,
`remove-app` takes the app that points there out of SHARED_APPS. Then `migwizard repair migrate --all-schemas` makes the
tables, in public first. An app without migrations gets its own by `make-migration`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.finding import Finding, Offer, Severity, Subject
from ..core.rights.home import pending
from ..core.situation import Situation
from ..core.tenants import AppSet, Reference, TenantSettings
from ..core.tenants.app_splits import Split, breaks_at, shared_users, splits
from .base import Info, about, dotted, finding_id, listed, offers

INFO = Info(
    "tenant-app-split",
    "error",
    "An app's tables are not where others need them",
    ("add-app", "remove-app", "make-migration"),
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each app that a list lacks; with public, for every list."""
    settings = situation.tenants
    if settings is None:
        return ()
    own = own_set(situation, settings)
    found = [
        broken(situation, settings, split, own)
        for split in splits(settings, situation.references, situation.graph)
        if own is None or own == settings.public or split.apps == own
    ]
    return (*found, *spread(situation, settings, own))


def own_set(situation: Situation, settings: TenantSettings) -> AppSet | None:
    """Return the set of the schema that was read."""
    return settings.set_of(situation.tenant.kind) if situation.tenant is not None else None


def broken(situation: Situation, settings: TenantSettings, split: Split, own: AppSet | None) -> Finding:
    """Return the finding of one app that a set lacks."""
    here = split.apps == own
    waits = breaks_at(split, pending(situation)) if here else breaks_at(split, situation.graph.nodes)
    if here and situation.live is not None and split.first.to_table in situation.live.tables:
        waits = ()
    first = next((one for one in split.references if one.migration in waits), split.first)
    where = place(settings, split.apps)
    severity: Severity = "error" if waits else "warning"
    return Finding(
        finding_id(INFO, f"{split.apps.kind}:{split.lacks}"),
        INFO.name,
        severity,
        subject(situation, settings, split, first),
        summary(split, first, where, fails=bool(waits)),
        evidence=tuple(evidence(situation, settings, split, first, waits if here else ())),
        repairs=offer(split, settings),
    )


def subject(situation: Situation, settings: TenantSettings, split: Split, first: Reference) -> Subject:
    """Return what the finding is about: the foreign key, in public, or in no schema where it is about all tenants."""
    schema = settings.public_schema if split.apps == settings.public else None
    if situation.tenant is not None and situation.tenant.role != "public":
        schema = situation.tenant.schema
    if split.unmigrated:
        return Subject(split.lacks, None, first.to_table, None, schema)
    name = first.migration[1] if first.migration is not None else None
    return Subject(first.app, name, first.table, first.field, schema)


def place(settings: TenantSettings, apps: AppSet) -> str:
    """Return where the tables of a set are, in words."""
    if apps == settings.public:
        return settings.public_schema
    return (
        f"the schema of a tenant of the type {apps.kind}" if settings.type_field else "the schema of a tenant"
    )


def summary(split: Split, first: Reference, where: str, *, fails: bool) -> str:
    """Return which app is missing where, and what happens."""
    needs = f"{first.app} in {split.apps.setting} needs {first.to_table} of {split.lacks}"
    if split.unmigrated:
        return f"{needs}, which has no migrations, so no schema has that table."
    at = dotted(first.migration) if first.migration is not None else first.app
    fate = f"{at} fails there" if fails else f"{at} fails wherever it is made anew"
    return f"{needs}, which is not in that list: in {where} there is no such table, and {fate}."


def evidence(
    situation: Situation,
    settings: TenantSettings,
    split: Split,
    first: Reference,
    waits: tuple[tuple[str, str], ...],
) -> Iterator[str]:
    """Yield the foreign keys, what happens in which order, and which lists to change."""
    by = f", by {first.swappable}" if first.swappable else ""
    yield f"{first.app}.{first.model}.{first.field} points to {split.lacks}.{first.to_model}{by}"
    yield f'migrate_schemas ends with: relation "{first.to_table}" does not exist'
    others = [f"{one.app}.{one.model}.{one.field}" for one in split.references if one != first]
    if others:
        yield f"so would {listed(others)}"
    yield from progress(situation, waits)
    if split.unmigrated:
        yield f"makemigrations {split.lacks} makes its migrations"
        return
    where = [apps.setting for apps in split.found_in]
    yield f"{split.lacks} is in {listed(where)}" if where else f"{split.lacks} is in none of the lists"
    yield f"add {listed([repr(entry) for entry in split.add], 9)} to {split.apps.setting}"
    if split.apps == settings.public and split.found_in:
        yield f"or take {first.app} out of {split.apps.setting}, if nothing in {settings.public_schema} needs it"


def progress(situation: Situation, waits: tuple[tuple[str, str], ...]) -> Iterator[str]:
    """Yield how far the schema gets, or has got, before the first of these migrations."""
    if not waits:
        return
    graph = situation.graph
    before = graph.nodes.index(waits[0])
    done = sum(key in graph.effective for key in graph.nodes)
    if before == done and all(key in graph.effective for key in graph.nodes[:before]) and done:
        yield f"it has stopped there: the {done} migrations before {dotted(waits[0])} are recorded"
    else:
        yield f"{dotted(waits[0])} is number {before + 1} of {len(graph.nodes)} in the order of application"


def offer(split: Split, settings: TenantSettings) -> tuple[Offer, ...]:
    """Return the repairs: an app without migrations gets its own, else a list is changed."""
    if split.unmigrated:
        return offers(Offer("make-migration", f"Make the migrations of {split.lacks}", "careful"))
    first = split.first.app
    elsewhere = split.apps == settings.public and any(
        first in other.labels for other in settings.sets if other != split.apps
    )
    return offers(
        Offer("add-app", f"Add {listed(split.add, 9)} to {split.apps.setting}", "careful"),
        Offer("remove-app", f"Take {first} out of {split.apps.setting}", "careful") if elsewhere else None,
    )


def spread(situation: Situation, settings: TenantSettings, own: AppSet | None) -> Iterator[Finding]:
    """Yield, for tenants whose users are in public only, what that means."""
    references = shared_users(settings, situation.references)
    if not references or (own is not None and own != settings.public):
        return
    first, users = references[0], settings.public_schema
    yield Finding(
        finding_id(INFO, f"users-in-public:{first.to_app}"),
        INFO.name,
        "info",
        about(situation, table=first.to_table),
        f"Tenants point to the users of {users}: {first.to_app} is in {settings.public.setting} only.",
        evidence=(
            f"{', '.join(sorted({f'{one.app}.{one.model}.{one.field}' for one in references}))}: in every tenant"
            f" to {users}.{first.to_table}",
            "deleting such a user fails as long as rows of other tenants than the current one point to it",
        ),
    )
