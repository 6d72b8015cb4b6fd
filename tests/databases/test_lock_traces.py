"""Each statement of a transaction is told with what it blocks for others, and what it writes anew."""

from __future__ import annotations

from typing import Any

import pytest

from migwizard.core.locks import blocked, effects
from migwizard.core.plan import Ran
from migwizard.databases import of
from migwizard.running.capture import Capture
from migwizard.running.traces import Traces

from .statements import HOSTILE, execute, quoted

TABLES = (
    "CREATE TABLE t (id integer PRIMARY KEY, name varchar(10), CONSTRAINT kept CHECK (id > 0) NOT VALID)",
    "CREATE TABLE u (id integer, t integer REFERENCES t)",
    "CREATE INDEX u_id ON u (id)",
    "CREATE TABLE parts (id integer) PARTITION BY RANGE (id)",
    "CREATE VIEW v AS SELECT id FROM parts",
    "INSERT INTO t SELECT n, n FROM generate_series(1, 3) n",
)


def traced(connection: Any, *statements: str) -> list[Ran]:
    """Execute statements in a transaction that has read and written already; return them as a dry run tells them."""
    connection.set_autocommit(False)
    execute(connection, "SELECT * FROM u", "UPDATE t SET name = 'x' WHERE id = 1")
    capture = Capture(connection)
    capture.traces = Traces(of(connection))
    with capture.installed():
        execute(connection, *statements)
    connection.rollback()
    return capture.ran


ONE = {
    "ALTER TABLE t ALTER COLUMN id TYPE bigint": "blocks reads and writes of t and u; writes t anew",
    "ALTER TABLE t ADD COLUMN n integer DEFAULT 7": "blocks reads and writes of t",
    "ALTER TABLE t ADD COLUMN n float DEFAULT random()": "blocks reads and writes of t; writes t anew",
    "ALTER TABLE t ALTER COLUMN name TYPE varchar(20)": "blocks reads and writes of t",
    "CREATE INDEX i ON t (name)": "blocks writes of t",
    "ALTER TABLE t VALIDATE CONSTRAINT kept": "blocks other changes of the schema of t",
    "ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES t": "blocks writes of parts and t",
    "CREATE TABLE n (id integer PRIMARY KEY, t integer REFERENCES t)": "blocks writes of t",
    "DROP TABLE u": "blocks reads and writes of t and u",
    "DROP INDEX u_id": "blocks reads and writes of u",
    "ALTER TABLE u RENAME TO w": "blocks reads and writes of u",
    "TRUNCATE u": "blocks reads and writes of u; writes u anew",
    "ALTER TABLE parts ADD COLUMN n integer": "blocks reads and writes of parts",
    "DROP VIEW v": "blocks reads and writes of v",
    "UPDATE t SET name = 'y'": "",
    "SELECT * FROM t FOR UPDATE": "",
    "CREATE TABLE n (id integer)": "",
}


@pytest.mark.parametrize("statement", ONE)
def test_what_one_statement_does(each_postgresql, statement):
    execute(each_postgresql, *TABLES)
    (ran,) = traced(each_postgresql, statement)
    assert effects(ran) == ONE[statement]


def test_only_what_is_new_is_told_of_each_statement(each_postgresql):
    execute(each_postgresql, *TABLES)
    told = traced(
        each_postgresql,
        "CREATE INDEX i ON t (name)",
        "CREATE INDEX j ON t (name)",
        "SAVEPOINT s",
        "ALTER TABLE u ALTER COLUMN id TYPE bigint",
        "ALTER TABLE u RENAME TO w",
        "ALTER TABLE w ALTER COLUMN id TYPE integer",
        "ROLLBACK TO SAVEPOINT s",
        "ALTER TABLE u ADD COLUMN n integer",
    )
    assert [(ran.locks, ran.rewrites) for ran in told] == [
        (("SHARE on t",), ()),
        ((), ()),
        ((), ()),
        (("ACCESS EXCLUSIVE on u",), ("u",)),
        ((), ()),
        ((), ("u",)),
        ((), ()),
        (("ACCESS EXCLUSIVE on u",), ()),
    ]


def test_no_name_reaches_a_terminal(each_postgresql):
    execute(each_postgresql, *(f"CREATE TABLE {quoted(name)} (id integer)" for name in HOSTILE), *TABLES)
    told = traced(each_postgresql, *(f"ALTER TABLE {quoted(name)} ADD COLUMN n integer" for name in HOSTILE))
    assert all(ran.locks and effects(ran).isprintable() for ran in told)


def test_what_is_not_told_is_not_claimed(sqlite):
    execute(sqlite, "CREATE TABLE t (id integer)")
    assert of(sqlite).locks_held() is None
    ran = Ran("ALTER TABLE t ADD COLUMN n integer", 1.0)
    assert Traces(of(sqlite)).of(ran) == ran
    assert (effects(ran), blocked((ran,))) == ("", ())


def test_how_long_everybody_else_waits():
    ran = (
        Ran("CREATE INDEX", 1.0, locks=("SHARE on t",), rewrites=()),
        Ran("ALTER", 2.0, locks=("ACCESS EXCLUSIVE on t", "SHARE ROW EXCLUSIVE on a on b"), rewrites=("t",)),
        Ran("INSERT", 0.5, 1, locks=(), rewrites=()),
    )
    assert blocked(ran) == (
        "reads and writes of t for at least 2.500 s",
        "writes of t for at least 3.500 s",
        "writes of a on b for at least 2.500 s",
    )
    assert effects(ran[1]) == "blocks reads and writes of t; blocks writes of a on b; writes t anew"
