"""The pages of a problem and of a migration."""

from __future__ import annotations

from migwizard.core.finding import Finding
from migwizard.core.graph import MigrationFile
from migwizard.core.situation import MigrationTruth, OperationTruth

from .blocks import GAP, Block, line, paragraph
from .look import Look
from .safe import Spans, wrap
from .words import STATE_WORDS, TRUTH_WORDS, dotted, plural, truth_glyph

RULERS = frozenset("-=~^*")


def explanation(finding: Finding, text: str, whole: bool = True) -> list[Block]:
    """Return the page of a finding: what it says, the evidence, its repairs, and the text of its diagnosis.

    As long as not the `whole` database has been read, another finding may turn out to say more, so none is final.
    """
    blocks = [line((finding.id, finding.severity))]
    if not finding.confirmed:
        blocks.append(
            paragraph("Unconfirmed: an operation that only a replay can follow may explain it.", "quiet")
        )
    blocks.append(paragraph(finding.summary))
    if finding.evidence:
        blocks += [GAP, *(paragraph(f"- {item}") for item in finding.evidence)]
    blocks += [GAP, line(("Repairs", "heading"))]
    for offer in finding.repairs:
        word = ", recommended" if offer.recommended else ""
        blocks.append(paragraph(f"- {offer.title} ({offer.safety}{word})"))
    if not whole:
        blocks.append(
            paragraph(
                "The schema is still being read. It may turn out otherwise; repairs come then.", "warning"
            )
        )
    elif not finding.repairs:
        blocks.append(paragraph("- none that could be run from here; a lists every action"))
    return [*blocks, GAP, *prose(text)] if text else blocks


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
