"""Blocks of text for the panel's pages: an explanation, a migration, a plan, a run, the log, the help."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from migwizard.core.finding import Finding
from migwizard.core.graph import MigrationFile
from migwizard.core.plan import Plan, Ran, Report, Step
from migwizard.core.situation import MigrationTruth, OperationTruth

from .blocks import GAP, Block, line, paragraph
from .look import Look
from .safe import Spans, clip, wrap
from .sql import one_line, sql_lines
from .words import STATE_WORDS, TRUTH_WORDS, dotted, plural, truth_glyph

RULERS = frozenset("-=~^*")


def explanation(finding: Finding, text: str | None) -> list[Block]:
    """Return the page of a finding: what it says, the evidence, and the text of its diagnosis once that is here."""
    blocks = [line((finding.id, finding.severity))]
    if not finding.confirmed:
        blocks.append(
            paragraph("Unconfirmed: an operation that only a replay can follow may explain it.", "quiet")
        )
    if text is None:
        blocks += [paragraph(finding.summary), GAP, *(paragraph(f"- {item}") for item in finding.evidence)]
    else:
        blocks += prose(text)
    if finding.repairs:
        blocks += [GAP, line(("Repairs", "heading"))]
        for offer in finding.repairs:
            word = ", recommended" if offer.recommended else ""
            blocks.append(paragraph(f"- {offer.title} ({offer.safety}{word})"))
    return blocks


def prose(text: str) -> list[Block]:
    """Return plain text with its headings set apart: those underlined, or marked with `#`, or ending in a colon."""
    lines = text.strip("\n").split("\n")
    blocks: list[Block] = []
    for number, raw in enumerate(lines):
        below = lines[number + 1].strip() if number + 1 < len(lines) else ""
        stripped = raw.strip()
        if (
            stripped
            and set(stripped) <= RULERS
            and len(stripped) > 2
            and number
            and lines[number - 1].strip()
        ):
            continue
        underlined = len(below) > 2 and set(below) <= RULERS
        if not stripped:
            blocks.append(GAP)
        elif stripped.startswith("#") or underlined or is_heading(raw, lines[number - 1] if number else ""):
            blocks.append(line((stripped.lstrip("# ").rstrip(":"), "heading")))
        else:
            blocks.append(paragraph(raw.rstrip()))
    return blocks


def is_heading(raw: str, above: str) -> bool:
    """Say whether a line is a heading by its look: short, after an empty line, and no sentence."""
    text = raw.strip()
    return (
        not above.strip()
        and raw[:1].isalpha()
        and len(text) <= 40
        and text[:1].isupper()
        and text[-1:] not in ".,;!?)`"
    )


def about_migration(truth: MigrationTruth, file: MigrationFile | None, look: Look) -> list[Block]:
    """Return the page of a migration without a finding: its three truths, and what its operations show."""
    word = STATE_WORDS[truth.state] or "applied"
    recorded = truth.record.isoformat(sep=" ", timespec="seconds") if truth.record else "yes"
    blocks = [
        line((dotted(truth.key), "heading"), (f"  {word}", "plain")),
        paragraph(
            f"file    {file.path if file else 'none: the history has a row, but no file has this name'}"
        ),
        paragraph(f"record  {recorded if truth.recorded else 'none in django_migrations'}"),
        paragraph(f"schema  {TRUTH_WORDS[truth.schema]}{'' if truth.confirmed else ' (unconfirmed)'}"),
    ]
    if truth.inferred:
        blocks.append(
            paragraph("        seen through later migrations, which changed the same again", "quiet")
        )
    if file and file.error:
        blocks.append(paragraph(f"The file cannot be imported: {file.error}", "error"))
    if truth.operations:
        blocks += [GAP, line((plural(len(truth.operations), "operation"), "heading"))]
    return blocks + [operation_block(operation, look) for operation in truth.operations]


def operation_block(operation: OperationTruth, look: Look) -> Block:
    """Return one operation with what the schema says of it."""

    def build(width: int) -> list[Spans]:
        sign = truth_glyph(operation.truth, look)
        first, *others = wrap(operation.title, width - 6)
        lines: list[Spans] = [((f"{sign:<5} ", "strong"), (first, "plain"))]
        lines += [((" " * 6 + other, "plain"),) for other in others]
        for item in operation.evidence:
            lines += [((text, "quiet"),) for text in wrap(item, width, " " * 6)]
        return lines

    return Block(build)


def preview(plan: Plan, read_only: bool) -> list[Block]:
    """Return the page of a plan: what it will do, why, and what it risks."""
    blocks = [line((plan.title, "heading"), ("  ", "plain"), (plan.safety, plan.safety))]
    if plan.refusal:
        blocks.append(paragraph(f"This cannot be run: {plan.refusal}", "error"))
    elif read_only:
        blocks.append(paragraph("Read-only: this is shown, not run.", "warning"))
    blocks += listed("Risks", plan.risks)
    for number, step in enumerate(plan.steps, 1):
        blocks += [GAP, *step_blocks(step, number, len(plan.steps))]
    blocks += listed("Locks", plan.locks)
    blocks += listed("Afterwards these problems must be gone, or everything is rolled back", plan.expects)
    return blocks


def listed(title: str, items: Iterable[str]) -> list[Block]:
    """Return a heading and a list; nothing for an empty list."""
    blocks = [paragraph(f"- {item}") for item in items]
    return [GAP, line((title, "heading")), *blocks] if blocks else []


def step_blocks(step: Step, number: int, count: int) -> list[Block]:
    """Return one step: why, what runs, how it is taken back, and Django's own command for it."""
    about = f" {dotted(step.migration)}" if step.migration else ""
    what = {"insert": "add row", "delete": "delete row", "rename": "rename row"}.get(step.record, step.kind)
    blocks = [
        line(
            (f"{number}/{count} {what}{about}", "strong"),
            (f" to {step.new_name}" if step.new_name else "", "plain"),
        ),
        paragraph(step.why),
    ]
    if step.record and step.applied:
        blocks.append(paragraph(f"applied: {step.applied.isoformat(sep=' ', timespec='seconds')}", "quiet"))
    if step.path:
        blocks.append(paragraph(f"{'delete' if step.content is None else 'write'} {step.path}"))
    if step.note:
        blocks.append(paragraph(step.note, "quiet", "  "))
    blocks += [statement_block(statement) for statement in step.sql]
    if step.undo:
        blocks.append(paragraph(f"undo: {step.undo}", "quiet"))
    if step.command:
        blocks.append(paragraph(f"Django: {step.command}", "quiet"))
    return blocks


