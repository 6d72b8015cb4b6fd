"""What a plan or an action must be told: its questions, and arguments that the selection does not give."""

from __future__ import annotations

import shlex

from migwizard.core.plan import Question

from .deeds import Deeds
from .jobs import Wanted
from .menu import Item
from .walk import unanswered


class Questions(Deeds):
    """Choosing from menus, and answering."""

    answering = ""
    """Key of the question that is being answered."""
    item: Item | None = None
    """The action whose arguments are asked for."""

    def take(self, item: Item | None) -> None:
        """Do what was chosen from the menu."""
        if item is None:
            return
        if self.menu.purpose == "repairs":
            self.make_plan(Wanted(self.finding, item.name))
        elif self.menu.purpose == "questions":
            self.ask_question(next((one for one in self.asks() if one.key == item.name), None))
        elif self.menu.purpose == "answers":
            self.answer(item.name)
        else:
            self.take_action(item)

    # Actions and their arguments.

    def take_action(self, item: Item) -> None:
        """Plan an action; ask for arguments that it lacks, and say why it is not possible now."""
        if item.impossible:
            other = " : takes other arguments." if item.takes else ""
            self.say(f"Not now: {item.impossible}{other}")
        elif item.wanting:
            self.ask_arguments(item)
        else:
            self.make_plan(Wanted(None, item.name, item.arguments))

    def ask_arguments(self, item: Item) -> None:
        """Ask for the arguments of an action; what the selection gives is there already."""
        self.item = item
        given = f"{shlex.join(item.arguments)} " if item.arguments else ""
        self.ask_user("arguments", f" {item.name} {item.takes}:", text=given)

    def take_arguments(self, text: str | None) -> None:
        """Plan an action with the arguments that were typed."""
        if text is None or self.item is None:
            self.say("Nothing was chosen.")
        else:
            self.make_plan(Wanted(None, self.item.name, tuple(words(text))))

    # What a plan asks.

    def asks(self) -> tuple[Question, ...]:
        """Return the questions of the plan in view."""
        return self.plan.asks if self.plan is not None else ()

    def action_answer(self) -> None:
        """Answer a question of the plan in view, or change an answer."""
        asks = self.asks()
        if self.plan_in_view() is None and self.page != "menu":
            self.say("No plan is in view; p previews the recommended repair.")
        elif not asks:
            self.say("This plan asks nothing.")
        elif len(asks) == 1:
            self.ask_question(asks[0])
        else:
            items = tuple(Item(one.key, one.text, below=one.answer or "not answered yet") for one in asks)
            self.open_menu("questions")
            self.menu.show(items, "")
            first = unanswered(self.plan)
            if first is not None:
                self.menu.go(asks.index(first))
            self.show_lines()

    def ask_question(self, question: Question | None) -> None:
        """Ask one question: as a list where it has choices, else in the prompt."""
        if question is None:
            return
        self.answering = question.key
        if question.choices:
            now = {question.answer: "what the plan is made with now"}
            items = tuple(
                Item(choice, choice, below=now.get(choice, "choose it")) for choice in question.choices
            )
            self.open_menu("answers")
            self.menu.show(items, "")
            if question.answer in question.choices:
                self.menu.go(question.choices.index(question.answer))
            self.say(question.text)
        else:
            self.say(question.text)
            self.ask_user("answer", f" {question.key}:", text=question.answer or "")

    def answer(self, text: str | None) -> None:
        """Make the plan anew with an answer."""
        wanted = self.wanted
        if text is None or wanted is None:
            self.say("The plan stays as it is.")
            return
        settings = {**wanted.settings, self.answering: text}
        self.make_plan(Wanted(wanted.finding, wanted.repair, wanted.arguments, settings))


def words(text: str) -> list[str]:
    """Return what was typed as words, quotes observed where they fit together."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()
