"""The wizard's way, key by key, and everything that leads away from it."""

from __future__ import annotations

import threading
from dataclasses import replace

from migwizard.core.finding import Finding, Subject

from .fakes import GONE, NOTE, TAX, FakeWorkbench, shop_database, situation_of
from .stage import Play, play


def bottom(wizard: Play) -> list[str]:
    """Return the two lines at the bottom."""
    return [line.strip() for line in wizard.lines()[-2:]]


async def test_from_opening_to_healed_in_four_keys_and_one_confirmation() -> None:
    async with play() as wizard:
        asked = wizard.bench.asked
        assert bottom(wizard)[0] == "[problem] ▸ explain ▸ preview ▸ dry run ▸ run · Enter explains it"
        await wizard.press("enter")
        assert (
            bottom(wizard)[0] == "problem ▸ [explain] ▸ preview ▸ dry run ▸ run · Enter previews the repair"
        )
        await wizard.press("enter")
        assert (
            bottom(wizard)[0] == "problem ▸ explain ▸ [preview] ▸ dry run ▸ run · Enter tries it, rolls back"
        )
        assert "dry_run" not in asked
        await wizard.press("enter")
        assert bottom(wizard)[0] == (
            "problem ▸ explain ▸ preview ▸ [dry run] ▸ run · Enter asks whether to run it"
        )
        assert "went through, and was rolled back" in wizard.text()
        assert wizard.bench.committed == 0
        await wizard.press("enter")
        assert bottom(wizard)[1] == "Run 1 step on shop? y runs, any other key does not:"
        assert "execute" not in asked
        await wizard.press("y")
        assert wizard.bench.committed == 1
        assert bottom(wizard)[0] == "step 5 of 5, run: done, 1 problem gone · Enter goes to the next problem"
        assert "- applied-not-recorded:shop.0005_note" in wizard.text()
        await wizard.press("enter")
        assert wizard.wizard.finding is TAX
        assert bottom(wizard)[0] == "[problem] ▸ explain ▸ preview ▸ dry run ▸ run · Enter explains it"
        assert "2 problems" in wizard.lines()[0]


async def test_six_keys_heal_the_second_problem_too() -> None:
    async with play() as wizard:
        await wizard.press("enter", "enter", "enter", "enter", "y", "enter")
        await wizard.press("enter", "enter", "enter", "enter", "y")
        assert wizard.bench.committed == 2
        assert wizard.bench.asked.count("dry_run") == 2


async def test_no_single_key_runs_anything() -> None:
    async with play() as wizard:
        for key in ("x", "p", "x", "enter", "y", "x", "space", "x", "escape", "d", "enter", "enter", "q"):
            await wizard.press(key)
            if key != "y":
                continue
            # x asked, Enter is no answer, and y then copies.
            assert "execute" not in wizard.bench.asked
        assert "execute" not in wizard.bench.asked


async def test_a_destructive_plan_asks_for_the_databases_name() -> None:
    async with play() as wizard:
        await wizard.press("r", "j", "enter", "x")
        assert bottom(wizard)[1] == "To run it type the database's name, shop:"
        assert "Data will be lost. destructive, not tried yet (Esc, d)" in wizard.text()
        await wizard.press("y", "enter")
        assert bottom(wizard)[0] == "Nothing was run."
        assert "execute" not in wizard.bench.asked
        await wizard.press("x", *"shop", "enter")
        assert wizard.bench.asked.count("execute") == 1


async def test_a_database_elsewhere_asks_for_its_name_and_a_production_one_too() -> None:
    for changes, why in (
        ({"local": False, "host": "db1"}, "Not a local database."),
        ({"production": True}, "A production database."),
    ):
        async with play(FakeWorkbench(situation_of(database=shop_database(**changes)))) as wizard:
            await wizard.press("p", "x")
            assert f"{why} safe, not tried yet (Esc, d)" in wizard.text()
            assert bottom(wizard)[1] == "To run it type the database's name, shop:"
            await wizard.press("escape")
            assert "execute" not in wizard.bench.asked


async def test_of_a_file_the_last_part_is_asked_for() -> None:
    database = shop_database(vendor="sqlite", name="/srv/shop/db.sqlite3", production=True)
    async with play(FakeWorkbench(situation_of(database=database))) as wizard:
        await wizard.press("p", "x", *"db.sqlite3", "enter")
        assert wizard.bench.asked.count("execute") == 1


