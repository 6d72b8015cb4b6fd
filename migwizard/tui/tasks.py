"""One task for many schemas: what it would do, what became of it, and the ways from there on or back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from migwizard.core.finding import Finding
from migwizard.core.tenants.batch import (
    Batch,
    SchemaResult,
    Task,
    batch_number,
    why_not_resumed,
    why_not_undone,
)

from .jobs import Job, Progress
from .journal import title_of
from .many import Many, names_batch
from .many_page import many_page
from .typed import Typed

if TYPE_CHECKING:
    from migwizard.batches import Survey

SURVEYS = ("survey", "survey_rest", "survey_back")
"""Jobs that tell what a task would do."""
RUNS = ("run_many", "go_on_many")
"""Jobs that write."""


class Tasks(Typed):
    """What the keys do that leads to a task or a batch, and away from it."""

    tasks_asked = 0
    """Number of the last task that was looked at; the answers for others come too late."""

    # Beginning.

    def take_task(self, many: Many) -> None:
        """Look what a task would do, and show it."""
        if self.here().busy:
            self.say("Something is running; Ctrl+C stops it.")
            return
        self.tasks_asked += 1
        self.many = many = replace(many, number=self.tasks_asked)
        self.show_many()
        subject = str(many.number)
        if many.resumes is not None:
            self.ask("survey_rest", many.resumes.id, subject=subject)
        elif many.task.undoes is not None:
            self.ask("survey_back", many.task.undoes, many.task.settings, subject=subject)
        else:
            self.ask("survey", many.schemas, many.task, subject=subject)

    def show_many(self) -> None:
        """Show the task in view; going back leads to where one is now, a menu left aside."""
        if self.page == "menu":
            self.way = [place for place in self.way if place[0] not in ("menu", "many")]
            self.show_page("many", in_ledger=False)
        elif self.page != "many" or self.in_ledger:
            self.enter_page("many")
        else:
            self.show_page("many")

    def open_batch(self, batch: Batch) -> None:
        """Show what was done in many schemas."""
        if self.here().busy:
            self.say("Something is running; Ctrl+C stops it.")
            return
        self.many = Many(batch.task, batch.schemas, batch=batch, opened=True)
        self.show_many()

    def batch_of(self, finding: Finding | None) -> Batch | None:
        """Return the interrupted batch that a finding tells of."""
        if finding is None or self.reading is None or not names_batch(finding):
            return None
        number = batch_number(finding.id.rpartition(":")[2])
        return next((one for one in self.reading.situation.unfinished_batches if one.id == number), None)

    def resume_in_view(self) -> None:
        """Look what is left of the batch in view."""
        many = self.many
        if many is None or many.batch is None:
            return
        if reason := why_not_resumed(many.batch):
            self.say(reason)
        else:
            batch = many.batch
            self.take_task(Many(batch.task, batch.remaining, resumes=batch, before=many))

    def undo_in_view(self) -> None:
        """Look what would take the batch in view back."""
        many = self.many
        if many is None or many.batch is None:
            return
        if reason := why_not_undone(many.batch):
            self.say(reason)
        else:
            batch = many.batch
            self.take_task(Many(Task(undoes=batch.id), tuple(reversed(batch.touched)), before=many))

    # What comes of it.

    def got_of_many(self, job: Job, value: object) -> None:
        """Show what came of a task."""
        if self.many is None or job.subject != str(self.many.number):
            return
        if job.name in SURVEYS:
            self.many = replace(self.many, found=cast("Survey", value))
        elif job.name == "try_many":
            self.got_trial(cast("tuple[SchemaResult, ...]", value))
        elif job.name in RUNS:
            batch = cast(Batch, value)
            self.many = replace(self.many, batch=batch, running=False)
            if self.page != "many":
                self.say(f"{title_of(batch)}. It is {batch.name} in the journal (u).")
            self.read_again()
        if self.page == "many":
            self.fill("many")

    def got_trial(self, tried: tuple[SchemaResult, ...]) -> None:
        """Show what dry runs came to."""
        assert self.many is not None
        if self.stopping:
            # It says nothing of what was not tried.
            self.many = replace(self.many, running=False, every=False)
            self.say("The dry run was stopped, and everything rolled back.")
        else:
            self.many = replace(self.many, tried=tried, running=False)
            if self.page != "many":
                self.say(f"The dry run of {self.many.title} has ended; T and then x shows it.")

    def failed_for_many(self, job: Job) -> bool:
        """Note that a task could not be done; say whether nobody waits for it any more."""
        if job.name not in (*SURVEYS, *RUNS, "try_many"):
            return False
        if self.many is None or job.subject != str(self.many.number):
            return True
        self.many = replace(self.many, running=False)
        if job.name in SURVEYS:
            self.leave_task()
        elif job.name in RUNS:
            self.read_again()
        return False

    def on_progress(self, message: Progress) -> None:
        """Show how far it is, in a bar as well."""
        super().on_progress(message)
        if self.many is not None and self.many.running:
            self.many = replace(self.many, done=(message.done, message.total), doing=message.text)
            if self.page == "many" and not self.message:
                self.show_lines()

    def fill(self, page: str) -> None:
        """Write a page's contents from what is known now."""
        if page == "many" and self.many is not None:
            self.many_view.show(many_page(self.many))
        else:
            super().fill(page)

    # Going on, and back.

    def forward_from_many(self) -> None:
        """Answer what the plans ask, try them, then ask whether to run them; from what became of them, go on."""
        many = self.many
        if many is None or many.running or many.looking:
            return
        if many.resumable:
            self.resume_in_view()
        elif many.opened and many.undoable:
            self.undo_in_view()
        elif many.batch is not None and not many.opened:
            self.to_tenants()
        elif not many.ready:
            self.action_back()
        elif many.unanswered is not None:
            self.action_answer()
        elif self.read_only:
            self.action_back()
        elif many.tried:
            self.action_run_plan()
        else:
            self.action_dry_run()

    def to_tenants(self) -> None:
        """Go back to the tenants."""
        self.way = [("problems", False)]
        self.show_page("tenants", in_ledger=False)

    def leave_task(self) -> None:
        """Go back from a task: to the batch that it came from, or to the page."""
        if self.many is not None and self.many.before is not None:
            self.many = self.many.before
            if self.page == "many":
                self.fill("many")
        else:
            self.leave_page("many")

    def action_back(self) -> None:
        """Go back; from a task that comes from a batch, to that one."""
        many = self.many
        if self.page != "many" or self.in_ledger or self.zoomed or many is None:
            super().action_back()
            return
        if many.looking and self.job is not None and self.job.name in SURVEYS:
            # Nobody waits for it any more, and what is asked for next would.
            self.interrupt_bench()
        if many.before is not None and not many.running:
            self.tasks_asked += 1
            self.leave_task()
            self.show_lines()
        else:
            if many.looking:
                self.many = None
            super().action_back()

    def action_journal(self) -> None:
        """Take the batch in view back; elsewhere, show the journal."""
        if (
            self.page == "many"
            and not self.in_ledger
            and self.many is not None
            and self.many.batch is not None
        ):
            self.undo_in_view()
        else:
            super().action_journal()

    def action_repairs(self) -> None:
        """Go on with the batch in view, or show the one that the selected problem is about."""
        listed = self.journal_page.chosen_batch() if self.page == "journal" else None
        if self.page == "many" and not self.in_ledger:
            self.resume_in_view()
        elif listed is not None and not self.in_ledger:
            self.open_batch(listed)
        elif (batch := self.batch_of(self.finding)) is not None and not self.in_ledger:
            self.open_batch(batch)
        else:
            super().action_repairs()

    def action_preview(self) -> None:
        """Show the interrupted batch that the selected problem is about; of any other, plan the repair."""
        if (batch := self.batch_of(self.finding)) is not None:
            self.open_batch(batch)
        else:
            super().action_preview()
