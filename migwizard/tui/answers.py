"""What the workbench answers, and how it gets onto the screen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from migwizard.core.dialects.sql import InDialect
from migwizard.core.journal import Entry
from migwizard.core.plan import Plan, Ran, Report
from migwizard.core.session import Session
from migwizard.core.tenants.batch import Batch
from migwizard.workbench import ActionOffer, Reading

from .board import DOING
from .jobs import Answer, Deferred, Failure, Job, Progress, Started, StatementsRan, Wanted
from .menu import Item
from .moves import Moves
from .runs import ran_blocks, went_through


class Answers(Moves):
    """The receiving end of the workbench's messages."""

    replayed = False
    """A replay was asked for since everything was last read on purpose."""

    def begin(self) -> None:
        """Ask for everything: first what can be had at once, then the whole."""
        self.ask("open")
        self.ask("quick")
        self.ask("read", False)
        if self.clock is not None:
            self.clock.resume()

    def read_again(self) -> None:
        """Read everything again; a replay follows in the background where something hangs on it."""
        self.replayed = False
        self.ask("read", False)

    def on_started(self, message: Started) -> None:
        """Show what is being done."""
        self.job, self.job_since, self.progress = message.job, time.monotonic(), ""
        if message.job.name in DOING:
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
        elif name == "rows":
            self.database.count_rows(subject, cast("int | None", value))
        elif name == "sessions":
            self.database.show_sessions(cast("tuple[Session, ...]", value))
        elif name == "actions":
            self.got_actions(subject, cast("Sequence[ActionOffer]", value))
        elif name in ("plan", "undo"):
            self.got_plan(cast(Plan, value), subject)
        elif name in ("dry_run", "execute"):
            self.got_report(cast(Report, value))
        elif name == "log":
            self.log_page.show(cast("tuple[Ran, ...]", value))
        elif name == "sql":
            self.got_sql(subject, cast("tuple[InDialect, ...]", value)[0])
        elif name == "journal":
            self.journal_page.show(cast("tuple[Entry, ...]", value))
        elif name == "done_in_many":
            self.journal_page.show_batches(cast("tuple[Batch, ...]", value))
        else:
            self.got_of_many(message.job, value)
        self.show_lines()

    def got_of_many(self, job: Job, value: object) -> None:
        """Show what concerns many schemas."""

    def failed_for_many(self, job: Job) -> bool:
        """Note that something could not be done in many schemas; say whether nobody waits for it any more."""
        return False

    def open_batch(self, batch: Batch) -> None:
        """Show what was done in many schemas."""

    def on_deferred(self, message: Deferred) -> None:
        """Say that a plan hangs on the replay, and comes after it."""
        self.job, self.progress = None, ""
        self.say(f"{message.sentence} The plan follows by itself after the replay.")

    def on_failure(self, message: Failure) -> None:
        """Say what could not be done; without a project or a connection, leave."""
        self.finished()
        name = message.job.name
        if self.failed_for_many(message.job):
            return
        if name in ("open", "read") and not self.whole:
            # What was asked for after it fails as well; the first sentence is the one that helps.
            self.fatal = self.fatal or message.sentence
            self.app.exit(return_code=2)
            return
        if name == "actions" and self.page == "menu":
            self.menu.show((), message.sentence)
        if name == "sql":
            self.got_sql(message.job.subject, message.sentence)
        if name in ("quick", "rows", "sessions", "actions", "sql"):
            return
        if name in ("plan", "undo"):
            if message.job.subject != str(self.plans_asked):
                return
            self.no_plan()
        if name in ("dry_run", "execute") and self.running is not None:
            self.got_report(
                Report(self.running, "failed", message.sentence, tuple(self.ran), dry=name == "dry_run")
            )
        self.say(message.sentence, "error")

    def got_sql(self, subject: str, written: InDialect | str) -> None:
        """Keep a migration's SQL for one server, and show it if that is still wanted."""
        self.written[self.sql_asked.pop(subject)] = written
        if self.page == "dialect":
            self.fill("dialect")

    came_up: tuple[str, ...] = ()
    """Problems that a run brought up, as an undo does, until a reading lists them."""
    fatal = ""
    """Why the wizard could not go on, for the caller to print."""

    def got_reading(self, reading: Reading, *, whole: bool, replayed: bool) -> None:
        """Show a reading, and keep the selection; the first whole one selects the gravest finding."""
        first = whole and not self.whole
        if not whole:
            # What files and records alone say may be a part only; no repair is offered on the strength of that.
            offered = tuple(replace(finding, repairs=()) for finding in reading.findings)
            reading = replace(reading, findings=offered)
        self.reading, self.whole = reading, whole
        self.summaries.update((finding.id, finding.summary) for finding in reading.findings)
        self.database.counts.clear()
        self.written.clear()
        selected = self.finding.id if self.finding else None
        self.ledger.show(reading.situation)
        self.problems.show(reading.findings, reading=not whole)
        self.finding = next((finding for finding in self.problems.all if finding.id == selected), None)
        came = self.one_of(self.came_up)
        if not self.in_ledger and self.page == "problems" and (first or came or self.finding is None):
            self.choose(came or self.problems.finding())
        elif self.in_ledger:
            self.take_from_ledger()
        if whole:
            self.came_up = ()
        if self.page in ("explain", "database"):
            self.fill(self.page)
            self.settle_now()
        elif self.page == "run" and self.report is not None and self.report.new:
            # Only now it is known what they say.
            self.fill("run")
        elif self.page == "sql" and self.stale():
            self.fill("sql")
        if first and (unfinished := reading.situation.unfinished):
            # Whatever else is wrong: first of all it must be known what the last run left.
            self.after_reading = None
            self.open_entry(next((entry for entry in unfinished if not entry.finished), unfinished[0]))
        elif first and reading.situation.unfinished_batches:
            self.after_reading = None
            self.open_batch(reading.situation.unfinished_batches[0])
        elif whole:
            self.go_on()
        self.replayed = self.replayed or (whole and replayed)
        if whole and not self.replayed and not self.read_only and self.unconfirmed(reading):
            self.replayed = True
            self.ask("read", True)

    def go_on(self) -> None:
        """Do what was asked for while everything was being read, if the same is still selected."""
        asked, self.after_reading = self.after_reading, None
        if asked is None:
            return
        self.message = ""
        selected, then = asked
        if selected == (self.finding.id if self.finding else None):
            then()
        else:
            self.say("What was selected is not there any more, now that the database has been read.")

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
                offer.name,
                offer.title,
                offer.safety,
                impossible=offer.impossible,
                arguments=offer.arguments,
                takes=offer.takes,
                wanting=offer.wanting,
            )
            for offer in offers
        )
        # What can be done comes first: at 80x24 the rest would push it out of view.
        items = tuple(sorted(items, key=lambda item: bool(item.impossible)))
        self.known_actions = items
        if subject == "menu" and self.page == "menu":
            self.menu.show(items, "There is no action on this selection.")
        elif subject == "prompt" and self.asking:
            self.offer_words()

    known_actions: tuple[Item, ...] = ()

    def offer_words(self) -> None:
        """Offer the names of actions in the prompt."""

    plans_asked = 0
    """Number of the last plan that was asked for; the answers for others come too late."""
    before_plan: tuple[Plan | None, Wanted | None] = (None, None)
    """The plan that was in view when another was asked for, and what it had been asked for."""

    def got_plan(self, plan: Plan, subject: str) -> None:
        """Show a plan."""
        if subject != str(self.plans_asked):
            return
        self.planning, self.plan, self.statement = False, plan, None
        self.plan_made_from = self.reading.situation.fingerprint if self.reading else ""
        if self.page == "sql":
            self.fill("sql")

    def no_plan(self) -> None:
        """Show again what was there before, when a plan cannot be made."""
        self.planning = False
        self.plan, self.wanted = self.before_plan
        if self.plan is None:
            self.leave_page("sql")
        if self.page == "sql":
            self.fill("sql")

    def got_report(self, report: Report) -> None:
        """Show what became of a run or of a dry run; after a run, read everything again."""
        if report.dry and self.stopping:
            # It says nothing of the plan, whatever it came to.
            self.running, self.ran = None, []
            self.leave_page("run")
            self.say("The dry run was stopped, and everything rolled back.")
            return
        self.report = report
        self.ran = list(report.ran) or self.ran
        if went_through(report):
            self.tried = report
        if report.outcome == "done":
            self.way = []
            self.came_up = report.new
            left = tuple(finding for finding in self.problems.all if finding.id not in report.gone)
            self.problems.show(left, reading=True)
        if not report.dry and report.outcome != "refused":
            self.plan = None
        if self.page == "run":
            self.fill("run")
        else:
            self.say(report.message)
        if not report.dry or report.outcome == "refused":
            self.read_again()

    def open_entry(self, entry: Entry) -> None:
        """Show one execution of the journal, and select the finding about it if it did not come to its end."""
        if finding := self.unfinished(entry.id):
            self.choose(finding)
        self.entry = entry
        self.enter_page("entry")
