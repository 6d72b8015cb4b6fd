"""The graph of one app as rows of text, one row a migration: lanes as `git log --graph` draws them, newest last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from . import Key

NODE = "●"

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
BOX = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"
"""Box-drawing characters, by the sum of the sides at which they have a line."""

_ASCII = str.maketrans("●╵╷│╴╯╮┤╶╰╭├─┴┬┼", "*'.|-'.+-'.+-'.+")


def lanes(nodes: Sequence[Key], parents: Mapping[Key, Sequence[Key]]) -> tuple[str, ...]:
    """Return the drawing of one app, a row for each of `nodes`, which are in the order of application.

    A lane is two characters wide: the line, and what leads to the next lane. Every lane leads to one migration; a
    branch goes on in its parent's lane or opens one, and lanes that lead to the same migration end in its row.
    Parents that are not among `nodes` are not drawn. A line that crosses a lane leaves a gap there; `┼` always joins.
    """
    children: dict[Key, list[Key]] = {node: [] for node in nodes}
    for node in nodes:
        for parent in parents.get(node, ()):
            if parent in children:
                children[parent].append(node)
    targets: list[Key | None] = []
    return tuple(_row(targets, node, children[node]) for node in nodes)


def as_ascii(row: str) -> str:
    """Return a row of `lanes` in ASCII, for terminals whose locale has no box-drawing characters."""
    return row.translate(_ASCII)


def _row(targets: list[Key | None], node: Key, children: Sequence[Key]) -> str:
    """Draw the row of one node, and change `targets`, the migration to which each lane leads, to those below it."""
    above = [target is not None for target in targets]
    ending = [lane for lane, target in enumerate(targets) if target == node]
    own = ending[0] if ending else _free_lane(targets, ())
    for lane in ending:
        targets[lane] = None
    targets[own] = children[0] if children else None
    joined = []
    for child in children[1:]:
        shared = next((lane for lane, target in enumerate(targets) if target == child and lane != own), None)
        lane = _free_lane(targets, (own, *ending)) if shared is None else shared
        targets[lane] = child
        joined.append(lane)
    row = _draw(own, {*ending, *joined}, above, [target is not None for target in targets])
    while targets and targets[-1] is None:
        targets.pop()
    return row


def _free_lane(targets: list[Key | None], reserved: Sequence[int]) -> int:
    """Return the first lane that leads nowhere, a new one if there is none; `reserved` lanes are in use in this row."""
    for lane, target in enumerate(targets):
        if target is None and lane not in reserved:
            return lane
    targets.append(None)
    return len(targets) - 1


def _draw(own: int, connected: set[int], above: list[bool], below: list[bool]) -> str:
    """Return the text of a row whose node is in lane `own` and has lines to the `connected` lanes."""
    first, last = min({own, *connected}), max({own, *connected})
    cells = []
    for lane, leads_on in enumerate(below):
        sides = UP * (lane < len(above) and above[lane]) + DOWN * leads_on
        inside = first <= lane <= last
        if inside and (lane in connected or not sides):
            sides += LEFT * (lane > first) + RIGHT * (lane < last)
        cells.append(NODE if lane == own else BOX[sides])
        cells.append("─" if first <= lane < last else " ")
    return "".join(cells).rstrip()