async def test_read_only_shows_everything_and_runs_nothing() -> None:
    async with play(read_only=True) as wizard:
        assert "READ-ONLY · 3 problems" in wizard.lines()[0]
        await wizard.press("p")
        assert "Read-only: this is shown, not run." in wizard.text()
        await wizard.press("x", "y")
        assert "execute" not in wizard.bench.asked
        await wizard.press("p", "x")
        assert bottom(wizard)[0] == "The wizard was started with --read-only: nothing is written."
        await wizard.press("enter")
        assert wizard.wizard.finding is TAX


async def test_a_finding_without_repairs_leads_to_the_next_one() -> None:
    async with play() as wizard:
        await wizard.press("j", "j")
        assert wizard.wizard.finding is GONE
        await wizard.press("p")
        assert bottom(wizard)[0] == "No repair is offered here; a lists every action on the selection."
        await wizard.press("enter")
        assert bottom(wizard)[0] == (
            "step 2 of 5, explain: no repair is offered · Enter goes to the next problem"
        )
        await wizard.press("enter")
        assert wizard.wizard.finding is not GONE


async def test_the_menu_shows_what_is_impossible_and_says_why() -> None:
    async with play() as wizard:
        await wizard.press("a")
        assert "Forget that it is applied  careful" in wizard.text()
        assert "not now: it is not recorded" in wizard.text()
        await wizard.press("G", "enter")
        assert bottom(wizard)[0] == "Not now: it is not recorded"
        await wizard.press("g", "enter")
        assert "plan None fake ('shop', '0005_note')" in wizard.bench.asked
        await wizard.press("q")
        assert wizard.wizard.page == "problems"


async def test_what_fails_is_said_and_the_screen_goes_on() -> None:
    async with play(FakeWorkbench(fails={"plan": "It cannot be planned: no row."})) as wizard:
        await wizard.press("p")
        assert bottom(wizard)[0] == "It cannot be planned: no row."
        await wizard.press("x")
        assert "execute" not in wizard.bench.asked
    async with play(FakeWorkbench(fails={"execute": "The connection was lost."})) as wizard:
        await wizard.press("p", "x", "y")
        assert "failed" in wizard.text()
        assert "The connection was lost." in wizard.text()
        await wizard.press("enter")
        assert wizard.wizard.finding is NOTE, "it is still there"


async def test_a_run_can_be_stopped_but_not_left() -> None:
    async with play(FakeWorkbench(statements=3, endless=True)) as wizard:
        await wizard.press("p", "x")
        await wizard.pilot.press("y")
        await wizard.until(lambda: "execute" in wizard.bench.asked)
        await wizard.pilot.press("ctrl+q")
        await wizard.pilot.pause()
        assert bottom(wizard)[0] == "A repair is running; Ctrl+C stops it."
        await wizard.pilot.press("q", "q", "q", "q")
        await wizard.pilot.pause()
        assert bottom(wizard)[0] == "A repair is running; Ctrl+C stops it."
        await wizard.pilot.press("x", "p")
        await wizard.press("ctrl+c")
        await wizard.until(lambda: wizard.wizard.report is not None)
        assert wizard.wizard.report is not None
        assert wizard.wizard.report.outcome == "rolled-back"
        assert wizard.bench.asked.count("execute") == 1


async def test_back_leads_where_one_came_from_and_q_quits_at_the_root() -> None:
    async with play() as wizard:
        await wizard.press("enter", "enter", "enter", "question_mark")
        pages = []
        for _ in range(5):
            pages.append(wizard.wizard.page)
            await wizard.press("escape")
        assert pages == ["help", "run", "sql", "explain", "problems"]
        await wizard.pilot.press("q")
        await wizard.until(lambda: not wizard.app._running)
        assert wizard.app.return_code == 0


async def test_after_a_run_back_leads_to_the_problems() -> None:
    async with play() as wizard:
        await wizard.press("enter", "enter", "enter", "enter", "y", "q")
        assert wizard.wizard.page == "problems"


async def test_steps_can_be_taken_out_of_order() -> None:
    async with play() as wizard:
        await wizard.press("d")
        assert wizard.wizard.page == "sql", "nothing is tried unseen"
        await wizard.press("d")
        assert wizard.bench.asked.count("dry_run") == 1
        await wizard.press("q", "x", "y")
        assert wizard.bench.committed == 1
    async with play() as wizard:
        await wizard.press("p", "x", "y")
        assert wizard.bench.committed == 1
        assert "dry_run" not in wizard.bench.asked


