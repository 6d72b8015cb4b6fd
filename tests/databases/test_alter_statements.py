"""The statements themselves: the smallest change, and nothing that hides in a text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Table, Trigger
from migwizard.databases import CannotAlter, Database
from migwizard.databases.postgresql import alter as postgresql
from migwizard.databases.postgresql.expressions import expression
from migwizard.databases.sqlite import alter as sqlite

ID = Column("id", "integer", False)
KEY = Constraint("primary", "t_pkey", ("id",))
NAME = Column('na"me', "character varying(9)", True)
TABLE = Table("t", (ID, NAME), (KEY,), (Index("i", (IndexPart("id"),)),))
OTHER = Table("o", (ID,), (Constraint("foreign", "f", ("id",), references=("t", ("id",))),))
LIVE = {"t": TABLE, "o": OTHER}


def with_name(**changed: object) -> Table:
    """Return the table with another second column."""
    return replace(TABLE, columns=(ID, replace(NAME, **changed)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("target", "statements"),
    [
        (TABLE, ()),
        (with_name(nullable=False), ('ALTER TABLE "t" ALTER COLUMN "na""me" SET NOT NULL',)),
        (with_name(default="'x'::text"), ('ALTER TABLE "t" ALTER COLUMN "na""me" SET DEFAULT \'x\'::text',)),
        (with_name(type="text"), ('ALTER TABLE "t" ALTER COLUMN "na""me" TYPE text',)),
        (
            with_name(type="integer", collation="C"),
            ('ALTER TABLE "t" ALTER COLUMN "na""me" TYPE integer COLLATE "C" USING "na""me"::integer',),
        ),
        (with_name(comment="a\\b'"), ('COMMENT ON COLUMN "t"."na""me" IS E\'a\\\\b\'\'\'',)),
        (
            replace(TABLE, constraints=(replace(KEY, name='k"'),)),
            ('ALTER TABLE "t" RENAME CONSTRAINT "t_pkey" TO "k"""',),
        ),
        (
            replace(TABLE, indexes=(Index("j", (IndexPart("id"),)),)),
            ('ALTER INDEX "i" RENAME TO "j"',),
        ),
        (
            replace(TABLE, columns=(ID, NAME, Column("n", "integer", False, "7"))),
            ('ALTER TABLE "t" ADD COLUMN "n" integer DEFAULT 7 NOT NULL',),
        ),
        (replace(TABLE, columns=(ID,)), ('ALTER TABLE "t" DROP COLUMN "na""me"',)),
        (
            replace(TABLE, constraints=()),
            (
                'ALTER TABLE "o" DROP CONSTRAINT "f"',
                'ALTER TABLE "t" DROP CONSTRAINT "t_pkey"',
                'ALTER TABLE "o" ADD CONSTRAINT "f" FOREIGN KEY ("id") REFERENCES "t" ("id")',
            ),
        ),
    ],
)
def test_postgresql_changes_no_more_than_it_must(target, statements):
    assert postgresql.statements(LIVE, [("t", target)]) == statements


@pytest.mark.parametrize(
    ("foreign", "statement"),
    [
        ({"deferrable": "deferred"}, 'ALTER TABLE "o" ALTER CONSTRAINT "f" DEFERRABLE INITIALLY DEFERRED'),
        ({"name": "g"}, 'ALTER TABLE "o" RENAME CONSTRAINT "f" TO "g"'),
    ],
)
def test_a_foreign_key_changes_in_place(foreign, statement):
    target = replace(OTHER, constraints=(replace(OTHER.constraints[0], **foreign),))
    assert postgresql.statements(LIVE, [("o", target)]) == (statement,)


def test_what_was_not_validated_is_validated():
    live = {**LIVE, "o": replace(OTHER, constraints=(replace(OTHER.constraints[0], validated=False),))}
    assert postgresql.statements(live, [("o", OTHER)]) == ('ALTER TABLE "o" VALIDATE CONSTRAINT "f"',)


def test_tables_come_before_the_keys_between_them_and_go_after():
    ring = {
        "a": replace(
            OTHER, name="a", constraints=(KEY, replace(OTHER.constraints[0], references=("b", ("id",))))
        ),
        "b": replace(
            OTHER, name="b", constraints=(KEY, replace(OTHER.constraints[0], references=("a", ("id",))))
        ),
    }
    assert [sql.split('"')[0] for sql in postgresql.statements({}, list(ring.items()))] == [
        *("CREATE TABLE ", "CREATE TABLE ", "ALTER TABLE ", "ALTER TABLE ")
    ]
    assert postgresql.statements(ring, [("a", None), ("b", None)]) == (
        'ALTER TABLE "a" DROP CONSTRAINT "f"',
        'ALTER TABLE "b" DROP CONSTRAINT "f"',
        'DROP TABLE "a"',
        'DROP TABLE "b"',
    )


