"""The builder of the graph: what Django's `MigrationLoader.build_graph` would make, without its exceptions.

Django stops at the first thing that is wrong. Here a missing dependency, a cycle or a squash that cannot be used
is collected, and the graph is made of everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from . import Graph, Key, MigrationFile

FIRST, LATEST = "__first__", "__latest__"


def build(
    files: Mapping[Key, MigrationFile],
    records: Collection[Key],
    unmigrated: Collection[str] = (),
    *,
    nested_squashes: bool = True,
) -> Graph:
    """Return the graph of these files, with squashes standing for what they replace as these records demand.

    `unmigrated` are the labels of installed apps without migrations: a dependency on their `__first__` is ignored.
    `nested_squashes` is the rule of Django 6.0 and later, where a squash may replace squashes. Before, Django either
    raised NodeNotFoundError for such a squash or looked at its direct `replaces` alone, as chance had it; the
    second is what False does. `cycles` has cycles of dependencies, each migration depending on the one before it,
    and cycles of squashes that replace each other.
    """
    draft = _Draft(files, unmigrated)
    draft.add_dependencies()
    squashes = _Squashes(draft, records, nested_squashes)
    draft.drop_missing()
    found, closing = find_cycles(draft.parents)
    for child, parent in closing:
        draft.parents[child].discard(parent)
        draft.children[parent].discard(child)
    nodes = _plan(draft)
    return Graph(
        files=files,
        nodes=nodes,
        parents={node: tuple(sorted(draft.parents[node])) for node in nodes},
        children={node: tuple(sorted(draft.children[node])) for node in nodes},
        missing=tuple(dict.fromkeys(draft.missing)),
        cycles=tuple(dict.fromkeys((*squashes.cycles, *found))),
        replaced=squashes.stand_ins(),
        partial=squashes.partial,
        effective=frozenset(node for node in nodes if node in squashes.applied),
        unmigrated=frozenset(unmigrated),
    )


def inconsistencies(
    graph: Graph, recorded: Collection[Key], *, nested_squashes: bool = True
) -> tuple[tuple[Key, Key], ...]:
    """Return every (recorded migration, dependency that is not recorded), in the order of the graph.

    Django's `check_consistent_history` raises at the first of them. Like there, a squash that is not recorded counts
    as recorded once all that it replaces is; `nested_squashes` as in `build`.
    """
    recorded = frozenset(recorded)
    known: dict[Key, bool] = {}

    def counts_as_recorded(squash: Key) -> bool:
        if squash not in known:
            known[squash] = False  # The answer for a squash that replaces itself, at whatever remove.
            file = graph.files.get(squash)
            known[squash] = bool(file and file.replaces) and all(
                key in recorded or (nested_squashes and counts_as_recorded(key))
                for key in (file.replaces if file else ())
            )
        return known[squash]

    return tuple(
        (node, parent)
        for node in graph.nodes
        if node in recorded
        for parent in graph.parents[node]
        if parent not in recorded and not counts_as_recorded(parent)
    )


class _Draft:
    """The graph while it is made. Like Django's, it has nodes for dependencies that are in no file."""

    def __init__(self, files: Mapping[Key, MigrationFile], unmigrated: Collection[str]) -> None:
        self.files = files
        self.unmigrated = frozenset(unmigrated)
        self.parents: dict[Key, set[Key]] = {key: set() for key in files}
        self.children: dict[Key, set[Key]] = {key: set() for key in files}
        self.missing: list[tuple[Key, Key]] = []
        self._origins: dict[Key, Key] = {}
        self._apps: dict[str, list[Key]] = {}
        self._ends: dict[tuple[str, str], Key] = {}
        for key in files:
            self._apps.setdefault(key[0], []).append(key)
        self._migrated = frozenset(self._apps)

    def add_dependencies(self) -> None:
        """Add the edges inside apps, then those between them, for which `__first__` needs the former."""
        for key, file in self.files.items():
            for parent in file.dependencies:
                if parent[0] == key[0] and parent[1] != FIRST:
                    self._connect(key, parent, origin=key)
        for key, file in self.files.items():
            for dependency in file.dependencies:
                if dependency[0] != key[0] and (resolved := self._resolve(dependency, key)):
                    self._connect(key, resolved, origin=key)
            for dependent in file.run_before:
                if resolved := self._resolve(dependent, key):
                    self._connect(resolved, key, origin=key)

    def _connect(self, child: Key, parent: Key, origin: Key) -> None:
        for key in (child, parent):
            if key not in self.parents:
                self.parents[key] = set()
                self.children[key] = set()
                self._origins[key] = origin
                self._apps.setdefault(key[0], []).append(key)
                self._forget_ends(key[0])
        self.parents[child].add(parent)
        self.children[parent].add(child)
        if child[0] == parent[0]:
            self._forget_ends(child[0])

    def _forget_ends(self, app: str) -> None:
        self._ends.pop((app, FIRST), None)
        self._ends.pop((app, LATEST), None)

    def _resolve(self, reference: Key, origin: Key) -> Key | None:
        """Return what `__first__` or `__latest__` stands for, as `MigrationLoader.check_key` does."""
        app, name = reference
        if (name != FIRST and name != LATEST) or reference in self.parents:
            return reference
        if app == origin[0] or app in self.unmigrated:
            return None
        if app not in self._migrated:
            self.missing.append((origin, reference))
            return None
        if reference not in self._ends:
            edges = self.parents if name == FIRST else self.children
            ends = (key for key in self._apps[app] if all(other[0] != app for other in edges[key]))
            # An app that is one cycle has no end; the cycle is what is reported.
            self._ends[reference] = min(ends, default=min(self._apps[app]))
        return self._ends[reference]

    def remove(self, key: Key) -> tuple[set[Key], set[Key]]:
        """Take a node out, and return the parents and children that it had."""
        parents, children = self.parents.pop(key, set()), self.children.pop(key, set())
        for parent in parents - {key}:
            self.children[parent].discard(key)
        for child in children - {key}:
            self.parents[child].discard(key)
        return parents - {key}, children - {key}

    def add_edge(self, child: Key, parent: Key) -> None:
        """Make one node of the graph depend on another."""
        self.parents[child].add(parent)
        self.children[parent].add(child)

    def drop_missing(self) -> None:
        """Take out the nodes that are in no file, and remember who asked for them."""
        absent = sorted(key for key in self.parents if key not in self.files)
        for key in absent:
            asking = (self.children[key] | self.parents[key]) - set(absent)
            self.missing += [(node, key) for node in sorted(asking) or [self._origins[key]]]
        for key in absent:
            self.remove(key)