async def test_a_preview_that_was_tried_says_so_and_leads_to_the_run() -> None:
    async with play() as wizard:
        await wizard.press("p", "d", "q")
        assert "Dry run: everything went through and was rolled back." in wizard.text()
        assert bottom(wizard)[0] == (
            "problem ▸ explain ▸ [preview] ▸ dry run ▸ run · Enter asks whether to run it"
        )
        await wizard.press("enter", "y")
        assert wizard.bench.committed == 1
        assert wizard.bench.asked.count("dry_run") == 1


async def test_what_runs_is_still_reached_from_elsewhere_and_its_end_is_told_there() -> None:
    async with play(FakeWorkbench(statements=3, endless=True)) as wizard:
        await wizard.press("p", "x")
        await wizard.pilot.press("y")
        await wizard.until(lambda: "execute" in wizard.bench.asked)
        await wizard.pilot.press("1")
        await wizard.pilot.press("p")
        await wizard.pilot.pause()
        assert bottom(wizard)[0] == "Something is running already; x shows it."
        await wizard.pilot.press("x")
        await wizard.pilot.pause()
        assert wizard.wizard.page == "run"
        await wizard.pilot.press("1")
        await wizard.press("ctrl+c")
        await wizard.until(lambda: wizard.wizard.report is not None)
        assert bottom(wizard)[0] == "It was stopped; nothing was changed."
        assert wizard.bench.committed == 0


async def test_the_question_says_what_is_run_how_safe_it_is_and_whether_it_was_tried() -> None:
    async with play() as wizard:
        await wizard.press("p", "x")
        assert "safe, not tried yet (Esc, d): Record shop.0005_note as applied" in wizard.text()
        await wizard.press("escape", "d", "x")
        assert bottom(wizard) == [
            "safe, the dry run went through: Record shop.0005_note as applied",
            "Run 1 step on shop? y runs, any other key does not:",
        ]


async def test_the_question_names_what_is_lost_and_a_long_name_can_be_read_whole() -> None:
    name = "customers_of_the_northern_branch_2026"
    bench = FakeWorkbench(situation_of(database=shop_database(name=name)), rich=True)
    async with play(bench) as wizard:
        await wizard.press("p", "enter", "5", "enter", "x")
        said = " ".join(" ".join(wizard.lines()[-3:-1]).split())
        assert said == (
            f"The database is {name}. Data will be lost: column shop_order.note: 300 filled rows, and 2 more of the"
            " kind; not tried ye…"
        )
        assert bottom(wizard)[1] == "To run it type the database's name:"
        await wizard.press(*name, "enter")
        assert wizard.bench.asked.count("execute") == 1
    long = "the_database_of_all_customers_of_the_northern_branch_as_of_2026"
    async with play(FakeWorkbench(situation_of(database=shop_database(name=long)))) as wizard:
        await wizard.press("p", "x")
        assert bottom(wizard)[1].endswith("…? y runs, any other key does not:")


async def test_what_a_run_healed_is_gone_from_the_list_at_once_while_all_is_read_again() -> None:
    slow = threading.Event()
    slow.set()
    bench = FakeWorkbench(slow=slow)
    async with play(bench) as wizard:
        await wizard.press("p", "x")
        slow.clear()
        await wizard.pilot.press("y")
        await wizard.until(lambda: wizard.wizard.report is not None)
        await wizard.pilot.press("enter")
        await wizard.until(lambda: wizard.wizard.page == "problems")
        assert NOTE.summary[:40] not in wizard.text()
        assert "[1 problems 2]" in wizard.text()
        assert "2 problems" in wizard.lines()[0]
        slow.set()


async def test_after_an_undo_the_problem_that_came_up_is_told_and_selected() -> None:
    bench = FakeWorkbench(findings=(TAX,), brings=(NOTE,))
    async with play(bench) as wizard:
        await wizard.press("u", "enter", "enter", "enter")
        assert "Would come up" in wizard.text()
        await wizard.press("enter", "y")
        assert "Came up" in wizard.text()
        assert f"- {NOTE.id}: {NOTE.summary[:30]}" in wizard.text(), "what it says is known once all is read"
        assert "run: done, 1 came up" in bottom(wizard)[0]
        await wizard.press("enter")
        assert wizard.wizard.finding is NOTE


