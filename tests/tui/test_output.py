"""Writing what is in view to a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from .fakes import FakeWorkbench
from .stage import Play, play


def bottom(wizard: Play) -> list[str]:
    """Return the two lines at the bottom."""
    return [line.strip() for line in wizard.lines()[-2:]]


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


async def test_the_script_is_written_where_the_user_says(tmp_path: Path) -> None:
    (tmp_path / "migwizard-fake.sql").write_text("other")
    async with play(size=(160, 24)) as wizard:
        await wizard.press("p", "w")
        assert bottom(wizard)[1] == "write to: migwizard-fake-2.sql"
        await wizard.press("ctrl+u", *"repair.sql", "enter")
        assert bottom(wizard)[0] == f"Written to {tmp_path / 'repair.sql'}"
    assert (tmp_path / "migwizard-fake.sql").read_text() == "other"
    text = (tmp_path / "repair.sql").read_text()
    assert text.startswith("-- Record shop.0005_note as applied (fake, safe)\n")
    assert text.endswith("\n\nCOMMIT;\n")


async def test_nothing_is_written_over_without_a_word(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("other")
    async with play() as wizard:
        for keys, said in (
            (("n",), "Nothing was written."),
            (("enter",), "Nothing was written."),
            (("escape",), "Nothing was written."),
        ):
            await wizard.press("p", "w", "ctrl+u", *"a.sql", "enter")
            assert bottom(wizard)[1] == "a.sql is there. y writes over it, any other key does not:"
            await wizard.press(*keys)
            assert bottom(wizard)[0] == said
            assert (tmp_path / "a.sql").read_text() == "other"
        await wizard.press("w", "ctrl+u", *"a.sql", "enter", "y")
    assert (tmp_path / "a.sql").read_text().startswith("-- Record shop.0005_note")


async def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    async with play() as wizard:
        await wizard.press("p", "w", "ctrl+u", *"nowhere/a.sql", "enter")
        assert bottom(wizard)[0].startswith("Could not write: ")
        await wizard.press("w", "ctrl+u", *str(tmp_path), "enter")
        assert bottom(wizard)[0].startswith("Could not write: ")
        await wizard.press("w", "escape")
        assert bottom(wizard)[0] == "Nothing was written."


async def test_a_script_holds_the_files_of_its_plan_as_diffs(tmp_path: Path) -> None:
    async with play(FakeWorkbench(rich=True)) as wizard:
        await wizard.press("p", "w", "ctrl+u", *"a.sql", "enter")
    assert SCRIPT in (tmp_path / "a.sql").read_text()


SCRIPT = """
-- 1. The branch goes on where the other one ends.
--    by hand: write the file /srv/shop/shop/migrations/0003_right.py
--      @@ -2,5 +2,5 @@
--
--
--       class Migration(migrations.Migration):
--      -    dependencies = [("shop", "0002_total")]
--      +    dependencies = [("shop", "0003_left")]
--           operations = []

-- 2. Nobody needs the merge any more.
--    by hand: delete the file /srv/shop/shop/migrations/0004_merge.py
"""
