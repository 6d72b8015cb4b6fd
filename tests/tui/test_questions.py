"""What a plan asks, and the arguments of actions."""

from __future__ import annotations

from textual import events

from .fakes import FakeWorkbench
from .stage import Play, play


def bottom(wizard: Play) -> list[str]:
    """Return the two lines at the bottom."""
    return [line.strip() for line in wizard.lines()[-2:]]


async def test_enter_answers_what_a_plan_needs_and_then_goes_on() -> None:
    async with play(FakeWorkbench(rich=True)) as wizard:
        await wizard.press("p")
        assert bottom(wizard)[0] == (
            "problem ▸ explain ▸ [preview] ▸ dry run ▸ run · Enter answers its question"
        )
        await wizard.press("x")
        assert bottom(wizard)[0] == "s answers first: What do empty rows of shop_order.tax get?"
        await wizard.press("enter")
        assert bottom(wizard) == ["What do empty rows of shop_order.tax get?", "fill:"]
        await wizard.press("0", "enter")
        assert wizard.bench.asked[-1].endswith("{'fill': '0'}")
        assert "0  (s changes it)" in wizard.text()
        await wizard.press("enter")
        assert wizard.bench.asked.count("dry_run") == 1
        await wizard.press("q", "q")
        assert wizard.wizard.page == "problems", "answering leaves no page to go back through"


async def test_of_several_questions_one_is_chosen_and_choices_are_a_list() -> None:
    async with play(FakeWorkbench(rich=True)) as wizard:
        await wizard.press("p", "s")
        assert "[questions]" in wizard.text()
        assert "> " in next(line for line in wizard.lines() if "What do empty rows" in line)
        await wizard.press("k", "enter")
        assert "[answers]" in wizard.text()
        assert bottom(wizard)[0] == "Which branch comes first?"
        await wizard.press("j", "enter")
        assert wizard.bench.asked[-1].endswith("{'keep': 'right'}")
        assert "right  (s changes it)" in wizard.text()
        await wizard.press("enter", "5", "enter")
        assert wizard.bench.asked[-1].endswith("{'keep': 'right', 'fill': '5'}"), "answers are kept"


async def test_a_question_can_be_left() -> None:
    async with play(FakeWorkbench(rich=True)) as wizard:
        await wizard.press("p", "enter", "7", "escape")
        assert bottom(wizard)[0] == "The plan stays as it is."
        assert "not answered yet; s answers it" in wizard.text()


async def test_a_wrong_answer_leaves_the_plan_as_it_was() -> None:
    async with play(FakeWorkbench(rich=True)) as wizard:
        await wizard.press("p")
        wizard.bench.fails["plan"] = "'x' is no number."
        await wizard.press("enter", "x", "enter")
        assert bottom(wizard)[0] == "'x' is no number."
        assert "not answered yet; s answers it" in wizard.text()
        del wizard.bench.fails["plan"]
        await wizard.press("enter", "3", "enter")
        assert wizard.bench.asked[-1].endswith("{'fill': '3'}")


async def test_a_plan_without_questions_says_so() -> None:
    async with play() as wizard:
        await wizard.press("s")
        assert bottom(wizard)[0] == "No plan is in view; p previews the recommended repair."
        await wizard.press("p", "s")
        assert bottom(wizard)[0] == "This plan asks nothing."


async def test_arguments_that_the_selection_does_not_give_are_asked_for() -> None:
    async with play() as wizard:
        await wizard.press("a", "G", "k")
        assert "asks for APP MIGRATION|zero" in wizard.text()
        await wizard.press("enter")
        assert bottom(wizard)[1] == "rollback APP MIGRATION|zero: shop"
        await wizard.press(*"zero", "enter")
        assert "plan None rollback ('shop', 'zero')" in wizard.bench.asked
        assert bottom(wizard)[0] == "actions ▸ [preview] ▸ dry run ▸ run · Enter tries it, rolls back"
        await wizard.press("q")
        assert wizard.wizard.page == "problems"


async def test_in_the_menu_a_colon_changes_the_arguments() -> None:
    async with play() as wizard:
        await wizard.press("a", "g", "colon")
        assert bottom(wizard)[1].startswith(": fake shop 0005_note")
        await wizard.press("ctrl+w", *"0004", "enter")
        assert "plan None fake ('shop', '0004')" in wizard.bench.asked


async def test_actions_are_offered_on_what_is_selected() -> None:
    async with play() as wizard:
        selected = wizard.wizard.selected_key
        assert selected() == ("shop", "0005_note")
        await wizard.press("0", "g")
        assert selected() == ("auth", "")
        await wizard.press("G")
        assert selected() == ("shop", "0009_gone")


async def test_a_plan_that_fails_leads_back_to_where_it_was_asked_for() -> None:
    async with play(FakeWorkbench(fails={"plan": "There is no migration '9' in app 'shop'."})) as wizard:
        await wizard.press("a", "G", "k", "enter", "9", "enter")
        assert bottom(wizard)[0] == "There is no migration '9' in app 'shop'."
        assert wizard.wizard.page == "problems"


async def test_letters_that_are_typed_ahead_belong_to_the_question() -> None:
    async with play() as wizard:
        for key in ("colon", *"fake xrapsy", "enter"):
            wizard.app.post_message(
                events.Key(key, key if len(key) == 1 else ":" if key == "colon" else None)
            )
        await wizard.until(lambda: "plan None fake ('xrapsy',)" in wizard.bench.asked)
        assert [name for name in wizard.bench.asked if name.startswith("plan")] == [
            "plan None fake ('xrapsy',)"
        ]
        await wizard.until(lambda: wizard.wizard.plan is not None)
        for key in "xn":
            wizard.app.post_message(events.Key(key, key))
        await wizard.until(lambda: "Nothing was run." in wizard.text())
        assert wizard.bench.committed == 0
