"""The journal, undoing, and what is opened after an interruption."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from .fakes import ENTRY, FINDINGS, GONE, KILLED, KILLED_FINDING, NOTE, FakeWorkbench, situation_of
from .stage import Play, play


def bottom(wizard: Play) -> list[str]:
    """Return the two lines at the bottom."""
    return [line.strip() for line in wizard.lines()[-2:]]


async def test_u_shows_the_journal_and_enter_walks_to_the_undo() -> None:
    async with play() as wizard:
        await wizard.press("u")
        assert "7 done          2026-03-01 12:00:00 UTC  deploy@web1 from 10.0.0.5" in wizard.text()
        assert "6 undone" in wizard.text()
        assert bottom(wizard)[0] == (
            "[journal] ▸ execution ▸ preview ▸ dry run ▸ run · Enter shows the execution"
        )
        await wizard.press("enter")
        assert bottom(wizard)[0] == (
            "journal ▸ [execution] ▸ preview ▸ dry run ▸ run · Enter plans to take it back"
        )
        await wizard.press("enter")
        assert wizard.bench.asked[-1] == "undo 7"
        assert "Take back number 7  careful" in wizard.text()
        await wizard.press("enter", "enter")
        assert wizard.bench.committed == 0
        await wizard.press("y")
        assert wizard.bench.committed == 1
        assert bottom(wizard)[0] == "step 5 of 5, run: done · Enter goes to the next problem"


@pytest.mark.parametrize("downs", [1, 2])
async def test_of_what_is_not_in_nothing_is_taken_back(downs: int) -> None:
    async with play() as wizard:
        await wizard.press("u", *"jj"[:downs], "enter")
        assert bottom(wizard)[0] == "step 2 of 5, execution: nothing of it is in · Enter goes back"
        await wizard.press("enter")
        assert wizard.wizard.page == "journal"


async def test_what_failed_half_way_and_is_in_by_a_part_can_be_taken_back() -> None:
    entry = replace(ENTRY, outcome="failed", message="Step 2 failed. Step 1 is in.", done_steps=1)
    async with play(FakeWorkbench(entries=(entry,))) as wizard:
        await wizard.press("u", "enter")
        assert bottom(wizard)[0] == (
            "journal ▸ [execution] ▸ preview ▸ dry run ▸ run · Enter plans to take it back"
        )
        await wizard.press("enter")
        assert wizard.bench.asked[-1] == "undo 7"


async def test_of_a_run_that_was_rolled_back_no_undo_is_offered_but_the_journal() -> None:
    async with play() as wizard:
        await wizard.press("p", "x", "y")
        report = wizard.wizard.report
        assert report is not None
        wizard.wizard.got_report(
            replace(report, outcome="rolled-back", message="Everything was rolled back: it came otherwise.",
                    gone=(), remaining=(NOTE.id, GONE.id))
        )  # fmt: skip
        await wizard.press("k")
        text = wizard.text()
        assert "It is number 8 in the journal." in text
        assert f"Still there\n - {NOTE.id}" in text
        assert f"Had come up\n - {GONE.id}" in text
        assert "u journal" in bottom(wizard)[1]
        await wizard.press("u")
        assert wizard.wizard.page == "journal"


async def test_u_directly_after_a_run_proposes_to_take_it_back() -> None:
    async with play() as wizard:
        await wizard.press("p", "x", "y")
        assert "It is number 8 in the journal; u takes it back." in wizard.text()
        await wizard.press("u")
        assert wizard.bench.asked[-1] == "undo 8"
        assert "Take back number 8" in wizard.text()
        await wizard.press("q")
        assert wizard.wizard.page == "run"


async def test_an_undo_that_is_refused_says_why() -> None:
    async with play(FakeWorkbench(entries=(replace(KILLED, outcome="done"),))) as wizard:
        await wizard.press("u", "enter", "enter")
        assert bottom(wizard)[0] == "Its row was changed since."
        assert wizard.wizard.page == "entry"


async def test_an_empty_journal_says_so_and_a_filter_narrows_it() -> None:
    async with play(FakeWorkbench(entries=())) as wizard:
        await wizard.press("u", "enter")
        assert "Nothing has been executed on this database by migwizard yet." in wizard.text()
    async with play() as wizard:
        await wizard.press("u", "slash", *"failed", "enter")
        assert "5 failed" in wizard.text()
        assert "7 done" not in wizard.text()


async def test_it_opens_on_an_unfinished_execution_and_says_what_is_in() -> None:
    situation = replace(situation_of(), unfinished=(replace(ENTRY, id=8), KILLED))
    async with play(FakeWorkbench(situation, (*FINDINGS, KILLED_FINDING)), size=(80, 40)) as wizard:
        text = wizard.text()
        assert "[execution]" in text
        assert "9 Run shop.0007_invoice  interrupted" in text
        assert "It was interrupted: migwizard was killed" in text
        assert "The repair number 9 was interrupted; its first step is in, its second is not." in text
        assert "2 of 2 steps had begun, 1 is in." in text
        assert bottom(wizard)[0] == (
            "step 2 of 5, execution: its end is not known · Enter says what can be done"
        )
        await wizard.press("enter")
        assert wizard.wizard.finding is KILLED_FINDING
        assert (
            bottom(wizard)[0] == "problem ▸ [explain] ▸ preview ▸ dry run ▸ run · Enter previews the repair"
        )
        await wizard.press("q", "q")
        assert wizard.wizard.page == "problems"
        await wizard.press("R")
        assert wizard.wizard.page == "problems", "it is told at the opening, not at every reading"


async def test_an_execution_is_written_whole_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with play() as wizard:
        await wizard.press("u", "enter", "w", "enter")
    assert (tmp_path / "migwizard-journal-7.txt").read_text() == EXECUTION


EXECUTION = """\
7 Record shop.0005_note as applied  done
deploy@web1 from 10.0.0.5, 2026-03-01 12:00:00 UTC, 1.2 s
Done: 2 steps, 1 finding gone.
repaired applied-not-recorded:shop.0005_note

Lost for good
- column shop_order.old: 3 filled rows

History rows before (-) and after (+)
  + shop.0005_note  2026-03-01 12:00:00  id 12

Tables
- shop_order: +column tax, column total changed, +constraint
  shop_order_note_uniq
- shop_old: dropped
- shop_new: made

File shop/migrations/0005_note.py
  --- /dev/null
  +++ shop/migrations/0005_note.py
  @@ -0,0 +1,6 @@
  +from django.db import migrations
  +
  +
  +class Migration(migrations.Migration):
  +    dependencies = [("shop", "0002_total")]
  +    operations = []

1/2 add row shop.0005_note
The schema has everything that shop.0005_note does, so its row is all that is
missing.
  INSERT INTO "django_migrations" ("app", "name") VALUES ('shop', '0005_note')
  0.004 s, 1 row

2/2 SQL
The column that is missing.
  ALTER TABLE "shop_order" ADD COLUMN "tax" integer NULL
  0.400 s

Problems that were gone afterwards
- applied-not-recorded:shop.0005_note
"""
