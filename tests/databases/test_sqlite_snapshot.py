"""The live schema of SQLite, whole structures compared."""

from __future__ import annotations

import pytest

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Snapshot, Table, Trigger, View
from migwizard.databases import of

from .statements import HOSTILE, execute, quoted, statements_of


def test_columns_say_everything_about_themselves(sqlite):
    execute(
        sqlite,
        """
        CREATE TABLE everything (
            id integer NOT NULL PRIMARY KEY AUTOINCREMENT,
            name VARCHAR ( 30 )  NOT NULL DEFAULT 'x''y  z',
            price decimal(10, 2) DEFAULT -1,
            big "unsigned  big int" DEFAULT (1 +  2),
            at datetime DEFAULT current_timestamp,
            sorted text COLLATE nocase,
            usual text COLLATE BINARY,
            double integer GENERATED ALWAYS AS (Price*2) STORED,
            triple AS (price*3),
            untyped
        )
        """,
    )
    assert of(sqlite).snapshot() == Snapshot(
        "main",
        {
            "everything": Table(
                "everything",
                (
                    Column("id", "integer", False, identity="autoincrement"),
                    Column("name", "varchar(30)", False, "'x''y  z'"),
                    Column("price", "decimal(10,2)", True, "-1"),
                    Column("big", "unsigned big int", True, "1 + 2"),
                    Column("at", "datetime", True, "CURRENT_TIMESTAMP"),
                    Column("sorted", "text", True, collation="nocase"),
                    Column("usual", "text", True),
                    Column("double", "integer", True, generated='stored "price" * 2'),
                    Column("triple", "", True, generated='virtual "price" * 3'),
                    Column("untyped", "", True),
                ),
                (Constraint("primary", "", ("id",)),),
            )
        },
    )


def test_constraints_and_indexes_say_everything_about_themselves(sqlite):
    execute(
        sqlite,
        "CREATE TABLE Target (a integer, b integer, PRIMARY KEY (b, a))",
        "CREATE TABLE alone (id integer PRIMARY KEY)",
        """
        CREATE TABLE source (
            a integer CONSTRAINT positive CHECK (a > 0) UNIQUE,
            b integer NOT NULL REFERENCES alone ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
            c text COLLATE nocase UNIQUE,
            CONSTRAINT two UNIQUE (B, "c"),
            CHECK (((A <> b))),
            CONSTRAINT pair FOREIGN KEY (A, b) REFERENCES target ON UPDATE CASCADE DEFERRABLE,
            FOREIGN KEY (c) REFERENCES "gone" ("Id") ON DELETE NO ACTION
        )
        """,
        "CREATE UNIQUE INDEX part ON source (a DESC, c, c COLLATE binary) WHERE (B > 1)",
        "CREATE INDEX text ON source (Lower(c), a + 1 DESC)",
    )
    tables = of(sqlite).snapshot().tables
    assert tables["Target"].constraints == (Constraint("primary", "", ("b", "a")),)
    assert [column.nullable for column in tables["Target"].columns] == [True, True]
    assert [column.nullable for column in tables["alone"].columns] == [False]
    assert tables["source"].constraints == (
        Constraint("unique", "", ("a",)),
        Constraint("unique", "", ("c",)),
        Constraint("unique", "two", ("b", "c")),
        Constraint("check", "", ("a", "b"), '"a" <> "b"'),
        Constraint("check", "positive", ("a",), '"a" > 0'),
        Constraint(
            "foreign", "", ("b",), "", ("alone", ("id",)), on_delete="set null", deferrable="deferred"
        ),
        Constraint("foreign", "", ("c",), "", ("gone", ("Id",))),
        Constraint(
            "foreign",
            "pair",
            ("a", "b"),
            "",
            ("Target", ("b", "a")),
            on_update="cascade",
            deferrable="deferrable",
        ),
    )
    assert tables["source"].indexes == (
        Index(
            "part",
            (IndexPart("a", descending=True), IndexPart("c"), IndexPart("c", collation="binary")),
            unique=True,
            condition='"b" > 1',
        ),
        Index("text", (IndexPart(None, 'lower ( "c" )'), IndexPart(None, '"a" + 1', descending=True))),
    )


def test_views_triggers_and_virtual_tables(sqlite):
    execute(
        sqlite,
        "CREATE TABLE base (id integer, name text)",
        "CREATE TABLE other (id integer)",
        "CREATE TRIGGER noted AFTER INSERT ON base BEGIN delete from other WHERE id=new.id; END",
        "CREATE VIEW [a view] AS select name from BASE join other",
        "CREATE VIRTUAL TABLE search USING fts5(title, body)",
        "CREATE VIRTUAL TABLE old USING fts4(title)",
        "CREATE TABLE search_me (id integer)",
    )
    snapshot = of(sqlite).snapshot()
    assert {name: table.kind for name, table in snapshot.tables.items()} == {
        "base": "table",
        "old": "virtual",
        "other": "table",
        "search": "virtual",
        "search_me": "table",
    }
    assert [column.name for column in snapshot.tables["search"].columns] == ["title", "body"]
    assert snapshot.tables["base"].triggers == (
        Trigger(
            "noted",
            'CREATE TRIGGER "noted" AFTER INSERT ON "base"'
            ' BEGIN DELETE FROM "other" WHERE "id" = "new" . "id" ; END',
        ),
    )
    assert snapshot.views == (
        View(
            "a view",
            "view",
            'CREATE VIEW "a view" AS SELECT "name" FROM "base" JOIN "other"',
            (("base", ""), ("other", "")),
        ),
    )
    database = of(sqlite)
    assert database.snapshot(tables=["search_data"]).tables == {}
    assert database.snapshot(tables=["a view"]) == Snapshot("main", {}, snapshot.views)


