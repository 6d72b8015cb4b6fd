"""Plans, what became of them, and scripts, asserted whole."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from migwizard import report
from migwizard.core.plan import Plan, Ran, Report, Step

from .situations import DONE, FINDING, PLAN, shop


def test_a_plan_step_by_step():
    assert report.plan(PLAN) == dedent(
        """\
        Make the history consistent: 1 recorded, 1 run (repair-history, careful)

        1. The schema has everything that shop.0002 makes.
           | INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002', CURRENT_TIMESTAMP)
           undo: Delete the row again: unfake shop 0002
           command: manage.py migrate --fake shop 0002

        2. The schema has nothing of shop.0003.
           | ALTER TABLE "shop_order"
           |     ADD COLUMN "note" text;
           | CREATE INDEX i ON shop_order (note)
           | Runs Python:
           | def forwards(apps, editor): ...

        3. The dependency has to name another file.
           writes shop/migrations/0004.py
           | @@ -0,0 +1 @@
           | +x = 1

        It risks:
          - shop_order has about 20000 rows.

        It locks:
          - shop_order: AccessExclusive

        Afterwards these must be gone:
          - inconsistent-history:shop.0002"""
    )


def test_a_plan_that_cannot_be_executed_says_why():
    refused = Plan("migrate", "Run it", "careful", (), refusal="The history is inconsistent.")
    assert (
        report.plan(refused)
        == "Run it (migrate, careful)\nIt cannot be executed: The history is inconsistent."
    )


def test_what_became_of_it():
    assert report.result(DONE) == dedent(
        """\
        done: Done: 2 statements.

             0.001 s     1 row  INSERT INTO django_migrations …
             1.500 s            ALTER TABLE shop_order ADD COLUMN note text

        Gone:
          - inconsistent-history:shop.0002

        Still there:
          - missing-file:shop.0099

        It is number 7 in the journal."""
    )


def test_what_receivers_of_signals_only_look_at_is_told_in_one_line():
    steps = (Step("operation", "Tell the apps.", signal="post_migrate"), Step("operation", "Run it."))
    ran = (
        Ran("SELECT 1", 0.25, None, 0),
        Ran("SELECT 2", 0.25, None, 0),
        Ran("INSERT INTO auth_permission …", 0.001, 4, 0),
        Ran("SELECT 3", 0.001, None, 0),
        Ran("SELECT fill_rows()", 0.001, None, 1),
    )
    made = Plan("migrate", "Run it", "careful", steps)
    assert report.result(Report(made, "done", "Done: 2 steps.", ran)) == dedent(
        """\
        done: Done: 2 steps.

             0.500 s            2 statements that only read (--format json lists all)
             0.001 s    4 rows  INSERT INTO auth_permission …
             0.001 s            1 statement that only reads (--format json lists all)
             0.001 s            SELECT fill_rows()"""
    )


def test_a_dry_run_tells_what_everybody_else_waits_for():
    ran = replace(DONE.ran[1], locks=("ACCESS EXCLUSIVE on a\x1b[2J",), rewrites=("a\x1b[2J",))
    text = report.result(replace(DONE, ran=(DONE.ran[0], ran), gone=(), remaining=(), journal=None))
    assert text == dedent(
        """\
        done: Done: 2 statements.

             0.001 s     1 row  INSERT INTO django_migrations …
             1.500 s            ALTER TABLE shop_order ADD COLUMN note text
                              blocks reads and writes of a\\x1b[2J; writes a\\x1b[2J anew

        It blocks, until it is committed:
          - reads and writes of a\\x1b[2J for at least 1.500 s"""
    )


def test_several_repairs_and_what_is_left():
    failed = Report(replace(PLAN, finding=None, action="migrate shop"), "failed", "No.")
    assert report.results((DONE, failed), (FINDING,)) == dedent(
        """\
        done         inconsistent-history:shop.0002: Done: 2 statements.
        failed       migrate shop: No.

        Left:
          - recorded-not-applied:shop.0007_note

        1 error."""
    )
    assert report.results((), ()) == "There was nothing to repair.\n\nNothing is wrong."


def test_a_script_that_can_be_run_by_hand():
    assert report.script(replace(PLAN, refusal="Not here.")) == dedent(
        """\
        -- Make the history consistent: 1 recorded, 1 run (repair-history, careful)
        -- migwizard does not execute it: Not here.
        -- risk: shop_order has about 20000 rows.

        BEGIN;

        -- 1. The schema has everything that shop.0002 makes.
        INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0002', CURRENT_TIMESTAMP);

        -- 2. The schema has nothing of shop.0003.
        --    Runs Python:
        --    def forwards(apps, editor): ...
        ALTER TABLE "shop_order"
        \tADD COLUMN "note" text;
        CREATE INDEX i ON shop_order (note);

        -- 3. The dependency has to name another file.
        --    by hand: write the file shop/migrations/0004.py
        --      @@ -0,0 +1 @@
        --      +x = 1

        COMMIT;"""
    )


@pytest.mark.parametrize(
    ("vendor", "schema", "path"),
    [
        ("postgresql", "public", ()),
        ("postgresql", 'a"; DROP', ('a"; DROP', "public")),
        ("microsoft", "sales", ()),
    ],
)
def test_a_script_sets_the_search_path_of_another_schema_than_public(
    vendor: str, schema: str, path: tuple[str, ...]
) -> None:
    database = replace(shop().database, vendor=vendor, schema=schema)
    found = replace(shop(), database=database).search_path()
    assert found == path
    lines = report.script(PLAN, vendor, found).splitlines()
    assert ('SET LOCAL search_path = "a""; DROP", "public";' in lines) == bool(path)


def test_a_script_for_sql_server_ends_with_the_first_error_and_sends_one_statement_at_a_time():
    step = Step("sql", "Both.", sql=("ALTER TABLE [t] ADD [x] int", "UPDATE [t] SET [x] = 1;"))
    assert report.script(Plan("align-schema", "Align", "careful", (step,)), "microsoft") == dedent(
        """\
        -- Align (align-schema, careful)

        -- Run it with sqlcmd -b, which ends with the first error, so that everything is rolled back.
        SET XACT_ABORT ON;
        BEGIN TRANSACTION;
        GO

        -- 1. Both.
        ALTER TABLE [t] ADD [x] int;
        GO
        UPDATE [t] SET [x] = 1;
        GO

        COMMIT;
        GO"""
    )


def test_nothing_hostile_ends_a_comment_of_a_script_or_reaches_a_terminal():
    step = Step(
        "record",
        "why\nDROP TABLE x;",
        sql=("DELETE FROM t WHERE name = 'a\x1b[2J'",),
        note="a\nDROP TABLE x;",
    )
    made = Plan("fake", "title\nDROP TABLE x;", "safe", (step,), risks=("risk\nDROP TABLE x;",))
    lines = report.script(made).splitlines()
    assert [line for line in lines if line and not line.startswith("--")] == ["BEGIN;", "COMMIT;"]
    assert lines[-3] == (
        "--    left out, as it holds control characters: DELETE FROM t WHERE name = 'a\\x1b[2J'"
    )
    done = Report(made, "done", "m\x1b[2J", ran=(Ran("s\x1b[2J", 0.0),))
    assert "\x1b" not in report.plan(made) + report.result(done) + report.results((done,), ())


def test_a_step_without_sql_names_its_command():
    python = Step("operation", "It moves rows.", command="manage.py migrate shop 0005")
    lines = report.script(
        Plan("migrate", "Run", "careful", (python, replace(python, command="")))
    ).splitlines()
    assert "--    no SQL; run it with: manage.py migrate shop 0005" in lines
    assert "--    no SQL" in lines
