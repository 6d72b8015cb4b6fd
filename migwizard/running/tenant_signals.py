"""The signals of django-tenants, sent where it sends them: in the public schema, with what it gives their receivers.

schema_migrate_message is not sent: its messages are the lines that migrate_schemas writes, and none is written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..core.tenants import Tenant
from ..reading.reader import Reader
from ..reading.tenants.turning import turn_to

TENANT_SIGNALS = ("schema_pre_migration", "schema_migrated", "post_schema_sync")


def send_for_tenant(reader: Reader, name: str) -> None:
    """Send one of the signals for the schema that the reader reads; not at all where this release has none such."""
    if reader.tenant is None:
        return
    try:
        from django_tenants import signals
        from django_tenants.migration_executors.base import run_migrations
        from django_tenants.models import TenantMixin
        from django_tenants.utils import get_tenant_model
    except ImportError:
        return
    signal: Any = getattr(signals, name, None)
    if signal is None:
        return
    schema = reader.tenant.schema
    with in_public(reader):
        if name == "post_schema_sync":
            tenant = get_tenant_model()._default_manager.get(schema_name=schema)
            signal.send(sender=TenantMixin, tenant=tenant.serializable_fields())
        else:
            signal.send(run_migrations, schema_name=schema)


@contextmanager
def in_public(reader: Reader) -> Iterator[None]:
    """Turn the reader's connection to the public schema for a while."""
    settings, tenant = reader.tenants, reader.tenant
    if settings is None or tenant is None:
        yield
        return
    public = Tenant(settings.public_schema, "public", settings.public.kind)
    turn_to(reader.connection, settings, public)
    try:
        yield
    finally:
        turn_to(reader.connection, settings, tenant)
