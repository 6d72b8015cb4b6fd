"""The branches of an app whose graph forks, and where they get in each other's way."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Literal

from . import Graph, Key, MigrationFile, Operation, Touch

Clash = Literal["never", "order", "always"]
"""Whether the second of two operations fails after the first: in no order, in one of them, or in both."""

GONE = ("removes", "renames")
"""Acts after which there is nothing of that name any more."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One way from the fork to a leaf."""

    leaf: Key
    own: tuple[Key, ...]
    """The app's migrations that not every leaf depends on, the leaf included, in the order of application."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """Operations of two branches that deal with the same thing."""

    what: str
    """The model, or the part of it: `order.note`, `order`, `order: option unique_together`."""
    first: Key
    second: Key
    operations: tuple[str, str]
    """What Django says of the two operations."""
    clash: Clash
    breaker: Key | None = None
    """Of an `order` clash: the migration after which the other one fails."""
    contested: bool = False
    """Whether what is left of it is what the one makes that runs last."""


def branches(graph: Graph, app: str) -> tuple[Branch, ...]:
    """Return the branches of an app, one a leaf; a single one, with nothing of its own, where there is no fork."""
    ways = {leaf: {*graph.ancestors(leaf), leaf} for leaf in graph.leaves(app)}
    if len(ways) < 2:
        return tuple(Branch(leaf, ()) for leaf in ways)
    common = frozenset.intersection(*map(frozenset, ways.values()))
    return tuple(
        Branch(leaf, tuple(key for key in graph.nodes if key[0] == app and key in way - common))
        for leaf, way in ways.items()
    )


def fork(graph: Graph, app: str) -> Key | None:
    """Return the app's last migration that all its leaves depend on, or None when they have none in common."""
    ways = [{*graph.ancestors(leaf), leaf} for leaf in graph.leaves(app)]
    common = frozenset.intersection(*map(frozenset, ways)) if ways else frozenset()
    return next((key for key in reversed(graph.nodes) if key in common and key[0] == app), None)


def overlaps(graph: Graph, found: Sequence[Branch]) -> tuple[Overlap, ...]:
    """Return where operations of different branches deal with the same thing, the worst of each pair once."""
    result: list[Overlap] = []
    for one, other in combinations(found, 2):
        shared = set(one.own) & set(other.own)
        left = [key for key in one.own if key not in shared]
        right = [key for key in other.own if key not in shared]
        for (a, first), (b, second) in product(_operations(graph, left), _operations(graph, right)):
            result += _between(a, first, b, second)
    return tuple(dict.fromkeys(result))


def _operations(graph: Graph, keys: Sequence[Key]) -> list[tuple[Key, Operation]]:
    return [(key, operation) for key in keys for operation in graph.files[key].operations]


def _between(a: Key, first: Operation, b: Key, second: Operation) -> Iterator[Overlap]:
    """Yield the gravest overlap of two operations, if they have one."""
    order: tuple[Clash, ...] = ("always", "order", "never")
    pairs = product(_local(first, a[0]), _local(second, b[0]))
    met = [(clash_of(x, y), x, y) for x, y in pairs if meet(x, y)]
    if not met:
        return
    clash, x, y = min(met, key=lambda item: order.index(item[0]))
    breaker = None
    if clash == "order":
        breaker = a if x.act in GONE and (y.act not in GONE or x.part == "") else b
    what = x if len(x.part) >= len(y.part) else y
    contested = any(x.part == y.part and "uses" not in (x.act, y.act) for _, x, y in met)
    said = (first.description, second.description)
    yield Overlap(_named(what), a, b, said, clash, breaker, contested and clash == "never")


def _local(operation: Operation, app: str) -> list[Touch]:
    """Return what an operation deals with, models of its own app without the app's label."""
    return [replace(touch, model=touch.model.removeprefix(f"{app.lower()}.")) for touch in operation.touches]


def meet(x: Touch, y: Touch) -> bool:
    """Tell whether two operations deal with the same thing, and one of them changes it."""
    if x.model != y.model or (x.act == "uses" and y.act == "uses"):
        return False
    if x.part == y.part:
        return True
    return any(one.part == "" and one.act not in ("alters", "uses") for one in (x, y))


def clash_of(x: Touch, y: Touch) -> Clash:
    """Return whether one of two touches of the same thing fails after the other."""
    gone = [one for one in (x, y) if one.act in GONE]
    same = x.part == y.part
    if same and (len(gone) == 2 or (x.act == "makes" and y.act == "makes")):
        return "always"
    if len(gone) == 2 or (len(gone) == 1 and (same or gone[0].part == "")):
        return "order"
    return "never"


def _named(touch: Touch) -> str:
    if " " in touch.part:
        return f"{touch.model}: {touch.part}"
    return f"{touch.model}.{touch.part}" if touch.part else touch.model


def fails(overlap: Overlap, orders: Sequence[Sequence[Key]]) -> bool:
    """Tell whether an overlap makes one of its migrations fail, in some of the orders in which they may run.

    An order names migrations that are yet to run, and those before them, in the order of application.
    """
    if overlap.clash != "order":
        return overlap.clash == "always"
    broken = overlap.second if overlap.breaker == overlap.first else overlap.first
    for order in orders:
        if (
            overlap.breaker in order
            and broken in order
            and order.index(overlap.breaker) < order.index(broken)
        ):
            return True
    return False


def overtaken(
    files: Mapping[Key, MigrationFile], nodes: Sequence[Key], here: Sequence[Key], late: Collection[Key]
) -> tuple[tuple[Key, int], ...]:
    """Return the operations that have to run once more, so that a database is as Django takes it: (migration, index).

    Of two branches that alter the same thing, Django goes by the one that comes later in the graph. Where that one ran
    first, what it makes has been overwritten.

    Args:
        files: every migration file.
        nodes: the migrations in the graph's order.
        here: the migrations in the order in which they run here.
        late: those of them that may have overwritten, or will overwrite, what ran before them.
    """
    place = {key: index for index, key in enumerate(nodes)}
    found = [
        (a, index)
        for number, b in enumerate(here)
        if b in late
        for a in here[:number]
        if a[0] == b[0] and place[a] > place[b]
        for index, operation in enumerate(files[a].operations)
        if any(overwrites(other, operation) for other in files[b].operations)
    ]
    return tuple(sorted(set(found), key=lambda one: (place[one[0]], one[1])))


def overwrites(other: Operation, operation: Operation) -> bool:
    """Tell whether an operation leaves nothing of what another one has made of the same thing in the database."""
    return operation.kind == "schema" and any(
        x.act == y.act == "alters" and (x.model, x.part) == (y.model, y.part)
        for x, y in product(other.touches, operation.touches)
    )


def opaque(graph: Graph, found: Sequence[Branch]) -> tuple[tuple[Key, Operation], ...]:
    """Return the operations of the branches of which nobody can see what they deal with."""
    return tuple(
        (key, operation)
        for key, operation in _operations(graph, sorted({key for branch in found for key in branch.own}))
        if operation.kind in ("sql", "python", "unread")
        or (operation.kind == "custom" and not operation.touches)
        or (operation.kind == "separate" and operation.source)
    )
