"""The graph as a picture: the lanes of the ledger as lines, one row a migration."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from ..core.graph.lanes import BOX, DOWN, LEFT, NODE, RIGHT, UP, lanes
from ..core.situation import MigrationTruth, Situation
from .drawing import COLOURS
from .safe import visible
from .words import dotted, record_word, rows_of, schema_word

ROW, STEP, LEFT_EDGE = 22, 9, 20
"""Height of a row, width of a character of the lanes, and where they begin, in pixels."""
LETTER = 7.3
"""Width of a letter of the monospaced font, in pixels; generous, so that nothing is cut off."""


def graph(situation: Situation, app: str | None = None) -> str:
    """Return the graph of one app or of all as an SVG document."""
    rows = rows_of(situation, app)
    parts: list[str] = []
    y, width = 0, 0.0
    for label in dict.fromkeys(row.key[0] for row in rows):
        own = [row for row in rows if row.key[0] == label]
        nodes = [row.key for row in own if row.file]
        drawn = dict(zip(nodes, lanes(nodes, situation.graph.parents), strict=True))
        y += ROW
        parts.append(_text(LEFT_EDGE - 12, y, visible(label), "bold"))
        left = LEFT_EDGE + STEP * (1 + max((len(lane) for lane in drawn.values()), default=1))
        for row in own:
            y += ROW
            text = _words(situation, row)
            parts += _lanes(drawn.get(row.key, NODE), y, row, _ends(situation, row))
            parts.append(_text(left, y, text))
            width = max(width, left + LETTER * len(text))
        y += ROW // 2
    size = f'width="{width + 20:.0f}" height="{y + ROW}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="monospace" font-size="12">'
    return "\n".join([head, '<rect width="100%" height="100%" fill="#ffffff"/>', *parts, "</svg>"])


def _words(situation: Situation, row: MigrationTruth) -> str:
    others = [dotted(key) for key in situation.graph.parents.get(row.key, ()) if key[0] != row.key[0]]
    after = f"  ⇠ {', '.join(others)}" if others else ""
    truths = f"file {'yes' if row.file else 'no'}, record {record_word(row)}, schema {schema_word(row)}"
    return visible(f"{row.key[1]}  {truths}: {row.state}{after}")


def _lanes(lane: str, y: int, row: MigrationTruth, ends: int) -> list[str]:
    """Return the lines of one row, and its node, whose own lines lead to the sides in `ends`."""
    parts = []
    middle = y - 4
    for column, character in enumerate(lane):
        x = LEFT_EDGE + STEP * column
        sides = ends if character == NODE else BOX.index(character)
        for side, dx, dy in ((UP, 0, -ROW // 2), (DOWN, 0, ROW // 2), (LEFT, -STEP, 0), (RIGHT, STEP, 0)):
            if sides & side:
                parts.append(_line(x, middle, x + dx, middle + dy))
    x = LEFT_EDGE + STEP * lane.index(NODE)
    fill = COLOURS[row.state] if row.recorded else "#ffffff"
    parts.append(
        f'<circle cx="{x}" cy="{middle}" r="5" fill="{fill}" stroke="{COLOURS[row.state]}" stroke-width="2">'
        f"<title>{escape(visible(dotted(row.key)))}</title></circle>"
    )
    return parts


def _ends(situation: Situation, row: MigrationTruth) -> int:
    """Return where a migration's own lane goes on: up to what it depends on in its app, down to what follows."""
    graph, app = situation.graph, row.key[0]
    up = any(parent[0] == app for parent in graph.parents.get(row.key, ()))
    down = any(child[0] == app for child in graph.children.get(row.key, ()))
    return UP * up + DOWN * down


def _line(x1: int, y1: int, x2: int, y2: int) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#757575" stroke-width="2"/>'


def _text(x: int, y: int, text: str, weight: str = "normal") -> str:
    return f'<text x="{x}" y="{y}" xml:space="preserve" font-weight={quoteattr(weight)}>{escape(text)}</text>'
