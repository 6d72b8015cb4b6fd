"""The page of a run or a dry run: its statements as they come, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from migwizard.core.locks import blocked, effects
from migwizard.core.plan import Plan, Ran, Report, only_reads

from .blocks import GAP, Block, line, paragraph
from .preview import file_word, listed, short_path
from .safe import clip
from .sql import one_line
from .words import plural

OUTCOME_STYLES = {
    "done": "ok",
    "planned": "info",
    "rolled-back": "warning",
    "refused": "warning",
    "failed": "error",
    "running": "warning",
    "interrupted": "error",
}


def run_page(plan: Plan, ran: Iterable[Ran], dry: bool = False) -> list[Block]:
    """Return the page of a run before its end: the statements with their time."""
    title = f"Dry run: {plan.title}" if dry else plan.title
    return [line((title, "heading")), *ran_blocks(plan, ran, -1)]


def ran_blocks(plan: Plan, ran: Iterable[Ran], step: int) -> list[Block]:
    """Return executed statements, a line each, under the reasons of their steps; `step` is the last one shown."""
    blocks: list[Block] = []
    reads: list[Ran] = []
    for statement in ran:
        if reads and statement.step != step:
            blocks.append(reads_block(reads))
            reads = []
        if statement.step != step and 0 <= statement.step < len(plan.steps):
            step = statement.step
            blocks.append(paragraph(f"{step + 1}/{len(plan.steps)} {plan.steps[step].why}", "strong"))
        effect = effects(statement)
        if only_reads(plan, statement) and not effect:
            reads.append(statement)
            continue
        blocks.append(ran_block(statement))
        if effect:
            blocks.append(paragraph(effect, "warning", " " * len(left_of(statement))))
    return [*blocks, reads_block(reads)] if reads else blocks


def reads_block(reads: Sequence[Ran]) -> Block:
    """Return statements that only read, in one line: those that change something must not be lost among them."""
    seconds = sum(one.seconds for one in reads)
    text = f"{plural(len(reads), 'statement')} that only read{'s' if len(reads) == 1 else ''}; 5 lists all"
    return line((f"{seconds:7.3f} s {'':6}  ", "quiet"), (text, "quiet"))


def ran_block(ran: Ran) -> Block:
    """Return an executed statement in one line: seconds, rows, and its beginning; the log has the whole."""
    left = left_of(ran)
    return Block(lambda width: [((left, "quiet"), (clip(one_line(ran.sql), width - len(left)), "plain"))])


def left_of(ran: Ran) -> str:
    """Return what stands before a statement: its seconds and rows."""
    rows = f"{ran.rows:>6}" if ran.rows is not None and ran.rows >= 0 else " " * 6
    return f"{ran.seconds:7.3f} s {rows}  "


def went_through(report: Report | None) -> bool:
    """Say whether a dry run did everything that the run would do."""
    return report is not None and report.dry and report.outcome == "rolled-back"


def outcome_page(report: Report, root: str, title_of: Callable[[str], str]) -> list[Block]:
    """Return what came of a run, and what became of the findings; files are named as seen from `root`."""
    if report.dry:
        return dry_outcome(report, root, title_of)
    blocks = [GAP, line((report.outcome, OUTCOME_STYLES[report.outcome])), paragraph(report.message)]
    if report.journal is not None:
        back = "; u takes it back" if report.outcome == "done" else ""
        blocks.append(paragraph(f"It is number {report.journal} in the journal{back}.", "quiet"))
    if report.outcome == "done":
        blocks += listed("Files", files(report.plan, root))
    blocks += listed("Came up", (title_of(name) for name in report.new))
    blocks += listed("Gone", (title_of(name) for name in report.gone))
    return blocks + against(report, "Still there", "Had come up", title_of)


def against(report: Report, still: str, new: str, title_of: Callable[[str], str]) -> list[Block]:
    """Return the findings that are left, and those that are new where nothing was committed because of them."""
    if report.outcome == "done":
        return listed(still, map(title_of, report.remaining))
    left = [name for name in report.remaining if name in report.plan.expects]
    came = [name for name in report.remaining if name not in left]
    return listed(still, map(title_of, left)) + listed(new, map(title_of, came))


def files(plan: Plan, root: str) -> Iterable[str]:
    """Return what a plan does to files, one line each."""
    return (
        f"{short_path(step.path, root)}: {file_word(step)[1]}" for step in plan.steps if step.kind == "file"
    )


def dry_outcome(report: Report, root: str, title_of: Callable[[str], str]) -> list[Block]:
    """Return the verdict on a dry run."""
    if went_through(report):
        verdict = ("went through, and was rolled back", "ok")
    elif report.outcome == "refused":
        verdict = ("not tried", "warning")
    else:
        verdict = ("would fail", "error")
    blocks = [GAP, line(verdict), paragraph(report.message)]
    blocks += listed("It blocks, until it is committed", blocked(report.ran))
    if went_through(report):
        blocks += listed("Files, which only the run changes", files(report.plan, root))
    blocks += listed("Would come up", (title_of(name) for name in report.new))
    blocks += listed("Would be gone", (title_of(name) for name in report.gone))
    return blocks + against(report, "Would still be there", "Would come up", title_of)
