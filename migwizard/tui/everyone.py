"""What the keys do on the list of tenants, and with many of them at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from migwizard.core.tenants.batch import Batch
from migwizard.workbench import Reading

from .jobs import Job
from .many import CHOICES, Many, many_page, named
from .menu import Item
from .typed import Typed

if TYPE_CHECKING:
    from migwizard.batches import Survey
    from migwizard.batches.bench import Tried

CHOOSING = "tenants"
"""Purpose of the menu of what can be done in many schemas."""


class Everyone(Typed):
    """The way through the tenants: one of them opened, or a repair over many."""

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
        if schema := self.tenants_page.schema():
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
        elif job.name in ("survey", "try_many", "run_many") and self.many is not None:
            self.many = self.furthered(self.many, job.name, value)
            if self.page == "many":
                self.fill("many")

    def furthered(self, many: Many, name: str, value: object) -> Many:
        """Return the task with what came of its next step."""
        if name == "survey":
            return replace(many, found=cast("Survey", value))
        if name == "try_many":
            return replace(many, tried=cast("tuple[Tried, ...]", value), running=False)
        return replace(many, batch=cast(Batch, value), running=False)

    def opened(self) -> None:
        """Show the problems of another schema; going back leads to the tenants."""
        self.finding, self.key, self.plan, self.report, self.running = None, None, None, None, None
        self.tried, self.entry, self.whole, self.replayed = None, None, False, False
        self.way = [("tenants", False)]
        self.problems.show((), reading=True)
        self.show_page("problems", in_ledger=False)
        self.message = ""
        self.ask("quick")
        self.ask("read", False)

    def fill(self, page: str) -> None:
        """Write a page's contents from what is known now."""
        if page == "many" and self.many is not None:
            self.many_view.show(many_page(self.many))
        elif page == "tenants":
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

    def action_repairs(self) -> None:
        """Offer what can be done in the marked schemas, or in the group; elsewhere, the repairs of a problem."""
        if self.page != "tenants" or self.in_ledger:
            super().action_repairs()
            return
        schemas = self.tenants_page.chosen()
        if not schemas:
            self.say("No schema is selected.")
            return
        self.many = Many(CHOICES[0][2], schemas)
        self.open_menu(CHOOSING)
        items = tuple(
            Item(typed, title, safety, number == 0, below=f"migwizard {as_typed(typed)}")
            for number, (typed, title, _, safety) in enumerate(CHOICES)
        )
        self.menu.show(items, "")
        self.say(f"In {named(schemas)}; nothing is done yet.")

    def take_many(self, item: Item) -> None:
        """Look what the chosen task would do in the schemas."""
        assert self.many is not None
        task = next(task for typed, _, task, _ in CHOICES if typed == item.name)
        self.many = Many(task, self.many.schemas)
        self.way = [place for place in self.way if place[0] != "menu"]
        self.show_page("many", in_ledger=False)
        self.ask("survey", self.many.schemas, task)

    def forward_from_many(self) -> None:
        """Try the plans, then ask whether to run them; when that is done, go back to the tenants."""
        many = self.many
        if many is None or many.running or (many.found is None and many.batch is None):
            return
        if not many.ready or self.read_only:
            self.to_tenants()
        elif many.tried:
            self.action_run_plan()
        else:
            self.action_dry_run()

    def to_tenants(self) -> None:
        """Go back to the tenants, and read them again."""
        self.way = [("problems", False)]
        self.show_page("tenants", in_ledger=False)
        self.read_again()

    def action_dry_run(self) -> None:
        """Try the plan in view, or those for many schemas."""
        if self.page != "many" or self.in_ledger:
            super().action_dry_run()
        elif self.many is not None and self.many.ready:
            self.many = replace(self.many, running=True, sure=False)
            self.ask("try_many", self.many.found, self.many.task)

    def action_run_plan(self) -> None:
        """Ask whether to run the plan in view, or those for many schemas."""
        many = self.many
        if self.page != "many" or self.in_ledger:
            super().action_run_plan()
        elif self.read_only:
            self.say("The wizard was started with --read-only: nothing is written.")
        elif many is not None and many.ready and many.found is not None:
            count = f"{len(many.found.turns):,} schema{'' if len(many.found.turns) == 1 else 's'}"
            database = self.reading.situation.database if self.reading else None
            if database is not None and database.local and not database.production:
                self.say(f"{many.task.title}: each schema in a transaction of its own.")
                self.ask_user("many", f" Run it in {count}? y runs, any other key does not:", single=True)
            else:
                self.say(f"Not a local database, or one in production: {self.database_name()}.")
                self.ask_user("many-name", f" To run it in {count} type the database's name:")

    def answered_for_many(self, purpose: str, text: str | None) -> None:
        """Run the plans for many schemas, if that was confirmed."""
        wanted = "y" if purpose == "many" else self.database_name()
        many = self.many
        if text and text == wanted and many is not None and many.ready:
            self.many = replace(many, running=True, sure=True)
            self.ask("run_many", many.task, many.found)
        else:
            self.say("Nothing was run.")

    def failed_for_many(self, job: Job) -> None:
        """Note that nothing runs in many schemas any more; without plans, go back."""
        if job.name in ("survey", "try_many", "run_many") and self.many is not None:
            self.many = replace(self.many, running=False)
            if job.name == "survey":
                self.leave_page("many")


def as_typed(task: str) -> str:
    """Return what can be typed instead, but for the schemas."""
    return f"{task if task.startswith('repair') else f'repair {task}'} --schemas …"
