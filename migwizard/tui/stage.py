"""The widgets of the wizard's screen, what they show, and how the screen is divided."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer

from migwizard.core.finding import Finding
from migwizard.core.graph import Key
from migwizard.core.plan import Plan, Ran, Report
from migwizard.workbench import Reading

from .bench import Job
from .blocks import Block, Blocks, paragraph
from .database import Database, tables_of
from .frame import Frame
from .keys import bindings
from .ledger import Ledger
from .lines import Lines
from .log import Log
from .look import Look
from .menu import Menu
from .oneline import KeyBar, OneLine, Status, Tabs
from .problems import Problems
from .prompt import Prompt
from .safe import wrap
from .texts import about_migration, explanation, outcome_page, preview, run_page, statement_block
from .walk import Place, hints, where
from .words import key_of, place, plural

SIDE_BY_SIDE = 100
"""Columns from which the panel is at the right of the ledger."""
DEEP = 5
"""Rows of the ledger, heading included, while a text is read in the panel below it."""
LEAST = (60, 15)
"""Columns and rows below which only the size that is needed is shown."""


class Stage(Screen[None]):
    """The screen as a set of views on what is known and what is selected; it does nothing by itself."""

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
        self.plan: Plan | None = None
        self.statement: str | None = None
        self.ran: list[Ran] = []
        self.report: Report | None = None
        self.running: Plan | None = None
        self.planning = False
        self.texts: dict[str, str] = {}
        self.summaries: dict[str, str] = {}
        """What each finding said, those that are gone included."""
        self.page = "problems"
        self.in_ledger = False
        self.zoomed = False
        self.way: list[tuple[str, bool]] = []
        self.asking = False
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
        self.help_page = Blocks(look, id="help")
        self.walk = OneLine(look, id="walk")
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

    def on_mount(self) -> None:
        """Show the frame, before anything is known."""
        self.clock = self.set_interval(1.0, self.show_status, pause=True)
        # After `fg` the terminal is empty, and Textual sends only what changes.
        self.app.app_resume_signal.subscribe(self, self.redraw_all)
        self.show_page("problems", in_ledger=False)

    def redraw_all(self, _app: object = None) -> None:
        """Send the whole screen again."""
        self.refresh(self.region, layout=True)

    def on_resize(self, event: events.Resize) -> None:
        """Divide the screen for its new size, and write its lines to their new width."""
        self.divide()
        self.call_after_refresh(self.show_lines)

    def divide(self) -> None:
        """Put the panel below the ledger or beside it, and give the room to what is being read."""
        width, height = self.app.size
        small = width < LEAST[0] or height < LEAST[1]
        wide = width >= SIDE_BY_SIDE
        whole = self.zoomed or (self.page == "help" and not self.in_ledger)
        self.set_class(small, "-small")
        self.keys.display = not small and not self.asking
        self.prompt.display = not small and self.asking
        self.set_class(wide, "-wide")
        deep = not wide and not self.in_ledger and self.page not in ("problems", "menu")
        # Set here and not by a class: a class on the screen makes Textual style and send everything twice.
        self.left.styles.height = DEEP if deep else "1fr" if wide else "3fr"
        self.right.styles.height = "1fr" if deep or wide else "4fr"
        self.left.display = not (whole and not self.in_ledger)
        self.right.display = not (whole and self.in_ledger)
        if small:
            self.small.put((f"At least {LEAST[0]}x{LEAST[1]} needed; this is {width}x{height}.", "strong"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let nothing be done that cannot be seen, while the terminal is too small."""
        return not self.has_class("-small") or action in ("leave", "suspend", "redraw", "stop")

    def ask_user(self, purpose: str, question: str, *, single: bool = False) -> None:
        """Ask a question in place of the key bar."""
        self.asking = True
        self.divide()
        self.prompt.ask(purpose, question, single=single)

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
            running=self.running is not None and self.report is None,
            statement=self.statement is not None,
        )

    def finding_of(self, key: Key | None) -> Finding | None:
        """Return the gravest finding about a migration."""
        return next((finding for finding in self.problems.all if key and key_of(finding) == key), None)

    def findings_title(self, name: str) -> str:
        """Return a finding's id with its summary, as far as it is known."""
        summary = self.summaries.get(name)
        return f"{name}: {summary}" if summary else name

    # Pages.

    def show_page(self, page: str, *, in_ledger: bool | None = None) -> None:
        """Show a page in the panel, and give the keys to it or (`in_ledger`) to the ledger."""
        self.page = page
        if in_ledger is not None:
            self.in_ledger = in_ledger
        for name, lines in self.pages.items():
            lines.display = name == page
        self.divide()
        self.fill(page)
        for lines in (self.ledger, *self.pages.values()):
            if lines.active != (lines is self.active):
                lines.active = lines is self.active
                lines.redraw(lines.cursor)
        self.show_lines()

    def enter_page(self, page: str) -> None:
        """Show a page and give it the keys; going back leads to where one is now."""
        self.way.append((self.page, self.in_ledger))
        self.show_page(page, in_ledger=False)

    def fill(self, page: str) -> None:
        """Write a page's contents from what is known now."""
        if page == "explain":
            self.fill_explain()
        elif page == "database":
            self.fill_database()
        elif page == "sql":
            self.fill_sql()
        elif page == "run" and (plan := self.running):
            blocks = run_page(plan, self.ran, self.report, self.findings_title)
            self.run_view.show(blocks, at=len(blocks) - len(outcome_page(self.report, self.findings_title)))

    def fill_explain(self) -> None:
        """Explain the selected finding; without one, show the selected migration."""
        truth = self.ledger.truths.get(self.key) if self.key else None
        if self.finding is not None:
            self.explain.show(explanation(self.finding, self.texts.get(self.finding.id)))
        elif truth is not None and self.reading is not None:
            self.explain.show(about_migration(truth, self.reading.situation.file(truth.key), self.look))
        else:
            self.explain.show([*said("Nothing is selected that could be explained; 0 goes to the ledger.")])

    def fill_database(self) -> None:
        """Show the tables of the selected finding, migration or app."""
        situation = self.reading.situation if self.reading and self.whole else None
        subject, tables = self.tables_selected()
        self.database.display_tables(situation, subject, tables)

    def tables_selected(self) -> tuple[str, tuple[str, ...]]:
        """Return what is selected in words, and its tables."""
        row = self.ledger.row()
        if self.finding is not None and self.finding.subject.table:
            first = (self.finding.subject.table,)
            truth = self.ledger.truths.get(self.key) if self.key else None
            return (self.finding.id, first + (tables_of([truth]) if truth else ()))
        if row is None:
            return ("nothing is selected", ())
        if row.key is None:
            return (f"app {row.app}", tables_of(self.ledger.apps[row.app]))
        return (f"{row.app}.{row.key[1]}", tables_of([self.ledger.truths[row.key]]))

    def fill_sql(self) -> None:
        """Show the plan, or a statement of the log."""
        if self.statement is not None:
            self.sql.show([statement_block(self.statement)])
        elif self.plan is not None:
            self.sql.show(preview(self.plan, self.read_only))
        elif self.planning:
            self.sql.show([*said("The plan is being made.")])
        else:
            text = "There is no plan yet. p previews the recommended repair of the selected problem, r offers its"
            self.sql.show([*said(f"{text} repairs, a every action. Nothing is done before you say so.")])

    # The lines that are always there.

    def show_lines(self) -> None:
        """Write the status, the columns' names, the tabs, where one is, and the keys."""
        if self.size.width <= 0:
            return
        self.show_status()
        self.show_positions()
        here = self.here()
        at, does = where(here)
        if self.size.width < 80:
            at = at.replace("step ", "").replace(" of ", "/")
        self.keys.show(hints(here), self.size.width)
        if self.message:
            # What does not fit into one line takes that of the keys as well.
            first, *rest = wrap(self.message, max(10, self.size.width - 2))
            self.walk.put((f" {first}", self.message_style))
            if rest:
                self.keys.put((f" {' '.join(rest)}", self.message_style))
        elif does:
            dot = f" {self.look.glyphs.dot} "
            self.walk.put((f" {at}", "plain"), (dot, "quiet"), ("Enter", "key"), (f" {does}", "plain"))
        else:
            self.walk.put((f" {at}", "plain"))

    def show_positions(self) -> None:
        """Write the ledger's heading and the panel's tabs, with where one is in them."""
        count = len(self.problems.all)
        names = [f"problems {count}" if count else "problems", "database", "explain", "SQL", "log"]
        shown = {"sql": "SQL"}.get(self.page, self.page)
        extra = {"menu": self.menu.border_title or "menu", "run": "run", "help": "help"}.get(self.page, "")
        if self.ledger.size.width:
            self.columns.put(*self.ledger.title(self.ledger.size.width))
        self.tabs.show(names, shown, str(extra), self.pages[self.page].position())

    def show_status(self) -> None:
        """Write the line at the top."""
        situation = self.reading.situation if self.reading else None
        title = place(situation.database, self.look.glyphs.dot) if situation else self.heading
        alarms, facts = [], []
        if self.read_only:
            alarms.append("READ-ONLY")
        if situation and situation.database.production:
            alarms.append("PRODUCTION")
        if doing := self.doing():
            facts.append(doing)
        if self.whole:
            grave = sum(finding.severity != "info" for finding in self.problems.all)
            facts.append(plural(grave, "problem") if grave else "no problem")
        if situation and situation.database.version:
            facts.append(situation.database.version)
        self.status.show(title or "migwizard", facts, alarms)

    def doing(self) -> str:
        """Return what the workbench is doing and for how many seconds, once it takes longer than a moment."""
        words = {"open": "loading the project", "read": "reading", "execute": "running", "plan": "planning"}
        if self.job is None or self.job.name not in words:
            return ""
        seconds = int(time.monotonic() - self.job_since)
        what = self.progress or words[self.job.name]
        return f"{what} {seconds} s" if seconds else what

    def say(self, message: str, style: str = "message") -> None:
        """Show a message in place of where one is, until the next key."""
        self.message, self.message_style = message, style
        self.show_lines()


def said(text: str) -> tuple[Block, ...]:
    """Return a sentence as a text."""
    return (paragraph(text, "quiet"),)
