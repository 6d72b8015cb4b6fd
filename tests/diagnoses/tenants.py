"""Overviews of tenants made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from migwizard.core.graph import Graph, Key, MigrationFile
from migwizard.core.graph.build import build
from migwizard.core.situation import Situation
from migwizard.core.tenants import AppSet, Holding, Tenant, TenantSettings
from migwizard.core.tenants.groups import overview
from tests.diagnoses.build import DATABASE, PROJECT, key

SETTINGS = TenantSettings(
    AppSet("public", "SHARED_APPS", ("customers",), frozenset({"customers"})),
    (AppSet("tenant", "TENANT_APPS", ("users", "shop"), frozenset({"users", "shop"})),),
    tenant_model="customers.Client",
)
ORDER = (
    "customers.0001_initial",
    "users.0001_initial",
    "users.0002_phone",
    "users.0003_name",
    "shop.0001_initial",
)
ALL = frozenset(map(key, ORDER))
PUBLIC = Tenant("public", "public", "public")


def graph_for(applied: frozenset[Key]) -> Graph:
    files: dict[Key, MigrationFile] = {}
    last: dict[str, Key] = {}
    for one in map(key, ORDER):
        files[one] = MigrationFile(*one, "", (last[one[0]],) if one[0] in last else ())
        last[one[0]] = one
    return build(files, applied)


def tenant(schema: str, **given: Any) -> Tenant:
    return Tenant(schema, **{"role": "tenant", "kind": "tenant", "row": f"{len(schema)}"} | given)


def seen(
    holdings: dict[str, Iterable[str] | Holding], *more: Tenant, public: frozenset[Key] = ALL
) -> Situation:
    """The situation of public, where each schema lacks the migrations that are named, or holds what is given."""
    made = {
        schema: lacks if isinstance(lacks, Holding) else Holding(ALL - set(map(key, lacks)))
        for schema, lacks in holdings.items()
    }
    tenants = [PUBLIC, *(tenant(schema) for schema in made), *more]
    found = overview(SETTINGS, tenants, {"public": Holding(public), **made}, graph_for)
    return Situation(
        PROJECT, DATABASE, graph_for(public), (), tenants=SETTINGS, tenant=PUBLIC, overview=found
    )
