"""Which migrations can only run after which others: those of branches that were merged may run in either order."""

from __future__ import annotations

from . import Graph, Key


class Order:
    """The order that the dependencies force on migrations."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.straight = straight_apps(graph)
        self.before: dict[Key, frozenset[Key]] = {}
        """What each migration depends on, as far as somebody has asked."""

    def forced(self, earlier: Key, later: Key) -> bool:
        """Tell whether `later` runs after `earlier` on every database; `earlier` stands before it in the graph."""
        if earlier == later or (earlier[0] == later[0] and earlier[0] in self.straight):
            return True
        if later not in self.before:
            self.before[later] = frozenset(self.graph.ancestors(later))
        return earlier in self.before[later]


def straight_apps(graph: Graph) -> frozenset[str]:
    """Return the apps whose migrations are one line, without a fork."""
    forked: set[str] = set()
    roots: set[str] = set()
    for node in graph.nodes:
        app = node[0]
        if sum(child[0] == app for child in graph.children.get(node, ())) > 1:
            forked.add(app)
        if all(parent[0] != app for parent in graph.parents.get(node, ())):
            forked |= {app} & roots
            roots.add(app)
    return frozenset(roots - forked)
