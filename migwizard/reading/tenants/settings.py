"""What the settings of a project say to django-tenants, its apps imported or not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from django.apps import AppConfig, apps

from ...core.tenants import AppSet, TenantSettings
from ..packages import from_entries
from ..project import Project

PUBLIC_SCHEMA = "public"


def tenant_settings(project: Project) -> TenantSettings | None:
    """Return what the settings say to django-tenants, or None where the project does not use it."""
    if not isinstance(project.setting("TENANT_MODEL"), str) or not _uses(project):
        return None
    public_schema = _text(project, "PUBLIC_SCHEMA_NAME") or PUBLIC_SCHEMA
    several = bool(project.setting("HAS_MULTI_TYPE_TENANTS"))
    public, kinds = _by_type(project, public_schema) if several else _by_lists(project)
    return TenantSettings(
        public,
        kinds,
        public_schema,
        _text(project, "TENANT_DB_ALIAS") or "default",
        _text(project, "TENANT_MODEL"),
        _text(project, "TENANT_DOMAIN_MODEL"),
        _text(project, "MULTI_TYPE_DATABASE_FIELD") if several else "",
        _texts(project.setting("PG_EXTRA_SEARCH_PATHS")),
        dict(_templates(project)),
        any("TenantSyncRouter" in one for one in _texts(project.setting("DATABASE_ROUTERS"))),
    )


def _uses(project: Project) -> bool:
    """Tell whether the project has lists of apps for django-tenants, or the app itself."""
    named = any(project.setting(name) is not None for name in ("SHARED_APPS", "TENANT_APPS", "TENANT_TYPES"))
    return named or "django_tenants" in _texts(project.setting("INSTALLED_APPS"))


def _by_lists(project: Project) -> tuple[AppSet, tuple[AppSet, ...]]:
    shared = _app_set("public", "SHARED_APPS", project.setting("SHARED_APPS"))
    return shared, (_app_set("tenant", "TENANT_APPS", project.setting("TENANT_APPS")),)


def _by_type(project: Project, public_schema: str) -> tuple[AppSet, tuple[AppSet, ...]]:
    """Return the sets of TENANT_TYPES; the public schema's is the one under its name."""
    types = project.setting("TENANT_TYPES")
    sets = {}
    for name, one in types.items() if isinstance(types, Mapping) else ():
        entries = one.get("APPS") if isinstance(one, Mapping) else ()
        sets[str(name)] = _app_set(str(name), f"TENANT_TYPES[{str(name)!r}]['APPS']", entries)
    public = sets.pop(public_schema, None)
    setting = f"TENANT_TYPES[{public_schema!r}]['APPS']"
    return public or _app_set(public_schema, setting, ()), tuple(sets.values())


def _app_set(kind: str, setting: str, entries: object) -> AppSet:
    names = _texts(entries)
    named = dict(_labels(names))
    return AppSet(kind, setting, names, frozenset(named), named)


def _labels(entries: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the labels of apps and their entries, by the rule of the router: an app's name, or its class's path."""
    if apps.apps_ready:
        for config in apps.app_configs.values():
            entry = next((one for one in (config.name, _path(config)) if one in entries), None)
            if entry is not None:
                yield config.label, entry
        return
    for entry in entries:
        packages, _ = from_entries((entry,), {})
        yield from ((package.label, entry) for package in packages)


def _path(config: AppConfig) -> str:
    return f"{config.__module__}.{type(config).__name__}"


def _templates(project: Project) -> Iterator[tuple[str, str]]:
    """Yield the schemas that new tenants are cloned from, with the type of those."""
    if not project.setting("TENANT_CREATION_FAKES_MIGRATIONS"):
        return
    base = project.setting("TENANT_BASE_SCHEMA")
    if isinstance(base, str) and base:
        yield base, ""
    types = project.setting("TENANT_TYPES")
    for name, one in types.items() if isinstance(types, Mapping) else ():
        base = one.get("BASE_SCHEMA") if isinstance(one, Mapping) else None
        if isinstance(base, str) and base:
            yield base, str(name)


def _list(value: object) -> Sequence[object]:
    return value if isinstance(value, (list, tuple)) else ()


def _texts(value: object) -> tuple[str, ...]:
    """Return the texts in a list; django-tenants takes a set as well."""
    items = sorted(map(str, value)) if isinstance(value, (set, frozenset)) else _list(value)
    return tuple(one for one in items if isinstance(one, str))


def _text(project: Project, name: str) -> str:
    value = project.setting(name)
    return value if isinstance(value, str) else ""
