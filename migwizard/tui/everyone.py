"""What the keys do on the list of tenants: open one, mark some, choose what is done in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from migwizard.core.finding import Finding
from migwizard.core.tenants.across import Spread, concerns
from migwizard.core.tenants.batch import Task
from migwizard.workbench import Reading

from .jobs import Job
from .many import CHOICES, Choice, Many, choices_of, named, task_of
from .menu import Item
from .questions import words
from .task_runs import TaskRuns
from .words import BEHIND, plural

CHOOSING = "tenants"
"""Purpose of the menu of what can be done in many schemas."""


class Everyone(TaskRuns):
    """The list of tenants, and the menu of what can be done in the chosen ones."""

    chosen: tuple[str, ...] = ()
    """The schemas that the menu is for."""
    choices: tuple[Choice, ...] = CHOICES
    """What the menu offers."""

    def action_tenants(self) -> None:
        """Show all tenants in groups."""
        if self.reading is not None and self.reading.situation.tenants is None:
            self.say("This project has no tenants: it does not use django-tenants with this database.")
        elif self.here().busy:
            self.say("Something is running; Ctrl+C stops it.")
        elif self.page != "tenants" or self.in_ledger:
            self.enter_page("tenants")

    def forward_from_tenants(self) -> None:
        """Open the schema at the cursor, or unfold its group."""
        schema = self.tenants_page.schema()
        if schema and self.here().busy:
            self.say("Something is running; x shows it, Ctrl+C stops it.")
        elif schema:
            self.ask("turn_to", schema)
            self.say(f"Opening {schema}.")
        else:
            self.tenants_page.fold()
            self.show_positions()

    def got_of_many(self, job: Job, value: object) -> None:
        """Show what came of a job over many schemas."""
        if job.name == "tenants":
            overview = cast(Reading, value).situation.overview
            if overview is not None:
                self.tenants_page.show(overview)
        elif job.name == "turn_to":
            self.opened()
        elif job.name == "known":
            self.got_known(cast("tuple[Spread, ...]", value))
        else:
            super().got_of_many(job, value)

    def failed_for_many(self, job: Job) -> bool:
        """Note what could not be done in many schemas; the menu does without what is wrong in them."""
        return job.name == "known" or super().failed_for_many(job)

    def opened(self) -> None:
        """Show the problems of another schema; going back leads to the tenants."""
        self.finding, self.key, self.plan, self.report, self.running = None, None, None, None, None
        self.tried, self.entry, self.whole, self.replayed = None, None, False, False
        self.many = None
        self.way = [("tenants", False)]
        self.problems.show((), reading=True)
        self.show_page("problems", in_ledger=False)
        self.message = ""
        self.ask("quick")
        self.ask("read", False)

    def fill(self, page: str) -> None:
        """Write a page's contents from what is known now."""
        if page == "tenants":
            # Whatever was done since, in one of them or in many, is seen when one comes back.
            self.ask("tenants")
        else:
            super().fill(page)

    def action_fold(self, close: bool) -> None:
        """Fold or unfold the selected app, or the selected group of tenants."""
        if self.page == "tenants" and not self.in_ledger:
            self.tenants_page.fold(close)
            self.show_positions()
        else:
            super().action_fold(close)

    # Choosing what is done.

    def action_repairs(self) -> None:
        """Offer what can be done in the marked schemas, or in the group; elsewhere, the repairs of a problem."""
        if self.page == "tenants" and not self.in_ledger:
            if schemas := self.tenants_page.chosen():
                self.offer_for(schemas)
            else:
                self.say("No schema is selected.")
        elif self.page != "many" and not self.in_ledger and (schemas := self.schemas_of(self.finding)):
            self.offer_for(schemas)
        else:
            super().action_repairs()

    def schemas_of(self, finding: Finding | None) -> tuple[str, ...]:
        """Return the schemas that a problem of the public one is about, where it is repaired in each of them."""
        overview = self.reading.situation.overview if self.reading is not None and self.whole else None
        if finding is None or finding.name != BEHIND or overview is None:
            return ()
        groups = [group for group in overview.groups if concerns(finding, group)]
        return tuple(name for group in groups for name in group.schemas)

    def offer_for(self, schemas: tuple[str, ...]) -> None:
        """Offer what can be done in some schemas."""
        self.chosen, self.choices = schemas, CHOICES
        self.open_menu(CHOOSING)
        self.menu.show(self.items(), "")
        self.ask("known", schemas, subject=" ".join(schemas))
        self.say(f"In {named(schemas)}; nothing is done yet.")

    def action_menu(self) -> None:
        """Offer every action on the selection, among the tenants what can be done in the chosen schemas."""
        if self.page == "tenants" and not self.in_ledger:
            self.action_repairs()
        else:
            super().action_menu()

    def action_preview(self) -> None:
        """Show what the recommended repair would do, among the tenants in the chosen schemas."""
        here = self.page == "tenants" and not self.in_ledger
        if self.page == "many" and not self.in_ledger:
            return
        if schemas := self.tenants_page.chosen() if here else self.schemas_of(self.finding):
            self.take_task(Many(CHOICES[0].task, schemas))
        elif here:
            self.say("No schema is selected.")
        else:
            super().action_preview()

    def items(self) -> tuple[Item, ...]:
        """Return the choices as the menu shows them."""
        return tuple(
            Item(
                one.typed, one.title, one.safety, one == CHOICES[0], below=f"migwizard {as_typed(one.typed)}"
            )
            for one in self.choices
        )

    def got_known(self, known: Sequence[Spread]) -> None:
        """Offer the repairs of what is wrong in the chosen schemas, before what can be done in any."""
        self.choices = (*choices_of(known, self.chosen), *CHOICES)
        if self.page != "menu" or self.menu.purpose != CHOOSING:
            return
        selected, sought = self.menu.item(), self.menu.filter
        self.menu.show(self.items(), "")
        if sought:
            self.menu.narrow(sought)
        # Whatever comes before it, what Enter takes stays the same.
        names = [item.name for item in self.menu.items]
        if selected is not None and selected.name in names:
            self.menu.go(names.index(selected.name))
        found = len(self.choices) - len(CHOICES)
        more = (
            f"{plural(found, 'repair')} of what is wrong there"
            if found
            else "nothing to repair was found there"
        )
        self.say(f"In {named(self.chosen, 3)}; {more}.")

    def take_many(self, item: Item) -> None:
        """Look what the chosen task would do in the schemas."""
        self.begin_task(next(one.task for one in self.choices if one.typed == item.name))

    def begin_task(self, task: Task) -> None:
        """Look what a task would do in the chosen schemas."""
        if self.job is not None and self.job.name == "known":
            # What is wrong there is looked at again for the task; nobody waits for it any more.
            self.interrupt_bench()
        self.take_task(Many(task, self.chosen))

    def action_palette(self) -> None:
        """Ask for what is to be done in the chosen schemas, as it is typed on the command line."""
        if self.page != "menu" or self.menu.purpose != CHOOSING:
            super().action_palette()
            return
        item = self.menu.item()
        text = f"{item.name} " if item is not None else ""
        self.ask_user("many-task", f" in {plural(len(self.chosen), 'schema')}:", text=text)
        self.prompt.offer(tuple(dict.fromkeys(one.typed for one in self.choices)))

    def answered_for_many(self, purpose: str, text: str | None) -> None:
        """Look what the typed task would do; else do what was confirmed."""
        if purpose != "many-task":
            super().answered_for_many(purpose, text)
        elif text is None or not text.strip():
            self.say("Nothing was chosen.")
        elif isinstance(task := task_of(words(text)), str):
            self.say(task)
        else:
            self.begin_task(task)


def as_typed(task: str) -> str:
    """Return what can be typed instead, but for the schemas."""
    return f"{task if task.startswith('repair') else f'repair {task}'} --schemas …"
