"""Plans: choosing one, showing it, confirming it, running it."""

from __future__ import annotations

from migwizard.core.finding import Finding
from migwizard.core.plan import Plan

from .answers import Answers
from .menu import Item
from .safe import safe
from .walk import possible, recommended
from .words import plural, short_name


class Deeds(Answers):
    """What the keys do that leads to a plan, and from a plan to its run."""

    def action_preview(self) -> None:
        """Plan the recommended repair of the selected problem, and show it."""
        if self.still_reading():
            return
        offer = recommended(self.finding)
        if self.finding is None or offer is None:
            self.say("No repair is offered here; a lists every action on the selection.")
            return
        self.make_plan(self.finding, offer.name, ())

    def make_plan(self, finding: Finding | None, repair: str, arguments: tuple[str, ...]) -> None:
        """Ask for a plan, and go to where it will be shown."""
        self.plan, self.statement, self.planning = None, None, True
        if self.page == "menu":
            self.show_page("sql", in_ledger=False)
        elif self.page != "sql" or self.in_ledger:
            self.enter_page("sql")
        else:
            self.show_page("sql")
        self.ask("plan", finding, repair, arguments, subject=repair)

    def still_reading(self) -> bool:
        """Say that repairs are not known yet, while that is so."""
        if not self.whole:
            self.say("Still reading: repairs are offered once the database has been read.")
        return not self.whole

    def action_repairs(self) -> None:
        """Offer the repairs of the selected problem."""
        if self.still_reading():
            return
        if self.finding is None:
            self.say("No problem is selected; a lists every action on the selection.")
            return
        items = tuple(
            Item(offer.name, offer.title, offer.safety, offer.recommended) for offer in self.finding.repairs
        )
        self.open_menu("repairs")
        self.menu.show(items, "No repair is offered: a person must decide. Enter on the problem says why.")
        self.show_lines()

    def action_menu(self) -> None:
        """Offer every action on the selection."""
        if self.still_reading():
            return
        self.open_menu("actions")
        self.menu.show((), "Looking for what is possible.")
        self.ask("actions", self.key, self.finding, subject="menu")
        self.show_lines()

    def open_menu(self, title: str) -> None:
        """Show the menu page under a title."""
        self.menu.border_title = title
        if self.page == "menu" and not self.in_ledger:
            self.show_page("menu")
        else:
            self.enter_page("menu")

    def take(self, item: Item | None) -> None:
        """Plan what was chosen from the menu."""
        if item is None:
            return
        if item.impossible:
            self.say(f"Not now: {item.impossible}")
        elif self.menu.border_title == "repairs":
            self.make_plan(self.finding, item.name, ())
        else:
            self.make_plan(None, item.name, item.arguments)

    # Confirming and running.

    def action_run_plan(self) -> None:
        """Ask whether to run the plan in view; where none is, show the recommended one, for nothing runs unseen."""
        if self.page != "sql":
            self.action_preview()
            return
        if self.plan is None or self.statement is not None or possible(self.here()):
            self.say(possible(self.here()) or "This is a statement of the log, not a plan.")
            return
        if name := self.name_to_type(self.plan):
            question = f" {self.why_to_type(self.plan)} To run it type the database's name, {name}:"
            self.ask_user("name", question)
        else:
            steps = plural(len(self.plan.steps), "step")
            question = f" Run {steps} on {self.database_name()}? y runs, any other key does not:"
            self.ask_user("sure", question, single=True)

    def why_to_type(self, plan: Plan) -> str:
        """Return why one key is not enough."""
        if plan.safety == "destructive":
            return "Data will be lost."
        production = self.reading is not None and self.reading.situation.database.production
        return "A production database." if production else "Not a local database."

    def name_to_type(self, plan: Plan) -> str:
        """Return the name that confirms a plan; empty where one key is enough."""
        database = self.reading.situation.database if self.reading else None
        if database is None or (plan.safety != "destructive" and database.local and not database.production):
            return ""
        return self.database_name()

    def database_name(self) -> str:
        """Return the database's name as it is shown, and so as it can be typed."""
        return safe(short_name(self.reading.situation.database), self.look.ascii) if self.reading else ""

    def run_plan_if(self, confirmed: bool) -> None:
        """Run the plan in view, if that was confirmed."""
        plan = self.plan
        if not confirmed or plan is None or self.read_only:
            self.say("Nothing was run.")
            return
        self.running, self.report, self.ran = plan, None, []
        self.show_page("run", in_ledger=False)
        self.ask("execute", plan)

    def action_stop(self) -> None:
        """Interrupt the workbench."""
        if self.job is None:
            self.say("Nothing is running; q quits.")
        else:
            self.interrupt_bench()
            self.say("Asked to stop; what is not committed is rolled back.")
