"""The page of what is done in many schemas: the plans, their dry runs, and what became of each schema."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from migwizard.core.tenants.batch import BAD, TRIED_WELL, Batch, SchemaResult
from migwizard.report.batches import counts

from .blocks import GAP, Block, line, paragraph
from .many import Many, named
from .preview import listed, losses_in_words, moment, questions, statement_block
from .runs import OUTCOME_STYLES
from .words import plural

if TYPE_CHECKING:
    from migwizard.batches import Planned

THEN = {
    "safe": "history rows that the schema proves",
    "careful": "nothing that loses something",
    "destructive": "what loses something included",
}
"""What may follow the first plan of a schema, where finding after finding is repaired."""


def many_page(many: Many) -> list[Block]:
    """Return the page: results if there are any, else the plans with what their dry runs came to."""
    head = line((many.title, "heading"), (f"  in {plural(len(many.schemas), 'schema')}", "quiet"))
    if many.batch is not None:
        return [head, *results(many.batch)]
    if many.found is None:
        return [head, paragraph("The schemas are being looked at: one of each group of equal ones.", "quiet")]
    blocks = [head, *first_lines(many)]
    tried = {result.schema: result for result in many.tried}
    for one in many.found.planned:
        blocks += [GAP, *planned(one, tried, repeats=many.repeats)]
    return blocks + questions(many.asks)


def first_lines(many: Many) -> list[Block]:
    """Return what is to be known before the plans: who is left alone, and what may come after them."""
    assert many.found is not None
    blocks = trial(many)
    if many.found.idle:
        blocks.append(
            paragraph(f"{named(many.found.idle)}: nothing to be done there, and not touched.", "quiet")
        )
    if many.resumes is not None and not many.found.turns:
        blocks.append(paragraph("Every schema has had its turn; only the end was not written down.", "quiet"))
    elif many.task.undoes is not None:
        blocks.append(
            paragraph("In each schema the newest is taken back first, then what came before.", "quiet")
        )
    elif not many.task.what and many.found.turns:
        blocks.append(
            paragraph(
                "Of each group the first repair is shown. What is left after it is repaired as recommended: "
                f"{THEN[many.task.allow]}.",
                "quiet",
            )
        )
    return blocks


def trial(many: Many) -> list[Block]:
    """Return in a line what the dry run came to; what it came to in each is below its plan."""
    if not many.tried or many.found is None:
        return []
    bad = many.unworkable
    number, groups = len(many.tried), len(many.found.planned)
    where = plural(number, "schema") if many.every else f"one of each group of equal schemas ({groups})"
    if bad:
        return [
            paragraph(
                f"In the dry run, {bad} of {number} would not work; see below. It was in {where}.", "error"
            )
        ]
    return [paragraph(f"The dry run in {where} went through, and was rolled back.", "ok")]


def planned(one: Planned, tried: Mapping[str, SchemaResult], *, repeats: bool) -> list[Block]:
    """Return what is to be done in schemas that hold the same."""
    names = tuple(turn.schema for turn in one.turns)
    blocks = [line((named(names), "strong"))]
    if (plan := one.plan) is not None:
        blocks.append(line((f"  {plan.title}  ", "plain"), (plan.safety, plan.safety)))
        for step in plan.steps:
            blocks.append(paragraph(f"- {step.why}", "quiet", "    "))
            blocks += [statement_block(sql, "      ") for sql in step.sql]
        blocks += [paragraph(f"Risk: {risk}", "warning", "  ") for risk in plan.risks]
        blocks += listed("Lost for good", losses_in_words(plan), "destructive")
        if plan.refusal:
            blocks.append(paragraph(f"It cannot be run: {plan.refusal}", "error", "  "))
    elif one.needless:
        blocks.append(paragraph(one.refusal, "quiet", "  "))
    elif one.refusal:
        said = "No repair is run there" if repeats else "It cannot be planned"
        blocks.append(paragraph(f"{said}: {one.refusal}", "error", "  "))
    else:
        blocks.append(paragraph("Each is looked at in its turn.", "quiet", "  "))
    found = [tried[name] for name in names if name in tried]
    return blocks + tried_blocks(found, len(names)) + losing(found, spared=not (one.loses or repeats))


def losing(found: list[SchemaResult], *, spared: bool) -> list[Block]:
    """Return what each schema would lose, by its dry run; `spared`, where no loss was planned, it is left alone."""
    end = "; it is left alone, because the plan above loses nothing" if spared else ""
    return [
        paragraph(f"{result.schema} would lose {', '.join(result.loses)}{end}.", "destructive", "  ")
        for result in found
        if result.loses
    ]


def tried_blocks(found: list[SchemaResult], of: int) -> list[Block]:
    """Return what dry runs of equal schemas came to: the bad ones each, of the good ones the first."""
    bad = [result for result in found if result.outcome not in TRIED_WELL]
    good = [result for result in found if result.outcome in TRIED_WELL]
    blocks = [paragraph(f"{result.schema}: {result.message}", "error", "  ") for result in bad]
    if good:
        more = f" So did {len(good) - 1:,} more." if len(good) > 1 else ""
        more = more or (f" It stands for {of - 1:,} more." if of > 1 and not bad else "")
        blocks.append(paragraph(f"{good[0].schema}: {good[0].message}{more}", "ok", "  "))
    blocks += [
        paragraph(f"It blocks: {text}", "warning", "  ") for one in (good or found)[:1] for text in one.blocks
    ]
    return blocks


def results(batch: Batch) -> list[Block]:
    """Return the table of results, the bad ones first; before it, what can be done about the whole."""
    blocks = [
        line((f"{batch.name}  ", "strong"), (counts(batch.results), "plain")),
        line(
            (batch.outcome, OUTCOME_STYLES[batch.outcome]),
            (f"  {moment(batch.begun)} UTC  {batch.who}", "quiet"),
        ),
    ]
    if batch.remaining:
        blocks.append(
            paragraph(
                f"Without a turn: {named(batch.remaining)}. migwizard repair resume {batch.name} goes on with them.",
                "warning",
            )
        )
    if batch.undone_by is not None:
        blocks.append(paragraph(f"batch-{batch.undone_by} took it back.", "warning"))
    elif any(result.entries for result in batch.results):
        blocks.append(paragraph(f"migwizard undo {batch.name} takes it back in all of them.", "quiet"))
    if batch.idle:
        blocks.append(paragraph(f"{named(batch.idle)}: nothing to be done there, and not touched.", "quiet"))
    ordered = sorted(batch.results, key=lambda result: result.outcome not in BAD)
    return [*blocks, GAP, *(block for result in ordered for block in result_blocks(result))]


def result_blocks(result: SchemaResult) -> list[Block]:
    """Return what became of one schema."""
    style = "error" if result.outcome in BAD else "ok"
    blocks = [
        line(
            (f"{result.schema}  ", "strong"), (result.outcome, style), (f"  {result.seconds:.1f} s", "quiet")
        )
    ]
    if result.message:
        blocks.append(paragraph(result.message, "plain", "  "))
    blocks += [paragraph(f"still there: {name}", "error", "  ") for name in result.left]
    return blocks
