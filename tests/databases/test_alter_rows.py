"""What is kept while tables are altered: rows, their numbers, views, triggers and what no structure says."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.db import DatabaseError

from migwizard.core.schema import Column, Constraint, Table
from migwizard.databases import CannotAlter, of

from .altering import alter, differences, rows
from .statements import execute, value


def table(connection, name: str) -> Table:
    """Return one table as it is."""
    return of(connection).snapshot().tables[name]


def with_columns(before: Table, *columns: Column) -> Table:
    """Return a table with these columns in place of those of their names; new ones come last."""
    named = {column.name: column for column in columns}
    kept = tuple(named.pop(column.name, column) for column in before.columns)
    return replace(before, columns=(*kept, *named.values()))


def test_a_rebuilt_table_keeps_its_rows_their_numbers_and_the_next_number(sqlite):
    execute(
        sqlite,
        "CREATE TABLE t (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, a text)",
        "INSERT INTO t VALUES (3, 'x'), (7, NULL)",
        "INSERT INTO t VALUES (100, 'gone')",
        "DELETE FROM t WHERE id = 100",
        "CREATE TABLE u (a text)",
        "INSERT INTO u (rowid, a) VALUES (5, 'five'), (2, 'two')",
        "CREATE TABLE child (t integer REFERENCES t ON DELETE CASCADE)",
        "INSERT INTO child VALUES (3)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE TRIGGER elsewhere AFTER INSERT ON u BEGIN UPDATE t SET a = 'y'; END",
        "CREATE TRIGGER own AFTER DELETE ON t BEGIN  DELETE from u; END",
    )
    before = of(sqlite).snapshot()
    targets = [
        (name, with_columns(before.tables[name], Column("a", "varchar(9)", False, "'-'")))
        for name in ("t", "u")
    ]
    alter(sqlite, targets, [("t", "a", "it's %s")])
    assert differences(sqlite, {**before.tables, **dict(targets)}) == []
    assert rows(sqlite, "t", ["id", "a"]) == [(3, "x"), (7, "it's %s")]
    with sqlite.cursor() as cursor:
        cursor.execute("SELECT rowid, a FROM u ORDER BY 1")
        assert cursor.fetchall() == [(2, "two"), (5, "five")]
    assert value(sqlite, "SELECT count(*) FROM child") == 1
    assert value(sqlite, "SELECT seq FROM sqlite_sequence WHERE name = 't'") == 100
    assert value(sqlite, "SELECT count(*) FROM v") == 2
    sql = value(sqlite, "SELECT sql FROM sqlite_master WHERE name = 'own'")
    assert sql == "CREATE TRIGGER own AFTER DELETE ON t BEGIN  DELETE from u; END"
    assert value(sqlite, "SELECT group_concat(name) FROM sqlite_sequence") == "t"


def test_a_rebuilt_table_stays_strict_and_without_rowid(sqlite):
    execute(
        sqlite,
        "CREATE TABLE s (a integer, b text) STRICT",
        "CREATE TABLE w (a text, b text, PRIMARY KEY (b)) WITHOUT ROWID, STRICT",
        "INSERT INTO w VALUES ('x', 'y')",
    )
    targets = [
        ("s", with_columns(table(sqlite, "s"), Column("a", "integer", False))),
        ("w", with_columns(table(sqlite, "w"), Column("a", "text", False))),
    ]
    alter(sqlite, targets)
    assert rows(sqlite, "w", ["a", "b"]) == [("x", "y")]
    texts = [value(sqlite, f"SELECT sql FROM sqlite_master WHERE name = '{name}'") for name in "sw"]
    assert [text.rpartition(")")[2] for text in texts] == [" STRICT", " WITHOUT ROWID, STRICT"]


@pytest.mark.parametrize(
    ("definition", "reason"),
    [
        ("a text UNIQUE ON CONFLICT IGNORE", "has an ON CONFLICT clause"),
        ("a text, UNIQUE (a COLLATE nocase)", "has a key with a collation or an order of its own"),
        ("a text, PRIMARY KEY (a DESC)", "has a key with a collation or an order of its own"),
    ],
)
def test_what_a_new_table_would_lose_forbids_it(sqlite, definition, reason):
    execute(sqlite, f"CREATE TABLE t ({definition})")
    before = table(sqlite, "t")
    with pytest.raises(CannotAlter) as caught:
        alter(sqlite, [("t", with_columns(before, Column("a", "text", False)))])
    assert str(caught.value) == f"Table t {reason}, which a new table would not have."
    assert len(alter(sqlite, [("t", with_columns(before, Column("b", "text", True)))])) == 1


def test_an_attached_table_is_altered_where_it_is(sqlite):
    execute(
        sqlite,
        "ATTACH ':memory:' AS other",
        "CREATE TABLE t (a text)",
        "CREATE TABLE other.t (a text)",
        "CREATE INDEX other.i ON t (a)",
        "CREATE TRIGGER other.g AFTER INSERT ON t BEGIN SELECT 1; END",
        "INSERT INTO other.t VALUES ('x')",
    )
    database = of(sqlite)
    live = database.snapshot(also=["other"]).tables
    target = with_columns(live["other.t"], Column("a", "text", False), Column("b", "text", True))
    execute(
        sqlite,
        *database.alter(live, [("other.t", target), ("other.new", Table("other.new", target.columns))]),
    )
    after = database.snapshot(also=["other"]).tables
    assert after == {**live, "other.t": target, "other.new": Table("other.new", target.columns)}
    assert value(sqlite, "SELECT a FROM other.t") == "x"


def test_rows_are_filled_before_they_must_be(connection):
    kind = "text" if connection.vendor == "sqlite" else "character varying(9)"
    execute(
        connection,
        "CREATE TABLE p (id integer PRIMARY KEY)",
        "INSERT INTO p VALUES (1)",
        f"CREATE TABLE t (id integer PRIMARY KEY, a {kind}, p integer REFERENCES p DEFERRABLE INITIALLY DEFERRED)",
        "INSERT INTO t VALUES (1, 'x', NULL), (2, NULL, 1)",
    )
    before = table(connection, "t")
    target = with_columns(
        before,
        Column("a", kind, False),
        Column("p", "integer", False),
        Column("b", kind, False),
        Column("c", "integer", False),
    )
    fills = [("t", "a", "it's \\ %s"), ("t", "p", "1"), ("t", "b", "new"), ("t", "c", "5")]
    alter(connection, [("t", target)], fills)
    assert differences(connection, {**of(connection).snapshot().tables, "t": target}) == []
    names = ["id", "a", "p", "b", "c"]
    assert rows(connection, "t", names) == [(1, "x", 1, "new", 5), (2, "it's \\ %s", 1, "new", 5)]


def test_a_value_that_does_not_fit_is_refused_not_cut_off(postgresql):
    execute(postgresql, "CREATE TABLE t (a text)", "INSERT INTO t VALUES ('too long')")
    before = table(postgresql, "t")
    with pytest.raises(DatabaseError, match="value too long"):
        alter(postgresql, [("t", with_columns(before, Column("a", "character varying(3)", True)))])
    assert rows(postgresql, "t", ["a"]) == [("too long",)]


def test_values_survive_another_type_and_back(each_postgresql):
    execute(
        each_postgresql,
        "CREATE TABLE t (a text DEFAULT '1', b boolean, c integer, d timestamp, e text, f json)",
        "INSERT INTO t VALUES ('12', true, 1, '2020-01-02', 'b1e2b0f0-0000-4000-8000-000000000000', '[1]')",
    )
    before = table(each_postgresql, "t")
    target = with_columns(
        before,
        Column("a", "integer", True, "5"),
        Column("b", "smallint", True),
        Column("c", "boolean", True),
        Column("d", "date", True),
        Column("e", "uuid", True),
        Column("f", "jsonb", True),
    )
    kept = rows(each_postgresql, "t", ["a", "b", "c", "d", "e"])
    alter(each_postgresql, [("t", target)])
    assert differences(each_postgresql, {"t": target}) == []
    alter(each_postgresql, [("t", before)])
    assert differences(each_postgresql, {"t": before}) == []
    assert rows(each_postgresql, "t", ["a", "b", "c", "d", "e"]) == kept


@pytest.mark.parametrize("identity", ["identity", "serial"])
def test_a_numbered_column_goes_on_after_the_last_row(each_postgresql, identity):
    execute(each_postgresql, "CREATE TABLE t (id integer PRIMARY KEY)", "INSERT INTO t VALUES (41)")
    before = table(each_postgresql, "t")
    alter(each_postgresql, [("t", with_columns(before, Column("id", "integer", False, identity=identity)))])
    assert value(each_postgresql, "INSERT INTO t DEFAULT VALUES RETURNING id") == 42
    alter(each_postgresql, [("t", with_columns(before, Column("id", "bigint", False, identity=identity)))])
    assert value(each_postgresql, "INSERT INTO t VALUES (3000000000) RETURNING id") == 3_000_000_000
    execute(each_postgresql, "SELECT setval(pg_get_serial_sequence('t', 'id'), 3000000000)")
    assert value(each_postgresql, "INSERT INTO t DEFAULT VALUES RETURNING id") == 3_000_000_001
    alter(each_postgresql, [("t", with_columns(before, Column("id", "bigint", False)))])
    assert value(each_postgresql, "SELECT count(*) FROM pg_class WHERE relkind = 'S'") == 0


def test_a_sequence_that_lost_its_column_is_given_back(each_postgresql):
    execute(each_postgresql, "CREATE TABLE t (id serial)", "SELECT nextval('t_id_seq')")
    before = table(each_postgresql, "t")
    execute(each_postgresql, "ALTER SEQUENCE t_id_seq OWNED BY NONE")
    changed = table(each_postgresql, "t")
    assert changed != before
    alter(each_postgresql, [("t", before)])
    assert table(each_postgresql, "t") == before
    alter(each_postgresql, [("t", changed)])
    assert table(each_postgresql, "t") == changed
    assert value(each_postgresql, "SELECT count(*) FROM pg_class WHERE relkind = 'S'") == 1


def test_a_table_of_another_schema_is_altered_where_it_is(each_postgresql):
    execute(
        each_postgresql,
        'CREATE SCHEMA "other.x"',
        'CREATE TABLE "other.x".t (a serial, b integer PRIMARY KEY)',
        'CREATE INDEX i ON "other.x".t (a)',
        'CREATE TABLE "plain.name" (b integer)',
        'CREATE COLLATION "other.x".dotted FROM "C"',
    )
    database = of(each_postgresql)
    live = database.snapshot(also=["other.x"]).tables
    other = live["other.x.t"]
    targets = [
        (
            "other.x.t",
            replace(
                other,
                columns=(replace(other.columns[0], identity="", nullable=True), *other.columns[1:]),
                indexes=(replace(other.indexes[0], name="j"),),
            ),
        ),
        (
            "plain.name",
            Table(
                "plain.name",
                (Column("b", "integer", True), Column("c", "text", True, collation="other.x.dotted")),
                (Constraint("foreign", "f", ("b",), references=("other.x.t", ("b",))),),
            ),
        ),
        ("other.x.new", Table("other.x.new", (Column("a", "integer", False, identity="serial"),))),
    ]
    execute(each_postgresql, *database.alter(live, targets))
    assert dict(database.snapshot(also=["other.x"]).tables) == {**live, **dict(targets)}


def test_a_name_that_may_be_two_tables_is_refused(each_postgresql):
    execute(
        each_postgresql, "CREATE SCHEMA a", "CREATE TABLE a.b (x integer)", 'CREATE TABLE "a.b" (x integer)'
    )
    database = of(each_postgresql)
    with pytest.raises(CannotAlter) as caught:
        database.alter(database.snapshot(also=["a"]).tables, [("a.b", None)])
    assert str(caught.value) == "a.b may be two tables: one of that name, and one in another schema."


def test_a_view_that_uses_a_column_forbids_to_drop_it(connection):
    execute(
        connection,
        "CREATE TABLE t (a integer, b integer, c integer)",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIEW w AS SELECT a, b FROM t",
    )
    before = table(connection, "t")
    with pytest.raises(CannotAlter) as caught:
        alter(connection, [("t", replace(before, columns=before.columns[1:]))])
    assert str(caught.value) == ("The views v, w use t (a): drop them first, and make them again afterwards.")
    with pytest.raises(CannotAlter) as caught:
        alter(connection, [("t", None)])
    assert str(caught.value) == "The views v, w use table t: drop them first, and make them again afterwards."
    alter(connection, [("t", replace(before, columns=before.columns[:2]))])
    assert value(connection, "SELECT count(*) FROM v") == 0
