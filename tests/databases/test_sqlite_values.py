"""What a person answers is stored in a column only if Django can read it from there again."""

from __future__ import annotations

import pytest

from migwizard.databases.sqlite.values import is_value


@pytest.mark.parametrize(
    ("type", "values"),
    [
        ("date", ["2026-01-31"]),
        ("datetime", ["2026-01-31 10:00", "2026-01-31 10:00:00.5", "2026-01-31T10:00:00+00:00"]),
        ("time", ["10:00", "10:00:59"]),
        ("integer", ["0", "-7", "+7"]),
        ("bigint", ["9223372036854775807"]),
        ("integer unsigned", ["7"]),
        ("decimal", ["1.50", "-1", "1e3"]),
        ("real", ["1.5"]),
        ("bool", ["0", "1"]),
        ("varchar(3)", ["", "abc", "äöü"]),
        ("VARCHAR (3)", ["abc"]),
        ("char(32)", ["0123456789abcdef" * 2]),
        ("text", ["", "anything"]),
        ("geometry", ["anything"]),
    ],
)
def test_a_value_of_the_type(type, values):
    assert [value for value in values if not is_value(value, type)] == []


@pytest.mark.parametrize(
    ("type", "values"),
    [
        ("date", ["", "abc", "2026-13-45", "5"]),
        ("datetime", ["", "now", "2026-01-31 25:00"]),
        ("time", ["", "25:00", "noon"]),
        ("integer", ["", "1.5", "x", "1_000", "9223372036854775808"]),
        ("smallint unsigned", ["x"]),
        ("decimal", ["", "x", "nan", "inf", "1,5", " 1"]),
        ("real", ["x"]),
        ("bool", ["", "2", "true"]),
        ("varchar(3)", ["abcd"]),
        ("char(32)", ["abc", "01234567-89ab-cdef-0123-456789abcdef"]),
    ],
)
def test_no_value_of_the_type(type, values):
    assert [value for value in values if is_value(value, type)] == []
