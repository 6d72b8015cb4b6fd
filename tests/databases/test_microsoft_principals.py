"""What SQL Server says of users and groups, told from the rows of its catalogue as its documentation has them."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from migwizard.core.rights.principals import History, Rights
from migwizard.databases.microsoft.principals import NAMESPACES, PLACE, read_rights

pytestmark = pytest.mark.usefixtures("connect")

GROUP = "CORP\\Data Team"
PUBLIC = ("dbo", "dbo", "     ", 0, None, None, None, 0, None)
BY_GROUP = [
    (GROUP, "X", "EXTERNAL_GROUP", None, 1, 0),
    ("dbo", "E", "EXTERNAL_USER", "dbo", 0, 0),
    ("x'; DROP", "S ", "SQL_USER", "a]b", 0, 0),
]
"""The article's database: the login has no user of its own, and the group no default schema."""


class Cursor:
    """Answers the queries of `read_rights`, and notes them."""

    def __init__(
        self, place: tuple[Any, ...], namespaces: list[Any], principals: list[Any], **histories: Any
    ):
        self.answers = {PLACE: [place], NAMESPACES: namespaces}
        self.principals = principals
        self.histories = histories
        self.asked: list[str] = []

    def execute(self, query: str) -> None:
        self.asked.append(query)

    def fetchall(self) -> list[Any]:
        query = self.asked[-1]
        if query in self.answers:
            return self.answers[query]
        if "sys.database_principals" in query:
            return self.principals
        return next(rows for schema, rows in self.histories.items() if f"[{schema}]" in query)


def place(
    schema: str | None, real: str | None, *, table: int | None = 1, tokens: int | None = 7, sysadmin: int = 0
):
    return ("ann@tenant", "ann@tenant", "shop", schema, real, table, 0, 0, sysadmin, tokens)


def test_a_login_by_a_group_without_a_default_schema():
    found = read_rights(Cursor(place(None, None), [PUBLIC], BY_GROUP))
    assert (found.login, found.user, found.schema, found.wanted) == ("ann@tenant", "ann@tenant", None, None)
    assert not found.may_create
    assert (found.entrance.name, found.entrance.type_desc, found.entrance.default_schema) == (
        GROUP,
        "EXTERNAL_GROUP",
        None,
    )
    assert [one.name for one in found.principals if one.ours] == [GROUP]
    assert found.principal("x'; DROP").type == "S"


def test_a_default_schema_that_does_not_exist():
    found = read_rights(Cursor(place("ann@tenant", None), [PUBLIC], BY_GROUP))
    assert (found.schema, found.wanted) == (None, "ann@tenant")


def test_a_server_without_tokens_is_not_asked_for_them():
    cursor = Cursor(place("dbo", "dbo", tokens=None), [PUBLIC], BY_GROUP)
    assert read_rights(cursor).may_create
    assert not any("user_token" in query for query in cursor.asked if query != PLACE)


@pytest.mark.parametrize(
    ("table", "lacks", "may"), [(1, "", True), (0, "", False), (1, " ALTER  ", False), (None, "", False)]
)
def test_a_table_takes_a_right_in_the_database_and_one_on_the_schema(table: Any, lacks: str, may: bool):
    namespace = ("dbo", "dbo", lacks, *PUBLIC[3:])
    assert read_rights(Cursor(place("dbo", "dbo", table=table), [namespace], BY_GROUP)).may_create is may


class TestHistories:
    def rights(self, *schemas: str, **rows: Any) -> Rights:
        namespaces = [(name, "dbo", "", 1, 5, 1, 0, 2, 3) for name in schemas]
        return read_rights(Cursor(place("dbo", "dbo"), namespaces, BY_GROUP, **rows))

    def test_the_one_of_the_default_schema_is_ours(self):
        found = self.rights("dbo")
        assert (found.histories, found.uses_history, found.writes_history) == (
            (History("dbo", None, 3),),
            True,
            False,
        )

    def test_others_are_read(self):
        found = self.rights("a]b", **{"a]]b": [("shop", "0002"), ("shop", "0001")]})
        assert found.histories == (History("a]b", (("shop", "0001"), ("shop", "0002")), 2),)
        assert not found.uses_history

    def test_ours_comes_first(self):
        found = self.rights("a", "dbo", a=[], dbo=[("shop", "0001")])
        assert found.histories == (History("dbo", (("shop", "0001"),), 1), History("a", (), 0))

    @pytest.mark.parametrize("given", ["'sales'", " N'sales' "])
    def test_django_may_be_told_to_look_elsewhere(self, monkeypatch: pytest.MonkeyPatch, given: str):
        monkeypatch.setattr(settings, "SCHEMA_TO_INSPECT", given, raising=False)
        found = self.rights("dbo", "sales", dbo=[], sales=[])
        assert (found.inspected, found.histories[0].schema, found.uses_history) == ("sales", "sales", True)

    def test_an_expression_is_not_guessed_at(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(settings, "SCHEMA_TO_INSPECT", "SCHEMA_NAME()", raising=False)
        assert self.rights("dbo").inspected is None


def test_sysadmins_are_bound_by_no_right():
    rows = [("dbo", "S", "SQL_USER", "dbo", 1, 1), ("ann", "S", "SQL_USER", "sales", 0, 1)]
    found = read_rights(Cursor(place("dbo", "dbo", sysadmin=1), [PUBLIC], rows))
    assert [one.unrestricted for one in found.principals] == [True, False]


def test_the_next_connection_has_the_default_that_was_set_meanwhile():
    rows = [("ann@tenant", "E", "EXTERNAL_USER", "sales", 1, 0)]
    sales = ("sales", *PUBLIC[1:])
    assert read_rights(Cursor(place("dbo", "dbo"), [PUBLIC, sales], rows)).schema == "sales"
    assert read_rights(Cursor(place("dbo", "dbo", sysadmin=1), [PUBLIC, sales], rows)).schema == "dbo"


def test_everybody_may_set_their_own_default_but_not_that_of_their_group():
    found = read_rights(
        Cursor(place(None, None), [PUBLIC], [("ann@tenant", "E", "EXTERNAL_USER", None, 1, 0), *BY_GROUP])
    )
    assert [(one.name, one.may_alter) for one in found.principals if one.ours] == [
        ("ann@tenant", True),
        (GROUP, False),
    ]
