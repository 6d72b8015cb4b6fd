"""Squashed migrations that Django cannot use, because only some of what they replace is recorded."""

from __future__ import annotations

from collections.abc import Collection

from . import Graph, Key


def torn_by(graph: Graph, squash: Key) -> tuple[tuple[Key, Key], ...]:
    """Return the (node, dependency) pairs that are missing because this squash cannot stand for the dependency."""
    replaces = graph.files[squash].replaces
    return tuple(pair for pair in graph.missing if pair[1] in replaces)


def unrecorded(graph: Graph, recorded: Collection[Key], squash: Key) -> tuple[Key, ...]:
    """Return what a squash replaces and what is not recorded."""
    return tuple(
        key for key in graph.files[squash].replaces if key not in recorded and key not in graph.effective
    )


def without_files(graph: Graph, squash: Key) -> tuple[Key, ...]:
    """Return what a squash replaces and what has no file any more."""
    return tuple(key for key in graph.files[squash].replaces if key not in graph.files)


def stuck(graph: Graph, recorded: Collection[Key]) -> tuple[Key, ...]:
    """Return the squashes for which there is no way forward: originals that are still needed have no file."""
    return tuple(
        squash
        for squash in sorted(graph.partial)
        if torn_by(graph, squash)
        or any(key not in graph.files for key in unrecorded(graph, recorded, squash))
    )
