"""One execution of a plan: what it knows before, between and after its steps, and what it writes down of it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from django.db import Error

from ..core.finding import Finding
from ..core.journal import Entry
from ..core.plan import Outcome, Plan, Ran, Report
from ..core.situation import Situation
from ..core.tenants.from_zero import from_zero
from ..core.truths.words import sentence
from ..diagnoses import diagnose
from ..reading.connected import CannotRead
from ..reading.reader import Reader
from . import files
from .capture import Capture
from .changes import changed
from .following import close_earlier
from .journal import Journal, JournalError, Writer, end, image
from .journal.form import encode
from .losing import counted, more
from .losses import Known, is_opaque, known_columns, losses, unannounced
from .preview import tables_of
from .stages import Part
from .steps import RowGone, Steps, changes_data
from .traces import Traces
from .verdict import unlike, verify, would_go_through

LOCK_SECONDS = 5
STATEMENT_SECONDS = 600
POOLED = (
    "Steps that no transaction may hold are not run through a pooler such as PgBouncer: each may end up in another"
    " session of the server, with another search path. Connect to the server itself for this plan."
)


class Stop(Exception):
    """The execution ends here, and what is not committed is rolled back."""

    def __init__(self, outcome: Outcome, message: str, remaining: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.remaining = remaining


class Execution:
    """One execution of a plan, from the first look to the last line of the journal."""

    PATIENT_SECONDS = 3600
    """How long a statement that no transaction may hold can wait and run: an index is built concurrently for long."""

    def __init__(
        self,
        reader: Reader,
        plan: Plan,
        capture: Capture,
        stop: Callable[[], bool],
        journal: Journal | None,
        dry: bool,
    ) -> None:
        self.reader = reader
        self.plan = plan
        self.capture = capture
        self.stop = stop
        self.journal = journal
        self.dry = dry
        self.files = files.changes(plan.steps)
        self.alone = frozenset(index for index, step in enumerate(plan.steps) if not step.atomic)
        self.writer: Writer | None = None
        self.entry: Entry | None = None
        self.steps: Steps
        self.before: Situation | None = None
        self.findings: tuple[Finding, ...] = ()
        self.known: Known = {}
        self.alone_with_history = False
        """Whether nobody else can read the history before our commit."""
        self.announced = False
        """Whether a commit was announced in the journal of which it is not known yet that it went through."""
        self.transaction: str | None = None
        self.part = Part(())
        self.in_already = 0
        """How many steps are committed."""
        self.written = 0
        """How many statements are in the journal."""
        self.gone: tuple[str, ...] = ()
        self.new: tuple[str, ...] = ()
        self.open_end = ""
        """Why the journal's entry must stay without an end; empty as long as it need not."""

    def run_part(self, part: Part) -> None:
        """Run the steps that are committed together, and check what came of them."""
        self.part = part
        if part.atomic:
            self.reader.database.guard_timeouts(LOCK_SECONDS, STATEMENT_SECONDS)
            self.keep_out()
        elif self.dry:
            raise Stop("rolled-back", self.cannot_be_tried())
        before = self.begin() if self.before is None else self.before
        for index in part.steps:
            self.run_step(index)
        with self.capture.installed():
            if part.atomic or self.leaves_migration():
                self.steps.finish()
        last = not part.steps or part.steps[-1] == len(self.plan.steps) - 1
        if last:
            self.capture.step = len(self.plan.steps)
        if changes_data(self.plan) and part.atomic:
            self.reader.database.check_constraints()
        if last:
            self.lay_over()
        after = self.read()
        if not part.atomic:
            # It is in already, whatever the check will say.
            self.announce(before, after, last)
            self.committed()
        if last:
            self.judge(before, after)
        if part.atomic:
            self.announce(before, after, last)

    def keep_out(self) -> None:
        """Take the lock that only one repairer can have, and hold the history against a `migrate`.

        Raises:
            Stop: when somebody else is at work.
        """
        database, schema = self.reader.database, self.reader.options.schema
        outcome: Outcome = "refused" if self.before is None else "failed"
        if holder := database.try_lock("migwizard", schema):
            raise Stop(outcome, f"Another repair is running: {holder}.")
        if self.dry:
            # What it would write never comes to be, so there is nothing to keep others from.
            return
        self.alone_with_history = database.hold_history("django_migrations", schema)
        if others := self.others():
            raise Stop(outcome, f"Somebody else is at work: {others}")

    def others(self) -> str:
        """Return in one sentence who else migrates, or holds a table that the plan changes; empty where nobody does."""
        tables = {name for step in self.plan.steps for name, _ in step.tables}
        if self.before is not None:
            tables = tables.union(*(tables_of(self.before, step) for step in self.plan.steps))
        found = self.reader.database.others_at_work(
            tables, self.reader.options.schema, self.reader.project.info.root
        )
        return found[0] if found else ""

    def read(self) -> Situation:
        """Return the situation as the running transaction sees it."""
        if self.reader.connection.in_atomic_block:
            return self.reader.reread()
        return self.reader.read(fresh_replay=False)

    def begin(self) -> Situation:
        """Look at everything again, refuse what is not as it was, and open the journal's entry."""
        reader, plan = self.reader, self.plan
        if self.alone and reader.options.schema is not None and reader.tenants is None:
            raise Stop(
                "refused", "Steps that no transaction may hold cannot be run in a schema of one's choice."
            )
        if self.alone and reader.database.is_pooled():
            raise Stop("refused", POOLED)
        reader.refresh()
        before = self.read()
        if plan.fingerprint and before.fingerprint != plan.fingerprint:
            raise Stop(
                "refused",
                "The database or the files have changed since the plan was made; look at the new plan.",
            )
        for change in self.files:
            files.check(change)
        loses = counted(reader.connection, plan)
        if grown := more(plan, loses):
            raise Stop("refused", grown)
        self.findings = diagnose(before)
        self.steps = Steps(reader, from_zero(before) if plan.anew else before, plan)
        self.known = known_columns(self.steps.stage) if self.steps.stage is not None else {}
        if self.journal is not None:
            self.writer = self.journal.begin(plan)
            lost = tuple(sentence(loss) for loss in loses.loses if loss.rows != 0)
            self.entry = replace(self.journal.entry(self.writer.number), lost=lost)
        self.before = before
        self.capture.step = 0
        if self.dry and reader.database.locks_held() is not None:
            # Not in an execution: asking after each statement would hold up everybody else for longer.
            self.capture.traces = Traces(reader.database)
        return before

    def run_step(self, index: int) -> None:
        """Run one step between its two lines in the journal."""
        if self.stop():
            raise Stop("rolled-back", "it was stopped before the end.")
        try:
            with self.capture.installed():
                self.steps.turn_to(index)
            self.capture.step = index
            self.note({"begin": index, **self.former(index)})
            with self.capture.installed():
                self.steps.run(index)
        except RowGone as error:
            raise Stop("rolled-back", str(error)) from error
        except BaseException:
            self.steps.abandon()
            raise
        ran, self.written = self.capture.ran[self.written :], len(self.capture.ran)
        self.note({"done": index, "ran": encode(tuple(self.without_password(one) for one in ran))})

    def former(self, index: int) -> dict[str, Any]:
        """Return what the journal must hold of the tables of a step that no transaction holds, before it runs."""
        if index not in self.alone or self.before is None or self.before.live is None:
            return {}
        tables = self.before.live.tables
        names = tables_of(self.before, self.plan.steps[index])
        return {"former": {name: encode(tables.get(name)) for name in sorted(names)}}

    def without_password(self, ran: Ran) -> Ran:
        """Return a statement as the journal may hold it."""
        return replace(ran, sql=self.reader.database.without_password(ran.sql))

    def leaves_migration(self) -> bool:
        """Tell whether the next step belongs to another migration than the one that just ran."""
        here, following = self.part.steps[-1], self.part.steps[-1] + 1
        if following >= len(self.plan.steps):
            return True
        this, other = self.plan.steps[here], self.plan.steps[following]
        return other.kind != "operation" or other.migration != this.migration

    def lay_over(self) -> None:
        """Read the project's files from now on as they will be after the commit."""
        if self.files:
            self.reader.overlay = {change.path: change.content for change in self.files}
            self.reader.refresh()

    def judge(self, before: Situation, after: Situation) -> None:
        """Raise Stop when the plan did not do what it promised, or does what it did not announce."""
        if before.live is not None and after.live is not None:
            opaque = {number for number, step in enumerate(self.plan.steps) if is_opaque(before, step)}
            said = [ran.sql for ran in self.capture.ran if ran.step in opaque]
            lost = unannounced(self.plan, losses(before, self.known, before.live, after.live, said))
            if lost:
                raise Stop(self.refuted, lost[0])
        if strange := unlike(self.plan, after):
            raise Stop(self.refuted, f"{strange} is not as the plan promised.")
        found = diagnose(after)
        remaining = verify(self.plan, before, self.findings, found)
        if remaining:
            raise Stop(self.refuted, remaining[0][1], tuple(name for name, _ in remaining))
        left = {finding.id for finding in found}
        self.gone = tuple(finding.id for finding in self.findings if finding.id not in left)
        known = {finding.id for finding in self.findings}
        self.new = tuple(one.id for one in found if one.severity != "info" and one.id not in known)

    @property
    def refuted(self) -> Outcome:
        """What becomes of a plan that does not stand the check."""
        return "failed" if self.dry else "rolled-back"

    def announce(self, before: Situation, after: Situation, last: bool) -> None:
        """Write down what the commit that follows brings; a dry run ends here."""
        if self.dry:
            if last:
                raise Stop("rolled-back", self.would_go_through())
            return
        if self.part.atomic and not self.alone_with_history and (others := self.others()):
            raise Stop("rolled-back", f"somebody else has begun to migrate meanwhile: {others}")
        if self.writer is None or self.entry is None:
            return
        renamed = self.steps.stage.renamed if self.steps.stage is not None else ()
        found = changed(self.plan, renamed, before, after)
        self.entry = replace(self.entry, **found, files=self.files if last else ())
        if last:
            for change in self.files:
                files.stage(change, self.writer.number)
        self.transaction = self.reader.database.transaction_id() if self.part.atomic else None
        # From here until the commit is through, an interrupt could not tell whether it was.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self.announced = True
        self.note({"committing": {"transaction": self.transaction, **image(self.entry)}})

    def committed(self) -> None:
        """Note that a part is in, and put the files in their places after the last one."""
        self.settled()
        self.in_already = self.part.steps[-1] + 1 if self.part.steps else 0
        last = self.in_already == len(self.plan.steps)
        try:
            self.note({"committed": True})
            if self.entry is not None and not self.entry.only_files:
                self.close_earlier(self.entry)
            if last and self.writer is not None:
                for change in self.files:
                    files.place(change, self.writer.number)
                    self.note({"placed": change.path})
                if self.entry is not None:
                    self.close_earlier(self.entry)
            elif last:
                for change in self.files:
                    files.stage(change, 0)
                    files.place(change, 0)
        except (OSError, JournalError, files.FileInTheWay) as error:
            self.open_end = str(error)

    def close_earlier(self, entry: Entry) -> None:
        """Write into the execution that this one takes back, or goes on with, what became of it."""
        if self.journal is not None:
            close_earlier(self.journal, entry)

    def settled(self) -> None:
        """Note that it is known whether the announced commit went through."""
        if self.announced:
            self.announced = False
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})

    def note(self, line: Mapping[str, Any]) -> None:
        """Write a line of the journal, flushed to disk."""
        if self.writer is not None:
            self.writer.write(dict(line))

    def cannot_be_tried(self) -> str:
        """Return why a dry run ends before a step that no transaction may hold."""
        index = self.part.steps[0]
        tried = f"Steps 1 to {index} went through; step" if index > 1 else "Step"
        return (
            f"{tried} {index + 1} cannot be tried: no transaction may hold it, so nothing could take it back."
        )

    def would_go_through(self) -> str:
        """Return what a dry run found, when it found nothing in the way."""
        return would_go_through(self.plan, self.gone, self.new)

    def kept(self) -> str:
        """Return what is in of a plan of several parts, and how to take it back."""
        if not self.in_already:
            return "The step may be in by a part: check again."
        done = f"Steps 1 to {self.in_already} are in" if self.in_already > 1 else "Step 1 is in"
        number = self.writer.number if self.writer is not None else None
        undo = f"; migwizard undo {number} takes them back" if number is not None else ""
        return f"{done}, as no one transaction can hold the whole plan{undo}."

    def lost_connection(self) -> bool:
        """Tell whether the connection is gone."""
        connection = self.reader.connection
        return connection.connection is None or not connection.is_usable()

    def settle_commit(self) -> tuple[Outcome, str]:
        """Connect again, and return what the announced commit came to, with a sentence."""
        database, status = self.reader.database, None
        if self.transaction is not None:
            with suppress(Error, CannotRead):
                self.reader.connection.close()
                self.reader.connect()
                status = database.transaction_status(self.transaction)
        if status == "committed":
            self.committed()
            if self.in_already == len(self.plan.steps):
                return "done", "The server says that it went through: everything is in."
            return "failed", f"The server says that it went through. {self.kept()}"
        if status == "aborted":
            self.settled()
            kept = self.kept() if self.in_already else "Nothing has changed."
            return "failed", f"The server says that it did not go through. {kept}"
        self.open_end = "it is not known whether the commit went through"
        return "failed", "It is not known whether it went through: check again once the server answers."

    def report(self, outcome: Outcome, message: str, remaining: tuple[str, ...] = ()) -> Report:
        """Return what became of the plan, written down as well."""
        number = self.writer.number if self.writer is not None else None
        if self.open_end:
            outcome = "failed"
            message = f"{message} Not at its end, though: {self.open_end}" if self.in_already else message
        elif self.writer is not None:
            with suppress(OSError):
                if outcome != "done":
                    for change in self.files:
                        files.discard(change, self.writer.number)
                end(self.writer, outcome, message, self.gone)
        return Report(
            self.plan,
            outcome,
            message,
            tuple(self.capture.ran),
            self.gone,
            remaining,
            new=self.new,
            journal=number,
            dry=self.dry,
        )

    def close(self) -> None:
        """Let go of the journal's file, and read the project's files as they are."""
        self.settled()
        if self.writer is not None:
            self.writer.close()
        if self.reader.overlay:
            self.reader.overlay = {}
            self.reader.refresh()
