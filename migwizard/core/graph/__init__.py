"""The migration graph as plain data: migrations, dependencies, leaves, order, cycles, ghosts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Key = tuple[str, str]
"""(app label, migration name), as everywhere in Django."""

OperationKind = Literal["schema", "state", "sql", "python", "separate", "custom", "unread"]


Act = Literal["makes", "removes", "renames", "alters", "uses"]


@dataclass(frozen=True, slots=True)
class Touch:
    """One thing of an app's models that an operation deals with."""

    act: Act
    model: str
    """Name of the model, in lower case; `app.model` where the operation says so of a model that it refers to."""
    part: str = ""
    """Name of a field in lower case, `index NAME`, `option NAME`; empty for the model as a whole."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a migration file, without its Django object."""

    name: str
    """Class name: `AddField`, `RunPython`, …"""
    description: str
    """What Django's `describe()` says, or the class name where the file could not be imported."""
    kind: OperationKind
    reversible: bool = True
    elidable: bool = False
    source: str = ""
    """Source of a RunPython's function, or the SQL of a RunSQL."""
    touches: tuple[Touch, ...] = ()
    """What it deals with, as far as the operation itself says it."""

    @property
    def runs_code(self) -> bool:
        """Whether code that the project brought along runs, whose effects outside the database no rollback ends."""
        return self.kind in ("python", "custom") or (self.kind == "separate" and bool(self.source))


@dataclass(frozen=True, slots=True)
class MigrationFile:
    """A migration as its file says it, dependencies already resolved as far as they can be.

    `dependencies` has swappable dependencies resolved to (app, `__first__`) or a named one exactly as Django does at
    import; `__first__` and `__latest__` are resolved by the graph.
    """

    app: str
    name: str
    path: str
    dependencies: tuple[Key, ...] = ()
    run_before: tuple[Key, ...] = ()
    replaces: tuple[Key, ...] = ()
    initial: bool | None = None
    atomic: bool = True
    operations: tuple[Operation, ...] = ()
    error: str | None = None
    """Why the file could not be imported, in one sentence; what could be read from its syntax tree is still here."""
    digest: str = ""
    """SHA-256 of the file's bytes, in hexadecimal."""
    source: str = field(default="", repr=False, compare=False)
    """The file's text exactly, line ends included; empty where it is not UTF-8."""

    @property
    def key(self) -> Key:
        """(app label, name)."""
        return (self.app, self.name)


@dataclass(frozen=True, slots=True)
class Record:
    """A row of django_migrations."""

    id: int
    app: str
    name: str
    applied: datetime | None

    @property
    def key(self) -> Key:
        """(app label, name)."""
        return (self.app, self.name)


@dataclass(frozen=True, slots=True)
class Graph:
    """The graph that Django would build for these files and records, and what keeps it from doing so.

    Squashed migrations stand for what they replace under the same rules as in
    `django.db.migrations.loader.MigrationLoader.build_graph`.
    """

    files: Mapping[Key, MigrationFile]
    """Every migration file, replaced ones and squashes included."""
    nodes: tuple[Key, ...]
    """Migrations in the graph, in the order in which `migrate` would apply them to an empty database."""
    parents: Mapping[Key, tuple[Key, ...]]
    """Dependencies of each node, resolved (through squashes, `run_before`, `__first__`), missing ones left out."""
    children: Mapping[Key, tuple[Key, ...]]
    missing: tuple[tuple[Key, Key], ...]
    """(node, dependency) pairs where the dependency is in no file."""
    cycles: tuple[tuple[Key, ...], ...]
    """Each cycle once, from its smallest node on; edges that close a cycle are left out of `parents`."""
    replaced: Mapping[Key, Key]
    """Replaced migrations that are not nodes, with the squash that stands for them."""
    partial: Mapping[Key, tuple[Key, ...]]
    """Squashes that cannot be used because only some of what they replace is recorded, with those recorded."""
    effective: frozenset[Key]
    """Nodes that Django treats as applied: recorded ones, and squashes all of whose replaced ones are recorded."""
    unmigrated: frozenset[str] = frozenset()
    """Labels of installed apps without migrations."""

    def leaves(self, app: str | None = None) -> tuple[Key, ...]:
        """Return the nodes that nothing in their own app depends on, sorted, of one app or of all."""
        return leaf_nodes(self, app)

    def ancestors(self, key: Key) -> tuple[Key, ...]:
        """Return everything that `key` depends on, directly or not, in the order of application."""
        return reach(self, key, self.parents)

    def descendants(self, key: Key) -> tuple[Key, ...]:
        """Return everything that depends on `key`, directly or not, in the order of application."""
        return reach(self, key, self.children)


def leaf_nodes(graph: Graph, app: str | None) -> tuple[Key, ...]:
    """Return the leaves as `MigrationGraph.leaf_nodes` does."""
    return tuple(
        sorted(
            node
            for node in graph.nodes
            if (app is None or node[0] == app)
            and all(child[0] != node[0] for child in graph.children.get(node, ()))
        )
    )


def reach(graph: Graph, start: Key, edges: Mapping[Key, tuple[Key, ...]]) -> tuple[Key, ...]:
    """Return every node that can be reached from `start` along `edges`, without it, in the order of `nodes`."""
    seen: set[Key] = set()
    stack = list(edges.get(start, ()))
    while stack:
        node = stack.pop()
        if node not in seen and node != start:
            seen.add(node)
            stack.extend(edges.get(node, ()))
    return tuple(node for node in graph.nodes if node in seen)
