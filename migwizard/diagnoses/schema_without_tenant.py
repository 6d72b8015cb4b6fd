"""A schema has a history of migrations, but belongs to no tenant.

## What it finds
Schemas with a table django_migrations that no row of the tenant model names: neither the public one nor one that new
tenants are cloned from. Told with public. One that another session is at work on is left alone: it may be a tenant that
is being made.

## Why it matters
`migrate_schemas` passes it over, so it stays behind for good. And what is in it may come to light again: a new tenant
of that name gets the schema as it is, with all rows, because django-tenants makes none where there is one.

## Example
A customer was deleted two years ago. The row went; the schema stayed, as TenantMixin does not drop it unless
`auto_drop_schema` is set.

## How it is repaired
migwizard neither drops it nor offers to: only a person knows whether it is what a deleted tenant left, one whose row
was lost, or another program's. Either write the tenant's row again, or take a dump (`pg_dump --schema`) and drop it by
hand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from ..core.finding import Finding, Subject
from ..core.graph import Key
from ..core.situation import Situation
from ..core.tenants import Overview, Stray, Tenant
from .base import EVERYTHING, Info, finding_id, listed, plural

INFO = Info("schema-without-tenant", "info", "A schema has a history, but no tenant")

MOST = 10
"""Up to so many, each is a finding of its own."""


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return, with public, a finding for each schema without a tenant; where there are many, one for all."""
    overview = situation.overview
    if overview is None or not overview.listed:
        return ()
    found = [
        tenant
        for tenant in overview.of("ownerless")
        if tenant.history and not tenant.creating and tenant.schema not in overview.settings.extra_schemas
    ]
    if len(found) > MOST:
        return (together(found, overview),)
    return tuple(single(situation, tenant, overview) for tenant in found)


def single(situation: Situation, tenant: Tenant, overview: Overview) -> Finding:
    """Return the finding of one schema."""
    return Finding(
        finding_id(INFO, tenant.schema),
        INFO.name,
        INFO.severity,
        Subject(schema=tenant.schema),
        f"The schema {tenant.schema} has a history of migrations, but no row of {overview.settings.tenant_model}"
        " names it.",
        evidence=tuple(evidence(situation, tenant, overview)),
    )


def evidence(situation: Situation, tenant: Tenant, overview: Overview) -> Iterator[str]:
    """Yield what is recorded there, since when, what is in it, and what may become of that."""
    group, stray = overview.group_of(tenant.schema), overview.strays.get(tenant.schema)
    if group is None or group.holding.applied is None:
        yield "what it records cannot be read"
    else:
        yield recorded(group.holding.applied, situation.graph.files.keys(), stray)
    if stray is not None:
        rows = "" if stray.rows is None else f", about {plural(stray.rows, 'row')}"
        yield f"{plural(stray.tables, 'table')}{rows}"
    yield from fate()


def recorded(applied: Set[Key], ours: Set[Key], stray: Stray | None) -> str:
    """Return how much is recorded, whether it is of this project, and since when."""
    count = plural(len(applied), "migration")
    if not applied:
        return f"it records {count}"
    number = len(applied & ours)
    known = "none" if not number else "all" if number == len(applied) else f"{number}"
    since = f", from {stray.first} to {stray.last}" if stray is not None and stray.first else ""
    return f"it records {count}, of which this project has {known}{since}"


def fate() -> Iterator[str]:
    """Yield what becomes of such a schema."""
    yield "migrate_schemas passes it over"
    yield "a new tenant of that name would get it as it is: django-tenants makes no schema where there is one"


def together(found: Sequence[Tenant], overview: Overview) -> Finding:
    """Return one finding for many schemas."""
    names = [tenant.schema for tenant in found]
    last = max((stray.last for stray in overview.strays.values()), default="")
    rows = sum(stray.rows or 0 for stray in overview.strays.values())
    return Finding(
        finding_id(INFO, EVERYTHING),
        INFO.name,
        INFO.severity,
        Subject(),
        f"{len(found)} schemas have a history of migrations, but no row of {overview.settings.tenant_model}"
        " names them.",
        evidence=(
            f"{listed(names, MOST)} have none",
            *((f"the last migration in any of them was recorded on {last}",) if last else ()),
            *((f"about {plural(rows, 'row')} in all",) if rows else ()),
            *fate(),
        ),
    )
