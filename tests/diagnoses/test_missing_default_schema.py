"""missing-default-schema, on SQL Server and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.rights.principals import History, Namespace
from migwizard.diagnoses.missing_default_schema import find

from .rights import BY_GROUP, ENTRA, HOSTILE, ROLE, entra, role


def test_the_article_a_login_by_a_group_of_entra_without_a_default_schema():
    (finding,) = find(entra())
    assert (finding.id, finding.severity) == ("missing-default-schema:*", "error")
    assert finding.summary == "ann@tenant has no default schema, so no table can be made."
    assert finding.evidence == (
        "SCHEMA_NAME() is NULL",
        'migrate would end with: The specified schema name "ann@tenant" either does not exist or you do not have'
        " permission to use it. (2760)",
        "ann@tenant has no user of its own here, and came in through MicrosoftEntraGroupName (EXTERNAL_GROUP), whose"
        " default schema is NULL",
        "MicrosoftEntraGroupName (EXTERNAL_GROUP, type X): default schema NULL; this connection came in through it",
        "dbo (EXTERNAL_USER, type E): default schema dbo",
        "a]b (SQL_USER, type S): default schema dbo",
        "x'; DROP (SQL_USER, type S): default schema sales",
        "CORP\\Data Team (WINDOWS_GROUP, type G): default schema NULL",
        "a model can name its schema itself (db_table = 'dbo].[shop_order'), but the history table cannot, so migrate"
        " would fail all the same",
    )
    assert [(one.name, one.title) for one in finding.repairs] == [
        ("set-default-schema", "Give MicrosoftEntraGroupName a default schema")
    ]


def test_a_schema_that_does_not_exist():
    (finding,) = find(entra(wanted="sales2"))
    assert finding.summary == (
        "The default schema of ann@tenant is sales2, which does not exist, so no table can be made."
    )
    assert finding.evidence[0] == "SCHEMA_NAME() is sales2"


def test_a_schema_that_the_login_may_not_create_in():
    forbidden = (Namespace("dbo", "dbo", True, False, lacks=("ALTER",)),)
    (finding,) = find(entra(schema="dbo", wanted="dbo", namespaces=forbidden))
    assert finding.summary == "ann@tenant may not make tables in its default schema dbo."


def test_a_default_schema_is_all_that_it_takes():
    assert find(entra(schema="dbo", wanted="dbo")) == ()


def test_nothing_is_said_where_nothing_has_to_be_made():
    history = (History("dbo", None, 2),)
    assert find(entra(recorded="shop.0001 shop.0002", histories=history, uses_history=True)) == ()


def test_who_may_not_even_write_the_history_is_not_alarmed():
    history = (History("dbo", None, 1),)
    (finding,) = find(entra(recorded="shop.0001", histories=history, uses_history=True, writes_history=False))
    assert finding.severity == "info"


@pytest.mark.parametrize("kind", ["C", "K"])
def test_no_repair_is_offered_for_a_user_without_any_default(kind: str):
    own = replace(ENTRA, name="ann@tenant", type=kind)
    (finding,) = find(entra(principals=(own,)))
    assert finding.repairs == ()


def test_a_login_that_no_group_of_the_database_explains():
    (finding,) = find(entra(principals=HOSTILE))
    assert finding.repairs == ()


def test_many_principals_are_told_by_their_number():
    many = tuple(replace(ENTRA, name=f"g{number}", ours=False) for number in range(40))
    (finding,) = find(entra(principals=(ENTRA, *many)))
    assert finding.evidence[-2] == "and 31 more users and groups"


def test_a_search_path_that_leads_nowhere():
    (finding,) = find(role(schema=None, wanted="nowhere"))
    assert finding.summary == (
        "The search_path of shop (nowhere) leads to no schema that exists, so no table can be made."
    )
    assert finding.evidence == (
        "migrate would end with: no schema has been selected to create in (3F000)",
        "schemas of the database: public",
        "shop (LOGIN ROLE): no search_path of its own; it is this connection's own",
        "a model can name its schema itself (db_table = 'public\".\"shop_order'), but the history table cannot, so"
        " migrate would fail all the same",
    )


def test_a_search_path_that_leads_to_a_schema_that_the_role_may_not_use():
    closed = Namespace("app", "owner", False, False, lacks=("USAGE", "CREATE"))
    (finding,) = find(role(schema=None, wanted="nowhere, app", namespaces=(closed,)))
    assert finding.summary == (
        "The search_path of shop (nowhere, app) leads to none but app, which it may not use (USAGE), so no table can be"
        " made."
    )


def test_an_empty_search_path():
    (finding,) = find(role(schema=None, wanted=""))
    assert finding.summary == "The search_path is empty (for shop), so no table can be made."


def test_where_the_history_is_that_no_path_leads_to():
    there = (History("public", (("shop", "0001"),), 7), History("closed", None, None))
    evidence = find(role(schema=None, wanted="nowhere", histories=there))[0].evidence
    assert (
        "there is a django_migrations in schema public with 7 records, 1 of them of this project" in evidence
    )
    assert not any("closed" in line for line in evidence)


def test_tenants_choose_their_schema_by_name():
    assert find(role(schema=None, tenants=True)) == ()
    assert find(role(ROLE)) == ()
    assert find(entra(BY_GROUP, tenants=True)) == ()
