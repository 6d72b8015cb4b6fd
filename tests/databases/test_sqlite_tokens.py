"""SQLite's tokens, and the one way to write an expression."""

from __future__ import annotations

import pytest

from migwizard.databases.sqlite.ddl import ForeignKey, parse_index, parse_table
from migwizard.databases.sqlite.tokens import Token, by_folded, normal, tokenize

NAMES = by_folded(["price", "Name", "key", "a b", 'q"q', "date"])


def test_every_kind_of_token_is_told_apart():
    sql = """SELECT "a""b", `c``d`, [e f], 'it''s', x'0F', 1.5e-3, .5, 0x1F, a->>b -- "gone"
        /* 'gone' */ <= été $ ?1 /* open"""
    assert [(token.kind, token.text) for token in tokenize(sql)] == [
        ("word", "SELECT"),
        ("quoted", 'a"b'),
        ("symbol", ","),
        ("quoted", "c`d"),
        ("symbol", ","),
        ("quoted", "e f"),
        ("symbol", ","),
        ("string", "'it''s'"),
        ("symbol", ","),
        ("blob", "x'0F'"),
        ("symbol", ","),
        ("number", "1.5e-3"),
        ("symbol", ","),
        ("number", ".5"),
        ("symbol", ","),
        ("number", "0x1F"),
        ("symbol", ","),
        ("word", "a"),
        ("symbol", "->>"),
        ("word", "b"),
        ("symbol", "<="),
        ("word", "été"),
        ("symbol", "$"),
        ("symbol", "?"),
        ("number", "1"),
    ]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("price>0", '"price" > 0'),
        ('"price"  >  0', '"price" > 0'),
        ("[PRICE] > 0", '"price" > 0'),
        ("`t`.`price` > 0", '"price" > 0'),
        ('"T".price > 0', '"price" > 0'),
        ("other.price > 0", '"other" . "price" > 0'),
        ("(( price > 0 ))", '"price" > 0'),
        ("(price) > (0)", '( "price" ) > ( 0 )'),
        ("name in ('a  b', 'C''d')", "\"Name\" IN ( 'a  b' , 'C''d' )"),
        ("Length(NAME) between 1 and 9", 'length ( "Name" ) BETWEEN 1 AND 9'),
        ("name is not null and not price isnull", '"Name" IS NOT NULL AND NOT "price" ISNULL'),
        ("key = 1 or date = current_date", '"key" = 1 OR "date" = CURRENT_DATE'),
        ('"a b" || "q""q"', '"a b" || "q""q"'),
        ("case when price then x'ab' else null end", "CASE WHEN \"price\" THEN X'AB' ELSE NULL END"),
        ("json_valid(data) -- why\n OR data /* ' */ IS NULL", 'json_valid ( "data" ) OR "data" IS NULL'),
        ("", ""),
    ],
)
def test_an_expression_is_written_in_one_way(written, expected):
    assert normal(tokenize(written), NAMES, "t") == expected
    assert normal(tokenize(expected), NAMES, "t") == expected


def test_what_a_table_says_is_read_from_its_text():
    text = parse_table(
        """
        CREATE TABLE IF NOT EXISTS "main"."odd (name, check" -- a comment, with a comma (
        (
            id integer NOT NULL CONSTRAINT pk PRIMARY KEY ON CONFLICT ROLLBACK AUTOINCREMENT,
            [check] decimal ( 10, 2 ) DEFAULT (max(1, 2)) CHECK ("check" > ')' ) CONSTRAINT named CHECK (id) UNIQUE,
            'string name' text DEFAULT -1.5 COLLATE [nocase] NOT NULL ON CONFLICT ABORT UNIQUE ON CONFLICT IGNORE,
            `generated` int GENERATED ALWAYS AS (id * (2)) STORED,
            short AS ("id" + 1),
            "default" varchar(3) DEFAULT 'x, y' CONSTRAINT u UNIQUE,
            untyped,
            a int CONSTRAINT fk REFERENCES "other table" ON DELETE SET NULL ON UPDATE NO ACTION MATCH FULL
                NOT DEFERRABLE INITIALLY IMMEDIATE NOT NULL,
            b int REFERENCES t2 ("x y") DEFERRABLE INITIALLY DEFERRED CHECK (b),
            CONSTRAINT "constraint (two)" UNIQUE (a, "b" COLLATE nocase DESC),
            CHECK (a IN (1, 2)) CONSTRAINT "no comma" CHECK (b)
            FOREIGN KEY (a, [b]) REFERENCES t3 (c, d) ON DELETE CASCADE DEFERRABLE,
            FOREIGN KEY (b) REFERENCES t4 NOT DEFERRABLE
        ) STRICT
        """
    )
    assert text.primary_key == "pk"
    assert {
        name: (column.collation, column.autoincrement, column.generated and normal(column.generated))
        for name, column in text.columns.items()
        if column.collation or column.autoincrement or column.generated
    } == {
        "id": (None, True, None),
        "string name": ("nocase", False, None),
        "generated": (None, False, '"id" * ( 2 )'),
        "short": (None, False, '"id" + 1'),
    }
    assert list(text.columns) == [
        *("id", "check", "string name", "generated", "short", "default", "untyped", "a", "b"),
    ]
    assert text.uniques == [
        ("", ("check",)),
        ("", ("string name",)),
        ("u", ("default",)),
        ("constraint (two)", ("a", "b")),
    ]
    assert [(name, normal(tokens)) for name, tokens in text.checks] == [
        ("", "\"check\" > ')'"),
        ("named", '"id"'),
        ("", '"b"'),
        ("", '"a" IN ( 1 , 2 )'),
        ("no comma", '"b"'),
    ]
    assert text.foreign_keys == [
        ForeignKey("fk", ("a",), "other table"),
        ForeignKey("", ("b",), "t2", ("x y",), True, True),
        ForeignKey("", ("a", "b"), "t3", ("c", "d"), True, False),
        ForeignKey("", ("b",), "t4"),
    ]


def test_what_an_index_says_is_read_from_its_text():
    text = parse_index(
        'CREATE UNIQUE INDEX "where (" ON "t (x)" (a DESC, lower(b) COLLATE nocase ASC, (c)) WHERE a > 1'
    )
    assert [normal(part) for part in text.parts] == ['"a"', 'lower ( "b" )', '( "c" )']
    assert normal(text.condition) == '"a" > 1'
    assert parse_index("CREATE INDEX i ON t (a)").condition == []


@pytest.mark.parametrize(
    "sql", ["", "CREATE TABLE t", "CREATE TABLE t (", "CREATE TABLE t (a CHECK (", 'CREATE "x']
)
def test_a_text_cut_off_is_read_as_far_as_it_goes(sql):
    assert parse_table(sql).foreign_keys == []
    assert parse_index(sql).condition == []


def test_a_token_knows_words_and_symbols_apart():
    word, name, text = tokenize("check \"check\" 'check'")
    assert (word.word, name.word, text.word) == ("CHECK", "", "")
    assert not Token("string", "(").is_symbol("(")
