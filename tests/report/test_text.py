"""Findings, status and graph as plain text, asserted whole."""

from __future__ import annotations

from dataclasses import replace
from textwrap import dedent

import pytest

from migwizard import report
from migwizard.report import text
from migwizard.report.safe import is_harmless, one_line, visible, visible_lines
from tests.diagnoses.build import DATABASE, chain, situation, uncompared

from .situations import FINDING, UNSURE, hostile, shop


def test_findings_with_their_evidence_and_repairs():
    assert report.check(shop(), (FINDING, UNSURE)) == dedent(
        """\
        postgresql database shop on db1:5432, schema public
        The schema was compared with a replay of the migrations.

        error    recorded-not-applied:shop.0007_note
                 shop.0007_note is recorded as applied, but column shop_order.note does not exist.
                   - django_migrations has the row of 2026-03-01 10:00
                   - shop_order has the columns id, total
                   > migrate (careful, recommended): Run what the schema lacks of shop.0007_note
                   > unfake (careful): Take the record of shop.0007_note away

        info     unknown-tables:* (unconfirmed)
                 1 table belongs to no migration: x.

        1 error, 1 info."""
    )


def test_nothing_found_says_so_and_what_was_looked_at():
    lite = replace(
        DATABASE, vendor="sqlite", name="/srv/shop/db.sqlite3", schema="main", host="", port="", alias="other"
    )
    made = replace(uncompared(situation(chain("shop.0001"), "shop.0001")), database=lite)
    assert report.check(made, ()) == dedent(
        """\
        sqlite database /srv/shop/db.sqlite3 (alias other)
        The schema was not compared: The schema was not read (--no-schema).

        Nothing is wrong."""
    )


def test_status_has_a_row_a_migration():
    assert report.status(shop()) == dedent(
        """\
        postgresql database shop on db1:5432, schema public
        The schema was compared with a replay of the migrations.

                  file  record            schema
        shop  the schema is at 0004, except: 0003_b is not wholly in; recorded up to 0003_a
          0001    yes   2026-03-01 10:00  yes
          0002    yes   2026-03-01 10:00  yes
          0003_b  yes   -                 no       pending
          0003_a  yes   2026-03-01 10:00  yes
          0004    yes   -                 yes?     applied-not-recorded
          0099    -     2026-03-01 10:00  unknown  missing-file
        blog
          0001    yes   2026-03-01 10:00  yes"""
    )


def test_the_graph_is_drawn_with_the_three_truths():
    assert report.graph(shop()) == dedent(
        """\
        shop          file  record            schema
          ●   0001    yes   2026-03-01 10:00  yes
          ●─╮ 0002    yes   2026-03-01 10:00  yes
          ● │ 0003_b  yes   -                 no       pending
          │ ● 0003_a  yes   2026-03-01 10:00  yes
          ●─╯ 0004    yes   -                 yes?     applied-not-recorded
          x   0099    -     2026-03-01 10:00  unknown  missing-file

        blog      file  record            schema
          ● 0001  yes   2026-03-01 10:00  yes       ⇠ shop.0001"""
    )


def test_one_app_alone_and_in_ascii():
    assert text.graph(shop(), "blog", ascii_only=True) == (
        "blog      file  record            schema\n  * 0001  yes   2026-03-01 10:00  yes       <- shop.0001"
    )


@pytest.mark.parametrize("form", ["text", "github"])
def test_no_name_reaches_the_terminal_with_an_escape(form):
    from migwizard.diagnoses import diagnose

    made = hostile()
    for shown in (report.check(made, diagnose(made), form), report.status(made), report.graph(made)):
        assert is_harmless(shown)
        assert "\\x1b]0;x\\x07" in shown


def test_an_empty_project():
    assert report.graph(situation()) == ""
    assert report.status(situation()).splitlines()[-1].split() == ["file", "record", "schema"]


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("shop.0007_note", "shop.0007_note"),
        ("größe", "größe"),
        ("a\x1b[31mb\n", "a\\x1b[31mb\\n"),
        ("\u202e\u200b\udce9\u2028", "\\u202e\\u200b\\udce9\\u2028"),
        ("a\\x1b", "a\\x1b"),
    ],
)
def test_what_cannot_be_seen_is_spelled_out(raw, shown):
    assert visible(raw) == shown


def test_several_lines_keep_their_ends_and_nothing_else():
    assert visible_lines("SELECT\t1\n\x1b[2J") == "SELECT    1\n\\x1b[2J"
    assert one_line("a\n b\x07") == "a b\\x07"
