"""What the workbench answers, and how it gets onto the screen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import cast

from migwizard.core.plan import Plan, Ran, Report
from migwizard.workbench import ActionOffer, Reading

from .bench import Answer, Failure, Progress, Started, StatementsRan
from .menu import Item
from .moves import Moves
from .texts import ran_blocks

TIMED = ("open", "read", "execute", "plan")
"""Jobs that may take long enough to show their seconds."""


class Answers(Moves):
    """The receiving end of the workbench's messages."""

    replayed = False

    def begin(self) -> None:
        """Ask for everything: first what can be had at once, then the whole."""
        self.ask("open")
        self.ask("quick")
        self.ask("read", False)
        if self.clock is not None:
            self.clock.resume()

    def on_started(self, message: Started) -> None:
        """Show what is being done."""
        self.job, self.job_since, self.progress = message.job, time.monotonic(), ""
        if message.job.name in TIMED:
            self.show_status()
            if self.clock is not None:
                self.clock.resume()

    def finished(self) -> None:
        """Stop the clock when nothing is being done: an idle screen sends nothing."""
        self.pending -= 1
        self.job, self.progress = None, ""
        if self.pending <= 0 and self.clock is not None:
            self.clock.pause()

    def on_progress(self, message: Progress) -> None:
        """Show how far the reading is."""
        share = f" {message.done}/{message.total}" if message.total else ""
        self.progress = message.text + share
        self.show_status()

    def on_answer(self, message: Answer) -> None:
        """Hand an answer to what shows it."""
        self.finished()
        value, subject, name = message.value, message.job.subject, message.job.name
        if name in ("quick", "read") and value is not None:
            self.got_reading(
                cast(Reading, value),
                whole=name == "read",
                replayed=bool(message.job.arguments[:1] == (True,)),
            )
        elif name == "explain":
            self.texts[subject] = str(value)
            if self.finding is not None and self.finding.id == subject and self.page == "explain":
                self.fill_explain()
        elif name == "rows":
            self.database.count_rows(subject, cast("int | None", value))
        elif name == "actions":
            self.got_actions(subject, cast("Sequence[ActionOffer]", value))
        elif name == "plan":
            self.got_plan(cast(Plan, value), subject)
        elif name == "execute":
            self.got_report(cast(Report, value))
        elif name == "log":
            self.log_page.show(cast("tuple[Ran, ...]", value))
        self.show_lines()

    def on_failure(self, message: Failure) -> None:
        """Say what could not be done; without a project or a connection, leave."""
        self.finished()
        name = message.job.name
        if name in ("open", "read") and not self.whole:
            # What was asked for after it fails as well; the first sentence is the one that helps.
            self.fatal = self.fatal or message.sentence
            self.app.exit(return_code=2)
            return
        if name == "actions" and self.page == "menu":
            self.menu.show((), message.sentence)
        if name in ("quick", "rows", "actions"):
            return
        if name == "plan":
            self.planning = False
            self.fill("sql")
        if name == "execute" and self.running is not None:
            self.report = Report(self.running, "failed", message.sentence, tuple(self.ran))
            self.fill("run")
            self.ask("read", self.replayed)
        self.say(message.sentence, "error")

    fatal = ""
    """Why the wizard could not go on, for the caller to print."""

    def got_reading(self, reading: Reading, *, whole: bool, replayed: bool) -> None:
        """Show a reading, and keep the selection; the first whole one selects the gravest finding."""
        first = whole and not self.whole
        self.reading, self.whole = reading, whole
        self.texts.clear()
        self.summaries.update((finding.id, finding.summary) for finding in reading.findings)
        self.database.counts.clear()
        selected = self.finding.id if self.finding else None
        self.ledger.show(reading.situation)
        self.problems.show(reading.findings, reading=not whole)
        self.finding = next((finding for finding in self.problems.all if finding.id == selected), None)
        if not self.in_ledger and self.page == "problems" and (first or self.finding is None):
            self.choose(self.problems.finding())
        elif self.in_ledger:
            self.take_from_ledger()
        if self.page in ("explain", "database"):
            self.fill(self.page)
            self.settle_now()
        if whole and not replayed and not self.replayed and not self.read_only and self.unconfirmed(reading):
            self.ask("read", True)
        self.replayed = self.replayed or (whole and replayed)

    def unconfirmed(self, reading: Reading) -> bool:
        """Say whether something hangs on a replay."""
        return reading.situation.hangs_on_replay or any(not finding.confirmed for finding in reading.findings)

    def on_statements_ran(self, message: StatementsRan) -> None:
        """Show statements of the running plan."""
        before = self.ran[-1].step if self.ran else -1
        self.ran += message.ran
        if self.page == "run" and self.running is not None:
            self.run_view.append(ran_blocks(self.running, message.ran, before))
            self.show_positions()

    def got_actions(self, subject: str, offers: Sequence[ActionOffer]) -> None:
        """Show the actions in the menu, or offer their names in the prompt."""
        items = tuple(
            Item(
                offer.name, offer.title, offer.safety, impossible=offer.impossible, arguments=offer.arguments
            )
            for offer in offers
        )
        self.known_actions = items
        if subject == "menu" and self.page == "menu":
            self.menu.show(items, "There is no action on this selection.")
        elif subject == "prompt" and self.asking:
            self.offer_words()

    known_actions: tuple[Item, ...] = ()

    def offer_words(self) -> None:
        """Offer the names of actions in the prompt."""

    def got_plan(self, plan: Plan, subject: str) -> None:
        """Show a plan."""
        self.planning, self.plan, self.statement = False, plan, None
        if self.page == "sql":
            self.fill("sql")

    def got_report(self, report: Report) -> None:
        """Show what became of a run, and read everything again."""
        self.report, self.plan = report, None
        self.ran = list(report.ran) or self.ran
        if self.page == "run":
            self.fill("run")
        self.ask("read", self.replayed)
