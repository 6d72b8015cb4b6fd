"""What the drawings of the graph share: nodes with labels, and edges from a dependency to what depends on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core.graph import Key
from ..core.situation import MigrationTruth, Situation, State
from .safe import visible
from .words import dotted, record_word, rows_of, schema_word

COLOURS: Mapping[State | str, str] = {
    "applied": "#2e7d32",
    "pending": "#1565c0",
    "applied-not-recorded": "#c62828",
    "recorded-not-applied": "#c62828",
    "half-applied": "#c62828",
    "missing-file": "#ef6c00",
    "unreadable": "#c62828",
    "replaced": "#757575",
    "elsewhere": "#757575",
}


@dataclass(frozen=True, slots=True)
class Node:
    """One migration in a drawing."""

    id: str
    """`n0`, `n1`, …: names come from files, and are only ever labels."""
    app: str
    label: str
    truths: str
    """What file, record and schema say, in words; empty for a migration of another app than the one drawn."""
    state: str


@dataclass(frozen=True, slots=True)
class Drawing:
    """A graph to be drawn."""

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]
    """Ids of a dependency and of what depends on it."""

    def apps(self) -> dict[str, list[Node]]:
        """Return the nodes grouped by app."""
        found: dict[str, list[Node]] = {}
        for node in self.nodes:
            found.setdefault(node.app, []).append(node)
        return found


def drawing(situation: Situation, app: str | None = None) -> Drawing:
    """Return the graph of one app, with what it depends on elsewhere, or of all apps."""
    rows = {row.key: row for row in rows_of(situation, app)}
    parents = {key: situation.graph.parents.get(key, ()) for key in rows}
    elsewhere = {parent for found in parents.values() for parent in found} - rows.keys()
    keys: list[Key] = [*(key for key in situation.graph.nodes if key in elsewhere), *rows]
    ids = {key: f"n{number}" for number, key in enumerate(keys)}
    return Drawing(
        tuple(_node(ids[key], key, rows.get(key)) for key in keys),
        tuple((ids[parent], ids[key]) for key, found in parents.items() for parent in found if parent in ids),
    )


def _node(name: str, key: Key, row: MigrationTruth | None) -> Node:
    app, label = visible(key[0]), visible(dotted(key))
    if row is None:
        return Node(name, app, label, "", "elsewhere")
    file = "yes" if row.file else "no"
    truths = f"file {file}, record {record_word(row)}, schema {schema_word(row)}"
    return Node(name, app, label, f"{truths}: {row.state}", row.state)
