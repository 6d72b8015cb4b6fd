"""Tenants put in groups: those with equal records and equal tables are one, and each is held against its likes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from ..graph import Graph, Key
from . import AppLevel, AppSet, Group, Holding, Overview, Tenant, TenantSettings
from .words import oddities

NOTHING = Holding(None)
"""What a schema holds that is not there."""

BuildGraph = Callable[[frozenset[Key]], Graph]
"""Returns the graph of the project's files for the migrations that a schema records."""


def overview(
    settings: TenantSettings,
    tenants: Iterable[Tenant],
    holdings: Mapping[str, Holding],
    graph_for: BuildGraph,
    why_not: str = "",
) -> Overview:
    """Return all schemas in groups, outliers first; `holdings` are by schema, shared where they are equal."""
    tenants = tuple(tenants)
    groups = grouped(tenants, holdings)
    groups = tuple(_levelled(group, settings, graph_for) for group in groups)
    groups = tuple(compared(group, groups) for group in groups)
    ranked = sorted(groups, key=rank)
    return Overview(settings, tenants, tuple(ranked), apps_of(graph_for(frozenset())), why_not)


def grouped(tenants: Iterable[Tenant], holdings: Mapping[str, Holding]) -> tuple[Group, ...]:
    """Return the schemas of one kind and role that hold the same as one group each."""
    found: dict[tuple[object, ...], list[Tenant]] = {}
    keys: dict[int, tuple[object, ...]] = {}
    for tenant in tenants:
        holding = holdings.get(tenant.schema, NOTHING)
        if id(holding) not in keys:
            keys[id(holding)] = _key(holding)
        place = (tenant.kind, tenant.role, tenant.exists, tenant.creating, keys[id(holding)])
        found.setdefault(place, []).append(tenant)
    return tuple(
        Group(
            members[0].kind,
            members[0].role,
            tuple(sorted(member.schema for member in members)),
            holdings.get(members[0].schema, NOTHING),
            members[0].exists,
            members[0].creating,
        )
        for members in found.values()
    )


def _key(holding: Holding) -> tuple[object, ...]:
    """Return what tells one holding from another."""
    if holding.unreadable:
        # Each may say its own name; what else they hold, nobody knows.
        return ("unreadable",)
    return (holding.applied, holding.twice, frozenset(holding.tables.items()))


def _levelled(group: Group, settings: TenantSettings, graph_for: BuildGraph) -> Group:
    """Return the group with how far each app is."""
    applied = group.holding.applied
    if applied is None:
        return group
    return replace(group, levels=levels(graph_for(applied), applied, settings.set_of(group.kind)))


def levels(graph: Graph, applied: frozenset[Key], apps: AppSet | None) -> tuple[AppLevel, ...]:
    """Return how far each app is, as far as there is anything to tell."""
    replaceable = {old for file in graph.files.values() for old in file.replaces}
    ghosts: dict[str, list[Key]] = {}
    for key in sorted(applied):
        if key not in graph.files and key not in replaceable:
            ghosts.setdefault(key[0], []).append(key)
    by_app: dict[str, list[Key]] = {}
    for key in graph.nodes:
        by_app.setdefault(key[0], []).append(key)
    found = []
    for app in dict.fromkeys((*by_app, *ghosts)):
        here = apps is None or app in apps.labels
        level = _level(graph, app, by_app.get(app, []), tuple(ghosts.get(app, ())), here)
        if level.here or level.ghosts or level.state != "head":
            found.append(level)
    return tuple(found)


def _level(graph: Graph, app: str, keys: list[Key], ghosts: tuple[Key, ...], here: bool) -> AppLevel:
    """Return how far one app is; `keys` are its migrations in the order of application."""
    done = [key for key in keys if key in graph.effective]
    pending = tuple(key for key in keys if key not in graph.effective)
    at = done[-1][1] if done else ""
    if not pending:
        return AppLevel(app, "head", at, (), ghosts, here)
    if not done:
        return AppLevel(app, "none", "", pending, ghosts, here)
    open_ones = set(pending)
    gap = any(not open_ones.isdisjoint(_parents(graph, key)) for key in done)
    return AppLevel(app, "gap" if gap else "behind", at, pending, ghosts, here)


def _parents(graph: Graph, key: Key) -> tuple[Key, ...]:
    """Return what a migration directly builds on in its own app."""
    return tuple(parent for parent in graph.parents.get(key, ()) if parent[0] == key[0])


def compared(group: Group, groups: Iterable[Group]) -> Group:
    """Return the group with what its tables lack beside those of most schemas that record the same."""
    likes = [
        other
        for other in groups
        if (other.kind, other.role) == (group.kind, group.role)
        and _same_records(other, group)
        and not other.holding.unreadable
    ]
    if group.holding.unreadable or len(likes) < 2:
        return group
    size = max(len(other.schemas) for other in likes)
    largest = [other for other in likes if len(other.schemas) == size]
    # Of two that are equally many, nobody knows which is as it should be.
    usual = next((other for other in largest if other is not group), group)
    if largest == [group] or usual is group:
        return group
    mine, theirs = group.holding.tables, usual.holding.tables
    return replace(
        group,
        lacks=tuple(sorted(theirs.keys() - mine.keys())),
        besides=tuple(sorted(mine.keys() - theirs.keys())),
        differs=tuple(sorted(name for name in mine.keys() & theirs.keys() if mine[name] != theirs[name])),
    )


def _same_records(one: Group, other: Group) -> bool:
    """Tell whether two groups have migrated equally far; what has no file counts for nothing."""
    if one.holding.applied is None or other.holding.applied is None or not (one.exists and other.exists):
        return False
    return one.pending == other.pending


def rank(group: Group) -> tuple[object, ...]:
    """Return where a group stands in the list: outliers first, the smallest of them on top, then the ordinary ones."""
    odd = bool(oddities(group))
    size = len(group.schemas) if odd else -len(group.schemas)
    return (not odd, group.role == "ownerless", group.role != "public", size, group.kind, group.schemas)


def apps_of(graph: Graph) -> tuple[str, ...]:
    """Return the labels of the apps with migrations, in the order of application."""
    return tuple(dict.fromkeys(key[0] for key in graph.nodes))
