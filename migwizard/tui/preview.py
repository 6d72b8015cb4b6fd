"""The page of a plan: what it does, why, what it loses and risks, and how it is taken back."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timezone
from pathlib import PurePath

from migwizard.core.graph import Key, Record
from migwizard.core.plan import Loss, Plan, Question, Report, Step
from migwizard.core.situation import Situation
from migwizard.core.truths.words import sentence

from .blocks import GAP, Block, line, paragraph
from .diffs import diff_block
from .sql import sql_lines
from .words import dotted, plural

ROW_WORDS = {"insert": "add row", "delete": "delete row", "rename": "rename row"}
KIND_WORDS = {"sql": "SQL", "advice": "by hand"}


def preview(
    plan: Plan, situation: Situation | None, read_only: bool = False, tried: Report | None = None
) -> list[Block]:
    """Return the page of a plan; `tried` is what became of its dry run."""
    root = situation.project.root if situation else ""
    blocks = [line((plan.title, "heading"), ("  ", "plain"), (plan.safety, plan.safety))]
    if plan.steps:
        blocks.append(paragraph(summary(plan), "quiet"))
    if plan.refusal and any(question.answer is None for question in plan.asks):
        blocks.append(paragraph(f"Answers come first: {plan.refusal}", "warning"))
    elif plan.refusal:
        blocks.append(paragraph(f"This cannot be run: {plan.refusal}", "error"))
    elif read_only:
        blocks.append(paragraph("Read-only: this is shown, not run.", "warning"))
    elif tried is not None:
        blocks.append(paragraph(tried.message, "ok"))
    blocks += listed("What is lost", (loss_in_words(loss) for loss in plan.loses), "destructive")
    blocks += questions(plan.asks)
    told = {sentence(loss) for loss in plan.loses}
    blocks += listed("Risks", (risk for risk in plan.risks if risk not in told))
    for number, step in enumerate(plan.steps, 1):
        blocks += [GAP, *step_blocks(step, number, len(plan.steps), root)]
    blocks += history_blocks(plan.steps, situation.records if situation else ())
    blocks += listed("Locks", plan.locks)
    blocks += listed("Afterwards these problems must be gone, or everything is rolled back", plan.expects)
    return blocks + afterwards(plan)


def summary(plan: Plan) -> str:
    """Return in one line what the steps are: `3 steps: 1 history row added, 2 operations`."""
    counts: Counter[tuple[str, str]] = Counter()
    for step in plan.steps:
        counts[counted(step)] += (len(step.sql) or len(step.tables)) if step.kind == "sql" else 1
    parts = [f"{plural(number, noun)} {rest}".rstrip() for (noun, rest), number in counts.items()]
    return f"{plural(len(plan.steps), 'step')}: {', '.join(parts)}"


def counted(step: Step) -> tuple[str, str]:
    """Return as what a step is counted: a noun, and what happens to it."""
    if step.kind == "record":
        done = {"insert": "added", "delete": "deleted", "rename": "renamed"}
        return ("history row", done.get(step.record, "changed"))
    if step.kind == "file":
        return ("file", file_word(step)[1])
    if step.kind == "operation":
        return ("signal" if step.signal else "operation", "taken back" if step.backwards else "")
    if step.kind == "sql":
        return ("statement", "") if step.sql else ("table", "changed")
    return ("thing", "to do by hand")


def questions(asks: Iterable[Question]) -> list[Block]:
    """Return what the plan asks, with the answers that it was made with."""
    blocks: list[Block] = []
    for question in asks:
        blocks.append(paragraph(f"- {question.text}"))
        if question.answer is None:
            blocks.append(paragraph("  not answered yet; s answers it", "warning"))
        else:
            blocks.append(paragraph(f"  {question.answer}  (s changes it)", "strong"))
        if question.choices and question.answer is None:
            blocks.append(paragraph(f"  can be: {', '.join(question.choices)}", "quiet"))
    return [GAP, line(("Questions", "heading")), *blocks] if blocks else []


def loss_in_words(loss: Loss) -> str:
    """Return what goes, and how much is in it."""
    if loss.column is None:
        what, held = f"table {loss.table}", "rows"
    else:
        what, held = f"column {loss.table}.{loss.column}", "filled rows"
    if loss.rows is None:
        return f"{what}: its {held} have not been counted"
    return f"{what}: {plural(loss.rows, held[:-1])}" if loss.rows else f"{what}: empty"


def losses_in_words(plan: Plan) -> list[str]:
    """Return what a destructive plan loses that is not empty; nothing for any other plan."""
    if plan.safety != "destructive":
        return []
    return [loss_in_words(loss) for loss in plan.loses if loss.rows != 0]


def listed(title: str, items: Iterable[str], style: str = "plain") -> list[Block]:
    """Return a heading and a list; nothing for an empty list."""
    blocks = [paragraph(f"- {item}", style) for item in items]
    return [GAP, line((title, "heading" if style == "plain" else style)), *blocks] if blocks else []


# Steps.


def file_word(step: Step) -> tuple[str, str]:
    """Return what happens to a file, as a command and as what has been done."""
    if step.content is None:
        return ("delete", "deleted")
    return ("new file", "written") if step.former is None else ("change", "changed")


def step_title(step: Step, root: str) -> str:
    """Return what a step is in a few words."""
    if step.kind == "file":
        what = f"{file_word(step)[0]} {short_path(step.path, root)}"
    elif step.signal:
        what = f"signal {step.signal}"
    else:
        what = ROW_WORDS.get(step.record) or KIND_WORDS.get(step.kind, step.kind)
        what = f"{'take back ' if step.backwards else ''}{what}"
        what += f" {dotted(step.migration)}" if step.migration else ""
    return what + ("" if step.atomic else ", committed by itself")


def short_path(path: str, root: str) -> str:
    """Return a path as seen from the project, where it lies inside."""
    try:
        return str(PurePath(path).relative_to(root)) if root else path
    except ValueError:
        return path


def step_blocks(step: Step, number: int, count: int, root: str) -> list[Block]:
    """Return one step: why, what runs, how it is taken back, and Django's own command for it."""
    blocks = [
        line(
            (f"{number}/{count} {step_title(step, root)}", "strong"),
            (f" to {step.new_name}" if step.new_name else "", "plain"),
        ),
        paragraph(f"{step.why} {step.note}" if step.signal else step.why),
    ]
    if step.signal:
        # Nothing more: what the receivers do is known only then, and pushes aside what is decided here.
        return blocks
    if step.kind == "file":
        blocks.append(diff_block(short_path(step.path, root), step.former, step.content))
    if step.note:
        blocks.append(paragraph(step.note, "quiet", "  "))
    blocks += [statement_block(statement) for statement in step.sql]
    if step.undo:
        blocks.append(paragraph(f"undo: {step.undo}", "quiet"))
    if step.command:
        blocks.append(paragraph(f"Django: {step.command}", "quiet"))
    return blocks


