"""Which tables changed between two moments, on PostgreSQL."""

from __future__ import annotations

import pytest

from migwizard.databases import of

from .statements import execute

START = (
    "CREATE TABLE a (id integer PRIMARY KEY, n text DEFAULT 'x', CONSTRAINT n_key UNIQUE (n))",
    "CREATE TABLE b (a integer CONSTRAINT fk REFERENCES a, s serial, CONSTRAINT positive CHECK (a > 0))",
    "CREATE TABLE c (id integer)",
    "CREATE INDEX c_index ON c (id)",
    "CREATE VIEW v AS SELECT n FROM a",
    "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'",
    "CREATE TRIGGER noted BEFORE INSERT ON c FOR EACH ROW EXECUTE FUNCTION note()",
)

CHANGES = {
    "CREATE TABLE d (id integer)": {"d"},
    "DROP TABLE c": {"c"},
    "CREATE SCHEMA other; CREATE TABLE other.e (id integer)": {"other.e"},
    "ALTER TABLE c ADD COLUMN x integer": {"c"},
    "ALTER TABLE c DROP COLUMN id": {"c"},
    "ALTER TABLE c RENAME TO d": {"c", "d"},
    "ALTER TABLE c RENAME COLUMN id TO x": {"c"},
    "ALTER TABLE c ALTER COLUMN id SET NOT NULL": {"c"},
    "ALTER TABLE c ALTER COLUMN id SET DEFAULT 7": {"c"},
    "ALTER TABLE c ALTER COLUMN id TYPE bigint": {"c"},
    "ALTER TABLE c ADD CHECK (id > 0)": {"c"},
    "ALTER TABLE c ALTER COLUMN id SET NOT NULL, ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY": {"c"},
    "ALTER TABLE b DROP CONSTRAINT positive": {"b"},
    "ALTER TABLE b RENAME CONSTRAINT positive TO good": {"b"},
    "ALTER TABLE b ALTER CONSTRAINT fk DEFERRABLE": {"b"},
    "ALTER SEQUENCE b_s_seq OWNED BY NONE": {"b"},
    "CREATE INDEX x ON c (id)": {"c"},
    "DROP INDEX c_index": {"c"},
    "ALTER INDEX c_index RENAME TO d_index": {"c"},
    "ALTER INDEX c_index SET (fillfactor = 70)": {"c"},
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'c_index'::regclass": {"c"},
    "CREATE TRIGGER second BEFORE INSERT ON c FOR EACH ROW EXECUTE FUNCTION note()": {"c"},
    "DROP TRIGGER noted ON c": {"c"},
    "ALTER TRIGGER noted ON c RENAME TO renamed": {"c"},
    "COMMENT ON TABLE c IS 'x'": {"c"},
    "COMMENT ON COLUMN c.id IS 'x'": {"c"},
    "CREATE OR REPLACE VIEW v AS SELECT n, id FROM a": {"v"},
    "DROP VIEW v": {"v"},
    # What a foreign key or a view says changes with the table that it refers to.
    "ALTER TABLE a RENAME TO aa": {"a", "aa", "b", "v"},
    "ALTER TABLE a RENAME COLUMN id TO x": {"a", "b"},
    "ALTER TABLE a RENAME COLUMN n TO x": {"a", "v"},
    "DROP TABLE c; CREATE TABLE c (id integer); CREATE INDEX c_index ON c (id)": {"c"},
    "INSERT INTO c VALUES (1)": set(),
    "ANALYZE": set(),
    "SELECT nextval('b_s_seq')": set(),
    "CREATE TABLE t (id integer); DROP TABLE t": set(),
}


@pytest.fixture
def database(each_postgresql):
    execute(each_postgresql, *START)
    return of(each_postgresql)


def test_every_change_is_seen_and_nothing_else(database):
    connection = database.connection
    for statements, expected in CHANGES.items():
        connection.set_autocommit(False)
        before, _ = database.changed_tables(None)
        execute(connection, *statements.split("; "))
        _, changed = database.changed_tables(before)
        assert (statements, changed) == (statements, expected)
        connection.rollback()
        connection.set_autocommit(True)


def test_changes_are_told_one_after_another_within_one_transaction(database):
    connection = database.connection
    connection.set_autocommit(False)
    moment, everything = database.changed_tables(None)
    assert everything == {"a", "b", "c", "v"}
    for name in ("x", "y"):
        execute(connection, f"ALTER TABLE c ADD COLUMN {name} integer")
        moment, changed = database.changed_tables(moment)
        assert changed == {"c"}
        assert database.changed_tables(moment) == (moment, frozenset())
    execute(connection, "SAVEPOINT s", "DROP TABLE b", "ROLLBACK TO SAVEPOINT s")
    assert database.changed_tables(moment)[1] == frozenset()
    connection.rollback()
    connection.set_autocommit(True)


def test_a_change_is_seen_after_its_commit(database):
    before, _ = database.changed_tables(None)
    execute(database.connection, "CREATE INDEX CONCURRENTLY x ON c (id)", "VACUUM c")
    assert database.changed_tables(before)[1] == {"c"}


def test_what_changed_can_be_read_alone(database):
    before, _ = database.changed_tables(None)
    execute(database.connection, "ALTER TABLE a RENAME TO aa")
    _, changed = database.changed_tables(before)
    read = database.snapshot(tables=changed)
    assert list(read.tables) == ["aa", "b"]
    assert read.tables["b"].constraints[-1].references == ("aa", ("id",))
    assert read.views[0].depends_on == (("aa", "n"),)
