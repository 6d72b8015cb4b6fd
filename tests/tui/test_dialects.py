"""A migration in the SQL of several servers, stepped through with one key."""

from __future__ import annotations

from .fakes import FakeWorkbench
from .stage import play


async def test_t_shows_the_selected_migration_here_and_then_elsewhere() -> None:
    async with play() as wizard:
        await wizard.press("0", "t")
        assert wizard.wizard.page == "dialect"
        key, name = wizard.wizard.dialect
        assert name == "postgresql"
        text = wizard.text()
        assert f"{key[0]}.{key[1]} on PostgreSQL 16  this database" in text
        assert "1. Add field [b]x[/b]" in text
        assert "ALTER TABLE a;" in text
        assert "Runs Python." in text
        assert "    pass" in text
        assert "t next dialect" in wizard.lines()[-1]
        for dialect in ("sqlite", "mysql", "mariadb", "sqlserver", "postgresql"):
            await wizard.press("t")
            assert wizard.wizard.dialect == (key, dialect)
        asked = [name for name in wizard.bench.asked if name.startswith("sql ")]
        assert len(asked) == 5, "what was written is kept"


async def test_what_a_server_cannot_do_stands_beside_it() -> None:
    async with play() as wizard:
        await wizard.press("0", "t", "t", "t", "t", "t")
        text = wizard.text()
        assert "on SQL Server 2022" in text
        assert "unindexable-column: It cannot run on SQL Server." in text
        assert "Make it shorter." in text


async def test_a_backend_that_is_missing_is_said_in_place() -> None:
    async with play() as wizard:
        await wizard.press("0", "t", "t", "t")
        assert "It is not installed." in wizard.text()


async def test_what_fails_is_said_in_place_and_esc_goes_back() -> None:
    async with play(FakeWorkbench(fails={"sql": "The SQL cannot be written: no."})) as wizard:
        await wizard.press("0", "t")
        assert "The SQL cannot be written: no." in wizard.text()
        await wizard.press("escape")
        assert wizard.wizard.in_ledger


async def test_enter_goes_back_too_and_a_preview_shows_its_own_migration() -> None:
    async with play() as wizard:
        await wizard.press("p")
        assert wizard.wizard.page == "sql"
        await wizard.press("t")
        assert wizard.wizard.page == "dialect"
        await wizard.press("enter")
        assert wizard.wizard.page == "sql"
