"""Migrations depend on each other in a circle.

## What it finds
Every circle of migrations in which each depends on the one before, directly, through `run_before`, or
because a squashed migration stands for what it replaces. Also squashed migrations that replace each
other.

## Why it matters
There is no order in which they could be applied, so Django raises CircularDependencyError in every
command that needs the graph. It often comes from squashing an app whose foreign keys point to another
app, while that one's point back.

## Example
`CircularDependencyError: a.0001_squashed_0004, b.0002_link`: `a` was squashed into one migration, whose
second part needs `b.0002`, which needs its first part.

## How it is repaired
One dependency of the circle has to go. After a squash: move the operation that needs the other app
(mostly the AddField or CreateModel with the foreign key) out of the squashed migration into a second one
of its own, which depends on the other app and carries its share of `replaces`.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..core.finding import Finding, Subject
from ..core.graph import Key
from ..core.situation import Situation
from .base import Info, dotted, finding_id

INFO = Info("circular-dependency", "error", "Migrations depend on each other in a circle")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each circle."""
    return tuple(_finding(situation, cycle) for cycle in situation.graph.cycles)


def _finding(situation: Situation, cycle: tuple[Key, ...]) -> Finding:
    steps = tuple(_step(situation, child, parent) for child, parent in _edges(cycle))
    replacing = all(parent in situation.graph.files[child].replaces for child, parent in _edges(cycle))
    around = " → ".join(dotted(key) for key in (*cycle, cycle[0]))
    what = "Squashed migrations replace each other" if replacing else "Migrations depend on each other"
    return Finding(
        finding_id(INFO, ",".join(dotted(key) for key in cycle)),
        INFO.name,
        INFO.severity,
        Subject(*cycle[0]),
        f"{what} in a circle: {around}.",
        evidence=steps,
    )


def _edges(cycle: tuple[Key, ...]) -> Iterator[tuple[Key, Key]]:
    """Return each migration of a cycle with the one before it, which it depends on."""
    return ((key, cycle[index - 1]) for index, key in enumerate(cycle))


def _step(situation: Situation, child: Key, parent: Key) -> str:
    files = situation.graph.files
    if parent in files[child].dependencies:
        return f"{dotted(child)} depends on {dotted(parent)}"
    if child in files[parent].run_before:
        return f"{dotted(parent)} says that it must run before {dotted(child)}"
    if parent in files[child].replaces:
        return f"{dotted(child)} replaces {dotted(parent)}"
    return f"{dotted(child)} depends on {dotted(parent)} through a squashed migration, or as an app's first or last"
