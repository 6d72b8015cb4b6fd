"""Names that want to be obeyed: markup, escapes, newlines, the writing direction, and a megabyte."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from migwizard.core.finding import Offer, Subject
from migwizard.core.graph import Record
from migwizard.core.journal import Entry, FileChange
from migwizard.core.plan import Loss, Plan, Question, Ran, Step
from migwizard.core.schema import Column, Snapshot, Table
from migwizard.core.situation import ProjectInfo
from migwizard.tui.safe import clip, fit, safe, wrap

from .fakes import NOON, NOTE, FakeWorkbench, shop_database, situation_of
from .stage import play

NAMES = (
    "a[/]b [bold red]x[/bold red] [@click=app.exit]q[/]",
    "\x1b[2J\x1b]0;owned\x07 \x9b31m\nlines\r\tand a tab \u202egnp.exe\u2066 \udc80",
    "wide 表表表 and e\u0301\u0301\u0301",
    "x" * 1_000_000,
    "",
)


class HostileWorkbench(FakeWorkbench):
    """A workbench in which every text is the same hostile one."""

    def __init__(self, name: str) -> None:
        key = ("shop", name)
        situation = situation_of(
            (("shop", name, "half-applied", ()), (name, "0001", "pending", (f"shop.{name}",)))
        )
        table = Table(name, (Column(name, name, nullable=True, default=name),))
        truth = replace(situation.migrations[0], key=key)
        operation = replace(truth.operations[0], title=name, evidence=(name,), tables=(name,))
        situation = replace(
            situation,
            project=ProjectInfo(name, name),
            database=shop_database(name=name, user=name, host=name, schema=name, version=name),
            live=Snapshot(name, {name: table}),
            expected={name: table},
            why_not=name,
            migrations=(replace(truth, operations=(operation,)), *situation.migrations[1:]),
        )
        finding = replace(
            NOTE,
            id=f"x:{name}",
            name=name or "x",
            summary=name,
            evidence=(name,),
            subject=Subject("shop", name, name, name, name),
            repairs=(Offer("fake", name, "safe", recommended=True),),
        )
        super().__init__(situation, (finding,))
        self.name = name

    def plan(self, finding: object, repair: str, arguments: object, settings: object) -> Plan:
        step = Step(
            "sql", self.name, (f"SELECT '{self.name}'",), note=self.name, undo=self.name, command=self.name
        )
        file = Step("file", self.name, path=self.name, former=self.name, content=f"{self.name}x")
        row = Step("record", self.name, migration=("shop", self.name), record="rename", new_name=self.name)
        return Plan(
            repair,
            self.name,
            "safe",
            (step, file, row),
            asks=(Question(self.name, self.name, (), self.name),),
            loses=(Loss(self.name, self.name, 1),),
            risks=(self.name,),
            locks=(self.name,),
        )

    def journal(self) -> tuple[Entry, ...]:
        name = self.name
        return (
            Entry(
                1,
                name,
                name,
                name,
                NOON,
                name,
                name,
                "safe",
                message=name,
                steps=(Step("sql", name, (name,)),),
                ran=(Ran(name, 0.1, 1),),
                outcome="done",
                records_after=(Record(1, "shop", name, None),),
                tables_before={name: None},
                files=(FileChange(name, None, name),),
                lost=(name,),
            ),
        )

    def log(self) -> tuple[Ran, ...]:
        return (Ran(f"SELECT '{self.name}'", 0.1, 1),)


@pytest.mark.parametrize("name", NAMES, ids=[ascii(name[:20]) for name in NAMES])
@pytest.mark.parametrize("ascii_only", [False, True], ids=["utf-8", "ascii"])
async def test_no_name_is_obeyed_on_any_page(
    name: str, ascii_only: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    environ = {"TERM": "xterm", "LC_ALL": "C" if ascii_only else "C.UTF-8"}
    async with play(HostileWorkbench(name), environ=environ) as wizard:
        for key in (
            "enter",
            "enter",
            "s",
            "escape",
            "w",
            "enter",
            "d",
            "x",
            "y",
            "enter",
            "u",
            "enter",
            "z",
            "G",
            "z",
            "1",
            "2",
            "3",
            "5",
            "enter",
            "r",
            "0",
            "j",
            "enter",
        ):
            await wizard.press(key)
            for line in wizard.lines():
                assert line.isprintable(), ascii(line)
                line.encode("utf-8")
                if ascii_only:
                    assert line.isascii(), ascii(line)
        assert wizard.app._exception is None


def test_what_cannot_be_seen_is_shown() -> None:
    assert safe("a\x1b[31m\nb\x7f\u202e\x9b") == "a␛[31m␊b␡<202e><9b>"
    assert safe("é\x1b\u202e", ascii_only=True) == "\\xe9\\x1b\\u202e"
    assert safe("cut off…", ascii_only=True) == "cut off~"
    assert safe("plain [b]text[/b]") == "plain [b]text[/b]"
    assert safe(safe("\x00\x07", True), True) == safe("\x00\x07", True)


def test_text_fits_its_cells() -> None:
    from rich.cells import cell_len

    assert fit("abc", 5) == "abc  "
    assert fit("abcdef", 4) == "abc…"
    assert fit("abcdef", 4, "~") == "abc~"
    assert cell_len(fit("表表表", 4)) == 4
    assert clip("abc", 9) == "abc"
    assert clip("abc", 0) == ""
    assert fit("x" * 10**6, 3) == "xx…"


def test_wrapping_keeps_lists_and_indentation() -> None:
    assert wrap("- one two three", 10) == ["- one two", "  three"]
    assert wrap("  deep words here", 10) == ["  deep", "  words", "  here"]
    assert wrap("", 10) == [""]
