"""A tenant has a row, but no schema.

## What it finds
Rows of the tenant model whose schema is not in the database, and a public schema that is not there. One that another
session is making at this moment is left alone.

## Why it matters
`migrate_schemas` stops at such a tenant, with MigrationSchemaMissing (no schema has been selected to create in), and
none after it is migrated. Until then, whoever opens the tenant's pages reads and writes the tables of the public
schema, as its search path goes on to those.

## Example
The server was stopped while a tenant was being made: its row was committed, its schema was not. Or a schema was
dropped by hand, and the row stayed.

## How it is repaired
`create-schema` makes the schema and migrates it, as saving a new tenant does; or delete the row of a tenant that is no
more, and those of its domains. A lost schema comes back from a dump alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.finding import Finding, Offer, Subject
from ..core.situation import Situation
from ..core.tenants import Tenant, TenantSettings
from .base import EVERYTHING, Info, finding_id, listed, offers

INFO = Info("tenant-schema-missing", "error", "A tenant has no schema", ("create-schema",))

MOST = 10
"""Up to so many, each is a finding of its own."""


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return a finding for each schema that is missing; where there are many, one for all."""
    settings = situation.tenants
    if settings is None:
        return ()
    gone = missing(situation)
    if len(gone) > MOST:
        return (together(gone, settings),)
    return tuple(single(tenant, settings) for tenant in gone)


def missing(situation: Situation) -> list[Tenant]:
    """Return the tenants without a schema; the one that was read, or, with public, all of them."""
    seen = [situation.tenant] if situation.tenant is not None else []
    if situation.overview is not None:
        seen += [tenant for tenant in situation.overview.tenants if tenant.role == "tenant"]
    return [tenant for tenant in seen if not tenant.exists and not tenant.creating]


def single(tenant: Tenant, settings: TenantSettings) -> Finding:
    """Return the finding of one schema."""
    if tenant.role == "public":
        summary = f"The public schema {tenant.schema} does not exist, so no table can be made."
        evidence = (f"PUBLIC_SCHEMA_NAME is {tenant.schema!r}", *stops())
    else:
        summary = f"The tenant {tenant.schema} has a row in {settings.tenant_model}, but no schema."
        evidence = (
            f"its row is the one with the primary key {tenant.row}",
            f"its search path leads to the tables of {settings.public_schema}",
            *stops(),
        )
    subject = Subject(schema=tenant.schema)
    return Finding(
        finding_id(INFO, tenant.schema),
        INFO.name,
        INFO.severity,
        subject,
        summary,
        evidence=evidence,
        repairs=offers(Offer("create-schema", f"Make the schema {tenant.schema} and migrate it", "careful")),
    )


def together(gone: Sequence[Tenant], settings: TenantSettings) -> Finding:
    """Return one finding for many schemas."""
    return Finding(
        finding_id(INFO, EVERYTHING),
        INFO.name,
        INFO.severity,
        Subject(),
        f"{len(gone)} tenants have rows in {settings.tenant_model}, but no schemas.",
        evidence=(
            f"{listed([tenant.schema for tenant in gone], MOST)} have none",
            f"their search paths lead to the tables of {settings.public_schema}",
            *stops(),
        ),
    )


def stops() -> Iterator[str]:
    """Yield what `migrate_schemas` says."""
    yield "migrate_schemas stops there with MigrationSchemaMissing: no schema has been selected to create in"
