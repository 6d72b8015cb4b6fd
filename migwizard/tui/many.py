"""What is done in many schemas, as the screen shows it: the plans, their dry runs, and what became of each schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from migwizard.core.finding import Safety
from migwizard.core.tenants.batch import BAD, Batch, SchemaResult, Task, tally

from .blocks import GAP, Block, line, paragraph
from .words import plural

if TYPE_CHECKING:
    from migwizard.batches import Planned, Survey
    from migwizard.batches.bench import Tried

SHOWN = 6
"""Of so many schemas the names are told; of more, how many there are."""

CHOICES: tuple[tuple[str, str, Task, Safety], ...] = (
    (
        "repair --all --allow careful",
        "Repair everything, problem after problem, as recommended",
        Task(allow="careful"),
        "careful",
    ),
    (
        "repair --all",
        "Repair what only takes history rows that the schema proves",
        Task(allow="safe"),
        "safe",
    ),
    ("migrate", "Run what the schemas lack", Task(("migrate",)), "careful"),
    ("fake-initial", "Record what the schemas have already", Task(("fake-initial",)), "safe"),
    ("prune", "Delete records without a file", Task(("prune",)), "careful"),
)
"""What can be done in many schemas: as it is typed, in words, and how safe it is at worst."""


@dataclass(frozen=True, slots=True)
class Many:
    """One task for some schemas, and how far it is."""

    task: Task
    schemas: tuple[str, ...]
    found: Survey | None = None
    tried: tuple[Tried, ...] = ()
    running: bool = False
    sure: bool = False
    """Whether what runs is no dry run."""
    batch: Batch | None = None

    @property
    def ready(self) -> bool:
        """Whether it can be tried or run."""
        return self.found is not None and bool(self.found.turns) and not self.running and self.batch is None


def many_page(many: Many) -> list[Block]:
    """Return the page: results if there are any, else the plans with what their dry runs came to."""
    head = line((many.task.title, "heading"), (f"  in {plural(len(many.schemas), 'schema')}", "quiet"))
    if many.batch is not None:
        return [head, *results(many.batch)]
    if many.found is None:
        return [head, paragraph("The schemas are being looked at: one of each group of equal ones.", "quiet")]
    blocks = [head]
    if many.found.idle:
        blocks.append(
            paragraph(f"{named(many.found.idle)}: nothing to be done there, and not touched.", "quiet")
        )
    tried = {one.schemas: one for one in many.tried}
    for one in many.found.planned:
        blocks += [GAP, *planned(one, tried.get(tuple(turn.schema for turn in one.turns)))]
    return blocks


def planned(one: Planned, tried: Tried | None) -> list[Block]:
    """Return what is to be done in schemas that hold the same."""
    names = tuple(turn.schema for turn in one.turns)
    blocks = [line((named(names), "strong"))]
    if one.plan is not None:
        blocks.append(line((f"  {one.plan.title}  ", "plain"), (one.plan.safety, one.plan.safety)))
        blocks += [paragraph(f"- {step.why}", "quiet", "    ") for step in one.plan.steps]
        for step in one.plan.steps:
            blocks += [paragraph(sql, "plain", "      ") for sql in step.sql]
        blocks += [paragraph(f"Risk: {risk}", "warning", "  ") for risk in one.plan.risks]
        if one.plan.refusal:
            blocks.append(paragraph(f"It cannot be run: {one.plan.refusal}", "error", "  "))
    elif one.refusal:
        blocks.append(paragraph(f"It cannot be planned: {one.refusal}", "error", "  "))
    else:
        blocks.append(paragraph("Each is looked at in its turn.", "quiet", "  "))
    if tried is not None and tried.report is not None:
        good = tried.report.outcome == "rolled-back"
        blocks.append(
            paragraph(f"{tried.schemas[0]}: {tried.report.message}", "ok" if good else "error", "  ")
        )
    elif tried is not None:
        blocks.append(paragraph(f"Not tried: {tried.why_not}", "warning", "  "))
    return blocks


def results(batch: Batch) -> list[Block]:
    """Return the table of results, the bad ones first."""
    counts = ", ".join(f"{number} {outcome}" for outcome, number in tally(batch.results).items())
    blocks = [line((f"{batch.name}  ", "strong"), (counts or "nothing was run", "plain")), GAP]
    ordered = sorted(batch.results, key=lambda result: result.outcome not in BAD)
    blocks += [block for result in ordered for block in result_blocks(result)]
    if batch.remaining:
        blocks.append(
            paragraph(
                f"Stopped; not begun: {named(batch.remaining)}. migwizard repair resume {batch.name} goes on.",
                "warning",
            )
        )
    if any(result.entries for result in batch.results):
        blocks += [GAP, paragraph(f"migwizard undo {batch.name} takes it back in all of them.", "quiet")]
    return blocks


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


def named(schemas: tuple[str, ...]) -> str:
    """Return schemas by their names; of many, the first ones and how many more."""
    shown = ", ".join(schemas[:SHOWN])
    more = len(schemas) - SHOWN
    return f"{plural(len(schemas), 'schema')}: {shown}{f' and {more:,} more' if more > 0 else ''}"
