"""Dry runs: what they come to, what they ask first, and what Enter does after them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.graph import Operation
from migwizard.core.plan import Plan, Ran, Report, Step
from migwizard.core.situation import Situation

from .fakes import NOTE, TAX, FakeWorkbench, plan_of, shop_database, situation_of
from .stage import Play, play


def bottom(wizard: Play) -> list[str]:
    """Return the two lines at the bottom."""
    return [line.strip() for line in wizard.lines()[-2:]]


class OperationWorkbench(FakeWorkbench):
    """A workbench whose plans run the first operation of shop.0005_note."""

    def plan(self, *arguments: object) -> Plan:
        self.note("plan")
        step = Step("operation", "It is missing.", migration=("shop", "0005_note"), operation=0)
        return replace(plan_of(NOTE, "migrate", ()), steps=(step,))


def with_operation(operation: Operation, situation: Situation | None = None) -> Situation:
    """Return a situation in which shop.0005_note consists of one operation."""
    situation = situation or situation_of()
    key = ("shop", "0005_note")
    file = replace(situation.graph.files[key], operations=(operation,))
    return replace(situation, graph=replace(situation.graph, files={**situation.graph.files, key: file}))


@pytest.mark.parametrize(
    ("operation", "asks"),
    [
        (Operation("RunPython", "Raw Python operation", "python"), True),
        (Operation("Triggers", "Triggers", "custom"), True),
        (Operation("SeparateDatabaseAndState", "Custom", "separate", source="def f(): ..."), True),
        (Operation("SeparateDatabaseAndState", "Custom", "separate"), False),
        (Operation("AddField", "Add field", "schema"), False),
    ],
    ids=lambda value: f"{value.kind}-{bool(value.source)}" if isinstance(value, Operation) else "",
)
async def test_code_of_the_project_is_tried_only_after_a_question(operation: Operation, asks: bool) -> None:
    async with play(OperationWorkbench(with_operation(operation))) as wizard:
        await wizard.press("p", "enter")
        if not asks:
            assert wizard.bench.asked.count("dry_run") == 1
            return
        assert bottom(wizard) == [
            "shop.0005_note: code of its own runs.",
            "Outside the database it is not undone. y tries it, any other key does not:",
        ]
        await wizard.press("enter")
        assert bottom(wizard)[0] == "Nothing was run."
        assert "dry_run" not in wizard.bench.asked
        await wizard.press("d", "y")
        assert wizard.bench.asked.count("dry_run") == 1


@pytest.mark.parametrize("changes", [{"local": False}, {"production": True}], ids=repr)
async def test_locks_on_a_database_that_others_use_are_asked_for(changes: dict[str, bool]) -> None:
    situation = with_operation(
        Operation("AddField", "Add field", "schema"), situation_of(database=shop_database(**changes))
    )
    async with play(OperationWorkbench(situation)) as wizard:
        await wizard.press("p", "enter")
        assert bottom(wizard) == [
            "Others who use these tables wait while it is tried.",
            "It holds its locks till then. y tries it, any other key does not:",
        ]
        await wizard.press("y")
        assert wizard.bench.asked.count("dry_run") == 1
    async with play(FakeWorkbench(situation)) as wizard:
        await wizard.press("p", "enter")
        assert wizard.bench.asked.count("dry_run") == 1, "a history row locks nobody out"


async def test_a_plan_that_would_fail_leads_to_the_next_problem_and_never_to_its_run() -> None:
    report = Report(plan_of(NOTE, "fake", ()), "failed", "Step 1 of 1 failed: no room.", dry=True)
    async with play(FakeWorkbench(dry=report)) as wizard:
        await wizard.press("p", "enter")
        assert "would fail" in wizard.text()
        assert "Step 1 of 1 failed: no room." in wizard.text()
        assert bottom(wizard)[0] == "step 4 of 5, dry run: would fail · Enter goes to the next problem"
        await wizard.press("enter", "y")
        assert wizard.wizard.finding is TAX
        assert "execute" not in wizard.bench.asked


async def test_what_everybody_else_waits_for_is_told() -> None:
    plan = plan_of(NOTE, "fake", ())
    ran = (
        Ran("ALTER TABLE a", 1.0, None, 0, ("ACCESS EXCLUSIVE on a",), ("a",)),
        Ran("CREATE INDEX i", 2.0, None, 0, ("SHARE on b",), ()),
    )
    async with play(FakeWorkbench(dry=Report(plan, "rolled-back", "Dry run.", ran, dry=True))) as wizard:
        await wizard.press("p", "enter")
        lines = [line.strip() for line in wizard.lines()]
        assert "blocks reads and writes of a; writes a anew" in lines
        assert "blocks writes of b" in lines
        at = lines.index("It blocks, until it is committed")
        assert lines[at + 1 : at + 3] == [
            "- reads and writes of a for at least 3.000 s",
            "- writes of b for at least 2.000 s",
        ]


async def test_where_it_cannot_be_tried_that_is_said_and_enter_goes_on() -> None:
    report = Report(plan_of(NOTE, "fake", ()), "refused", "This server cannot roll back DDL.", dry=True)
    async with play(FakeWorkbench(dry=report)) as wizard:
        await wizard.press("p", "enter")
        assert "not tried" in wizard.text()
        assert "This server cannot roll back DDL." in wizard.text()
        assert bottom(wizard)[0] == "step 4 of 5, dry run: not tried · Enter asks whether to run it"
        await wizard.press("enter", "y")
        assert wizard.bench.committed == 1


class MovingWorkbench(FakeWorkbench):
    """A workbench whose database changes under the plan: the first dry run is refused."""

    moved = False

    def dry_run(self, plan: Plan, progress: object) -> Report:
        if self.moved:
            return super().dry_run(plan, progress)  # type: ignore[arg-type]
        self.note("dry_run")
        self.moved = True
        self.situation = replace(self.situation, fingerprint="f2")
        return Report(plan, "refused", "The database has changed since the plan was made.", dry=True)


async def test_a_plan_that_is_out_of_date_is_made_anew() -> None:
    async with play(MovingWorkbench()) as wizard:
        await wizard.press("p", "enter")
        assert bottom(wizard)[0] == "step 4 of 5, dry run: refused · Enter makes the plan anew"
        await wizard.press("enter")
        assert sum(name.startswith("plan ") for name in wizard.bench.asked) == 2
        assert wizard.wizard.page == "sql"
        await wizard.press("enter", "enter", "y")
        assert wizard.bench.committed == 1


async def test_a_reading_that_changed_the_situation_makes_the_preview_stale() -> None:
    async with play() as wizard:
        await wizard.press("p")
        wizard.bench.situation = replace(wizard.bench.situation, fingerprint="f2")
        await wizard.press("R")
        assert bottom(wizard)[0] == "step 3 of 5, preview: out of date · Enter makes it anew"
        await wizard.press("enter")
        assert bottom(wizard)[0] == (
            "problem ▸ explain ▸ [preview] ▸ dry run ▸ run · Enter tries it, rolls back"
        )


async def test_a_dry_run_can_be_stopped() -> None:
    async with play(FakeWorkbench(statements=3, endless=True)) as wizard:
        await wizard.press("p")
        await wizard.pilot.press("enter")
        await wizard.until(lambda: "dry_run" in wizard.bench.asked)
        assert bottom(wizard)[0] == (
            "problem ▸ explain ▸ preview ▸ [dry run] ▸ run · running; Ctrl+C stops it"
        )
        await wizard.press("ctrl+c")
        await wizard.until(lambda: not wizard.wizard.here().busy)
        assert bottom(wizard)[0] == "The dry run was stopped, and everything rolled back."
        assert wizard.wizard.page == "sql"
        await wizard.press("z", "z")
        assert bottom(wizard)[0] == (
            "problem ▸ explain ▸ [preview] ▸ dry run ▸ run · Enter tries it, rolls back"
        )
        assert wizard.bench.committed == 0


async def test_read_only_tries_nothing() -> None:
    async with play(read_only=True) as wizard:
        await wizard.press("p", "d")
        assert bottom(wizard)[0] == "The wizard was started with --read-only: nothing is written."
        assert "dry_run" not in wizard.bench.asked
