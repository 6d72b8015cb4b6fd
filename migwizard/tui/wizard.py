"""The wizard's screen: the way through a problem with Enter, and the way out."""

from __future__ import annotations

from .everyone import CHOOSING, Everyone
from .many import of_many
from .walk import possible, recommended, unanswered


class Wizard(Everyone):
    """The screen on which everything happens."""

    # The wizard's way.

    def action_forward(self) -> None:
        """Go one step further; what that is stands in the line above the keys."""
        if self.in_ledger:
            self.look_into()
            return
        steps = {
            "sql": self.forward_from_plan,
            "explain": self.forward_from_explanation,
            "log": self.show_statement,
            "run": self.forward_from_run,
            "journal": self.forward_from_journal,
            "entry": self.forward_from_entry,
            "dialect": self.action_back,
            "help": self.action_back,
            "tenants": self.forward_from_tenants,
            "many": self.forward_from_many,
        }
        item = self.menu.item()
        if self.page == "menu" and self.menu.purpose == CHOOSING:
            if item is not None:
                self.take_many(item)
        elif self.page == "menu":
            self.take(item)
        elif self.page in steps:
            steps[self.page]()
        elif self.page == "database" or self.finding is not None:
            self.explain_selection()

    def look_into(self) -> None:
        """Explain the selected migration, or fold the selected app."""
        row = self.ledger.row()
        if row is None or row.key is None:
            self.ledger.fold()
            self.show_positions()
        else:
            self.explain_selection()

    def forward_from_explanation(self) -> None:
        """Preview the recommended repair; without one, go on to the next problem."""
        named = recommended(self.finding) is not None or of_many(self.finding)
        if named or not self.whole:
            self.action_preview()
        elif self.finding is None:
            self.action_back()
        else:
            self.next_problem((self.finding.id,))

    def forward_from_plan(self) -> None:
        """Answer what the plan asks, try it, and then ask whether to run it; where that cannot be, go on."""
        here = self.here()
        if self.statement is not None:
            self.action_back()
        elif self.planning:
            return
        elif here.busy:
            self.may_run()
        elif self.plan is None:
            self.action_preview()
        elif question := unanswered(self.plan):
            self.ask_question(question)
        elif possible(here):
            self.next_problem((self.plan.finding,) if self.plan.finding else ())
        elif here.stale:
            self.plan_again()
        elif here.tried:
            self.action_run_plan()
        else:
            self.action_dry_run()

    # The rest.

    def action_mark(self) -> None:
        """Mark the row at the cursor."""
        self.active.toggle_mark()
        self.show_positions()

    def action_invert(self) -> None:
        """Mark the rows that are not marked, and take the marks off the others."""
        self.active.invert_marks()
        self.show_positions()

    def show_statement(self) -> None:
        """Show a statement of the log in full."""
        ran = self.log_page.chosen()
        if ran is not None:
            self.statement = ran.sql
            self.enter_page("sql")

    def action_read(self) -> None:
        """Read everything again, with a replay where something hangs on it."""
        self.read_again()

    def action_leave(self) -> None:
        """Go back; where there is nothing to go back to, quit."""
        if self.way or self.page != "problems" or self.in_ledger or self.problems.filter or self.zoomed:
            self.action_back()
        else:
            self.quit()

    def quit(self) -> None:
        """Close the wizard, unless a repair is running."""
        if self.here().busy:
            self.say("A repair is running; Ctrl+C stops it.")
        else:
            self.app.exit(return_code=0)

    def action_suspend(self) -> None:
        """Suspend the process, unless its transaction would hold locks meanwhile."""
        if self.here().busy:
            self.say("A repair is running; suspended, it would keep its locks.")
        else:
            self.app.action_suspend_process()

    def action_redraw(self) -> None:
        """Send the whole screen again."""
        self.redraw_all()
