"""What is typed into the line at the bottom: filters, actions' names, confirmations."""

from __future__ import annotations

from .jobs import Wanted
from .keys import COMMANDS
from .output import Output
from .prompt import Prompt
from .questions import words


class Typed(Output):
    """The questions that the screen asks, and what it does with the answers."""

    def action_filter(self) -> None:
        """Ask what to filter for, or in a text what to find."""
        filters = hasattr(self.active, "narrow")
        self.ask_user("filter", " filter:" if filters else " find:")

    def action_palette(self) -> None:
        """Ask for the name of an action; in the menu of actions, for the arguments of the chosen one."""
        chosen = self.menu.item() if self.page == "menu" and self.menu.purpose == "actions" else None
        text = " ".join((chosen.name, *chosen.arguments)) + " " if chosen is not None else ""
        self.ask_user("command", " :", text=text)
        self.offer_words()
        self.ask("actions", self.selected_key(), self.finding, subject="prompt")

    def offer_words(self) -> None:
        """Offer the names of all actions."""
        self.prompt.offer([*(item.name for item in self.known_actions), *COMMANDS])

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Filter while typing."""
        if message.purpose == "filter":
            self.narrow(self.active, message.text)
            self.active.seek(message.text)
            self.show_positions()

    def on_prompt_done(self, message: Prompt.Done) -> None:
        """Do what was typed."""
        self.asking, self.message = False, ""
        self.divide()
        purpose, text = message.purpose, message.text
        if purpose == "filter":
            self.filtered(text)
        elif purpose == "command" and text and text.strip():
            self.command(text.strip())
        elif purpose == "sure":
            self.start_if(text == "y", dry=False)
        elif purpose == "name":
            self.start_if(bool(text) and text == self.database_name(), dry=False)
        elif purpose == "try":
            self.start_if(text == "y", dry=True)
        elif purpose == "save":
            self.save_to(text)
        elif purpose == "overwrite":
            self.save_over(text == "y")
        elif purpose == "answer":
            self.answer(text)
        elif purpose == "arguments":
            self.take_arguments(text)
        else:
            self.answered_for_many(purpose, text)
        self.show_lines()

    def answered_for_many(self, purpose: str, text: str | None) -> None:
        """Do what was confirmed for many schemas."""

    def filtered(self, text: str | None) -> None:
        """Keep a filter, or end it."""
        if text is None:
            self.narrow(self.active, "")
            self.active.seek("")
        elif text and not hasattr(self.active, "narrow"):
            self.action_match(1)

    def action_match(self, step: int) -> None:
        """Go to the next place that holds what was searched for."""
        if not self.active.sought:
            self.say("Nothing is searched for yet; / asks what.")
        elif not self.active.next_match(step):
            self.say("It is nowhere else here.")
        self.show_positions()

    def command(self, text: str) -> None:
        """Carry out a command that was typed: a key's word, or an action with its arguments."""
        name, *arguments = words(text) or [text]
        item = next((item for item in self.known_actions if item.name == name), None)
        if name in COMMANDS and not arguments and item is None:
            self.call_later(self.run_action, COMMANDS[name])
        elif item is None and not self.known_actions:
            # Typed before the list of actions was there: the workbench knows whether there is one of that name.
            self.make_plan(Wanted(None, name, tuple(arguments)))
        elif item is None:
            self.say(f"No action is called {name}; a lists them.")
        elif not arguments and (item.impossible or item.wanting):
            self.take_action(item)
        else:
            self.make_plan(Wanted(None, name, tuple(arguments) or item.arguments))
