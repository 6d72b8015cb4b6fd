"""Rows that do not fit a column's new type are told by `check`, and are what migrate then fails on, or does not."""

from __future__ import annotations

import pytest

from tests.running.kit import execute

from .kit import add, alter, findings, model, project

NAMES = ("uncastable-values", "overlong-values")
FIELDS = ("a=CharField(max_length=20)", "b=CharField(max_length=20)", "c=TextField()", "d=DateTimeField()")
BEFORE = model("T", *FIELDS)
ROW = "INSERT INTO shop_t (a, b, c, d) VALUES ({})"


def shop(
    tmp_path, database, *operations: str, rows: tuple[str, ...] = ("'12', 'b', 'c', '2020-01-02 10:00:00'",)
):
    made = project(tmp_path / "p", [[BEFORE], list(operations)], database)
    assert made.manage("migrate", "shop", "0001").code == 0
    execute(database, *(ROW.format(row) for row in rows))
    return made


def test_a_word_in_what_shall_be_a_number(tmp_path, database):
    rows = ("'12', 'b', 'c', '2020-01-02 10:00:00'", "'XL', 'b', 'c', '2020-01-02 10:00:00'")
    made = shop(tmp_path, database, alter("T", "a=IntegerField()"), rows=rows)
    (finding,) = findings(made, *NAMES).values()
    sqlite = database["ENGINE"].endswith("sqlite3")
    assert finding["id"] == "uncastable-values:shop.0002_x:1"
    assert finding["severity"] == ("warning" if sqlite else "error")
    assert "1 row of it holds something else" in finding["summary"]
    assert "for example 'XL'" in finding["evidence"]
    assert made.manage("migrate").code == (0 if sqlite else 1)
    if sqlite:
        assert execute(database, "SELECT a, typeof(a) FROM shop_t ORDER BY id") == [
            (12, "integer"),
            ("XL", "text"),
        ]


def test_a_text_longer_than_the_new_length(tmp_path, database):
    made = shop(tmp_path, database, alter("T", "a=CharField(max_length=1)"))
    (finding,) = findings(made, *NAMES).values()
    sqlite = database["ENGINE"].endswith("sqlite3")
    assert finding["id"] == "overlong-values:shop.0002_x:1"
    assert finding["severity"] == ("warning" if sqlite else "error")
    assert made.manage("migrate").code == (0 if sqlite else 1)


def test_a_text_that_a_cast_cuts_off(tmp_path, new_database):
    database = new_database("postgresql")
    rows = ("'12', 'b', 'too long', '2020-01-02 10:00:00'",)
    made = shop(tmp_path, database, alter("T", "c=CharField(max_length=3)"), rows=rows)
    (finding,) = findings(made, *NAMES).values()
    assert (finding["severity"], finding["name"]) == ("warning", "overlong-values")
    assert "cuts off" in finding["summary"]
    assert made.manage("migrate").code == 0
    assert execute(database, "SELECT c FROM shop_t") == [("too",)]


@pytest.mark.parametrize(
    "operation",
    [
        alter("T", "a=IntegerField()"),
        alter("T", "a=CharField(max_length=2)"),
        alter("T", "a=TextField()"),
        alter("T", "c=CharField(max_length=1)"),
        alter("T", "b=CharField(max_length=20, unique=True)"),
        add("T", "e=CharField(max_length=1, default='long')").replace("'long'", "'l'"),
    ],
)
def test_what_fits_is_not_told_and_goes_through(tmp_path, database, operation):
    made = shop(tmp_path, database, operation)
    assert findings(made, *NAMES) == {}
    assert made.manage("migrate").code == 0


def test_code_that_runs_before_may_see_to_it(tmp_path, database):
    clean = "migrations.RunSQL(\"UPDATE shop_t SET a = '1' WHERE a = 'XL'\")"
    rows = ("'XL', 'b', 'c', '2020-01-02 10:00:00'",)
    made = shop(tmp_path, database, clean, alter("T", "a=IntegerField()"), rows=rows)
    (finding,) = findings(made, *NAMES).values()
    assert finding["severity"] == "warning"
    assert "unless the code of shop.0002_x changes these rows before" in finding["evidence"]


def test_a_moment_in_what_shall_be_a_date_of_sqlite(tmp_path, new_database):
    made = shop(tmp_path, new_database("sqlite"), alter("T", "d=DateField()"))
    (finding,) = findings(made, *NAMES).values()
    assert finding["summary"] == (
        "shop.0002_x makes shop_t.d date; 1 row of it holds something else, and SQLite keeps it without an error."
    )


def test_an_empty_table_asks_for_nothing(tmp_path, database):
    made = shop(tmp_path, database, alter("T", "a=IntegerField()"), rows=())
    assert findings(made, *NAMES) == {}
