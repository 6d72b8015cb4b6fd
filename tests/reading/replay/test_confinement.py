"""A session of SQL Server does not leave the scratch database, whatever a statement names."""

from __future__ import annotations

from typing import Any

import pytest

from migwizard.reading.replay.confinement import (
    IMPERSONATE,
    check_statement,
    confine,
    named_database,
    without_pool,
)
from migwizard.reading.replay.escape import Escape


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (["SERVER=x;DATABASE=shop;UID=u"], "shop"),
        (["DRIVER={ODBC Driver 18};Database = {a;b}}c} ;PWD={DATABASE=no}"], "a;b}c"),
        (["DSN=shop"], ""),
        ([""], ""),
    ],
)
def test_the_database_that_is_asked_for_is_read_from_the_connection_string(arguments, name):
    assert named_database(*arguments) == name


def test_a_keyword_names_the_database_before_the_string_does():
    assert named_database("DATABASE=shop", Database="other") == "other"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO shop.dbo.orders VALUES (1)",
        "UPDATE [Shop] . [dbo] . [orders] SET paid = 1",
        "DELETE FROM shop..orders",
        'DELETE FROM "shop"."dbo"."orders"',
        "EXEC('DELETE FROM shop.dbo.orders')",
        "DELETE FROM [a]]b].dbo.t",
        "SELECT 1;\nUSE master",
        "use [shop]",
        "SELECT 1; USE tempdb; SELECT 2",
    ],
)
def test_a_statement_that_leaves_the_scratch_database_is_stopped(statement):
    with pytest.raises(Escape):
        check_statement(statement, {"shop", "a]b"})


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT id FROM shop.orders",
        "SELECT o.id FROM orders o WHERE o.shop = 1",
        "SELECT workshop.dbo.x FROM workshop.dbo",
        "UPDATE t SET note = 'use it'",
        "SELECT id FROM t OPTION (USE HINT ('FORCE_LEGACY_CARDINALITY_ESTIMATION'))",
        "ALTER TABLE [shop_order] ADD [x] int NULL",
    ],
)
def test_any_other_statement_runs(statement):
    check_statement(statement, {"shop", "", "a]b"})


class Session:
    """A driver's connection that answers what a server would."""

    autocommit = False

    def __init__(self, *, genuine: bool, refuses: bool) -> None:
        self.genuine = genuine
        self.refuses = refuses
        self.ran: list[str] = []
        self.rolled_back = 0

    def cursor(self) -> Session:
        return self

    def execute(self, sql: str) -> Session:
        self.ran.append(sql)
        if self.refuses and sql == IMPERSONATE:
            raise RuntimeError("Cannot execute as the database principal")
        return self

    def fetchone(self) -> tuple[int]:
        return (int(self.genuine),)

    def rollback(self) -> None:
        self.rolled_back += 1

    def close(self) -> None:
        pass


def test_every_right_outside_of_the_database_is_taken_from_a_session():
    session = Session(genuine=True, refuses=False)
    confine(session)
    assert session.ran == ["EXECUTE AS USER = N'dbo' WITH NO REVERT"]
    assert session.rolled_back == 1


def test_a_session_of_sql_server_that_cannot_be_confined_is_not_used():
    with pytest.raises(Escape, match="could not be confined to the scratch database: Cannot execute as"):
        confine(Session(genuine=True, refuses=True))


def test_another_server_that_speaks_the_protocol_is_left_to_the_look_at_statements():
    session = Session(genuine=False, refuses=True)
    confine(session)
    assert len(session.ran) == 2


def test_confined_sessions_are_given_to_nobody_else():
    class Odbc:
        pooling: Any = True

    class Native:
        said: Any = None

        @classmethod
        def pooling(cls, *, enabled: bool) -> None:
            cls.said = enabled

    without_pool(Odbc)
    without_pool(Native)
    assert (Odbc.pooling, Native.said) == (False, False)
