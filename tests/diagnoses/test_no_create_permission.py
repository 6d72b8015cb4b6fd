"""no-create-permission, on SQL Server and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

from migwizard.core.rights.home import error_2760
from migwizard.core.rights.principals import History, Namespace
from migwizard.diagnoses.no_create_permission import find

from .build import DATABASE, RUN_PYTHON, chain, ids, migration, op, situation
from .rights import ROLE, entra, role

USED = {"histories": (History("public", None, 1),), "uses_history": True}


def test_public_since_postgresql_15():
    (finding,) = find(role())
    assert (finding.id, finding.severity) == ("no-create-permission:*", "error")
    assert finding.summary == "shop may not make tables in schema public."
    assert finding.evidence == (
        "migrate would end with: permission denied for schema public (42501)",
        "schema public belongs to pg_database_owner, which alone may grant something on it",
        "shop lacks CREATE on it",
    )
    assert [one.title for one in finding.repairs] == ["Let shop make tables in a schema"]


def test_create_table_in_a_database_of_sql_server():
    (finding,) = find(entra(schema="dbo", wanted="dbo", create_table=False))
    assert finding.summary == "ann@tenant may not make tables in schema dbo."
    assert finding.evidence == (
        "migrate would end with: CREATE TABLE permission denied in database 'shop'. (262)",
    )
    assert [one.title for one in finding.repairs] == ["Let MicrosoftEntraGroupName make tables in a schema"]


def test_a_role_that_may_is_not_told():
    assert find(role(namespaces=(Namespace("public", "shop", True, True),))) == ()
    assert find(entra(schema="dbo", wanted="dbo")) == ()


def test_nothing_is_said_where_nothing_has_to_be_made():
    assert find(role(recorded="shop.0001 blog.0001", **USED)) == ()


def test_pending_migrations_need_it():
    assert ids(find(role(recorded="shop.0001", **USED))) == ["no-create-permission:*"]


def test_who_may_not_even_write_the_history_is_not_alarmed():
    (finding,) = find(role(recorded="shop.0001", writes_history=False, **USED))
    assert finding.severity == "info"


def test_python_alone_makes_no_table():
    files = [*chain("shop.0001"), migration("shop.0002", "shop.0001", RUN_PYTHON)]
    assert find(situation(files, "shop.0001", rights=ROLE)) == ()


def test_tables_of_others():
    files = [
        *chain("shop.0001"),
        migration("shop.0002", "shop.0001", op("no", tables=("shop_order", "shop_item"))),
        migration("shop.0003", "shop.0002", op("no", tables=("shop_order", "shop_log"))),
        migration("shop.0004", "shop.0003", op("yes", tables=("shop_done",))),
    ]
    owners = (("shop_order", "postgres"), ("shop_log", "x'; DROP"), ("shop_done", "postgres"), ("other", "z"))
    rights = {"namespaces": (Namespace("public", "shop", True, True),), "others": owners}
    made = situation(files, "shop.0001", rights=role(**rights).rights)
    first, second = find(made)
    assert first.id == "no-create-permission:postgres"
    assert first.summary == "shop may not change shop_order, as postgres owns it."
    assert first.evidence == (
        "shop.0002 changes shop_order",
        "migrate would end with: must be owner of table shop_order (42501)",
        "shop is no member of postgres",
    )
    assert second.summary == "shop may not change shop_log, as x'; DROP owns it."


class TestSchemasThatModelsName:
    FILES = (
        *chain("shop.0001"),
        migration("shop.0002", "shop.0001", op("no", tables=("audit.entry",))),
        migration("shop.0003", "shop.0002", op("no", tables=("audit.mark",))),
    )
    OPEN = (Namespace("public", "shop", True, True),)

    def find(self, *namespaces: Namespace, vendor: str = "postgresql"):
        rights = role(namespaces=(*self.OPEN, *namespaces)).rights
        database = replace(DATABASE, vendor=vendor)
        made = situation(self.FILES, "shop.0001", rights=rights, database=database, named_schemas=("audit",))
        return find(made)

    def test_one_that_does_not_exist(self):
        (finding,) = self.find()
        assert (finding.id, finding.severity) == ("no-create-permission:audit.*", "error")
        assert finding.summary == "shop.0002 makes tables in schema audit, which does not exist."
        assert finding.evidence == (
            'migrate would end with: schema "audit" does not exist (3F000)',
            'somebody who may can run: CREATE SCHEMA "audit"',
        )

    def test_one_that_is_not_open(self):
        (finding,) = self.find(Namespace("audit", "dba", True, False, lacks=("CREATE",)))
        assert finding.summary == "shop.0002 makes tables in schema audit, which shop may not."
        assert finding.evidence == (
            "migrate would end with: permission denied for schema audit (42501)",
            'somebody who may can run: GRANT CREATE ON SCHEMA "audit" TO "shop"',
        )

    def test_on_sql_server_both_say_the_same(self):
        (finding,) = self.find(vendor="microsoft")
        assert finding.evidence[0] == f"migrate would end with: {error_2760('audit')}"
        assert finding.evidence[1] == "somebody who may can run: CREATE SCHEMA [audit]"

    def test_one_that_is_open(self):
        assert self.find(Namespace("audit", "shop", True, True)) == ()