class _Squashes:
    """The squashes of a draft, put in place of what they replace or taken out, as the records demand."""

    def __init__(self, draft: _Draft, records: Collection[Key], nested: bool) -> None:
        self.draft = draft
        self.applied = set(records)
        self.partial: dict[Key, tuple[Key, ...]] = {}
        self._replaces = {key: file.replaces for key, file in draft.files.items() if file.replaces}
        self._direct: dict[Key, Key] = {}
        inner = {
            key: [other for other in replaces if other in self._replaces]
            for key, replaces in self._replaces.items()
        }
        self.cycles, closing = find_cycles(inner)
        for outer, squash in closing:
            inner[outer] = [other for other in inner[outer] if other != squash]
        resolved: dict[Key, dict[Key, None]] = {}
        for key in postorder(self._replaces, lambda key: reversed(inner[key])):
            resolved[key] = {}
            for other in self._replaces[key]:
                resolved[key].update(resolved.get(other, {other: None}) if nested else {other: None})
            self._place(key, tuple(resolved[key]))

    def _place(self, squash: Key, targets: tuple[Key, ...]) -> None:
        recorded = tuple(key for key in targets if key in self.applied)
        if len(recorded) < len(targets):
            self.applied.discard(squash)
        elif targets:  # None are left where a squash replaces nothing but itself.
            self.applied.add(squash)
        if squash not in self.draft.parents:
            return  # Another squash that replaces it was there first: only in a cycle of squashes.
        replaces = dict.fromkeys(key for key in self._replaces[squash] if key != squash)
        if recorded and len(recorded) < len(targets):
            self.partial[squash] = recorded
            self._withdraw(squash, replaces)
        else:
            self._substitute(squash, replaces)

    def _substitute(self, squash: Key, replaces: Collection[Key]) -> None:
        """Put a squash in place of what it replaces: `MigrationGraph.remove_replaced_nodes`."""
        for key in replaces:
            parents, children = self.draft.remove(key)
            self._direct.setdefault(key, squash)
            for child in children:
                if child not in replaces:
                    self.draft.add_edge(child, squash)
            for parent in parents:
                if parent not in replaces:
                    self.draft.add_edge(squash, parent)

    def _withdraw(self, squash: Key, replaces: Collection[Key]) -> None:
        """Take out a squash that cannot be used: `MigrationGraph.remove_replacement_node`."""
        _, children = self.draft.remove(squash)
        present = {key for key in replaces if key in self.draft.parents}
        before = {parent for key in present for parent in self.draft.parents[key]}
        for child in children:
            for last in present - before:
                self.draft.add_edge(child, last)

    def stand_ins(self) -> dict[Key, Key]:
        """Return the node that stands for each replaced migration, through squashes of squashes."""
        found: dict[Key, Key] = {}
        for start in self._direct:
            trail: dict[Key, None] = {}
            key = start
            while key in self._direct and key not in found and key not in trail:
                trail[key] = None
                key = self._direct[key]
            found.update(dict.fromkeys(trail, found.get(key, key)))
        return {key: squash for key, squash in found.items() if key not in self.draft.parents}


