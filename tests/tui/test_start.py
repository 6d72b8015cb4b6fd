"""The first half second, and what makes it end early."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from migwizard.tui import run
from migwizard.tui.app import crash_report

from .fakes import NOTE, FakeWorkbench
from .stage import play


def test_importing_the_screens_imports_no_django() -> None:
    code = "import sys, migwizard.tui; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


async def test_the_frame_is_there_and_fills_while_reading_goes_on() -> None:
    slow = threading.Event()
    bench = FakeWorkbench(slow=slow)
    async with play(bench, wait=False) as wizard:
        await wizard.until(lambda: "reading shop 1/3" in wizard.text())
        lines = wizard.lines()
        assert "0005_note" in wizard.text(), "graph and records are there before the schema"
        assert "no problem" not in lines[0]
        assert "Reading the database; problems appear here as they are found." in wizard.text()
        slow.set()
        await wizard.until(lambda: wizard.wizard.whole)
        await wizard.until(lambda: "3 problems" in wizard.lines()[0])


async def test_it_opens_on_the_gravest_finding() -> None:
    async with play() as wizard:
        assert wizard.wizard.finding is NOTE
        row = wizard.wizard.ledger.row()
        assert row is not None
        assert row.key == ("shop", "0005_note")


async def test_a_replay_follows_when_something_hangs_on_it() -> None:
    from dataclasses import replace

    doubtful = replace(NOTE, severity="info", confirmed=False)
    async with play(FakeWorkbench(findings=(doubtful,))) as wizard:
        assert [name for name in wizard.bench.asked if name.startswith("read")] == [
            "read",
            "read with replay",
        ]
    async with play(FakeWorkbench(findings=(doubtful,)), read_only=True) as wizard:
        assert [name for name in wizard.bench.asked if name.startswith("read")] == ["read"]


async def test_a_project_that_cannot_be_opened_ends_it_with_one_sentence() -> None:
    fails = {"open": "There is no Django project here.", "quick": "not open", "read": "not open"}
    bench = FakeWorkbench(fails=fails)
    async with play(bench, wait=False) as wizard:
        await wizard.until(lambda: "read" in bench.asked and wizard.wizard.fatal != "")
        assert wizard.wizard.fatal == "There is no Django project here."
        assert wizard.app.return_code == 2


async def test_everything_happens_on_one_thread_which_is_not_the_screens() -> None:
    async with play() as wizard:
        await wizard.press("enter", "5", "2")
        bench = wizard.bench
        assert len(bench.threads) == 1
        assert threading.get_ident() not in bench.threads
    assert bench.closed
    assert len(bench.threads) == 1


def test_a_dumb_terminal_is_refused_with_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert run(FakeWorkbench) == 2
    assert capsys.readouterr().err == (
        "This terminal (TERM=dumb) cannot show a full screen; use the commands instead: "
        "migwizard check, migwizard status, migwizard repair.\n"
    )


def test_a_pipe_is_refused_with_the_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert run(FakeWorkbench) == 2
    assert capsys.readouterr().err == (
        "The wizard needs a terminal for its input and output; use the commands instead: "
        "migwizard check, migwizard status, migwizard repair.\n"
    )


def test_a_crash_report_shows_no_local_variables() -> None:
    def connect() -> None:
        password = "hunter" + "2"
        raise RuntimeError(f"no connection, {len(password)} letters, \x1b[2J")

    try:
        connect()
    except RuntimeError:
        report = crash_report()
    assert "hunter2" not in report
    assert "no connection, 7 letters, ␛[2J" in report
    assert report.splitlines()[0].startswith("migwizard stopped because of an error of its own.")


async def test_a_crash_of_the_screen_uses_that_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def crash() -> None:
        async with play() as wizard:
            monkeypatch.setattr(wizard.wizard, "show_positions", lambda: 1 // 0)
            await wizard.press("j")

    with pytest.raises(ZeroDivisionError):
        await crash()
    said = capsys.readouterr().err
    assert said.startswith("migwizard stopped because of an error of its own.")
    assert "ZeroDivisionError" in said
    assert "locals" not in said
