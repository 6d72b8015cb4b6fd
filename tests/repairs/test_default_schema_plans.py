"""Plans for users and groups of SQL Server: their statements, whatever the names, what is refused, a DBA's script."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from migwizard.core.journal import Entry
from migwizard.core.plan import Plan
from migwizard.core.rights.granting import Change, stands, statement, taken_back
from migwizard.core.rights.principals import Namespace, Principal
from migwizard.diagnoses import diagnose
from migwizard.repairs import Impossible, Request, WrongArguments, make_plan
from migwizard.report import script
from tests.diagnoses.build import NOON
from tests.diagnoses.rights import BY_GROUP, DBO, ENTRA, entra

HOSTILE = {
    "a]b": "[a]]b]",
    "x'; DROP TABLE t; --": "[x'; DROP TABLE t; --]",
    "CORP\\Data Team": "[CORP\\Data Team]",
    "]; DROP DATABASE shop; --": "[]]; DROP DATABASE shop; --]",
    "dbo].[t": "[dbo]].[t]",
}


def planned(*arguments: str, **changed: Any) -> Plan:
    settings = changed.pop("settings", {})
    return make_plan(entra(**changed), "set-default-schema", Request(arguments=arguments, settings=settings))


def statements(plan: Plan) -> list[str]:
    return [sql for step in plan.steps for sql in step.sql]


def healed(**changed: Any) -> Plan:
    """The plan of the finding."""
    situation = entra(**changed)
    (finding,) = [one for one in diagnose(situation, strict=True) if one.name == "missing-default-schema"]
    return make_plan(situation, "set-default-schema", Request(finding))


def test_the_article_the_group_gets_dbo():
    plan = healed()
    assert statements(plan) == ["ALTER USER [MicrosoftEntraGroupName] WITH DEFAULT_SCHEMA = [dbo]"]
    assert (plan.refusal, plan.safety, plan.arrives) == ("", "careful", "dbo")
    assert plan.expects == ("missing-default-schema:*",)
    assert plan.steps[0].undo == "ALTER USER [MicrosoftEntraGroupName] WITH DEFAULT_SCHEMA = NULL"
    assert plan.risks == (
        "Everybody who comes in through MicrosoftEntraGroupName, and has no user of their own, works in dbo from then"
        " on.",
        "Connections that are open stay where they are: restart what is connected as MicrosoftEntraGroupName, and"
        " poolers.",
    )


@pytest.mark.parametrize(("name", "sql"), HOSTILE.items(), ids=list(HOSTILE))
def test_names_are_quoted_whatever_they_are(name: str, sql: str):
    user = Principal(name, "S", "SQL_USER", "dbo", may_alter=True)
    plan = planned(name, name, principals=(ENTRA, user), settings={"create": "yes"}, create_schema=True)
    assert statements(plan) == [f"CREATE SCHEMA {sql}", f"ALTER USER {sql} WITH DEFAULT_SCHEMA = {sql}"]
    assert [step.undo for step in plan.steps if step.sql] == [
        f"DROP SCHEMA {sql}",
        f"ALTER USER {sql} WITH DEFAULT_SCHEMA = [dbo]",
    ]
    assert plan.refusal == ""


@pytest.mark.parametrize(
    ("principal", "said"),
    [
        (
            Principal("signed", "C", "CERTIFICATE_MAPPED_USER"),
            "signed is mapped to a certificate, and SQL Server gives such a user no default schema.",
        ),
        (
            Principal("key", "K", "ASYMMETRIC_KEY_MAPPED_USER"),
            "key is mapped to an asymmetric key, and SQL Server gives such a user no default schema.",
        ),
        (
            Principal("team", "R", "DATABASE_ROLE"),
            "team is a database role; only users and groups have a default schema.",
        ),
        (
            Principal("app", "A", "APPLICATION_ROLE"),
            "app is an application role, whose default schema is set with ALTER APPLICATION ROLE by those who use it.",
        ),
        (
            Principal("\\CORP\\ann", "U", "WINDOWS_USER"),
            "\\CORP\\ann is an alias for another user, and has no default schema of its own.",
        ),
        (DBO, "The default schema of dbo is dbo, and cannot be changed."),
        (
            Principal("boss", "S", "SQL_USER", "dbo", ours=True, unrestricted=True),
            "boss is a sysadmin here, and sysadmins are always in dbo, whatever their default is.",
        ),
    ],
    ids=lambda one: one.name if isinstance(one, Principal) else "",
)
def test_who_has_no_default_schema_and_why(principal: Principal, said: str):
    with pytest.raises(Impossible) as refused:
        planned(principal.name, "sales", principals=(ENTRA, principal))
    assert str(refused.value) == said


def test_what_the_login_lacks_is_granted_to_the_group_it_came_in_through():
    lacking = Namespace("dbo", "dbo", True, False, True, ("ALTER", "REFERENCES"))
    plan = healed(namespaces=(lacking,), create_table=False)
    assert statements(plan) == [
        "GRANT CREATE TABLE TO [MicrosoftEntraGroupName]",
        "GRANT ALTER, REFERENCES ON SCHEMA::[dbo] TO [MicrosoftEntraGroupName]",
        "ALTER USER [MicrosoftEntraGroupName] WITH DEFAULT_SCHEMA = [dbo]",
    ]
    assert [step.undo for step in plan.steps] == [
        "REVOKE CREATE TABLE FROM [MicrosoftEntraGroupName]",
        "REVOKE ALTER, REFERENCES ON SCHEMA::[dbo] FROM [MicrosoftEntraGroupName]",
        "ALTER USER [MicrosoftEntraGroupName] WITH DEFAULT_SCHEMA = NULL",
    ]


def test_one_who_may_not_is_given_the_script_for_a_dba():
    plan = healed(principals=(replace(ENTRA, may_alter=False),))
    assert [step.kind for step in plan.steps] == ["advice"]
    assert plan.steps[0].changes == ()
    assert plan.refusal == (
        "ann@tenant may not change the default of MicrosoftEntraGroupName. Let somebody who may run the script"
        " (migwizard plan … --sql)."
    )
    assert "ALTER USER [MicrosoftEntraGroupName] WITH DEFAULT_SCHEMA = [dbo];" in script(plan)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"create_table": False, "may_grant": False}, "may not grant CREATE TABLE in shop."),
        (
            {"namespaces": (Namespace("dbo", "owner", True, False, False, ("ALTER",)),)},
            "may not grant anything on schema dbo, which belongs to owner.",
        ),
    ],
)
def test_grants_that_the_login_may_not_make(changed: dict[str, Any], said: str):
    plan = healed(**changed)
    assert f"ann@tenant {said}" in plan.refusal
    assert {step.kind for step in plan.steps} == {"advice"}


def test_a_schema_that_may_not_be_made():
    plan = planned(ENTRA.name, "new", settings={"create": "yes"})
    assert plan.refusal.startswith("ann@tenant may not make a schema in shop.")


def test_of_another_user_nobody_knows_what_it_lacks():
    user = Principal("shop", "S", "SQL_USER", "dbo", may_alter=True)
    plan = planned("shop", "sales", principals=(ENTRA, user))
    assert statements(plan) == ["ALTER USER [shop] WITH DEFAULT_SCHEMA = [sales]"]
    assert plan.arrives is None
    assert plan.steps[-1].kind == "advice"
    assert plan.steps[-1].note == (
        "GRANT CREATE TABLE TO [shop]\n"
        "GRANT ALTER, SELECT, INSERT, UPDATE, DELETE, REFERENCES ON SCHEMA::[sales] TO [shop]"
    )


def test_names_are_taken_in_any_case():
    user = Principal("Shop", "S", "SQL_USER", "dbo", may_alter=True)
    plan = planned("SHOP", "SALES", principals=(ENTRA, user))
    assert statements(plan) == ["ALTER USER [Shop] WITH DEFAULT_SCHEMA = [sales]"]


def test_there_may_be_nothing_to_do():
    user = Principal("shop", "S", "SQL_USER", "sales")
    with pytest.raises(Impossible, match=r"^shop makes its tables in sales already, and may\.$"):
        planned("shop", "sales", principals=(ENTRA, user))


def test_an_unknown_user_is_told_with_those_that_there_are():
    with pytest.raises(
        WrongArguments, match=r"^There is no user or group 'nobody'.*there is: MicrosoftEntraGroup"
    ):
        planned("nobody", "dbo")


class TestUndo:
    def entry(self, plan: Plan) -> Entry:
        done = len(plan.steps)
        return Entry(
            3, "mssql://db1/shop#dbo", "/srv", "me", NOON, plan.repair, plan.title, plan.safety,
            outcome="done", steps=plan.steps, begun_steps=done, done_steps=done,
        )  # fmt: skip

    def undone(self, entry: Entry, default: str | None) -> Plan:
        situation = entra(
            principals=(replace(ENTRA, default_schema=default), DBO), wanted="dbo", schema="dbo"
        )
        return make_plan(situation, "undo", Request(arguments=("3",), entry=entry))

    def test_the_group_has_no_default_again_and_loses_what_was_granted(self):
        lacking = Namespace("dbo", "dbo", True, False, True, ("ALTER",))
        entry = self.entry(healed(namespaces=(lacking,)))
        plan = self.undone(entry, "dbo")
        assert statements(plan) == [
            "ALTER USER [MicrosoftEntraGroupName] WITH DEFAULT_SCHEMA = NULL",
            "REVOKE ALTER ON SCHEMA::[dbo] FROM [MicrosoftEntraGroupName]",
        ]

    def test_it_is_refused_once_the_default_is_another(self):
        with pytest.raises(Impossible, match="something has changed since: MicrosoftEntraGroupName"):
            self.undone(self.entry(healed()), "sales")


def test_changes_taken_back_twice_are_themselves():
    changes = (
        Change("schema", schema="s"),
        Change("grant", "u", "s", privileges=("ALTER",)),
        Change("default", "u", former=None, value="s"),
    )
    assert taken_back(taken_back(changes)) == changes
    back = [statement(one, "microsoft", "d") for one in taken_back(changes)]
    assert back == [
        "ALTER USER [u] WITH DEFAULT_SCHEMA = NULL",
        "REVOKE ALTER ON SCHEMA::[s] FROM [u]",
        "DROP SCHEMA [s]",
    ]


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ('a;DROP TABLE t, "$user"', '"a;drop table t", "$user"'),
        ("x'; DROP ROLE y; --", '"x\'; drop role y; --"'),
        ("", "''"),
        ('"a""b"', '"a""b"'),
    ],
)
def test_a_search_path_is_taken_apart_and_quoted_anew(value: str, path: str):
    sql = statement(Change("default", 'r"x', value=value), "postgresql", 'd"b')
    assert sql == f'ALTER ROLE "r""x" IN DATABASE "d""b" SET search_path = {path}'


def test_a_default_stands_as_long_as_the_server_says_so():
    change = Change("default", ENTRA.name, value="dbo")
    assert not stands(change, BY_GROUP, "microsoft")
    given = replace(BY_GROUP, principals=(replace(ENTRA, default_schema="dbo"),))
    assert stands(change, given, "microsoft")
    assert not stands(replace(change, principal="gone"), given, "microsoft")
    assert stands(Change("schema", schema="dbo"), given, "microsoft")
    assert not stands(Change("schema", schema="new"), given, "microsoft")
