"""Make the schema of a tenant that has none, and migrate it, as saving a new tenant does.

## What it does
Makes the schema, runs all migrations in it and writes their records, with the signals that django-tenants sends around
it: all of it in one transaction. So does it with a public schema that is not there.

## What it refuses
A schema that is there, one that another session is making, and one that belongs to no tenant. Rows that were in a lost
schema come back from a dump alone: restore that instead, where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.finding import Safety
from ..core.plan import Plan, Step
from ..core.rights.granting import Change, statement
from ..core.situation import Situation
from ..core.tenants import Tenant
from ..core.tenants.from_zero import from_zero
from . import migrate
from .base import Impossible, Info, NothingToDo, Request, action, finding_id, risks_of
from .signals import SYNCED

INFO = Info("create-schema", "Make the schema of a tenant and migrate it", "", "careful")


def plan(situation: Situation, request: Request) -> Plan:
    """Return the plan.

    Raises:
        Impossible: when the schema is there, or nobody's.
    """
    tenant = wanting(situation)
    whole = migrate.plan(from_zero(situation), Request())
    steps = (schema_step(situation, tenant), *whole.steps, *((SYNCED,) if tenant.role == "tenant" else ()))
    safety: Safety = whole.safety if whole.safety == "destructive" else INFO.safety
    return Plan(
        INFO.name,
        f"Make the schema {tenant.schema} and migrate it",
        safety,
        steps,
        finding_id(request),
        action(INFO, request),
        expects=(request.finding.id,) if request.finding is not None else (),
        fingerprint=situation.fingerprint,
        risks=(*risks(situation, tenant), *risks_of(situation, steps)),
        refusal=whole.refusal,
    )


def wanting(situation: Situation) -> Tenant:
    """Return the tenant that has no schema. Raises Impossible where it has one, or is none."""
    tenant = situation.tenant
    if tenant is None:
        raise Impossible("The project does not use django-tenants with this database.")
    if tenant.creating:
        raise Impossible(f"Somebody is at work on the schema {tenant.schema}: {tenant.creating}.")
    if tenant.exists:
        raise NothingToDo(f"The schema {tenant.schema} is there.")
    if tenant.role == "ownerless":
        raise Impossible(f"No tenant has the schema {tenant.schema}.")
    return tenant


def schema_step(situation: Situation, tenant: Tenant) -> Step:
    """Return the step that makes the schema."""
    change = Change("schema", schema=tenant.schema)
    owner = f"tenant with the primary key {tenant.row}" if tenant.row is not None else "public schema"
    return Step(
        "sql",
        f"The {owner} is {tenant.schema}, and there is no schema of that name.",
        sql=(statement(change, situation.database.vendor, situation.database.name),),
        changes=(change,),
        undo="Drop the schema again, with the tables that were made in it.",
        command=f"manage.py migrate_schemas --schema {tenant.schema}: it refuses, as there is no such schema",
    )


def risks(situation: Situation, tenant: Tenant) -> Iterator[str]:
    """Yield what a person should know."""
    yield "It is made empty. Where there is a dump of the lost schema, restore that instead."
    if tenant.role == "public":
        return
    settings = situation.tenants
    if settings is not None and settings.templates:
        names = ", ".join(settings.templates)
        yield f"New tenants are cloned from {names}, with its rows; this one is migrated from zero, without any."
