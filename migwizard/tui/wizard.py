"""The wizard's screen: the way through a problem with Enter, what leaves the screen, and the way out."""

from __future__ import annotations

import os
from pathlib import Path

from migwizard.core.finding import Finding

from .deliver import copy, save
from .safe import safe
from .typed import Typed
from .walk import possible, recommended


class Wizard(Typed):
    """The screen on which everything happens."""

    # The wizard's way.

    def action_forward(self) -> None:
        """Go one step further; what that is stands in the line above the keys."""
        if self.in_ledger:
            self.look_into()
        elif self.page == "sql":
            self.forward_from_plan()
        elif self.page == "explain":
            self.forward_from_explanation()
        elif self.page == "menu":
            self.take(self.menu.item())
        elif self.page == "log":
            self.show_statement()
        elif self.page == "run":
            if self.report is not None:
                self.next_problem(self.report.gone)
        elif self.page == "help":
            self.action_back()
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

    def explain_selection(self) -> None:
        """Show the explanation of what is selected."""
        self.enter_page("explain")
        self.settle_now()

    def forward_from_explanation(self) -> None:
        """Preview the recommended repair; without one, go on to the next problem."""
        if recommended(self.finding) is not None:
            self.action_preview()
        elif self.finding is None:
            self.action_back()
        else:
            self.next_problem((self.finding.id,))

    def forward_from_plan(self) -> None:
        """Ask whether to run the plan; where it cannot be run, go on to the next problem."""
        if self.statement is not None:
            self.action_back()
        elif self.planning:
            return
        elif self.plan is None:
            self.action_preview()
        elif possible(self.here()):
            self.next_problem((self.plan.finding,) if self.plan.finding else ())
        else:
            self.action_run_plan()

    def next_problem(self, gone: tuple[str, ...]) -> None:
        """Go to the list of problems, with the next one selected."""
        following = self.next_after(gone)
        self.way, self.plan, self.report, self.running = [], None, None, None
        self.show_page("problems", in_ledger=False)
        self.choose(following or self.problems.finding())
        self.show_lines()

    def next_after(self, gone: tuple[str, ...]) -> Finding | None:
        """Return the finding after the selected one that is still there, from the top at the end."""
        open_ones = [finding for finding in self.problems.findings if finding.id not in gone]
        if self.finding is None or self.finding not in self.problems.findings:
            return open_ones[0] if open_ones else None
        at = self.problems.findings.index(self.finding)
        later = [finding for finding in self.problems.findings[at:] if finding.id not in gone]
        return later[0] if later else open_ones[0] if open_ones else None

    # What leaves the screen, and the rest.

    def action_mark(self) -> None:
        """Mark the row at the cursor."""
        self.active.toggle_mark()
        self.show_positions()

    def text_in_view(self) -> tuple[str, str, str]:
        """Return what y and w take: the text, a name for its file, and the file's suffix."""
        if self.page == "sql" and not self.in_ledger and self.plan is not None and self.statement is None:
            # Here and not above: what is not needed for the first picture only delays it.
            from migwizard.report import script

            return (script(self.plan) + "\n", self.plan.repair, ".sql")
        if self.statement is not None and self.page == "sql":
            return (self.statement + "\n", "statement", ".sql")
        words = self.active.chosen_words()
        return (
            "\n".join(safe(line) for line in words) + "\n",
            "ledger" if self.in_ledger else self.page,
            ".txt",
        )

    def action_copy(self) -> None:
        """Copy the plan, the text, or the rows."""
        text, _name, _suffix = self.text_in_view()
        try:
            self.say(copy(text, os.environ, self.app.copy_to_clipboard, Path.cwd()))
        except OSError as error:
            self.say(f"Could not copy: {error}", "error")

    def action_save(self) -> None:
        """Write the plan, the text, or the rows into a new file."""
        text, name, suffix = self.text_in_view()
        try:
            self.say(f"Written to {save(text, Path.cwd(), name, suffix)}")
        except OSError as error:
            self.say(f"Could not write: {error}", "error")

    def show_statement(self) -> None:
        """Show a statement of the log in full."""
        ran = self.log_page.chosen()
        if ran is not None:
            self.statement = ran.sql
            self.enter_page("sql")

    def action_read(self) -> None:
        """Read everything again, with a replay."""
        self.ask("read", not self.read_only)
        self.say("Reading again.")

    def action_leave(self) -> None:
        """Go back; where there is nothing to go back to, quit."""
        if self.way or self.page != "problems" or self.in_ledger or self.problems.filter or self.zoomed:
            self.action_back()
        else:
            self.quit()

    def quit(self) -> None:
        """Close the wizard, unless a repair is running."""
        if self.here().running:
            self.say("A repair is running; Ctrl+C stops it.")
        else:
            self.app.exit(return_code=0)

    def action_suspend(self) -> None:
        """Suspend the process, unless its transaction would hold locks meanwhile."""
        if self.here().running:
            self.say("A repair is running; suspended, it would keep its locks.")
        else:
            self.app.action_suspend_process()

    def action_redraw(self) -> None:
        """Send the whole screen again."""
        self.redraw_all()
