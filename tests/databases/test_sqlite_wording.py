"""A table is made in the words of its definition, where that makes just this table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard import databases
from migwizard.databases import CannotAlter
from tests.databases.altering import alter

AS_WRITTEN = (
    'CREATE TABLE "t" ("id" integer NOT NULL PRIMARY KEY,  a text /* ours */ UNIQUE ON CONFLICT IGNORE)'
)


def altered(connection, target):
    """Bring the table to a target and return its text."""
    alter(connection, [("t", target)])
    with connection.cursor() as cursor:
        cursor.execute("SELECT sql FROM sqlite_master WHERE name = 't'")
        return cursor.fetchone()[0]


def table(connection, *statements):
    """Run statements and return what the table t is then."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    return databases.of(connection).snapshot().tables["t"]


def test_a_table_comes_back_in_its_own_words_with_its_rows(sqlite):
    former = table(sqlite, AS_WRITTEN, "INSERT INTO t VALUES (7, 'x')")
    present = table(
        sqlite,
        'ALTER TABLE t RENAME TO "old"',
        "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a text)",
        "INSERT INTO t SELECT * FROM old",
        "DROP TABLE old",
    )
    assert present != former
    assert altered(sqlite, former) == AS_WRITTEN
    with sqlite.cursor() as cursor:
        cursor.execute("SELECT * FROM t")
        assert cursor.fetchall() == [(7, "x")]


def test_a_table_that_is_gone_comes_back_in_its_own_words(sqlite):
    former = table(sqlite, AS_WRITTEN)
    with sqlite.cursor() as cursor:
        cursor.execute("DROP TABLE t")
    assert altered(sqlite, former) == AS_WRITTEN


@pytest.mark.parametrize(
    "definition",
    [
        "CREATE TABLE t (id integer PRIMARY KEY, b text)",
        "CREATE TABLE t (id integer PRIMARY KEY, a text CHECK (unknown(a)))",
        "DROP TABLE t",
        "CREATE TABLE",
        "",
    ],
)
def test_words_that_make_something_else_are_not_taken(sqlite, definition):
    former = table(sqlite, "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, a text)")
    table(sqlite, "DROP TABLE t", "CREATE TABLE t (id integer NOT NULL PRIMARY KEY, z text)")
    altered(sqlite, replace(former, definition=definition))
    assert databases.of(sqlite).snapshot().tables["t"] == former


def test_a_clause_that_only_the_words_have_is_in_the_way_without_them(sqlite):
    former = table(sqlite, AS_WRITTEN)
    target = replace(former, definition="", constraints=())
    with pytest.raises(CannotAlter, match="ON CONFLICT"):
        altered(sqlite, target)