def test_a_virtual_table_whose_module_is_missing_costs_nothing_else(sqlite):
    execute(sqlite, "CREATE TABLE t (id integer)", "CREATE VIRTUAL TABLE search USING fts5(title)")
    execute(
        sqlite,
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_master SET sql = replace(sql, 'fts5', 'nowhere') WHERE name = 'search'",
        "PRAGMA writable_schema = RESET",
    )
    tables = of(sqlite).snapshot().tables
    assert tables["t"] == Table("t", (Column("id", "integer", True),))
    assert tables["search"] == Table("search", (), kind="virtual")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_come_back_as_they_are(sqlite, name):
    own = quoted(name)
    execute(
        sqlite,
        f"CREATE TABLE {own} ({own} integer CONSTRAINT {own} CHECK ({own} > 0),"
        f" CONSTRAINT {quoted(name + '2')} UNIQUE ({own}),"
        f" CONSTRAINT {quoted(name + '5')} FOREIGN KEY ({own}) REFERENCES {own})",
        f"CREATE INDEX {quoted(name + '3')} ON {own} ({own} DESC, abs({own}))",
        f"CREATE VIEW {quoted(name + '4')} AS SELECT {own} FROM {own}",
    )
    expected = Table(
        name,
        (Column(name, "integer", True),),
        (
            Constraint("unique", name + "2", (name,)),
            Constraint("check", name, (name,), f"{own} > 0"),
            Constraint("foreign", name + "5", (name,), references=(name, ())),
        ),
        (Index(name + "3", (IndexPart(name, descending=True), IndexPart(None, f"abs ( {own} )"))),),
    )
    database = of(sqlite)
    assert database.snapshot().tables == {name: expected}
    assert database.snapshot(tables=[name]).tables == {name: expected}
    assert [(view.name, view.depends_on) for view in database.snapshot().views] == [
        (name + "4", ((name, ""),))
    ]
    execute(
        sqlite,
        f"ATTACH ':memory:' AS {quoted('at ' + name)}",
        f"CREATE TABLE {quoted('at ' + name)}.{own} (x)",
    )
    key = f"at {name}.{name}"
    assert database.snapshot(also=[f"at {name}", "nowhere"]).tables[key] == Table(
        key, (Column("x", "", True),)
    )
    assert list(database.snapshot(f"at {name}").tables) == [name]
    assert list(database.snapshot(also=[f"at {name}"], tables=[key]).tables) == [key]


@pytest.mark.parametrize(
    "alteration",
    [
        ("ALTER TABLE first RENAME TO second", "ALTER TABLE second RENAME TO first"),
        ("ALTER TABLE first RENAME COLUMN a TO other", "ALTER TABLE first RENAME COLUMN other TO a"),
        ("ALTER TABLE target RENAME TO other", "ALTER TABLE other RENAME TO target"),
        ("ALTER TABLE target RENAME COLUMN id TO other", "ALTER TABLE target RENAME COLUMN other TO id"),
        ("ALTER TABLE first ADD COLUMN z", "ALTER TABLE first DROP COLUMN z"),
    ],
)
def test_what_sqlite_rewrites_in_its_texts_makes_no_difference(sqlite, alteration):
    execute(
        sqlite,
        "CREATE TABLE target (id integer PRIMARY KEY)",
        "CREATE TABLE first (a int check(first.a>0 and a<>'first.a'), b int as (a+1), c references target(id))",
        "CREATE INDEX i ON first (a, abs(a)) WHERE a>0",
        "CREATE VIEW v AS SELECT a, id FROM first JOIN target",
        "CREATE TRIGGER t AFTER UPDATE OF a ON first BEGIN INSERT INTO first(a) SELECT new.a FROM first; END",
    )
    before = of(sqlite).snapshot()
    execute(sqlite, *alteration)
    assert of(sqlite).snapshot() == before


def test_the_number_of_queries_does_not_grow_with_the_tables(sqlite):
    def count() -> int:
        with statements_of(sqlite) as seen:
            of(sqlite).snapshot()
        return len(seen)

    statements = (
        "CREATE TABLE t{0} (id integer PRIMARY KEY, c text CHECK (c > ''), d int REFERENCES t0 (id))",
        "CREATE INDEX i{0} ON t{0} (lower(c))",
        "CREATE VIEW v{0} AS SELECT id FROM t{0}",
    )
    execute(sqlite, *(one.format(0) for one in statements))
    few = count()
    execute(sqlite, *(one.format(number) for number in range(1, 30) for one in statements))
    assert (few, count()) == (6, 6)


def test_more_tables_than_a_query_has_variables_are_read_too(sqlite):
    execute(sqlite, *(f"CREATE TABLE t{number} (id integer)" for number in range(3)))
    names = ["t1", *(f"gone{number}" for number in range(2000))]
    assert list(of(sqlite).snapshot(tables=names).tables) == ["t1"]
    assert of(sqlite).snapshot(tables=[]).tables == {}