def statement_block(statement: str) -> Block:
    """Return an SQL statement; it is formatted when it comes into view."""
    return Block(lambda width: sql_lines(statement, width, "  "), words=statement)


def run_page(
    plan: Plan, ran: Iterable[Ran], report: Report | None, title_of: Callable[[str], str]
) -> list[Block]:
    """Return the page of a run: the statements with their time, and at its end what became of the problems."""
    return [line((plan.title, "heading")), *ran_blocks(plan, ran, -1), *outcome_page(report, title_of)]


def ran_blocks(plan: Plan, ran: Iterable[Ran], step: int) -> list[Block]:
    """Return executed statements, a line each, under the reasons of their steps; `step` is the last one shown."""
    blocks: list[Block] = []
    for statement in ran:
        if statement.step != step and 0 <= statement.step < len(plan.steps):
            step = statement.step
            blocks.append(paragraph(f"{step + 1}/{len(plan.steps)} {plan.steps[step].why}", "strong"))
        blocks.append(ran_block(statement))
    return blocks


def ran_block(ran: Ran) -> Block:
    """Return an executed statement in one line: seconds, rows, and its beginning; the log has the whole."""
    rows = f"{ran.rows:>6}" if ran.rows is not None and ran.rows >= 0 else " " * 6
    left = f"{ran.seconds:7.3f} s {rows}  "
    return Block(lambda width: [((left, "quiet"), (clip(one_line(ran.sql), width - len(left)), "plain"))])


OUTCOME_STYLES = {
    "done": "ok",
    "planned": "info",
    "rolled-back": "warning",
    "refused": "warning",
    "failed": "error",
}


def outcome_page(report: Report | None, title_of: Callable[[str], str]) -> list[Block]:
    """Return what came of a run, and what became of the findings; nothing while it runs."""
    if report is None:
        return []
    blocks = [GAP, line((report.outcome, OUTCOME_STYLES[report.outcome])), paragraph(report.message)]
    if report.journal is not None:
        blocks.append(paragraph(f"It is number {report.journal} in the journal.", "quiet"))
    blocks += listed("Gone", (title_of(name) for name in report.gone))
    return blocks + listed("Still there", (title_of(name) for name in report.remaining))
