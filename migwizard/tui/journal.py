"""The journal: what was executed on this database, in one schema or in many, and the page of one execution."""

from __future__ import annotations

from migwizard.core.finding import Finding
from migwizard.core.graph import Record
from migwizard.core.journal import Entry
from migwizard.core.plan import Ran
from migwizard.core.schema import Table
from migwizard.core.tenants.batch import Batch, tally

from .blocks import GAP, Block, line, paragraph
from .diffs import diff_block
from .lines import Lines
from .look import Look
from .preview import listed, moment, row_block, short_path, statement_block, step_title
from .runs import OUTCOME_STYLES
from .safe import Spans, clip
from .words import plural


class Journal(Lines):
    """Two lines an execution or a batch, the newest first: number, outcome, when and who; below, what it was."""

    tall = 2

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.executed: tuple[Entry, ...] = ()
        self.batches: tuple[Batch, ...] = ()
        self.listed: tuple[Entry | Batch, ...] = ()
        """What the filter lets through, the newest first."""
        self.filter = ""
        self.reading = True

    def show(self, entries: tuple[Entry, ...]) -> None:
        """Show the executions."""
        chosen = self.chosen()
        self.executed, self.reading = entries, False
        self.regather(chosen)

    def show_batches(self, batches: tuple[Batch, ...]) -> None:
        """Show what was done in many schemas among the executions."""
        chosen = self.chosen()
        self.batches = batches
        self.regather(chosen)

    def regather(self, chosen: Entry | Batch | None) -> None:
        """List everything anew, with the cursor where it was; at the newest, it is at the newest."""
        moved = self.cursor > 0
        self.gather()
        names = [name_of(one) for one in self.listed]
        self.renew(names.index(name_of(chosen)) if chosen and moved and name_of(chosen) in names else 0)

    @property
    def all(self) -> tuple[Entry | Batch, ...]:
        """Everything that was done, the newest first."""
        if not self.batches:
            return self.executed
        return tuple(sorted((*self.executed, *self.batches), key=lambda one: one.begun, reverse=True))

    def gather(self) -> None:
        """List what the filter lets through."""
        self.listed = tuple(one for one in self.all if self.filter in said_of(one).lower())

    def narrow(self, text: str) -> None:
        """Show only what holds a text; all with the empty one."""
        self.filter = text.lower()
        self.gather()
        self.renew(0)

    def chosen(self) -> Entry | Batch | None:
        """Return what is at the cursor."""
        return self.listed[self.cursor] if self.cursor < len(self.listed) else None

    def entry(self) -> Entry | None:
        """Return the execution at the cursor, if it is one."""
        chosen = self.chosen()
        return chosen if isinstance(chosen, Entry) else None

    def chosen_batch(self) -> Batch | None:
        """Return what was done in many schemas, if that is at the cursor."""
        chosen = self.chosen()
        return chosen if isinstance(chosen, Batch) else None

    def count(self) -> int:
        """Return the number of rows; one line says that there is none."""
        return len(self.listed) or 1

    def position(self) -> str:
        """Return where the cursor is."""
        return super().position() if self.listed else ""

    def words(self, index: int) -> str:
        """Return a row in one line."""
        return said_of(self.listed[index]) if self.listed else ""

    def name_of(self, index: int) -> str:
        """Return what an execution or a batch is called."""
        return name_of(self.listed[index]) if self.listed else ""

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return one of the two lines of a row."""
        cut = self.look.glyphs.cut
        if not self.listed:
            return ((clip("" if line else self.nothing(), width, cut), "quiet"),)
        one = self.listed[index]
        room = 9 if self.batches else 4
        if line:
            return ((clip(f"{'':{room}} {title_of(one)}", width, cut), "plain"),)
        left = f"{name_of(one):>{room}} "
        word = f"{fate(one):<12}"
        return (
            (left, "strong"),
            (word, "quiet" if one.undone_by is not None else OUTCOME_STYLES[one.outcome]),
            (clip(f"  {moment(one.begun)} UTC  {one.who}", width - len(left + word), cut), "plain"),
        )

    def nothing(self) -> str:
        """Return the sentence for an empty list."""
        if self.reading:
            return "The journal is being read."
        if self.all:
            return f"None of {plural(len(self.all), 'execution')} holds the text."
        return "Nothing has been executed on this database by migwizard yet."


def name_of(one: Entry | Batch) -> str:
    """Return what an execution or a batch is called."""
    return str(one.id) if isinstance(one, Entry) else one.name


def fate(one: Entry | Batch) -> str:
    """Return in a word or two what became of an execution or a batch."""
    return "undone" if one.undone_by is not None else one.outcome


def title_of(one: Entry | Batch) -> str:
    """Return what an execution did, or a batch with how many schemas came to which end."""
    if isinstance(one, Entry):
        return one.title
    ends = ", ".join(f"{number} {outcome}" for outcome, number in tally(one.results).items())
    left = f", {len(one.remaining)} without a turn" if one.remaining else ""
    return f"{one.task.title} in {plural(len(one.schemas), 'schema')}: {ends or 'nothing was run'}{left}"


def said_of(one: Entry | Batch) -> str:
    """Return an execution or a batch in one line, for searching and copying."""
    return f"{name_of(one)} {fate(one)} {moment(one.begun)} {one.who} {title_of(one)}"


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
