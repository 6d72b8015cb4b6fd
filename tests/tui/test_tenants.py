"""The list of tenants: groups, filter, marks, one of them opened, and a repair over many."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from textual import events

from migwizard.batches import Planned, Survey, Turn
from migwizard.core.finding import Finding, Offer, Subject
from migwizard.core.plan import Loss, Plan, Question, Step
from migwizard.core.tenants import Holding, Overview, Tenant
from migwizard.core.tenants.across import Spread
from migwizard.core.tenants.batch import Batch, SchemaResult, Task
from migwizard.tui.journal import name_of
from migwizard.tui.many import Many, task_of
from migwizard.tui.many_page import many_page
from migwizard.workbench import Reading
from tests.core.test_tenant_groups import ALL, SETTINGS, TABLES, seen, tenant

from .fakes import FINDINGS, NOON, NOTE, FakeWorkbench, shop_database, situation_of
from .stage import Play, play

HOSTILE = ('a"b', "x]; drop", "[/]\x1b[31mred", "ünï code")
PLAN = Plan("migrate", "Run users.0003", "careful", (Step("sql", "It is pending.", sql=("ALTER TABLE t",)),))


def overview_of(healthy: Sequence[str], behind: Sequence[str] = (), gone: Sequence[str] = ()) -> Overview:
    """Tenants that are at head, that are behind, and that have no schema."""
    usual = Holding(ALL, TABLES)
    older = Holding(ALL - {("users", "0003")}, {**TABLES, "users_user": "older"})
    holdings = dict.fromkeys(healthy, usual) | dict.fromkeys(behind, older)
    return seen(holdings, *(tenant(name, exists=False) for name in gone))


LATE = Finding(
    id="pending-migrations:users",
    name="pending-migrations",
    severity="info",
    subject=Subject("users"),
    summary="users.0003 has not been applied yet.",
    repairs=(
        Offer("drop", "Drop it all", "destructive"),
        Offer("migrate", "Run users.0003", "careful", recommended=True),
    ),
)
SURE = replace(LATE, id="recorded-not-applied:users.0001", severity="error", repairs=LATE.repairs[1:])
Tell = Callable[[str, int, int], None]


FREE = threading.Event()
FREE.set()


class Tenanted(FakeWorkbench):
    """A workbench of a project with tenants."""

    def __init__(
        self,
        overview: Overview,
        *,
        batches: Sequence[Batch] = (),
        plan: Plan = PLAN,
        lasts: threading.Event = FREE,
        bad: bool = False,
        **given: Any,
    ) -> None:
        open_ones = tuple(batch for batch in batches if batch.outcome == "interrupted")
        situation = replace(
            situation_of(),
            tenants=SETTINGS,
            tenant=Tenant("public", "public", "public"),
            unfinished_batches=open_ones,
        )
        super().__init__(situation, **given)
        self.overview = overview
        self.batches = tuple(batches)
        self.planned = plan
        self.lasts = lasts
        """What `run_many` waits for."""
        self.bad = bad
        """Whether no dry run would work."""
        self.schema = "public"

    def tenants(self, progress: Tell) -> Reading:
        self.note("tenants")
        return Reading(replace(self.situation, overview=self.overview))

    def turn_to(self, schema: str | None) -> None:
        self.note(f"turn_to {schema}")
        self.schema = schema or "public"
        database = replace(self.situation.database, schema=self.schema)
        self.situation = replace(self.situation, database=database)

    def known(self, schemas: Sequence[str], progress: Tell) -> tuple[Spread, ...]:
        self.note(f"known {','.join(schemas)}")
        late = tuple(name for name in schemas if name.startswith("late"))
        return (Spread(SURE, tuple(schemas)), Spread(LATE, late)) if late else ()

    def survey(self, schemas: Sequence[str], task: Task, progress: Tell) -> Survey:
        answers = f" {task.settings}" if task.settings else ""
        self.note(f"survey {task.title} {','.join(schemas)}{answers}")
        behind = tuple(name for name in schemas if self.overview.group_of(name).pending)  # type: ignore[union-attr]
        idle = tuple(name for name in schemas if name not in behind)
        asks = tuple(replace(one, answer=task.settings.get(one.key)) for one in self.planned.asks)
        plan = replace(self.planned, asks=asks)
        return Survey((Planned(tuple(map(Turn, behind)), plan),) if behind else (), idle)

    def survey_rest(self, number: int, progress: Tell) -> Survey:
        self.note(f"survey_rest {number}")
        batch = next(one for one in self.batches if one.id == number)
        return Survey((Planned(tuple(map(Turn, batch.remaining)), self.planned),))

    def survey_back(self, number: int, settings: Mapping[str, str], progress: Tell) -> Survey:
        self.note(f"survey_back {number}")
        batch = next(one for one in self.batches if one.id == number)
        return Survey((Planned(tuple(map(Turn, batch.touched)), replace(PLAN, title="Take back number 1")),))

    def try_many(
        self, found: Survey, task: Task, one_of_each: bool, progress: Tell
    ) -> tuple[SchemaResult, ...]:
        self.note("try_many" if one_of_each else "try_many in every one")
        turns = found.firsts if one_of_each else found.turns
        if self.bad:
            return tuple(SchemaResult(turn.schema, "failed", "Dry run: no room.") for turn in turns)
        return tuple(
            SchemaResult(turn.schema, "rolled-back", "Dry run: 1 step went through.") for turn in turns
        )

    def run_many(self, task: Task, found: Survey, progress: Tell) -> Batch:
        self.note("run_many")
        progress("repairing late1", 1, 2)
        self.lasts.wait(30)
        self.committed += 1
        return self.ended(task, tuple(turn.schema for turn in found.turns))

    def go_on_many(self, number: int, found: Survey, progress: Tell) -> Batch:
        self.note(f"go_on_many {number}")
        self.committed += 1
        return replace(self.ended(Task(), tuple(turn.schema for turn in found.turns)), id=number)

    def ended(self, task: Task, names: tuple[str, ...]) -> Batch:
        """Return a batch in which the first schema failed; from now on it is in the journal."""
        first = SchemaResult(names[0], "failed", "Step 1 of 1 failed: no room.", (1,), seconds=0.5)
        rest = tuple(SchemaResult(name, "done", "Run users.0003.", (1,), seconds=0.5) for name in names[1:])
        ended = NOON + timedelta(seconds=1)
        batch = Batch(3, task, names, "me", NOON, results=(first, *rest), ended=ended, outcome="failed")
        self.batches = (batch, *self.batches)
        return batch

    def done_in_many(self) -> tuple[Batch, ...]:
        self.note("done_in_many")
        return self.batches


def rows(wizard: Play) -> list[str]:
    """Return the lines of the list."""
    tabs = next(number for number, line in enumerate(wizard.lines()) if "tenants" in line)
    return [line for line in wizard.lines()[tabs + 1 : -2] if line.strip()]


HEALTHY = tuple(f"t{number:03}" for number in range(1, 8))


async def test_groups_stand_in_one_line_each_the_outliers_first() -> None:
    async with play(Tenanted(overview_of(HEALTHY, ("late1", "late2"), ("lost",)))) as wizard:
        await wizard.press("T")
        found = [" ".join(line.split()) for line in rows(wizard)]
        assert [line.lstrip("❯> ") for line in found] == [
            "1 lost - without a schema".replace(" -", ""),
            "2 late1, late2 users 0002 behind at users.0002",
            "7 t001, t002, t003 users head at head",
        ]
        assert "Enter opens this schema" in wizard.text()


async def test_a_group_unfolds_and_one_of_its_schemas_is_opened_and_left_again() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1", "late2")))
    async with play(bench) as wizard:
        await wizard.press("T", "enter", "j", "enter")
        assert "turn_to late1" in bench.asked
        assert "late1" in wizard.lines()[0]
        assert wizard.wizard.page == "problems"
        asked = bench.asked.count("tenants")
        await wizard.press("escape")
        assert wizard.wizard.page == "tenants"
        assert bench.asked.count("tenants") == asked + 1, "what was done there meanwhile is seen"


async def test_a_filter_shows_the_schemas_that_hold_it() -> None:
    async with play(Tenanted(overview_of(HEALTHY, ("late1", "late2")))) as wizard:
        await wizard.press("T", "slash")
        await wizard.type("005")
        await wizard.press("enter")
        assert [line.split()[-1] for line in rows(wizard)][-1] == "t005"
        assert len(rows(wizard)) == 2
        await wizard.press("escape")
        assert len(rows(wizard)) == 2


async def test_the_marked_ones_are_repaired_after_preview_dry_run_and_a_question() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1", "late2"), ("lost",)))
    async with play(bench) as wizard:
        await wizard.press("T", "j", "space", "space", "r", "enter")
        assert bench.asked[-1] == f"survey repair --all {','.join(('late1', 'late2', *HEALTHY))}"
        assert "2 schemas: late1, late2" in wizard.text()
        assert "Run users.0003  careful" in wizard.text()
        assert "7 schemas: t001" in wizard.text()
        await wizard.press("enter")
        assert "late1: Dry run: 1 step went through." in wizard.text()
        await wizard.press("enter", "n")
        assert bench.committed == 0
        assert "Nothing was run." in wizard.text()
        await wizard.press("enter", "y")
        assert bench.committed == 1
        assert "batch-3  1 failed, 1 done" in wizard.text()
        assert "Step 1 of 1 failed: no room." in wizard.text()
        assert "migwizard undo batch-3 takes it back in all of them." in wizard.text()
        await wizard.press("enter")
        assert wizard.wizard.page == "tenants"


def bottom(wizard: Play) -> str:
    """Return the line that says where one is."""
    return wizard.lines()[-2].strip()


LEFT = Batch(
    2,
    Task(allow="careful"),
    ("t001", "late1", "late2"),
    "me@web1",
    NOON,
    results=(SchemaResult("t001", "done", "Run users.0003.", (1,)),),
    outcome="interrupted",
)
DONE = replace(LEFT, id=1, schemas=("t001",), outcome="done", ended=NOON, begun=NOON - timedelta(hours=1))
TOLD = Finding(
    id="unfinished-repair:batch-2",
    name="unfinished-repair",
    severity="error",
    subject=Subject(),
    summary="batch-2 (repair --all) was interrupted: 2 of 3 schemas have not had their turn.",
)


def interrupted(**given: Any) -> Tenanted:
    """A workbench on whose database a batch was interrupted."""
    return Tenanted(
        overview_of(HEALTHY, ("late1", "late2")), batches=(LEFT, DONE), findings=(TOLD, *FINDINGS), **given
    )


async def test_an_interrupted_batch_is_what_the_wizard_opens_on_and_goes_on_with() -> None:
    bench = interrupted()
    async with play(bench) as wizard:
        text = wizard.text()
        assert "[batch-2]" in text
        assert "repair --all --allow careful  in 3 schemas" in text
        assert "Without a turn: 2 schemas: late1, late2." in text
        assert bottom(wizard) == "step 2 of 5, batch: interrupted · Enter looks at what is left"
        await wizard.press("enter")
        assert bench.asked[-1] == "survey_rest 2"
        assert "resume batch-2 (repair --all --allow careful)  in 2 schemas" in wizard.text()
        await wizard.press("enter")
        assert bench.asked[-1] == "try_many"
        assert bench.committed == 0
        await wizard.press("enter")
        assert "Run it in 2 schemas? y runs" in wizard.text()
        await wizard.press("y")
        assert "go_on_many 2" in bench.asked
        assert bench.committed == 1
        assert "batch-2  1 failed, 1 done" in wizard.text()
        assert bench.asked[-1] == "read", "what is known before it counts no more"


async def test_from_what_is_left_of_a_batch_one_goes_back_to_it_and_out() -> None:
    async with play(interrupted()) as wizard:
        await wizard.press("enter", "escape")
        assert "[batch-2]" in wizard.text()
        assert "Run users.0003." in wizard.text()
        await wizard.press("escape")
        assert wizard.wizard.page == "problems"


@pytest.mark.parametrize("keys", [("r",), ("p",), ("enter", "enter")])
async def test_the_problem_of_an_interrupted_batch_leads_to_it(keys: tuple[str, ...]) -> None:
    async with play(interrupted()) as wizard:
        await wizard.press("escape", "g", *keys)
        assert "[batch-2]" in wizard.text()
        assert bottom(wizard).endswith("Enter looks at what is left")


async def test_the_journal_lists_batches_and_one_is_opened_and_taken_back() -> None:
    bench = interrupted()
    async with play(bench) as wizard:
        await wizard.press("escape", "u")
        shown = [" ".join(line.split()) for line in wizard.lines()]
        assert "batch-2 interrupted 2026-03-01 12:00:00 UTC me@web1" in " ".join(shown)
        assert "repair --all in 3 schemas: 1 done, 2 without a turn" in shown
        at = next(number for number, line in enumerate(shown) if "batch-1 done" in line)
        assert shown[at + 1] == "repair --all in 1 schema: 1 done"
        names = [name_of(one) for one in wizard.wizard.journal_page.listed]
        assert names == ["7", "6", "5", "batch-2", "batch-1"], "the newest first"
        await wizard.press("G")
        assert bottom(wizard) == "step 1 of 5, journal · Enter shows what became of each schema"
        await wizard.press("enter")
        assert bottom(wizard) == "step 2 of 5, batch · Enter looks at what would take it back"
        await wizard.press("enter")
        assert bench.asked[-1] == "survey_back 1"
        assert "undo batch-1  in 1 schema" in wizard.text()
        assert "Take back number 1" in wizard.text()
        await wizard.press("enter", "enter", "y")
        assert "run_many" in bench.asked
        assert "[batch-3]" in wizard.text()


async def test_u_on_what_just_ran_plans_to_take_it_back() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1", "late2")))
    async with play(bench) as wizard:
        await wizard.press("T", "p", "x", "y", "u")
        assert bench.asked[-1] == "survey_back 3"
        await wizard.press("escape")
        assert "batch-3  1 failed, 1 done" in wizard.text()


async def test_a_batch_that_was_taken_back_is_not_taken_back_again() -> None:
    bench = Tenanted(overview_of(HEALTHY), batches=(replace(DONE, undone_by=2),))
    async with play(bench) as wizard:
        await wizard.press("u", "G", "enter", "u")
        assert "batch-1 was taken back already, by batch-2." in wizard.text()
        await wizard.press("r")
        assert "batch-1 is not interrupted: every schema has had its turn." in wizard.text()
        assert bottom(wizard) == "batch-1 is not interrupted: every schema has had its turn."
        await wizard.press("enter")
        assert wizard.wizard.page == "journal"


async def test_what_is_wrong_in_the_chosen_schemas_is_offered_first_and_by_name() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1", "late2")))
    async with play(bench, (100, 40)) as wizard:
        await wizard.press("T", "space", "space", "r")
        assert bench.asked[-1] == f"known {','.join(('late1', 'late2', *HEALTHY))}"
        titles = [item.title for item in wizard.wizard.menu.items]
        assert titles[:4] == [
            "Run users.0003",
            "Run users.0003 (in 2 of 9)",
            "Drop it all (in 2 of 9)",
            "Repair everything, problem after problem, as recommended",
        ]
        assert wizard.wizard.menu.cursor == 3, "what Enter takes is still the same"
        await wizard.press("g", "j", "enter")
        assert bench.asked[-1].startswith("survey pending-migrations:users late1")
        many = wizard.wizard.many
        assert many is not None
        assert many.task == Task(("pending-migrations:users",), "migrate")


BEHIND = Finding(
    id="tenants-behind:users.0003",
    name="tenants-behind",
    severity="error",
    subject=Subject("users", "0003"),
    summary="2 tenants are behind: they lack users.0003.",
)


@pytest.mark.parametrize(
    ("keys", "asked"),
    [
        (("r",), "known late1,late2"),
        (("p",), "survey repair --all late1,late2"),
        (("enter", "enter"), "survey repair --all late1,late2"),
    ],
)
async def test_tenants_that_are_behind_are_repaired_from_the_problem(
    keys: tuple[str, ...], asked: str
) -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1", "late2")), findings=(BEHIND, NOTE))
    bench.situation = replace(bench.situation, overview=bench.overview)
    async with play(bench) as wizard:
        await wizard.press("g", *keys)
        assert bench.asked[-1] == asked


async def test_while_many_are_repaired_no_schema_is_opened_and_the_end_is_told() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1",)), lasts=threading.Event())
    async with play(bench) as wizard:
        await wizard.press("T", "p", "x")
        await wizard.pilot.press("y")
        await wizard.until(lambda: "run_many" in bench.asked)
        await wizard.until(lambda: "1/2 repairing late1" in wizard.text())
        assert "schema public" in wizard.lines()[0]
        await wizard.pilot.press("escape", "enter")
        await wizard.until(lambda: "Something is running" in wizard.text())
        await wizard.pilot.press("x")
        await wizard.until(lambda: wizard.wizard.page == "many")
        await wizard.pilot.press("escape")
        bench.lasts.set()
        await wizard.until(lambda: wizard.wizard.pending <= 0)
        assert "repair --all in 1 schema: 1 failed. It is batch-3 in the journal (u)." in wizard.text()
        assert not any(asked.startswith("turn_to") for asked in bench.asked)


async def test_an_action_is_typed_with_its_arguments() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1", "late2")))
    async with play(bench) as wizard:
        await wizard.press("T", "r", "colon", "ctrl+u")
        await wizard.type("fake users 0003 --set a=b")
        await wizard.press("enter")
        assert bench.asked[-1] == "survey fake users 0003 late1,late2 {'a': 'b'}"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("repair --all --allow=careful", Task(allow="careful")),
        ("prune", Task(("prune",))),
        ("repair x:y --with migrate", Task(("x:y",), "migrate")),
        ("repair --all prune", "Type an action or a finding, or --all."),
        ("", "Type an action or a finding, or --all."),
        ("prune --with", "--with takes something after it."),
        ("prune --set a", "--set takes KEY=VALUE."),
        ("repair --all --allow all", "--allow takes safe, careful, destructive."),
    ],
)
def test_what_is_typed_means_what_it_means_on_the_command_line(typed: str, meant: Task | str) -> None:
    assert task_of(typed.split()) == meant


async def test_what_loses_something_wants_the_name_of_the_database_and_no_paste() -> None:
    losing = replace(PLAN, safety="destructive", loses=(Loss("users_user", "phone", 7),))
    bench = Tenanted(overview_of(HEALTHY, ("late1",)), plan=losing)
    async with play(bench) as wizard:
        await wizard.press("T", "p")
        assert "column users_user.phone: 7 filled rows" in wizard.text()
        await wizard.press("x")
        said = "Data will be lost: column users_user.phone: 7 filled rows. The database is shop."
        assert wizard.wizard.message.startswith(said)
        wizard.wizard.on_paste(events.Paste("shop"))
        await wizard.press("enter")
        assert bench.committed == 0
        await wizard.press("x")
        await wizard.type("shop")
        await wizard.press("enter")
        assert bench.committed == 1


async def test_what_the_plans_ask_is_answered_before_anything_is_tried() -> None:
    asking = replace(PLAN, asks=(Question("fill", "What do empty rows get?"),))
    bench = Tenanted(overview_of(HEALTHY, ("late1",)), plan=asking)
    async with play(bench) as wizard:
        await wizard.press("T", "p", "x")
        assert "s answers first: What do empty rows get?" in wizard.text()
        await wizard.press("d")
        assert "try_many" not in bench.asked
        await wizard.press("enter")
        await wizard.type("none")
        await wizard.press("enter")
        assert bench.asked[-1] == "survey repair --all late1 {'fill': 'none'}"
        await wizard.press("enter")
        assert bench.asked[-1] == "try_many"


async def test_a_second_dry_run_is_in_every_schema() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1", "late2")))
    async with play(bench) as wizard:
        await wizard.press("T", "p", "d")
        assert "one of each group of equal schemas (1) went through" in wizard.text()
        assert "It stands for 1 more." in wizard.text()
        await wizard.press("d")
        assert bench.asked[-1] == "try_many in every one"
        assert "The dry run in 2 schemas went through, and was rolled back." in wizard.text()


def test_a_schema_that_would_lose_something_unseen_is_said_to_be_left_alone() -> None:
    one = Planned((Turn("late1"), Turn("late2")), PLAN)
    tried = {"late2": SchemaResult("late2", "rolled-back", "Dry run.", loses=("column users_user.phone: 7",))}
    many = Many(Task(("prune",)), ("late1", "late2"), found=Survey((one,)), tried=tuple(tried.values()))
    words = " ".join(
        "".join(text for text, _ in line) for block in many_page(many) for line in block.build(200)
    )
    assert (
        "late2 would lose column users_user.phone: 7; it is left alone, because the plan above loses nothing."
        in words
    )


async def test_on_a_database_that_others_use_a_dry_run_asks_first_and_a_run_wants_the_name() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1",)), bad=True)
    bench.situation = replace(bench.situation, database=shop_database(local=False))
    async with play(bench) as wizard:
        await wizard.press("T", "p", "enter")
        assert "Others who use these tables wait while it is tried." in wizard.text()
        await wizard.press("n")
        assert "try_many" not in bench.asked
        await wizard.press("d", "y")
        assert bench.asked[-1] == "try_many"
        assert "In the dry run, 1 of 1 would not work; see below." in wizard.text()
        await wizard.press("enter")
        said = wizard.wizard.message
        assert said.startswith(
            "Not a local database. The database is shop. repair --all --allow careful: each"
        )
        assert said.endswith("In the dry run, 1 of 1 would not work.")
        assert "To run it in 1 schema type the database's name:" in wizard.text()


async def test_marks_are_inverted_over_all_groups_as_far_as_the_filter_lets_them_through() -> None:
    async with play(Tenanted(overview_of(HEALTHY, ("late1", "late2")))) as wizard:
        page = wizard.wizard.tenants_page
        await wizard.press("T", "space", "*")
        assert page.chosen() == HEALTHY
        await wizard.press("*", "*", "g", "space", "slash")
        await wizard.type("t00")
        await wizard.press("enter", "*")
        assert page.marked == {"late1", "late2"}, "they are out of view, and stay marked"


async def test_a_survey_that_nobody_waits_for_says_nothing() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1",)), fails={"survey": "It was stopped."})
    async with play(bench) as wizard:
        await wizard.press("T", "p")
        assert wizard.wizard.page == "tenants"
        assert "It was stopped." in wizard.text()


async def test_nothing_is_run_in_read_only_mode() -> None:
    bench = Tenanted(overview_of(HEALTHY, ("late1",)))
    async with play(bench, read_only=True) as wizard:
        await wizard.press("T", "r", "enter", "x")
        assert "The wizard was started with --read-only: nothing is written." in wizard.text()
        await wizard.press("y")
        assert bench.committed == 0


async def test_a_project_without_tenants_says_so() -> None:
    async with play() as wizard:
        await wizard.press("T")
        assert "This project has no tenants" in wizard.text()
        assert wizard.wizard.page == "problems"


@pytest.mark.parametrize("size", [(80, 24), (160, 50)])
@pytest.mark.parametrize("environ", [{"TERM": "linux"}, {"TERM": "xterm-256color", "NO_COLOR": "1"}])
async def test_hostile_names_are_shown_and_do_nothing(size: tuple[int, int], environ: dict[str, str]) -> None:
    bench = Tenanted(overview_of((), HOSTILE))
    async with play(bench, size, environ=environ) as wizard:
        await wizard.press("T", "enter")
        text = wizard.text()
        assert 'a"b' in text
        assert "x]; drop" in text
        assert "\x1b" not in text
        for key in ("p", "d", "x", "y", "escape", "T", "r"):
            await wizard.press(key)
            assert "\x1b" not in wizard.text()
        await wizard.press("escape", "g", "j", "enter")
        assert f"turn_to {sorted(HOSTILE)[0]}" in bench.asked


async def test_a_thousand_tenants_keep_the_screen_quick() -> None:
    names = tuple(f"tenant{number:04}" for number in range(1000))
    async with play(Tenanted(overview_of(names[20:], names[:20]))) as wizard:
        await wizard.press("T", "j", "enter")
        began = time.perf_counter()
        for _ in range(20):
            wizard.wizard.tenants_page.narrow("99")
            wizard.wizard.tenants_page.narrow("")
            wizard.wizard.tenants_page.step(50)
        assert (time.perf_counter() - began) / 60 < 0.05
        assert "1,000" in wizard.text()