def _plan(draft: _Draft) -> tuple[Key, ...]:
    """Return the nodes in the order of `MigrationExecutor.migration_plan` for all leaves on an empty database."""
    leaves = sorted(
        node for node, children in draft.children.items() if all(child[0] != node[0] for child in children)
    )
    return postorder(leaves, lambda node: sorted(draft.parents[node]))


def postorder(starts: Iterable[Key], edges: Callable[[Key], Iterable[Key]]) -> tuple[Key, ...]:
    """Return all that can be reached from `starts`, each after what it leads to: Django's `iterative_dfs`.

    Of the edges of a node, the *last* is followed first. The edges must have no cycle.
    """
    visited: dict[Key, None] = {}
    for start in starts:
        stack = [(start, False)]
        while stack:
            node, processed = stack.pop()
            if node in visited:
                continue
            if processed:
                visited[node] = None
            else:
                stack.append((node, True))
                stack += [(other, False) for other in edges(node)]
    return tuple(visited)


def find_cycles(
    edges: Mapping[Key, Collection[Key]],
) -> tuple[list[tuple[Key, ...]], list[tuple[Key, Key]]]:
    """Return cycles, and the edges (from, to) without which none is left, one a cycle.

    Edges lead from a migration to what it depends on. Each cycle begins with its smallest migration, and each of
    its migrations depends on the one before it. Cycles that share all their closing edges are found once.
    """
    cycles: list[tuple[Key, ...]] = []
    closing: list[tuple[Key, Key]] = []
    done: set[Key] = set()
    for start in sorted(edges):
        if start in done:
            continue
        path = {start: iter(sorted(edges[start]))}
        while path:
            node, others = next(reversed(path.items()))
            other = next(others, None)
            if other is None:
                del path[node]
                done.add(node)
            elif other in path:
                on_path = list(path)
                cycles.append(_rotated(on_path[on_path.index(other) :][::-1]))
                closing.append((node, other))
            elif other not in done:
                path[other] = iter(sorted(edges[other]))
    return cycles, closing


def _rotated(cycle: list[Key]) -> tuple[Key, ...]:
    smallest = cycle.index(min(cycle))
    return tuple(cycle[smallest:] + cycle[:smallest])
