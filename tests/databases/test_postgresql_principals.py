"""What PostgreSQL says of roles, of where they make tables, and of what ours may do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from migwizard.core.rights.principals import History, Rights
from migwizard.databases import of
from tests.roles import Roles, quoted, roles_on
from tests.servers import postgresql_ids

HOSTILE = ("x'; DROP TABLE t; --", 'a"b', "a]b", "CORP\\Data Team", "$user", "100%s", "a, b")


@pytest.fixture(params=postgresql_ids())
def roles(request: pytest.FixtureRequest, new_database: Any, postgresql_servers: Any) -> Iterator[Roles]:
    """Roles in an empty database on each PostgreSQL."""
    entry = new_database(request.param)
    with roles_on(postgresql_servers(request.param), entry) as made:
        yield made


@pytest.fixture
def rights(roles: Roles, connect: Any) -> Any:
    """A function from a role to what is read of it, in a read-only transaction."""

    def read(name: str, **more: Any) -> Rights:
        database = of(connect(roles.login(name, **more)))
        with database.read_only():
            found = database.rights()
        assert found is not None
        return found

    return read


def test_a_role_that_may_make_nothing_in_public(roles: Roles, rights: Any):
    roles.run("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    shop = roles.make("shop")
    found = rights(shop)
    assert (found.login, found.user, found.schema, found.wanted) == (shop, shop, "public", '"$user", public')
    assert (found.fixed_by, found.database, found.create_schema) == ("", roles.entry["NAME"], False)
    assert not found.may_create
    public = found.namespace("public")
    assert (public.enter, public.create, public.may_grant) == (True, False, False)
    assert ("", "USAGE") in public.grants
    assert (found.histories, found.uses_history, found.writes_history) == ((), False, None)
    entrance = found.entrance
    assert (entrance.name, entrance.type_desc, entrance.default_schema) == (shop, "LOGIN ROLE", None)
    assert entrance.may_alter


def test_a_superuser_may_everything_but_is_no_member_of_every_role(roles: Roles, rights: Any):
    other = roles.make("other")
    found = rights("postgres")
    assert found.may_create
    assert found.create_schema
    assert found.namespace("public").may_grant
    assert found.entrance.name == "postgres"
    assert found.entrance.unrestricted
    assert (found.principal(other).ours, found.principal(other).may_alter) == (False, True)


def test_nowhere_to_make_a_table(roles: Roles, rights: Any):
    shop = roles.make("shop")
    roles.run(
        f"ALTER ROLE {quoted(shop)} IN DATABASE {quoted(roles.entry['NAME'])} SET search_path = nowhere"
    )
    found = rights(shop)
    assert (found.schema, found.wanted, found.may_create) == (None, "nowhere", False)
    assert (found.entrance.default_schema, found.entrance.here) == ("nowhere", True)


def test_the_schema_named_after_the_role_comes_first(roles: Roles, rights: Any):
    shop = roles.make("shop")
    roles.run(f"CREATE SCHEMA AUTHORIZATION {quoted(shop)}")
    found = rights(shop)
    assert (found.schema, found.may_create) == (shop, True)
    assert found.namespace(shop).owner == shop


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_names(roles: Roles, rights: Any, name: str):
    role = roles.make(name)
    roles.run(f"CREATE SCHEMA {quoted(name)} AUTHORIZATION {quoted(role)}")
    roles.run(f"ALTER ROLE {quoted(role)} SET search_path = {quoted(name)}, {quoted(role)}")
    found = rights(role)
    expected = None if name == "$user" else name
    assert (found.login, found.schema, found.entrance.name) == (role, expected, role)
    assert (name, "USAGE") in [(one.name, granted[1]) for one in found.namespaces for granted in one.grants]


def test_the_most_specific_setting_counts(roles: Roles, rights: Any):
    shop, name = roles.make("shop"), quoted(roles.entry["NAME"])
    roles.run(
        "CREATE SCHEMA a", "CREATE SCHEMA b", "CREATE SCHEMA c", "GRANT USAGE ON SCHEMA a, b, c TO PUBLIC"
    )
    roles.run(f"ALTER DATABASE {name} SET search_path = c")
    assert rights(shop).schema == "c"
    roles.run(f"ALTER ROLE {quoted(shop)} SET search_path = b")
    assert rights(shop).schema == "b"
    roles.run(f"ALTER ROLE {quoted(shop)} IN DATABASE {name} SET search_path = a")
    assert rights(shop).schema == "a"


def test_a_change_counts_for_the_next_connection_though_this_one_has_the_old_path(roles: Roles, connect: Any):
    shop, name = roles.make("shop"), quoted(roles.entry["NAME"])
    roles.run(f"ALTER ROLE {quoted(shop)} SET search_path = nowhere")
    database = of(connect(roles.login(shop)))
    assert database.rights().schema is None
    roles.run(f"ALTER ROLE {quoted(shop)} IN DATABASE {name} SET search_path = public")
    assert database.rights().schema == "public"
    roles.run(f"ALTER ROLE {quoted(shop)} IN DATABASE {name} RESET search_path")
    roles.run(f"ALTER ROLE {quoted(shop)} RESET search_path")
    assert database.rights().schema == "public"


@pytest.mark.parametrize("by", ["client", "session"])
def test_a_path_that_the_project_sets_cannot_be_changed_by_a_default(roles: Roles, connect: Any, by: str):
    shop = roles.make("shop")
    roles.run(f"ALTER ROLE {quoted(shop)} SET search_path = public")
    options = {"options": "-c search_path=nowhere"} if by == "client" else {}
    connection = connect(roles.login(shop, OPTIONS=options))
    if by == "session":
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = nowhere")
    found = of(connection).rights()
    assert (found.schema, found.wanted) == (None, "nowhere")
    assert found.fixed_by.startswith(
        "the connection's own options" if by == "client" else "the project itself"
    )


def test_groups_and_who_may_change_whom(roles: Roles, rights: Any):
    team = roles.make("team", "NOLOGIN")
    shop, boss, other = roles.make("shop"), roles.make("boss", "LOGIN CREATEROLE"), roles.make("other")
    roles.run(
        f"GRANT {quoted(team)} TO {quoted(shop)}", f"GRANT {quoted(shop)} TO {quoted(boss)} WITH ADMIN OPTION"
    )
    found = rights(shop)
    assert [one.name for one in found.principals if one.ours] == [shop, team]
    assert found.principal(shop).roles == (team,)
    assert found.entrance.name == shop
    assert (found.principal(other).may_alter, found.principal("postgres").may_alter) == (False, False)
    seen = rights(boss)
    assert (seen.principal(shop).may_alter, seen.principal("postgres").may_alter) == (True, False)


class TestHistories:
    def test_the_only_one_that_django_uses_is_not_read(self, roles: Roles, rights: Any):
        roles.run("CREATE TABLE django_migrations (id int, app text, name text)")
        found = rights(roles.make("shop"))
        assert (found.histories, found.uses_history, found.writes_history) == (
            (History("public", None, None),),
            True,
            False,
        )

    def test_one_elsewhere_is_read(self, roles: Roles, rights: Any):
        shop = roles.make("shop")
        roles.run(
            "CREATE SCHEMA old",
            "CREATE TABLE old.django_migrations (id int, app text, name text)",
            "INSERT INTO old.django_migrations VALUES (1, 'shop', '0001'), (2, 'shop', '0002')",
            f"GRANT USAGE ON SCHEMA old TO {quoted(shop)}",
            f"GRANT SELECT ON old.django_migrations TO {quoted(shop)}",
        )
        found = rights(shop)
        assert found.histories == (History("old", (("shop", "0001"), ("shop", "0002")), 2),)
        assert (found.uses_history, found.writes_history) == (False, None)

    def test_one_that_may_not_be_read_is_named(self, roles: Roles, rights: Any):
        roles.run("CREATE SCHEMA old", "CREATE TABLE old.django_migrations (id int)")
        assert rights(roles.make("shop")).histories == (History("old", None, None),)

    def test_a_table_of_that_name_that_is_none_leaves_the_transaction_alone(self, roles: Roles, connect: Any):
        roles.run("CREATE SCHEMA old", "CREATE TABLE old.django_migrations (id int)")
        database = of(connect(roles.entry))
        with database.read_only():
            assert database.rights().histories == (History("old", None, None),)
            with database.connection.cursor() as cursor:
                cursor.execute("SELECT 1")


def test_tables_of_others_in_our_schema(roles: Roles, rights: Any):
    shop = roles.make("shop")
    roles.run("CREATE TABLE a (id int)", "CREATE TABLE b (id int)", f"ALTER TABLE b OWNER TO {quoted(shop)}")
    assert rights(shop).others == (("a", "postgres"),)
    assert rights("postgres").others == ()
