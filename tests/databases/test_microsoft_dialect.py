"""How Transact-SQL says small things: values, moments, types, and which values a type does not take."""

from __future__ import annotations

from datetime import date, datetime, timezone
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from migwizard.core.schema import Column
from migwizard.databases import CannotAlter
from migwizard.databases.microsoft import SQLServer
from migwizard.databases.microsoft.conversions import converted, holds_all, sound_type, widened

UNCONNECTED: Any = SimpleNamespace()
SAYS = SQLServer(UNCONNECTED)

NUMBERS = "IF EXISTS (SELECT 1 FROM sys.columns WHERE object_id = OBJECT_ID(N'[t'']') AND is_identity = 1)"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("it's \u2028é", "N'it''s \u2028é'"),
        (None, "NULL"),
        (True, "1"),
        (7, "7"),
        (Decimal("1.50"), "1.50"),
        (b"\x00\xff", "0x00ff"),
        (date(2020, 1, 2), "N'2020-01-02'"),
        (datetime(2020, 1, 2, 3, 4, 5, 6, timezone.utc), "N'2020-01-02 03:04:05.000006+00:00'"),
    ],
)
def test_a_value_is_shown_as_it_is_written_in_sql(value, written):
    assert SAYS.literal(value) == written
    assert SAYS.shown(None, "UPDATE t SET a = %s", [value]) == f"UPDATE t SET a = {written}"


def test_a_statement_without_parameters_is_shown_as_it_is():
    assert SAYS.shown(None, "SELECT '100%'", None) == "SELECT '100%'"


def test_names_stand_in_brackets():
    assert SAYS.quoted('a]; DROP "b') == '[a]]; DROP "b]'


def test_a_moment_loses_nothing():
    aware = datetime(2020, 1, 2, 3, 4, 5, 6, timezone.utc)
    assert SAYS.moment(aware) == ("CAST(%s AS datetimeoffset)", "2020-01-02 03:04:05.000006+00:00")
    assert SAYS.moment(aware.replace(tzinfo=None)) == ("CAST(%s AS datetime2)", "2020-01-02 03:04:05.000006")
    assert SAYS.now(with_zone=True) == "SWITCHOFFSET(SYSDATETIMEOFFSET(), '+00:00')"
    assert SAYS.now(with_zone=False) == "SYSDATETIME()"


def test_rows_are_limited_and_numbered_by_hand():
    assert SAYS.first(3, "a, b", "FROM t") == "SELECT TOP 3 a, b FROM t"
    assert SAYS.with_given_id("[t']", "INSERT INTO [t'] (id) VALUES (%s)") == (
        f"{NUMBERS} SET IDENTITY_INSERT [t'] ON; "
        "INSERT INTO [t'] (id) VALUES (%s); "
        f"{NUMBERS} SET IDENTITY_INSERT [t'] OFF"
    )


@pytest.mark.parametrize(
    ("django", "catalogue"),
    [
        ("nvarchar(30)", "nvarchar(30)"),
        ("numeric(8, 2)", "numeric(8,2)"),
        ("double precision", "float"),
        ("datetimeoffset", "datetimeoffset(7)"),
        ("datetime2", "datetime2(7)"),
        ("time", "time(7)"),
        ("int IDENTITY (1, 1)", "int"),
        ("bit", "bit"),
    ],
)
def test_a_type_of_django_is_that_of_the_catalogue(django, catalogue):
    assert SAYS.catalogue_type(django) == catalogue


WIDER = [
    ("int", "bigint"),
    ("bit", "tinyint"),
    ("nvarchar(10)", "nvarchar(20)"),
    ("varchar(10)", "nvarchar(10)"),
    ("nvarchar(10)", "nvarchar(max)"),
    ("numeric(8,2)", "numeric(10,2)"),
    ("int", "numeric(10,0)"),
]

NARROWER = {
    ("bigint", "int"): "[x]]] IS NOT NULL AND TRY_CONVERT(int, [x]]]) IS NULL",
    ("nvarchar(20)", "nvarchar(10)"): "DATALENGTH(RTRIM(CAST([x]]] AS nvarchar(max)))) > 20",
    ("nvarchar(max)", "varchar(10)"): "DATALENGTH(RTRIM(CAST([x]]] AS varchar(max)))) > 10",
    ("varbinary(9)", "varbinary(8)"): "DATALENGTH([x]]]) > 8",
    ("nvarchar(20)", "date"): "[x]]] IS NOT NULL AND TRY_CONVERT(date, [x]]]) IS NULL",
}


@pytest.mark.parametrize(("before", "after"), WIDER)
def test_what_holds_every_value_is_not_asked_for(before, after):
    assert SAYS.unfit(Column("x", before, True), Column("x", after, True)) == ""
    assert holds_all(before, after)


@pytest.mark.parametrize(("before", "after"), NARROWER)
def test_what_may_not_hold_a_value_is(before, after):
    assert SAYS.unfit(Column("x]", before, True), Column("x]", after, True)) == NARROWER[before, after]
    assert not holds_all(before, after)


def test_only_a_longer_text_leaves_indexes_alone():
    assert widened("nvarchar(10)", "nvarchar(20)")
    assert not widened("nvarchar(10)", "nvarchar(max)")
    assert not widened("nvarchar(20)", "nvarchar(10)")
    assert not widened("int", "bigint")


@pytest.mark.parametrize(
    ("before", "after", "expression"),
    [
        ("nvarchar(10)", "int", ""),
        ("int", "nvarchar(10)", ""),
        ("datetime2(7)", "date", ""),
        ("sql_variant", "int", ""),
        ("float", "nvarchar(30)", "CONVERT(nvarchar(max), [c], 3)"),
        ("datetime", "nvarchar(30)", "CONVERT(nvarchar(max), [c], 126)"),
        ("bigint", "datetime2(7)", "CONVERT(datetime2(7), CONVERT(nvarchar(max), [c]))"),
        ("uniqueidentifier", "char(32)", "LOWER(REPLACE(CONVERT(char(36), [c]), '-', ''))"),
        (
            "char(32)",
            "uniqueidentifier",
            "CONVERT(uniqueidentifier, STUFF(STUFF(STUFF(STUFF([c], 21, 0, '-'), 17, 0, '-'), 13, 0, '-'), 9, 0, '-'))",
        ),
    ],
)
def test_values_are_converted_where_the_server_does_not(before, after, expression):
    assert converted("[c]", before, after) == expression


@pytest.mark.parametrize("text", ["int; DROP TABLE t", "nvarchar(10) NOT NULL", "int--", ""])
def test_a_text_that_is_more_than_a_type_is_refused(text):
    with pytest.raises(CannotAlter) as caught:
        sound_type(text)
    assert str(caught.value) == f"This is no type: {text!r}."
