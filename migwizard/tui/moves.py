"""Moving about: the cursor, the panels, forward and back."""

from __future__ import annotations

from textual import events
from textual.timer import Timer

from migwizard.core.finding import Finding

from .blocks import GAP, entry, line, paragraph
from .jobs import Job
from .keys import GROUPS
from .lines import Lines
from .problems import Problems
from .stage import Stage
from .walk import PANELS
from .words import key_of

SETTLE = 0.15
"""Seconds that a selection must stand still before row counts are asked for."""


class Moves(Stage):
    """What the keys do that change nothing but the view."""

    settling: Timer | None = None

    def on_key(self, event: events.Key) -> None:
        """Take away the last message; the bindings do the rest."""
        if self.message and not self.asking:
            self.message, self.after_reading = "", None
            self.show_lines()

    def on_paste(self, event: events.Paste) -> None:
        """Hand what is pasted to the question that is asked; nothing else takes a paste."""
        if self.prompt.open:
            self.prompt.take_paste(event)

    def action_step(self, items: int) -> None:
        """Move by rows."""
        self.active.step(items)
        self.show_positions()

    def action_page(self, pages: float) -> None:
        """Move by pages."""
        self.active.page(pages)
        self.show_positions()

    def action_ends(self, last: bool) -> None:
        """Move to the beginning or the end."""
        self.active.ends(last)
        self.show_positions()

    def action_fold(self, close: bool) -> None:
        """Fold or unfold the selected app."""
        if self.in_ledger:
            self.ledger.fold(close)
            self.show_positions()

    def action_ledger(self) -> None:
        """Give the keys to the ledger."""
        if not self.in_ledger:
            self.way.append((self.page, False))
        self.show_page(self.page if self.page in PANELS else "problems", in_ledger=True)
        self.take_from_ledger()

    def action_panel(self, page: str) -> None:
        """Show one of the five panels, and give it the keys."""
        self.way = [] if page == "problems" else [("problems", False)]
        if page == "sql":
            self.statement = None
        self.show_page(page, in_ledger=False)
        self.choose_listed()
        self.settle_now()

    def action_next_panel(self, step: int) -> None:
        """Show the next panel; the ledger keeps the keys if it has them."""
        at = PANELS.index(self.page) if self.page in PANELS else 0
        page = PANELS[(at + step) % len(PANELS)]
        if self.in_ledger:
            self.statement = None
            self.show_page(page)
            self.settle_now()
        else:
            self.action_panel(page)

    def action_zoom(self) -> None:
        """Give the whole screen to what has the keys, and back."""
        self.zoomed = not self.zoomed
        self.divide()
        self.call_after_refresh(self.show_lines)

    def action_help(self) -> None:
        """Show every key with a sentence."""
        if self.page == "help":
            return
        blocks = []
        for group in GROUPS:
            blocks += [line((group.title, "heading"))]
            for key in group.keys:
                blocks.append(entry(f"  {key.shown}", key.sentence, 14))
            blocks.append(GAP)
        glyphs = self.look.glyphs
        blocks += [
            line(("The signs", "heading")),
            paragraph(
                f"{glyphs.yes} yes  {glyphs.no} no  {glyphs.partly} partly  {glyphs.unobservable} leaves no trace in "
                f"the schema  {glyphs.unknown} not compared, or unconfirmed",
                indent="  ",
            ),
            paragraph(
                f"{glyphs.applied} recorded  {glyphs.pending} not recorded  {glyphs.wrong} two truths disagree  "
                f"{glyphs.ghost} no file",
                indent="  ",
            ),
            paragraph(
                f"{glyphs.needed} the selection depends on it  {glyphs.needs} it depends on the selection  "
                f"{glyphs.foreign} dependency in another app",
                indent="  ",
            ),
        ]
        self.help_page.show(blocks)
        self.enter_page("help")

    def action_back(self) -> None:
        """End a filter or the zoom, or go back to where one came from."""
        active = self.active
        if getattr(active, "filter", ""):
            self.narrow(active, "")
            self.show_lines()
        elif self.zoomed:
            self.action_zoom()
        elif self.way:
            page, in_ledger = self.way.pop()
            if self.page == "sql":
                self.statement = None
            self.show_page(page, in_ledger=in_ledger)
            self.choose_listed()
        elif self.page != "problems" or self.in_ledger:
            self.show_page("problems", in_ledger=False)
            self.choose_listed()

    def leave_page(self, page: str) -> None:
        """Go back from a page, if one is there and came from somewhere."""
        if self.page == page and self.way:
            self.show_page(self.way[-1][0], in_ledger=self.way.pop()[1])

    def choose_listed(self) -> None:
        """Make the problem under the cursor the selection, when one is back at the list."""
        if self.page == "problems" and not self.in_ledger:
            self.choose(self.problems.finding())
            self.show_lines()

    def narrow(self, lines: Lines, text: str) -> None:
        """Filter a list; a text is not filtered, what it holds is only shown."""
        if hasattr(lines, "narrow"):
            lines.narrow(text)

    # The selection, and what follows it.

    def on_lines_moved(self, message: Lines.Moved) -> None:
        """Let the other views follow the selection."""
        lines = message.lines
        if lines is self.ledger and self.in_ledger:
            self.take_from_ledger()
        elif isinstance(lines, Problems) and not self.in_ledger and self.page == "problems":
            self.choose(self.problems.finding())
            self.followed()
        elif self.page in ("tenants", "journal"):
            # What Enter does hangs on the row.
            self.show_lines()
        else:
            self.show_positions()

    def on_lines_sized(self, message: Lines.Sized) -> None:
        """Say where one is in a view that has got its size only now."""
        self.show_positions()

    def take_from_ledger(self) -> None:
        """Make the ledger's row the selection, and the gravest finding about it."""
        row = self.ledger.row()
        self.key = row.key if row else None
        finding = self.finding_of(self.key)
        if finding is not self.finding:
            self.plan = None
        self.finding = finding
        if finding is not None:
            self.problems.select(finding)
        self.followed()

    def choose(self, finding: Finding | None) -> None:
        """Make a finding the selected one, here and in the ledger."""
        if finding is not self.finding:
            self.plan = None
        self.finding = finding
        if finding is not None:
            self.problems.select(finding)
            key = key_of(finding)
            if key in self.ledger.truths:
                self.key = key
                self.ledger.select(key)
            elif finding.subject.app:
                self.key = None
                self.ledger.select_app(finding.subject.app)

    def followed(self) -> None:
        """Write what depends on the selection, and ask for the rest when it stands still."""
        if self.page in ("database", "explain"):
            self.fill(self.page)
        self.show_lines()
        if self.settling is not None:
            self.settling.stop()
        self.settling = self.set_timer(SETTLE, self.settle_now)

    def settle_now(self) -> None:
        """Ask the workbench for what the visible page still lacks."""
        if self.page == "database" and self.whole:
            self.ask("sessions", urgent=False)
            for table in self.database.tables[:8]:
                if table not in self.database.counts and self.is_live(table):
                    self.database.counts[table] = None
                    self.ask("rows", table, subject=table, urgent=False)
        elif self.page == "log":
            self.ask("log")
        elif self.page == "journal":
            self.ask_journal()

    def ask_journal(self) -> None:
        """Ask what was done in this schema and, where there are tenants, in many at a time."""
        self.ask("journal")
        if self.reading is not None and self.reading.situation.tenants is not None:
            self.ask("done_in_many")

    def is_live(self, table: str) -> bool:
        """Say whether a table exists."""
        live = self.reading.situation.live if self.reading else None
        return live is not None and table in live.tables

    def ask(self, name: str, *arguments: object, subject: str = "", urgent: bool = True) -> None:
        """Ask the workbench to do something."""
        self.pending += 1
        self.ask_bench(Job(name, arguments, subject, urgent))
