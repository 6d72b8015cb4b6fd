"""The parts of an app's migrations that can each become one migration without a circle through other apps."""

from __future__ import annotations

from ..graph import Graph, Key


def segments(graph: Graph, app: str) -> tuple[tuple[Key, ...], ...]:
    """Return an app's migrations in as few parts as possible, each in the order of application.

    Where a migration depends, through another app, on an earlier one of its own app, both cannot be in one part: the
    other app would have to come before and after it.
    """
    levels: dict[Key, int] = {}
    for node in graph.nodes:
        level = -1
        for parent in graph.parents[node]:
            above = levels[parent]
            back = node[0] == app and parent[0] != app and above >= 0
            level = max(level, above + 1 if back else above)
        levels[node] = max(level, 0) if node[0] == app else level
    found: dict[int, list[Key]] = {}
    for node in graph.nodes:
        if node[0] == app:
            found.setdefault(levels[node], []).append(node)
    return tuple(tuple(found[level]) for level in sorted(found))
