"""What was found, and the state of every migration, as plain text for a terminal or a log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..core.finding import Finding
from ..core.graph.lanes import as_ascii, lanes
from ..core.situation import MigrationTruth, Situation
from ..core.truths.locate import locate
from .safe import visible
from .words import compared, counts, dotted, place, record_word, rows_of, schema_word

WIDTH = 8
"""Width of the column with the severity."""

HEADS = ("", "file", "record", "schema", "")


def check(situation: Situation, findings: Sequence[Finding]) -> str:
    """Return every finding with its evidence and repairs."""
    parts = [visible(place(situation.database)), visible(compared(situation))]
    for finding in findings:
        parts += ["", *finding_lines(finding)]
    return "\n".join([*parts, "", counts(findings)])


def finding_lines(finding: Finding) -> list[str]:
    """Return the lines of one finding, with its evidence and repairs."""
    margin = " " * (WIDTH + 1)
    mark = "" if finding.confirmed else " (unconfirmed)"
    lines = [f"{finding.severity:{WIDTH}} {visible(finding.id)}{mark}", f"{margin}{visible(finding.summary)}"]
    lines += [f"{margin}  - {visible(line)}" for line in finding.evidence]
    for offer in finding.repairs:
        recommended = ", recommended" if offer.recommended else ""
        lines.append(f"{margin}  > {offer.name} ({offer.safety}{recommended}): {visible(offer.title)}")
    return lines


def status(situation: Situation) -> str:
    """Return one row a migration, grouped by app: file, record, schema, and what the three come to."""
    apps: dict[str, list[MigrationTruth]] = {}
    for row in situation.migrations:
        apps.setdefault(row.key[0], []).append(row)
    lines = [visible(place(situation.database)), visible(compared(situation))]
    found = {location.app: location for location in locate(situation) if not location.agrees}
    table: list[tuple[str, ...]] = [HEADS]
    for app, rows in apps.items():
        where = f"  {visible(found[app].sentence())}" if app in found else ""
        table.append((visible(app) + where,))
        table += [(f"  {visible(row.key[1])}", *_truths(row)) for row in rows]
    return "\n".join([*lines, "", *aligned(table)])


def _truths(row: MigrationTruth) -> tuple[str, str, str, str]:
    state = "" if row.state == "applied" else row.state
    return ("yes" if row.file else "-", record_word(row), schema_word(row), state)


def graph(situation: Situation, app: str | None = None, *, ascii_only: bool = False) -> str:
    """Return the graph of one app or of all, drawn as `git log --graph` does, with the three truths."""
    rows = rows_of(situation, app)
    lines: list[str] = []
    for label in dict.fromkeys(row.key[0] for row in rows):
        own = [row for row in rows if row.key[0] == label]
        nodes = [row.key for row in own if row.file]
        drawn = dict(zip(nodes, lanes(nodes, situation.graph.parents), strict=True))
        width = max(map(len, drawn.values()), default=1)
        table: list[tuple[str, ...]] = [(visible(label), *HEADS[1:])]
        for row in own:
            lane = f"{drawn.get(row.key, 'x'):{width}}"
            name = f"  {as_ascii(lane) if ascii_only else lane} {visible(row.key[1])}"
            table.append((name, *_truths(row), _elsewhere(situation, row, ascii_only)))
        lines += [*aligned(table), ""]
    return "\n".join(lines[:-1])


def _elsewhere(situation: Situation, row: MigrationTruth, ascii_only: bool) -> str:
    """Return which migrations of other apps one depends on."""
    others = [key for key in situation.graph.parents.get(row.key, ()) if key[0] != row.key[0]]
    arrow = "<-" if ascii_only else "⇠"
    return f"{arrow} {', '.join(visible(dotted(key)) for key in others)}" if others else ""


def aligned(table: Iterable[Sequence[str]]) -> list[str]:
    """Return the rows of a table with their columns under each other, without blanks at the ends of lines.

    A row with one cell is a heading and widens no column.
    """
    rows = list(table)
    count = max((len(row) for row in rows), default=0)
    widths = [
        max((len(row[column]) for row in rows if len(row) > 1 and column < len(row)), default=0)
        for column in range(count)
    ]
    return ["  ".join(f"{cell:{widths[n]}}" for n, cell in enumerate(row)).rstrip() for row in rows]
