"""Tenants are put in groups by what they hold, and each group is held against its likes."""

from __future__ import annotations

from migwizard.core.graph import Graph, Key, MigrationFile
from migwizard.core.graph.build import build
from migwizard.core.tenants import AppSet, Holding, Overview, Tenant, TenantSettings
from migwizard.core.tenants.groups import overview
from migwizard.core.tenants.words import headline, summary

SETTINGS = TenantSettings(
    AppSet("public", "SHARED_APPS", ("customers",), frozenset({"customers"})),
    (AppSet("tenant", "TENANT_APPS", ("users", "shop"), frozenset({"users", "shop"})),),
)
NAMES = {"customers": ("0001",), "users": ("0001", "0002", "0003"), "shop": ("0001",)}
ALL = frozenset((app, name) for app, names in NAMES.items() for name in names)
TABLES = {"users_user": "u", "shop_order": "o"}


def graph_for(applied: frozenset[Key]) -> Graph:
    files = {}
    for app, names in NAMES.items():
        for number, name in enumerate(names):
            before = ((app, names[number - 1]),) if number else ()
            files[app, name] = MigrationFile(app, name, "", before)
    return build(files, applied)


def tenant(schema: str, **given: object) -> Tenant:
    return Tenant(schema, **{"role": "tenant", "kind": "tenant", "row": schema} | given)  # type: ignore[arg-type]


def seen(holdings: dict[str, Holding], *more: Tenant) -> Overview:
    tenants = [tenant(schema) for schema in holdings]
    return overview(SETTINGS, [*tenants, *more], holdings, graph_for)


def test_the_schemas_that_hold_the_same_are_one_group():
    found = seen({name: Holding(ALL, dict(TABLES)) for name in ("b", "a", "c")})
    (group,) = found.groups
    assert (group.schemas, group.representative, headline(group)) == (("a", "b", "c"), "a", "at head")
    assert found.apps == ("customers", "shop", "users")


def test_outliers_come_first_and_each_says_what_is_out_of_the_ordinary():
    usual = Holding(ALL, TABLES)
    older = Holding(ALL - {("users", "0003")}, {**TABLES, "users_user": "older"})
    bare = Holding(ALL, {"shop_order": "o"})
    found = seen(
        {"a": usual, "b": usual, "c": usual, "d": older, "e": older, "f": bare}, tenant("g", exists=False)
    )
    assert [(headline(group), group.schemas) for group in found.groups] == [
        ("without users_user", ("f",)),
        ("without a schema", ("g",)),
        ("behind at users.0002", ("d", "e")),
        ("at head", ("a", "b", "c")),
    ]
    assert summary(found) == "3 at head · 2 behind at users.0002 · 1 without a schema · 1 without users_user"


def test_what_is_not_recorded_below_something_that_is_leaves_a_gap():
    found = seen({"a": Holding(ALL - {("users", "0002")}, TABLES)})
    assert summary(found) == "1 not recording users.0002"


def test_an_app_whose_tables_the_router_keeps_out_leaves_nobody_behind():
    found = seen({"a": Holding(ALL - {("customers", "0001")}, TABLES)})
    assert summary(found) == "1 at head"
    (level,) = (level for level in found.groups[0].levels if not level.here)
    assert (level.app, level.state, level.pending) == ("customers", "none", (("customers", "0001"),))


def test_ghosts_rows_twice_and_odd_schemas_are_told():
    usual = Holding(ALL, TABLES)
    found = seen(
        {
            "a": usual,
            "b": usual,
            "ghost": Holding(ALL | {("users", "0009_gone")}, TABLES),
            "twice": Holding(ALL, TABLES, frozenset({("shop", "0001")})),
            "other": Holding(ALL, {**TABLES, "shop_order": "x", "extra": "e"}),
            "blank": Holding(None),
            "torn": Holding(None, unreadable="The table is locked."),
        },
        tenant("young", exists=False, creating="CREATE SCHEMA by process 7"),
    )
    told = {group.representative: headline(group) for group in found.groups}
    assert told == {
        "a": "at head",
        "ghost": "recording users.0009_gone",
        "twice": "recording twice shop.0001",
        "other": "with another shop_order, with extra",
        "blank": "without django_migrations",
        "torn": "that cannot be read",
        "young": "being worked on (CREATE SCHEMA by process 7), without a schema",
    }


def test_a_tenant_sees_itself_and_public_but_public_only_itself():
    assert SETTINGS.visible(SETTINGS.public) == {"customers"}
    assert SETTINGS.visible(SETTINGS.kinds[0]) == {"customers", "users", "shop"}
    assert SETTINGS.search_path("acme") == ("acme", "public")
    assert SETTINGS.search_path("public") == ("public",)
    assert (SETTINGS.kind_of("public"), SETTINGS.kind_of("acme")) == ("public", "tenant")