def statement_block(statement: str, indent: str = "  ") -> Block:
    """Return an SQL statement; it is formatted when it comes into view."""
    return Block(lambda width: sql_lines(statement, width, indent), words=statement)


# The history before and after.


def history_blocks(steps: Iterable[Step], records: Iterable[Record]) -> list[Block]:
    """Return the rows of django_migrations that go and that come, with the signs of a diff."""
    steps = [step for step in steps if step.kind == "record" and step.migration]
    if not steps:
        return []
    known: dict[Key, list[Record]] = {}
    for record in records:
        known.setdefault(record.key, []).append(record)
    blocks = [GAP, line(("History rows before (-) and after (+)", "heading"))]
    for step in steps:
        blocks += row_blocks(step, known)
    return blocks


def row_blocks(step: Step, known: dict[Key, list[Record]]) -> list[Block]:
    """Return what one step does to history rows."""
    key = step.migration or ("", "")
    if step.record == "insert":
        return [row_block("+", key, moment(step.applied) or "now", step.record_id)]
    rows = [row for row in known.get(key, ()) if step.record_id in (None, row.id)]
    blocks = [row_block("-", key, moment(row.applied), row.id) for row in rows]
    if step.record == "rename":
        blocks += [row_block("+", (key[0], step.new_name), moment(row.applied), row.id) for row in rows]
    return blocks


def row_block(sign: str, key: Key, applied: str, number: int | None) -> Block:
    """Return one history row, with the sign of a diff."""
    text = f"  {sign} {dotted(key)}  {applied}" + (f"  id {number}" if number is not None else "")
    return paragraph(text, "diff.new" if sign == "+" else "diff.gone")


def moment(when: datetime | None) -> str:
    """Return a moment to the second in UTC; the empty string for none."""
    if when is None:
        return ""
    shown = when.astimezone(timezone.utc) if when.tzinfo is not None else when
    return f"{shown:%Y-%m-%d %H:%M:%S}"


# The way without the screen, and back.


def command_of(plan: Plan) -> str:
    """Return the command line that makes and runs the same plan."""
    if plan.repair == "undo":
        words = (plan.action or "undo").split()
    elif plan.finding is not None:
        words = ["repair", plan.finding, "--with", plan.repair]
    else:
        words = ["repair", *(plan.action or plan.repair).split()]
    for question in plan.asks:
        if question.answer is not None:
            words += ["--set", f"{question.key}={question.answer}"]
    return shlex.join(["migwizard", *words])


def afterwards(plan: Plan) -> list[Block]:
    """Return how the same is done without the screen, and how it is taken back."""
    if not plan.steps or plan.refusal:
        return []
    back = "u takes a run back, from the journal, which keeps rows and files as they were."
    if plan.safety == "destructive":
        back += " What is lost above stays lost: only a backup has it."
    return [
        GAP,
        line(("The same without the screen, and back", "heading")),
        paragraph(f"- {command_of(plan)}"),
        paragraph(f"- {back}"),
    ]
