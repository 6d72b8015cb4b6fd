"""The pages of the wizard's screen: which one is shown, and what is on it."""

from __future__ import annotations

from textual import events

from migwizard.core.finding import Finding
from migwizard.core.graph import Key

from .blocks import Block, paragraph
from .board import Board
from .database import tables_of
from .dialects import dialect_page
from .journal import entry_page
from .preview import preview, statement_block
from .runs import outcome_page, run_page
from .texts import about_migration, explanation
from .words import UNFINISHED, key_of


class Stage(Board):
    """The screen as a set of views on what is known and what is selected; it does nothing by itself."""

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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let nothing be done that cannot be seen, while the terminal is too small."""
        return not self.has_class("-small") or action in ("leave", "suspend", "redraw", "stop")

    def ask_user(self, purpose: str, question: str, *, single: bool = False, text: str = "") -> None:
        """Ask a question in place of the key bar; `text` is an answer that is there to be changed."""
        self.asking = True
        self.divide()
        self.prompt.ask(purpose, question, single=single, text=text)

    def finding_of(self, key: Key | None) -> Finding | None:
        """Return the gravest finding about a migration."""
        return next((finding for finding in self.problems.all if key and key_of(finding) == key), None)

    def one_of(self, names: tuple[str, ...]) -> Finding | None:
        """Return the gravest listed finding that has one of these ids."""
        return next((finding for finding in self.problems.findings if finding.id in names), None)

    def findings_title(self, name: str) -> str:
        """Return a finding's id with its summary, as far as it is known."""
        summary = self.summaries.get(name)
        return f"{name}: {summary}" if summary else name

    def reads(self) -> bool:
        """Say whether the workbench is reading at this moment."""
        return self.job is not None and self.job.name == "read"

    def unfinished(self, number: int) -> Finding | None:
        """Return the finding about an execution that did not come to its end."""
        name = f"{UNFINISHED}:{number}"
        return next((finding for finding in self.problems.all if finding.id == name), None)

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
        elif page == "dialect" and self.dialect is not None:
            key, name = self.dialect
            self.dialect_view.show(dialect_page(key, name, self.written.get(self.dialect)))
        elif page == "entry" and self.entry is not None:
            self.entry_view.show(entry_page(self.entry, self.root(), self.unfinished(self.entry.id)))
        elif page == "run" and (plan := self.running):
            before = run_page(plan, self.ran, self.dry)
            after = outcome_page(self.report, self.root(), self.findings_title) if self.report else []
            self.run_view.show([*before, *after], at=len(before))

    def root(self) -> str:
        """Return the project's folder, which paths are shown relative to."""
        return self.reading.situation.project.root if self.reading else ""

    def fill_explain(self) -> None:
        """Explain the selected finding; without one, show the selected migration."""
        truth = self.ledger.truths.get(self.key) if self.key else None
        if self.finding is not None:
            self.explain.show(explanation(self.finding, diagnosis_text(self.finding), self.whole))
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
            situation = self.reading.situation if self.reading else None
            tried = self.tried if self.here().tried and not self.stale() else None
            self.sql.show(preview(self.plan, situation, self.read_only, tried))
        elif self.planning:
            waits = " It waits for the reading, whose progress the first line shows." if self.reads() else ""
            self.sql.show([*said(f"The plan is being made.{waits}")])
        else:
            text = "There is no plan yet. p previews the recommended repair of the selected problem, r offers its"
            self.sql.show([*said(f"{text} repairs, a every action. Nothing is done before you say so.")])


def diagnosis_text(finding: Finding) -> str:
    """Return what a diagnosis says of all its findings; empty for one that is not known."""
    # Here and not above: what is not needed for the first picture only delays it.
    from migwizard.diagnoses import explanation as text_of

    try:
        return text_of(finding.name)
    except KeyError:
        return ""


def said(text: str) -> tuple[Block, ...]:
    """Return a sentence as a text."""
    return (paragraph(text, "quiet"),)