def test_a_table_that_another_one_refers_to_cannot_go():
    with pytest.raises(CannotAlter) as caught:
        postgresql.statements(LIVE, [("t", None)])
    assert str(caught.value) == "Table t cannot go: o refers to it by f."


@pytest.mark.parametrize(
    ("target", "statements"),
    [
        (TABLE, ()),
        (
            replace(TABLE, columns=(*TABLE.columns, Column("n", "integer", False, "7"))),
            ('ALTER TABLE "t" ADD COLUMN "n" integer NOT NULL DEFAULT 7',),
        ),
        (
            replace(
                TABLE,
                columns=(*TABLE.columns, Column("o", "integer", True)),
                constraints=(KEY, Constraint("foreign", "x", ("o",), references=("o", ("id",)))),
            ),
            ('ALTER TABLE "t" ADD COLUMN "o" integer CONSTRAINT "x" REFERENCES "o" ("id")',),
        ),
        (
            replace(TABLE, indexes=(Index("j", (IndexPart("id", descending=True),), True, '"id" > 3'),)),
            ('DROP INDEX "i"', 'CREATE UNIQUE INDEX "j" ON "t" ("id" DESC) WHERE "id" > 3'),
        ),
        (
            with_name(nullable=False, type="integer); --"),
            (
                'CREATE TABLE "new__t" ("id" integer NOT NULL, "na""me" "integer); --" NOT NULL,'
                ' CONSTRAINT "t_pkey" PRIMARY KEY ("id"))',
                'INSERT INTO "new__t" ("id", "na""me") SELECT "id", "na""me" FROM "t"',
                'DROP TABLE "t"',
                "PRAGMA legacy_alter_table = ON",
                'ALTER TABLE "new__t" RENAME TO "t"',
                "PRAGMA legacy_alter_table = OFF",
                'CREATE INDEX "i" ON "t" ("id")',
            ),
        ),
    ],
)
def test_sqlite_rebuilds_a_table_only_where_nothing_less_will_do(target, statements):
    assert sqlite.statements(LIVE, [("t", target)]) == statements


def test_a_rebuilt_table_never_takes_a_name_that_is_there():
    facts = sqlite.Facts(taken=frozenset({"new__t", "new__t_2"}))
    assert sqlite.statements(LIVE, [("t", with_name(type="text"))], facts=facts)[0].startswith(
        'CREATE TABLE "new__t_3" '
    )


@pytest.mark.parametrize(
    "text",
    [
        "1; DROP TABLE x",
        "1) , (2",
        "(1",
        "1 -- x",
        "1 /* x",
        "'open",
        'a"b',
        "$$x$$",
        "date'\\'; DROP TABLE x; --'",
    ],
)
def test_a_text_that_is_more_than_an_expression_is_refused(text):
    column = replace(NAME, default=text)
    with pytest.raises(CannotAlter) as caught:
        postgresql.statements({}, [("t", Table("t", (column,)))])
    assert str(caught.value) == f"This is not one expression: {text!r}."


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (
            "(a)::text = ANY (ARRAY['x'::character varying, 'y, ]'::character varying]::text[])",
            "(a)::text = ANY (ARRAY['x'::character varying, 'y, ]'::character varying]::character varying[]::text[])",
        ),
        ("a = ANY (ARRAY[1, 2])", "a = ANY (ARRAY[1, 2])"),
        ("a = ANY (ARRAY[1, f(2, 3)::integer]::bigint[])", "a = ANY (ARRAY[1, f(2, 3)::integer]::bigint[])"),
        ("'ARRAY['::text || ']::text[]'::text", "'ARRAY['::text || ']::text[]'::text"),
    ],
)
def test_a_list_of_values_keeps_its_type(text, written):
    assert expression(text) == written


@pytest.mark.parametrize(
    ("live", "target", "reason"),
    [
        (replace(TABLE, kind="virtual"), TABLE, "t is a virtual table, which is left as it is."),
        (TABLE, replace(TABLE, name="u"), "Table t would have to be renamed to u."),
        (
            TABLE,
            replace(TABLE, triggers=(Trigger("x", "DROP TABLE t"),)),
            "This is no trigger: 'DROP TABLE t'.",
        ),
    ],
)
@pytest.mark.parametrize("vendor", [postgresql, sqlite])
def test_what_cannot_be_is_said(vendor, live, target, reason):
    with pytest.raises(CannotAlter) as caught:
        vendor.statements({"t": live}, [("t", target)])
    assert str(caught.value) == reason


def test_an_invalid_index_cannot_be_made():
    with pytest.raises(CannotAlter) as caught:
        postgresql.statements({}, [("t", replace(TABLE, indexes=(replace(TABLE.indexes[0], valid=False),)))])
    assert str(caught.value) == "Index i on t is invalid, and no statement makes such a one."


def test_an_unknown_vendor_alters_nothing(sqlite):
    with pytest.raises(CannotAlter) as caught:
        Database(sqlite).alter({}, [("t", TABLE)])
    assert str(caught.value) == "The tables of a SQLite database cannot be altered."