async def test_the_end_of_a_long_run_is_shown_with_the_statements_before_it() -> None:
    async with play(FakeWorkbench(statements=200)) as wizard:
        await wizard.press("p", "d")
        lines = wizard.lines()
        assert "Would be gone" in wizard.text()
        assert lines[7].strip().startswith("0.004 s")
        assert not any(line.strip() == "" for line in lines[7:12])


async def test_a_key_that_comes_before_the_plan_does_not_ask_for_another_plan() -> None:
    for key in "d", "x":
        slow = threading.Event()
        bench = FakeWorkbench(slow_plan=slow)
        async with play(bench) as wizard:
            await wizard.press("r", "j")
            await wizard.pilot.press("enter", key)
            await wizard.pilot.pause()
            assert bottom(wizard)[0] == (
                "The plan is still being made; nothing can be run before it is shown."
            )
            slow.set()
            await wizard.until(lambda: wizard.wizard.pending <= 0)
            chosen = "plan applied-not-recorded:shop.0005_note"
            assert [call for call in bench.asked if call.startswith("plan ")] == [f"{chosen} drop-column ()"]
            assert "dry_run" not in bench.asked
            assert not wizard.wizard.asking


async def test_a_long_title_leaves_its_safety_in_view() -> None:
    title = "Take back number 11: Bring shop_customer back to what the migrations made."
    bench = FakeWorkbench(findings=(replace(NOTE, repairs=(replace(NOTE.repairs[0], title=title),)), TAX))
    async with play(bench) as wizard:
        await wizard.press("p")
        assert [line.strip() for line in wizard.lines()[7:9]] == [title, "safe"]


async def test_what_is_asked_for_while_everything_is_read_follows_by_itself() -> None:
    for leave, page in (False, "sql"), (True, "problems"):
        slow = threading.Event()
        bench = FakeWorkbench(slow=slow, early=True)
        async with play(bench, wait=False) as wizard:
            await wizard.until(lambda: wizard.wizard.finding is not None)
            await wizard.pilot.press("p")
            await wizard.pilot.pause()
            assert bottom(wizard)[0] == (
                "Still reading; this follows by itself, unless another key is pressed."
            )
            if leave:
                await wizard.pilot.press("g")
            slow.set()
            await wizard.until(lambda: wizard.wizard.whole and wizard.wizard.pending <= 0)
            assert wizard.wizard.page == page
            assert ("Record shop.0005_note" in wizard.text()) is not leave


async def test_a_finding_about_an_app_shows_the_app_in_the_ledger() -> None:
    fork = Finding("conflicting-leaves:shop", "conflicting-leaves", "error", Subject("shop"), "Two leaves.")
    async with play(FakeWorkbench(findings=(fork,))) as wizard:
        row = wizard.wizard.ledger.row()
        assert row is not None
        assert row.key == ("shop", "0005_note"), "the first that is not simply applied"
    fork = replace(fork, id="conflicting-leaves:auth", subject=Subject("auth"))
    async with play(FakeWorkbench(findings=(fork,))) as wizard:
        row = wizard.wizard.ledger.row()
        assert row is not None
        assert (row.app, row.key) == ("auth", None)


async def test_before_everything_is_read_no_repair_is_offered_and_enter_waits_for_it() -> None:
    slow = threading.Event()
    async with play(FakeWorkbench(slow=slow, early=True), wait=False) as wizard:
        await wizard.until(lambda: wizard.wizard.finding is not None)
        assert "2 repairs" not in wizard.text()
        await wizard.pilot.press("enter")
        await wizard.pilot.pause()
        assert "The schema is still being read. It may turn out otherwise" in wizard.text()
        assert bottom(wizard)[0] == (
            "step 2 of 5, explain: still reading · Enter previews the repair after that"
        )
        await wizard.pilot.press("enter")
        slow.set()
        await wizard.until(lambda: wizard.wizard.whole and wizard.wizard.pending <= 0)
        assert "Record shop.0005_note as applied" in wizard.text()
        assert wizard.wizard.page == "sql"
        await wizard.press("q")
        assert wizard.wizard.page == "explain"


async def test_a_finding_about_what_the_graph_does_not_hold_shows_its_app() -> None:
    squash = Finding("partial-squash:shop.x", "partial-squash", "info", Subject("shop", "x"), "Not used yet.")
    async with play(FakeWorkbench(findings=(squash,))) as wizard:
        row = wizard.wizard.ledger.row()
        assert row is not None
        assert row.app == "shop"
