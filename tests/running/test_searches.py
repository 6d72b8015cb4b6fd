"""Which changes of a type need a look at the rows."""

from __future__ import annotations

import pytest

from migwizard.core.schema import Column
from migwizard.databases.postgresql.fitting import unfit

WIDER = [
    ("integer", "bigint"),
    ("smallint", "integer"),
    ("character varying(10)", "character varying(20)"),
    ("character varying(10)", "character varying"),
    ("character(3)", "character varying(3)"),
    ("numeric(8,2)", "numeric(10,2)"),
    ("numeric(8,2)", "numeric(9,3)"),
    ("numeric(8,4)", "numeric(7,2)"),
    ("integer", "numeric(10,0)"),
    ("smallint", "numeric(7,2)"),
    ("text", "text"),
    ("character varying(10)", "text"),
]

NARROWER = {
    ("bigint", "integer"): 'round("x"::numeric) NOT BETWEEN -2147483648 AND 2147483647',
    ("character varying(20)", "character varying(10)"): 'length(rtrim("x"::text)) > 10',
    ("character varying", "character varying(10)"): 'length(rtrim("x"::text)) > 10',
    ("text", "character(3)"): 'length(rtrim("x"::text)) > 3',
    ("numeric(8,2)", "numeric(8,3)"): 'abs(round("x"::numeric, 3)) >= 1e5',
    ("numeric(8,4)", "numeric(6,2)"): 'abs(round("x"::numeric, 2)) >= 1e4',
    ("numeric", "numeric(8,2)"): 'abs(round("x"::numeric, 2)) >= 1e6',
    ("integer", "numeric(9,0)"): 'abs(round("x"::numeric, 0)) >= 1e9',
    ("double precision", "smallint"): 'round("x"::numeric) NOT BETWEEN -32768 AND 32767',
    ("text", "integer"): "NOT pg_input_is_valid(\"x\"::text, 'integer')",
}


@pytest.mark.parametrize(("before", "after"), WIDER)
def test_what_holds_every_value_is_not_asked_for(before, after):
    assert unfit(Column("x", before, True), Column("x", after, True), 180000) == ""


@pytest.mark.parametrize(("before", "after"), NARROWER)
def test_what_may_not_hold_a_value_is(before, after):
    condition = unfit(Column("x", before, True), Column("x", after, True), 180000)
    assert condition == NARROWER[before, after]
