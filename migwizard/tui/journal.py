"""The journal: what was executed on this database, and the page of one execution."""

from __future__ import annotations

from migwizard.core.finding import Finding
from migwizard.core.graph import Record
from migwizard.core.journal import Entry
from migwizard.core.plan import Ran
from migwizard.core.schema import Table

from .blocks import GAP, Block, line, paragraph
from .diffs import diff_block
from .lines import Lines
from .look import Look
from .preview import listed, moment, row_block, short_path, statement_block, step_title
from .runs import OUTCOME_STYLES
from .safe import Spans, clip
from .words import plural


class Journal(Lines):
    """Two lines an execution, the newest first: number, outcome, when and who; below, what it was."""

    tall = 2

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.all: tuple[Entry, ...] = ()
        self.entries: tuple[Entry, ...] = ()
        self.filter = ""
        self.reading = True

    def show(self, entries: tuple[Entry, ...]) -> None:
        """Show the executions; the selected one stays selected."""
        chosen = self.entry()
        self.all, self.reading = entries, False
        self.gather()
        numbers = [entry.id for entry in self.entries]
        self.renew(numbers.index(chosen.id) if chosen and chosen.id in numbers else 0)

    def gather(self) -> None:
        """List the executions that the filter lets through."""
        self.entries = tuple(entry for entry in self.all if self.filter in said_of(entry).lower())

    def narrow(self, text: str) -> None:
        """Show only executions that hold a text; all with the empty one."""
        self.filter = text.lower()
        self.gather()
        self.renew(0)

    def entry(self) -> Entry | None:
        """Return the selected execution."""
        return self.entries[self.cursor] if self.cursor < len(self.entries) else None

    def count(self) -> int:
        """Return the number of executions; one line says that there is none."""
        return len(self.entries) or 1

    def position(self) -> str:
        """Return where the cursor is."""
        return super().position() if self.entries else ""

    def words(self, index: int) -> str:
        """Return an execution in one line."""
        return said_of(self.entries[index]) if self.entries else ""

    def name_of(self, index: int) -> str:
        """Return an execution's number."""
        return str(self.entries[index].id) if self.entries else ""

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return one of the two lines of an execution."""
        cut = self.look.glyphs.cut
        if not self.entries:
            return ((clip("" if line else self.nothing(), width, cut), "quiet"),)
        entry = self.entries[index]
        if line:
            return ((clip(f"     {entry.title}", width, cut), "plain"),)
        left = f"{entry.id:>4} "
        word = f"{fate(entry):<12}"
        return (
            (left, "strong"),
            (word, "quiet" if entry.undone_by is not None else OUTCOME_STYLES[entry.outcome]),
            (clip(f"  {moment(entry.begun)} UTC  {entry.who}", width - len(left + word), cut), "plain"),
        )

    def nothing(self) -> str:
        """Return the sentence for an empty list."""
        if self.reading:
            return "The journal is being read."
        if self.all:
            return f"None of {plural(len(self.all), 'execution')} holds the text."
        return "Nothing has been executed on this database by migwizard yet."


def fate(entry: Entry) -> str:
    """Return in a word or two what became of an execution."""
    return "undone" if entry.undone_by is not None else entry.outcome


def said_of(entry: Entry) -> str:
    """Return an execution in one line, for searching and copying."""
    return f"{entry.id} {fate(entry)} {moment(entry.begun)} {entry.who} {entry.title}"


def entry_page(entry: Entry, root: str, unfinished: Finding | None = None) -> list[Block]:
    """Return the page of an execution: who, when, what, and everything that it changed.

    Args:
        entry: the execution.
        root: the project's folder, which paths are shown relative to.
        unfinished: the finding about an execution whose end nobody knows.
    """
    blocks = [
        line((f"{entry.id} {entry.title}", "heading"), (f"  {fate(entry)}", OUTCOME_STYLES[entry.outcome])),
        paragraph(f"{entry.who}, {moment(entry.begun)} UTC, {lasted(entry)}"),
    ]
    if unfinished is not None or not entry.finished:
        blocks += [GAP, *unfinished_blocks(entry, unfinished)]
    elif entry.message:
        blocks.append(paragraph(entry.message))
    blocks.append(
        paragraph(f"repaired {entry.finding}" if entry.finding else f"{entry.action or entry.repair}")
    )
    if entry.undoes is not None:
        blocks.append(paragraph(f"It took number {entry.undoes} back."))
    if entry.undone_by is not None:
        blocks.append(paragraph(f"Number {entry.undone_by} took it back.", "warning"))
    blocks += listed("Lost for good", entry.lost, "destructive")
    blocks += records(entry) + tables(entry)
    for change in entry.files:
        blocks += [GAP, line((f"File {short_path(change.path, root)}", "heading"))]
        blocks.append(diff_block(short_path(change.path, root), change.former, change.content))
    blocks += steps(entry, root)
    blocks += listed("Problems that were gone afterwards", entry.gone)
    return blocks


def lasted(entry: Entry) -> str:
    """Return for how long an execution ran."""
    if entry.ended is None:
        return "no end is known"
    return f"{(entry.ended - entry.begun).total_seconds():.1f} s"


def unfinished_blocks(entry: Entry, finding: Finding | None) -> list[Block]:
    """Return what is known of an execution that did not come to its end."""
    sentence = finding.summary if finding is not None else entry.message
    blocks = [
        paragraph("It was interrupted: migwizard was killed, or lost its connection or its machine.", "error")
    ]
    if sentence:
        blocks.append(paragraph(sentence, "strong"))
    if not entry.finished:
        begun = (
            f"{entry.begun_steps} of {plural(len(entry.steps), 'step')} had begun, {entry.done_steps} "
            f"{'is' if entry.done_steps == 1 else 'are'} in."
        )
        blocks.append(paragraph(begun))
    return [*blocks, GAP]


def records(entry: Entry) -> list[Block]:
    """Return the history rows that an execution changed."""
    before, after = set(entry.records_before), set(entry.records_after)
    blocks = [record_block("-", row) for row in entry.records_before if row not in after]
    blocks += [record_block("+", row) for row in entry.records_after if row not in before]
    return [GAP, line(("History rows before (-) and after (+)", "heading")), *blocks] if blocks else []


def record_block(sign: str, row: Record) -> Block:
    """Return one history row."""
    return row_block(sign, row.key, moment(row.applied), row.id)


def tables(entry: Entry) -> list[Block]:
    """Return the tables that an execution made, dropped or changed."""
    names = dict.fromkeys((*entry.tables_before, *entry.tables_after))
    found = [(name, entry.tables_before.get(name), entry.tables_after.get(name)) for name in names]
    blocks = [paragraph(f"- {name}: {changed(before, after)}") for name, before, after in found]
    return [GAP, line(("Tables", "heading")), *blocks] if blocks else []


PARTS = (("column", "columns"), ("index", "indexes"), ("constraint", "constraints"), ("trigger", "triggers"))


def changed(before: Table | None, after: Table | None) -> str:
    """Return in words how a table was changed."""
    if before is None or after is None:
        return "made" if before is None else "dropped"
    parts = []
    for noun, kind in PARTS:
        old, new = named(before, kind), named(after, kind)
        parts += [f"+{noun} {name}" for name in new if name not in old]
        parts += [f"-{noun} {name}" for name in old if name not in new]
        parts += [f"{noun} {name} changed" for name in new if name in old and new[name] != old[name]]
    return ", ".join(parts) or "its shape stayed as it was"


def named(table: Table, kind: str) -> dict[str, object]:
    """Return a table's columns, indexes, constraints or triggers by name; of nameless ones, by their columns."""
    return {part.name or " ".join(part.columns): part for part in getattr(table, kind)}


def steps(entry: Entry, root: str) -> list[Block]:
    """Return an execution's steps with the statements that ran, each with its time and rows."""
    ran: dict[int, list[Ran]] = {}
    for one in entry.ran:
        ran.setdefault(one.step, []).append(one)
    blocks: list[Block] = []
    count = len(entry.steps)
    for index, step in enumerate(entry.steps):
        state = "" if entry.finished else f"  {progress(entry, index)}"
        blocks += [GAP, line((f"{index + 1}/{count} {step_title(step, root)}", "strong"), (state, "warning"))]
        blocks.append(paragraph(step.why))
        for one in ran.get(index, ()):
            rows = f", {plural(one.rows, 'row')}" if one.rows is not None and one.rows >= 0 else ""
            blocks += [statement_block(one.sql), paragraph(f"{one.seconds:.3f} s{rows}", "quiet", "  ")]
    return blocks


def progress(entry: Entry, index: int) -> str:
    """Return how far a step of an unfinished execution had come."""
    if index < entry.done_steps:
        return "in"
    return "begun" if index < entry.begun_steps else "not begun"
