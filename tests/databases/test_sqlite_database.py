"""What SQLite says of itself, its read-only transactions, its changes, its shadow and its errors."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import django
import pytest
from django.db import DatabaseError, OperationalError

from migwizard.core.situation import DatabaseInfo
from migwizard.databases import of

from .statements import execute, value


def pragmas(connection) -> tuple[int, ...]:
    return tuple(
        value(connection, f"PRAGMA {name}") for name in ("query_only", "busy_timeout", "foreign_keys")
    )


def test_the_database_describes_itself(sqlite):
    assert of(sqlite).describe() == DatabaseInfo(
        alias="default",
        vendor="sqlite",
        name=sqlite.settings_dict["NAME"],
        schema="main",
        version=f"SQLite {sqlite3.sqlite_version}",
    )


@pytest.mark.parametrize("options", [{}, {"transaction_mode": "IMMEDIATE"}])
def test_a_read_only_transaction_writes_nothing_and_leaves_no_trace(sqlite, connect, options):
    if options and django.VERSION < (5, 1):
        pytest.skip("transaction_mode is an option since Django 5.1")
    connection = connect(sqlite.settings_dict, OPTIONS=options)
    execute(connection, "CREATE TABLE t (id integer)")
    usual = pragmas(connection)
    with of(connection).read_only(lock_seconds=1.5):
        assert pragmas(connection) == (1, 1500, 1)
        assert list(of(connection).snapshot().tables) == ["t"]
        with pytest.raises(DatabaseError, match="readonly database"):
            execute(connection, "INSERT INTO t VALUES (1)")
    assert pragmas(connection) == usual
    assert (connection.get_autocommit(), connection.in_atomic_block) == (True, False)
    execute(connection, "INSERT INTO t VALUES (1)")


def test_a_read_only_transaction_is_one_moment(sqlite, connect):
    execute(sqlite, "PRAGMA journal_mode = WAL", "CREATE TABLE t (id integer)")
    other = connect(sqlite.settings_dict)
    with of(sqlite).read_only():
        execute(other, "INSERT INTO t VALUES (1)", "CREATE TABLE u (id integer)")
        assert value(sqlite, "SELECT count(*) FROM t") == 0
        assert list(of(sqlite).snapshot().tables) == ["t"]
    assert list(of(sqlite).snapshot().tables) == ["t", "u"]


def test_inside_another_transaction_only_what_follows_is_read_only(sqlite):
    execute(sqlite, "BEGIN", "CREATE TABLE t (id integer)")
    sqlite.autocommit, sqlite.in_atomic_block = False, True
    with pytest.raises(DatabaseError, match="readonly database"), of(sqlite).read_only():
        execute(sqlite, "INSERT INTO t VALUES (1)")
    execute(sqlite, "INSERT INTO t VALUES (2)", "COMMIT")
    sqlite.autocommit, sqlite.in_atomic_block = True, False
    assert value(sqlite, "SELECT id FROM t") == 2


def test_a_file_that_is_read_stays_as_it_is(sqlite):
    execute(sqlite, "CREATE TABLE t (id integer)")
    path = Path(sqlite.settings_dict["NAME"])
    before = path.read_bytes()
    with of(sqlite).read_only():
        of(sqlite).snapshot()
        with of(sqlite).create_shadow() as (shadow, _):
            execute(shadow, "CREATE TABLE u (id integer)")
    assert path.read_bytes() == before
    assert sorted(one.name for one in path.parent.iterdir()) == [path.name]


def test_the_wait_for_a_lock_is_limited(sqlite):
    of(sqlite).guard_timeouts(0.25, 60)
    assert value(sqlite, "PRAGMA busy_timeout") == 250
    assert of(sqlite).try_lock("repair") is None


CHANGES = {
    "CREATE TABLE c (id integer)": {"c"},
    "DROP TABLE a": {"a"},
    "ALTER TABLE a ADD COLUMN x": {"a"},
    "ALTER TABLE a RENAME COLUMN id TO x": {"a", "b"},
    "ALTER TABLE a RENAME TO aa": {"a", "aa", "b", "v"},
    "CREATE INDEX i ON b (a)": {"b"},
    "DROP INDEX a_index": {"a"},
    "CREATE TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END": {"a"},
    "DROP VIEW v": {"v"},
    "INSERT INTO a VALUES (1)": set(),
    "ANALYZE": set(),
    "CREATE TEMPORARY TABLE t (id integer)": set(),
}


@pytest.mark.parametrize("statement", CHANGES)
def test_every_change_is_seen_and_nothing_else(sqlite, statement):
    execute(
        sqlite,
        "CREATE TABLE a (id integer PRIMARY KEY)",
        "CREATE INDEX a_index ON a (id)",
        "CREATE TABLE b (a integer REFERENCES a (id))",
        "CREATE VIEW v AS SELECT 1 FROM a",
    )
    before, everything = of(sqlite).changed_tables(None)
    assert everything == {"a", "b", "v"}
    execute(sqlite, statement)
    after, changed = of(sqlite).changed_tables(before)
    assert changed == CHANGES[statement]
    assert of(sqlite).changed_tables(after) == (after, frozenset())


def test_the_shadow_is_empty_in_memory_and_gone_afterwards(sqlite, connect):
    options = {"timeout": 3} | (
        {"init_command": "SELECT no_such_function()"} if django.VERSION >= (5, 1) else {}
    )
    live = connect(sqlite.settings_dict, OPTIONS=options)
    with of(live).create_shadow() as (shadow, schema):
        assert (schema, shadow.alias, shadow.settings_dict["NAME"]) == ("main", "default", ":memory:")
        execute(shadow, "CREATE TABLE t (a integer REFERENCES nowhere (x))")
        savepoint = shadow.savepoint()
        execute(shadow, "CREATE TABLE half (id integer)")
        shadow.savepoint_rollback(savepoint)
        with shadow.schema_editor() as editor:
            editor.execute("CREATE TABLE u (id integer)")
        assert list(of(shadow).snapshot(schema).tables) == ["t", "u"]
    assert shadow.connection is None
    assert live.connection is None


def error_of(database, run) -> str:
    with pytest.raises(DatabaseError) as caught:
        run()
    return database.explain_error(caught.value)


def test_a_file_that_cannot_be_opened_is_explained(connect, tmp_path, monkeypatch):
    def explained(path: Path) -> str:
        database = of(connect({"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}))
        return error_of(database, database.snapshot)

    folder = tmp_path / "fold\x1b[31mer"
    assert explained(folder / "db") == printable(
        f"{folder}/db cannot be opened: there is no folder {folder}."
    )
    folder.mkdir()
    assert explained(folder) == printable(f"{folder} is a folder, not a SQLite database.")
    (tmp_path / "text").write_text("certainly not a database " * 100)
    assert explained(tmp_path / "text") == f"{tmp_path}/text is not a SQLite database, or it is encrypted."


def printable(text: str) -> str:
    return text.replace("\x1b", " ")


def test_a_file_that_may_not_be_read_is_explained(sqlite, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    name = sqlite.settings_dict["NAME"]
    assert of(sqlite).explain_error(OperationalError("unable to open database file")) == (
        f"{name} cannot be opened: this user may not read it."
    )


def test_a_locked_file_is_explained(sqlite, connect):
    other = connect(sqlite.settings_dict)
    execute(other, "BEGIN EXCLUSIVE")
    database = of(sqlite)
    database.guard_timeouts(0, 0)
    name = sqlite.settings_dict["NAME"]
    assert error_of(database, database.snapshot) == f"{name} is locked: another process is writing to it."
    execute(other, "ROLLBACK")
    assert error_of(database, lambda: execute(sqlite, 'SELECT "\x1b[31m" FROM [a\nb]')) == (
        f"SQLite says about {name}: no such table: a."
    )
