"""What is kept while tables of SQL Server are altered: rows, their numbers, the next number, and who points to them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import Error

from migwizard.core.schema import Column

from .altering import alter, differences, prepare, rows, tables_of
from .statements import execute, value


@pytest.fixture
def server(mssql):
    """A connection to an empty database."""
    prepare(mssql)
    return mssql


def with_columns(table, *columns):
    """Return a table with these columns in place of those of their names."""
    named = {column.name: column for column in columns}
    return replace(table, columns=tuple(named.get(column.name, column) for column in table.columns))


def test_a_table_that_is_made_anew_keeps_rows_numbers_and_whoever_points_to_it(server):
    execute(
        server,
        "CREATE TABLE t (id int NOT NULL CONSTRAINT k PRIMARY KEY, a nvarchar(9) NULL)",
        "CREATE TABLE child (t int NOT NULL CONSTRAINT f REFERENCES t (id))",
        "INSERT INTO t VALUES (3, N'x'), (41, NULL)",
        "INSERT INTO child VALUES (41)",
    )
    before = tables_of(server)["t"]
    target = with_columns(
        before, Column("id", "int", False, identity="identity"), Column("a", "nvarchar(9)", False)
    )
    statements = alter(server, [("t", target)], [("t", "a", "it's %s")])
    assert any("IDENTITY_INSERT" in statement for statement in statements)
    assert differences(server, {**tables_of(server), "t": target}) == []
    assert rows(server, "t", ["id", "a"]) == [(3, "x"), (41, "it's %s")]
    execute(server, "INSERT INTO t (a) VALUES (N'next')")
    assert value(server, "SELECT MAX(id) FROM t") == 42
    with pytest.raises(Error):
        execute(server, "INSERT INTO child VALUES (7)")
    alter(server, [("t", before)])
    assert differences(server, {**tables_of(server), "t": before}) == []
    assert [row[0] for row in rows(server, "t", ["id"])] == [3, 41, 42]


def test_values_survive_another_type_and_back(server):
    execute(
        server,
        "CREATE TABLE t (id int NOT NULL, a nvarchar(20) NULL, b float NULL, c int NULL)",
        "INSERT INTO t VALUES (1, N'12', 0.1234567890123, 7), (2, NULL, NULL, NULL)",
    )
    before = tables_of(server)["t"]
    target = with_columns(before, Column("a", "bigint", True), Column("c", "nvarchar(9)", False))
    kept = rows(server, "t", ["id", "a", "b", "c"])
    alter(server, [("t", target)], [("t", "c", "0")])
    assert differences(server, {"t": target}) == []
    assert rows(server, "t", ["id", "a", "c"]) == [(1, 12, "7"), (2, None, "0")]
    alter(server, [("t", before)])
    assert differences(server, {"t": before}) == []
    assert rows(server, "t", ["id", "a", "b", "c"]) == [kept[0], (2, None, None, 0)]


def test_a_value_that_does_not_fit_is_refused_and_nothing_is_lost(server):
    execute(server, "CREATE TABLE t (a nvarchar(20))", "INSERT INTO t VALUES (N'too long')")
    before = tables_of(server)["t"]
    with pytest.raises(Error):
        alter(server, [("t", with_columns(before, Column("a", "nvarchar(3)", True)))])
    assert rows(server, "t", ["a"]) == [("too long",)]
    assert differences(server, {"t": before}) == []
