"""What is on the screen, whole: at 80x24, side by side, in ASCII, and when there is no room."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from .fakes import FakeWorkbench, many
from .stage import play

SNAPSHOTS = Path(__file__).parent / "snapshots"
OPENING = """\
 shop on localhost:5432 as deploy · public         3 problems · PostgreSQL 16.3
  migrations  6/10                         file  record  schema
  ▸ auth  2 migrations, all applied
  ▾ shop  10 migrations, 1 not recorded, 1 not applied, 1 half applied, 1 pendi…
  ●   0001_initial  ⇠ auth.0012            ✓     ✓       ✓
  ●─╮ 0002_total                           ✓     ✓       ✓
  ● │ 0003_left                            ✓     ✓       ✓
  │ ● 0003_right                           ✓     ✓       ✓
↑ ●─╯ 0004_merge                           ✓     ✓       ✓
> ▲   0005_note  ⇠ auth.0001               ✓     –       ✓       not recorded
─[1 problems 3]│ 2 database │ 3 explain │ 4 SQL │ 5 log ─────────────────── 1/4
> ✗ error   applied-not-recorded  shop.0005_note  2 repairs
    shop.0005_note is not recorded as applied, but column shop_order.note exist…
  ✗ error   recorded-not-applied  shop.0006_tax  1 repair
    shop.0006_tax is recorded as applied, but column shop_order.tax does not ex…
  ▲ warning missing-file  shop.0009_gone
    shop.0009_gone is recorded, but no file has this name.
  · info    pending  shop.0008_index
    shop.0008_index has not been applied yet.



 [problem] ▸ explain ▸ preview ▸ dry run ▸ run · Enter explains it
 Enter explain  r repairs  p preview  a actions  u journal  0 ledger  ? help"""

PAGES = {
    "explain": ("enter",),
    "preview": ("p",),
    "dry-run": ("p", "d"),
    "done": ("p", "x", "y"),
    "journal": ("u",),
    "execution": ("u", "enter"),
    "database": ("2",),
    "log": ("5",),
    "actions": ("a",),
    "migration": ("0", "k", "k", "enter"),
    "help": ("question_mark",),
}


async def test_the_opening_screen() -> None:
    async with play() as wizard:
        assert wizard.text() == OPENING


@pytest.mark.parametrize("size", [(80, 24), (160, 50)], ids=["80x24", "160x50"])
@pytest.mark.parametrize("page", PAGES)
async def test_every_page(page: str, size: tuple[int, int]) -> None:
    """The pages as they were last looked at; `MIGWIZARD_SNAPSHOTS=write` writes them anew, to be looked at again."""
    async with play(size=size) as wizard:
        await wizard.press(*PAGES[page])
        shown = "\n".join(line.rstrip() for line in wizard.lines()).rstrip() + "\n"
        assert all(len(line) <= size[0] for line in wizard.lines())
    file = SNAPSHOTS / f"{page}-{size[0]}x{size[1]}.txt"
    if os.environ.get("MIGWIZARD_SNAPSHOTS") == "write":
        file.write_text(shown, encoding="utf-8")
    assert shown == file.read_text(encoding="utf-8")


async def test_without_utf8_only_ascii_is_drawn() -> None:
    async with play(environ={"TERM": "xterm", "LC_ALL": "C"}) as wizard:
        for keys in ((), ("enter",), ("2",), ("p",), ("d",), ("u",), ("enter",), ("question_mark",)):
            await wizard.press(*keys)
            assert wizard.text().isascii(), wizard.text()
        await wizard.press("q", "1")
        row = next(line for line in wizard.lines() if "0005_note" in line)
        assert row.split() == [">", "!", "0005_note", "<-", "auth.0001", "ok", "-", "ok", "not", "recorded"]


async def test_every_state_has_a_sign_of_its_own_without_colour() -> None:
    async with play(size=(80, 40)) as wizard:
        await wizard.press("0", "z")
        sign = {
            name[0]: line.split()[0 if line[0] == " " else 1]
            for line in wizard.lines()
            if (name := re.findall(r"\d{4}_\w+", line))
        }
        assert (sign["0005_note"], sign["0006_tax"], sign["0008_index"], sign["0009_gone"]) == (
            "▲",
            "▲",
            "○",
            "◌",
        )
        text = wizard.text()
        for word in ("not recorded", "not applied", "half applied", "pending", "no file"):
            assert word in text


async def test_below_60x15_there_is_one_sentence_and_no_key_acts() -> None:
    async with play(size=(59, 24)) as wizard:
        assert wizard.text().strip() == "At least 60x15 needed; this is 59x24."
        await wizard.press("p", "x", "y")
        assert "execute" not in wizard.bench.asked
        await wizard.pilot.resize_terminal(60, 15)
        await wizard.until(lambda: "step 1 of 5, problem · Enter explains it" in wizard.text())
        assert len(wizard.lines()) == 15
        await wizard.pilot.resize_terminal(80, 14)
        await wizard.until(lambda: wizard.text().strip() == "At least 60x15 needed; this is 80x14.")


async def test_from_100_columns_ledger_and_panel_are_side_by_side() -> None:
    async with play(size=(100, 24)) as wizard:
        lines = wizard.lines()
        assert "migrations" in lines[1]
        assert "1 problems 3" in lines[1]
        await wizard.pilot.resize_terminal(99, 24)
        await wizard.until(lambda: "1 problems 3" not in wizard.lines()[1])


async def test_the_key_bar_drops_whole_hints_and_ends_in_help() -> None:
    for width in range(60, 130, 7):
        async with play(size=(width, 24)) as wizard:
            bar = wizard.lines()[-1]
            assert bar.endswith(" ? help")
            assert len(bar) <= width
            known = {
                "Enter explain",
                "r repairs",
                "p preview",
                "a actions",
                "u journal",
                "0 ledger",
                "Tab panel",
                "/ filter",
            }
            hints = [hint.strip() for hint in bar.removesuffix("? help").split("  ") if hint.strip()]
            assert set(hints) <= known | {"q quit"}, hints


async def test_apps_without_surprises_begin_folded_and_unfold() -> None:
    async with play(FakeWorkbench(many(200, 4), ()), size=(80, 24)) as wizard:
        await wizard.press("0", "g")
        assert [line for line in wizard.lines() if "▾" in line] == []
        assert wizard.lines()[1].startswith("  migrations  200 ")
        await wizard.press("right")
        assert "▾ app00" in wizard.text()
        await wizard.press("j", "left")
        assert "▸ app00" in wizard.text()


async def test_every_key_of_the_help_has_a_binding_and_the_other_way_round() -> None:
    from migwizard.tui.keys import KEYS
    from migwizard.tui.wizard import Wizard

    for key in KEYS:
        name = key.action.partition("(")[0]
        assert hasattr(Wizard, f"action_{name}"), key
        assert key.sentence.endswith("."), key
    forbidden = {f"ctrl+{letter}" for letter in "abhijm"} | {"ctrl+enter"}
    assert not forbidden & {key for known in KEYS for key in known.keys.split(",")}
