"""The widgets of the wizard's screen, how they divide it, and the lines that are always there."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer

from migwizard.core.dialects.sql import InDialect
from migwizard.core.finding import Finding
from migwizard.core.graph import Key
from migwizard.core.journal import Entry
from migwizard.core.plan import Plan, Ran, Report
from migwizard.workbench import Reading

from .blocks import Blocks
from .database import Database
from .frame import Frame
from .jobs import Job, Wanted
from .journal import Journal
from .keys import bindings
from .ledger import Ledger
from .lines import Lines
from .log import Log
from .look import Look
from .many import Many
from .menu import Menu
from .oneline import KeyBar, OneLine, Status, Tabs, WayLine
from .problems import Problems
from .prompt import Prompt
from .safe import clip, wrap
from .tenants import Tenants
from .walk import PANELS, Place, hints, where
from .words import place, plural

SIDE_BY_SIDE = 100
"""Columns from which the panel is at the right of the ledger."""
DEEP = 5
"""Rows of the ledger, heading included, while a text is read in the panel below it."""
LONG_SCHEMA = 32
"""Cells that the name of a schema may take in the status; something must be left for what is being done."""
LEAST = (60, 15)
"""Columns and rows below which only the size that is needed is shown."""

DOING = {
    "open": "loading the project",
    "read": "reading",
    "plan": "planning",
    "undo": "planning",
    "dry_run": "dry run",
    "execute": "running",
    "sql": "writing SQL",
    "tenants": "reading the tenants",
    "known": "looking what is wrong there",
    "survey": "looking at the schemas",
    "survey_rest": "looking at the schemas",
    "survey_back": "looking at the schemas",
    "try_many": "dry run",
    "run_many": "repairing",
    "go_on_many": "repairing",
}
"""Jobs that may take long enough to show their seconds, and what is shown of them."""


class Board(Screen[None]):
    """The screen's widgets and its state; what is known and what is selected, in the words of the outer lines."""

    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

    def __init__(
        self,
        look: Look,
        ask: Callable[[Job], None],
        interrupt: Callable[[], None],
        *,
        read_only: bool,
        title: str,
    ) -> None:
        super().__init__()
        self.look = look
        self.ask_bench = ask
        self.interrupt_bench = interrupt
        self.read_only = read_only
        self.heading = title
        self.reading: Reading | None = None
        self.whole = False
        """Whether the reading is more than graph and records."""
        self.finding: Finding | None = None
        self.key: Key | None = None
        self.wanted: Wanted | None = None
        """What the plan in view, or the one that is being made, was asked for."""
        self.plan: Plan | None = None
        self.plan_made_from = ""
        """Fingerprint of what had been read when the plan came."""
        self.tried: Report | None = None
        """The dry run that went through, of the plan in it."""
        self.entry: Entry | None = None
        self.statement: str | None = None
        self.ran: list[Ran] = []
        self.report: Report | None = None
        self.running: Plan | None = None
        self.dry = False
        """What runs, or ran last, is a dry run."""
        self.stopping = False
        """The user asked what runs to stop."""
        self.planning = False
        self.summaries: dict[str, str] = {}
        """What each finding said, those that are gone included."""
        self.page = "problems"
        self.in_ledger = False
        self.zoomed = False
        self.way: list[tuple[str, bool]] = []
        self.asking = False
        self.dialect: tuple[Key, str] | None = None
        """The migration whose SQL is shown, and for which server."""
        self.written: dict[tuple[Key, str], InDialect | str] = {}
        """What was written of migrations for servers, or why it could not be."""
        self.sql_asked: dict[str, tuple[Key, str]] = {}
        self.after_reading: tuple[str | None, Callable[[], None]] | None = None
        """What was asked for before everything had been read, and the finding that was selected then."""
        self.many: Many | None = None
        """What is done, or to be done, in many schemas."""
        self.message = ""
        self.message_style = "message"
        self.job: Job | None = None
        self.job_since = 0.0
        self.progress = ""
        self.pending = 0
        self.clock: Timer | None = None

    def compose(self) -> ComposeResult:
        """Build the widgets; each is there once, and shown or not."""
        look = self.look
        self.small = OneLine(look, id="small")
        self.status = Status(look, id="status", over="status")
        self.columns = OneLine(look, id="columns")
        self.ledger = Ledger(look, id="ledger")
        self.tabs = Tabs(look, id="tabs")
        self.problems = Problems(look, id="problems")
        self.database = Database(look, id="database")
        self.explain = Blocks(look, id="explain")
        self.sql = Blocks(look, id="sql")
        self.log_page = Log(look, id="log")
        self.menu = Menu(look, id="menu")
        self.run_view = Blocks(look, id="run")
        self.journal_page = Journal(look, id="journal")
        self.entry_view = Blocks(look, id="entry")
        self.dialect_view = Blocks(look, id="dialect")
        self.tenants_page = Tenants(look, id="tenants")
        self.many_view = Blocks(look, id="many")
        self.help_page = Blocks(look, id="help")
        self.walk = WayLine(look, id="walk")
        self.keys = KeyBar(look, id="keys")
        self.prompt = Prompt(look, id="prompt")
        self.pages: dict[str, Lines] = {
            "problems": self.problems,
            "database": self.database,
            "explain": self.explain,
            "sql": self.sql,
            "log": self.log_page,
            "menu": self.menu,
            "run": self.run_view,
            "journal": self.journal_page,
            "entry": self.entry_view,
            "dialect": self.dialect_view,
            "tenants": self.tenants_page,
            "many": self.many_view,
            "help": self.help_page,
        }
        self.left, self.right = Frame(id="left"), Frame(id="right")
        yield self.small
        yield self.status
        with Frame(id="body"):
            with self.left:
                yield self.columns
                yield self.ledger
            with self.right:
                yield self.tabs
                yield from self.pages.values()
        yield self.walk
        yield self.keys
        yield self.prompt

    def divide(self) -> None:
        """Put the panel below the ledger or beside it, and give the room to what is being read."""
        width, height = self.app.size
        small = width < LEAST[0] or height < LEAST[1]
        wide = width >= SIDE_BY_SIDE
        # What is chosen for many schemas has nothing to do with the ledger of one.
        of_many = self.page == "menu" and self.menu.purpose == "tenants"
        wants_all = of_many or self.page in ("help", "tenants", "many")
        whole = self.zoomed or (wants_all and not self.in_ledger)
        self.set_class(small, "-small")
        self.keys.display = not small and not (self.asking and len(self.message_lines()) < 2)
        self.prompt.display = not small and self.asking
        self.set_class(wide, "-wide")
        deep = not wide and not self.in_ledger and self.page not in ("problems", "menu", "journal")
        # Set here and not by a class: a class on the screen makes Textual style and send everything twice.
        self.left.styles.height = DEEP if deep else "1fr" if wide else "3fr"
        self.right.styles.height = "1fr" if deep or wide else "4fr"
        self.left.display = not (whole and not self.in_ledger)
        self.right.display = not (whole and self.in_ledger)
        if small:
            self.small.put((f"At least {LEAST[0]}x{LEAST[1]} needed; this is {width}x{height}.", "strong"))

    # What is selected.

    @property
    def active(self) -> Lines:
        """The view that has the keys."""
        return self.ledger if self.in_ledger else self.pages[self.page]

    def here(self) -> Place:
        """Return where the user is, for the lines at the bottom."""
        return Place(
            page=self.page,
            in_ledger=self.in_ledger,
            reading=not self.whole,
            read_only=self.read_only,
            finding=self.finding,
            problems=len(self.problems.all),
            plan=self.plan,
            planning=self.planning,
            report=self.report,
            running=self.running,
            dry=self.dry,
            tried=self.tried is not None and self.tried.plan is self.plan,
            stale=self.stale(),
            entry=self.entry if self.page == "entry" else self.journal_page.entry(),
            menu=self.menu.purpose,
            statement=self.statement is not None,
            schema=self.tenants_page.schema(),
            schemas=self.tenants_page.chosen(),
            batch=self.journal_page.chosen_batch(),
            many=self.many,
        )

    def stale(self) -> bool:
        """Say whether what is known now is not what the plan was made from."""
        now = self.reading.situation.fingerprint if self.reading and self.whole else ""
        return self.plan is not None and bool(now) and self.plan_made_from != now

    # The lines that are always there.

    def show_lines(self) -> None:
        """Write the status, the columns' names, the tabs, where one is, and the keys."""
        if self.size.width <= 0:
            return
        self.show_status()
        self.show_positions()
        here = self.here()
        self.keys.show(hints(here), self.size.width)
        if self.message:
            # What does not fit into one line takes that of the keys as well.
            first, *rest = self.message_lines()
            self.walk.put((f" {first}", self.message_style))
            if rest:
                cut = clip(" ".join(rest), self.size.width - 2, self.look.glyphs.cut)
                self.keys.put((f" {cut}", self.message_style))
        else:
            spot = where(here)
            self.walk.show(spot.text, spot.enter, spot.way, spot.at)

    def show_positions(self) -> None:
        """Write the ledger's heading and the panel's tabs, with where one is in them."""
        count = self.grave()
        names = [f"problems {count}" if count else "problems", "database", "explain", "SQL", "log"]
        shown = {"sql": "SQL"}.get(self.page, self.page)
        batch = self.many.batch if self.many is not None else None
        titles = {
            "menu": self.menu.purpose,
            "run": "dry run" if self.dry else "run",
            "entry": "execution",
            "many": batch.name if batch is not None else "many schemas",
        }
        extra = "" if self.page in PANELS else titles.get(self.page, self.page)
        if self.ledger.size.width:
            self.columns.put(*self.ledger.title(self.ledger.size.width))
        self.tabs.show(names, shown, extra, self.pages[self.page].position())

    def show_status(self) -> None:
        """Write the line at the top."""
        situation = self.reading.situation if self.reading else None
        title = place(situation.database, self.look.glyphs.dot) if situation else self.heading
        alarms, facts = [], []
        if self.read_only:
            alarms.append("READ-ONLY")
        if situation and situation.database.production:
            alarms.append("PRODUCTION")
        if situation and situation.tenant is not None:
            # The name of the database may leave no room for it in the title, and it must never be in doubt.
            facts.append(f"schema {clip(situation.database.schema, LONG_SCHEMA, self.look.glyphs.cut)}")
        if doing := self.doing():
            facts.append(doing)
        if self.whole:
            grave = self.grave()
            facts.append(plural(grave, "problem") if grave else "no problem")
        if situation and situation.database.version:
            facts.append(situation.database.version)
        self.status.show(title or "migwizard", facts, alarms)

    def grave(self) -> int:
        """Return how many problems are more than an information."""
        return sum(finding.severity != "info" for finding in self.problems.all)

    def doing(self) -> str:
        """Return what the workbench is doing and for how many seconds, once it takes longer than a moment."""
        if self.job is None or self.job.name not in DOING:
            return ""
        seconds = int(time.monotonic() - self.job_since)
        what = self.progress or DOING[self.job.name]
        if self.many is not None and self.many.running:
            # The line above the keys says the rest.
            what = f"{DOING[self.job.name]} {self.many.done[0]:,}/{self.many.done[1]:,}"
        return f"{what} {seconds} s" if seconds else what

    def message_lines(self) -> list[str]:
        """Return the message as lines that fit."""
        return wrap(self.message, max(10, self.app.size.width - 2)) if self.message else []

    def say(self, message: str, style: str = "message") -> None:
        """Show a message in place of where one is, until the next key."""
        self.message, self.message_style = message, style
        self.show_lines()
