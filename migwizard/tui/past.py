"""The way back: the journal, one execution of it, and the plan that takes it back."""

from __future__ import annotations

from .jobs import Wanted
from .questions import Questions
from .walk import is_open, is_undoable


class Past(Questions):
    """What the keys do that leads through the journal."""

    def action_journal(self) -> None:
        """Show what was executed here; after a run or at an execution, plan to take that back."""
        if self.still_reading(self.action_journal):
            return
        report = self.report if self.page == "run" and not self.in_ledger else None
        if report is not None and not report.dry and report.outcome == "done" and report.journal is not None:
            self.make_plan(Wanted(undo=report.journal))
        elif self.page == "entry" and self.entry is not None and not self.in_ledger:
            self.make_plan(Wanted(undo=self.entry.id))
        elif self.page != "journal" or self.in_ledger:
            self.enter_page("journal")
            self.ask_journal()

    def forward_from_journal(self) -> None:
        """Show the selected execution whole, or what became of each schema in a batch."""
        if (entry := self.journal_page.entry()) is not None:
            self.open_entry(entry)
        elif (batch := self.journal_page.chosen_batch()) is not None:
            self.open_batch(batch)

    def forward_from_entry(self) -> None:
        """Plan to take the execution back; of one that has no end, say what can be done."""
        if is_open(self.entry, self.finding):
            self.explain_selection()
        elif self.entry is not None and is_undoable(self.entry):
            self.make_plan(Wanted(undo=self.entry.id))
        else:
            self.action_back()

    def explain_selection(self) -> None:
        """Show the explanation of what is selected."""
        self.enter_page("explain")
        self.settle_now()
