"""Turns a connection to the schema of a tenant, as django-tenants does, so that the router answers for that one."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError

from ...core.schema.names import quoted
from ...core.tenants import Tenant, TenantSettings

PATHS = "_get_cursor_search_paths"
PLAIN = "django.db.backends.postgresql"


class NameRefused(Exception):
    """The installed django-tenants would not quote a name rightly; the text says so, in one sentence."""


def turn_to(connection: Any, settings: TenantSettings, tenant: Tenant) -> None:
    """Turn the connection to a schema; every cursor that it makes from now on is in there.

    A name that this release of django-tenants would not give to a new tenant is no obstacle: earlier ones did.
    A connection of another backend is left alone.

    Raises:
        NameRefused: when the name would end the text that an earlier release puts it in.
    """
    if not hasattr(connection, "set_schema"):
        return
    if "'" in tenant.schema and not quotes_names():
        raise NameRefused(
            f"The installed release of django-tenants does not quote the name of the schema {tenant.schema} rightly;"
            " 4.0 and later do."
        )
    vars(connection).pop(PATHS, None)
    # What django-tenants has grown out of knows no types.
    typed = settings.type_field and tenant.role != "public"
    connection.set_schema(tenant.schema, **({"tenant_type": tenant.kind} if typed else {}))
    paths = getattr(connection, PATHS, None)
    try:
        if paths is not None:
            paths()
    except ValidationError:
        setattr(connection, PATHS, lambda: list(settings.search_path(tenant.schema)))


def quotes_names() -> bool:
    """Tell whether the installed release puts a schema's name into SQL as a name; earlier ones put it in quotes."""
    try:
        from django_tenants import utils
    except ImportError:
        return False
    return hasattr(utils, "quote_schema_name")


def search_path(settings: TenantSettings, schema: str) -> str:
    """Return the search path of a schema as one text."""
    return ", ".join(quoted(name) for name in settings.search_path(schema))


def plain_connection(settings_dict: dict[str, Any], alias: str, engine: object) -> Any:
    """Return a connection by the backend behind that of django-tenants, which cannot be had without the apps."""
    from django.db.utils import load_backend

    backend: Any = load_backend(engine if isinstance(engine, str) and engine else PLAIN)
    return backend.DatabaseWrapper(settings_dict, alias)
