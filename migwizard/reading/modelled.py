"""The expected schema, modelled: the walk of the states, made concrete by the shadow only where live differs."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from django.db.migrations.migration import Migration

from ..core.graph import Graph, Key
from ..core.graph.order import Order
from ..core.schema import Snapshot, Table
from ..core.truths.lineage import Lineage, OperationKey
from ..core.truths.objects import Ids
from ..core.truths.verdicts import Verdicts, examine, is_gone_again, settled_at
from ..core.truths.witness import live_ids, resolve_tables
from ..databases.base import Database
from .historical import ModelKey
from .shadow import Shadow
from .states import Walk, walk


@dataclass(frozen=True, slots=True)
class Modelled:
    """The lineages as far as they had to be made concrete."""

    lineages: tuple[Lineage, ...]
    failed: Mapping[Key, str]
    """Migrations whose effect on the state could not be worked out."""


def model(
    graph: Graph,
    migrations: Mapping[Key, Migration],
    database: Database,
    live: Snapshot,
    applied: frozenset[OperationKey],
    public: str = "",
) -> Modelled:
    """Return the lineages of every table, concrete where the live schema is not what the records say.

    Three rounds, each only for the tables that the one before left open: the state of the applied migrations; the
    state after the last one; every version of the table.

    Args:
        graph: of the migrations.
        migrations: those that could be imported.
        database: in which the shadow is made.
        live: the schema as it is.
        applied: the operations that the records say are in.
        public: the schema that has the tables which are none of this one's, where there is one (django-tenants).

    Raises:
        databases.base.ShadowRefused: when nothing may be created, not even in a transaction that is rolled back.
    """
    path = walk(graph, migrations, database.connection)
    shadow, order = Shadow(graph, migrations, database), Order(graph)
    tables: dict[tuple[OperationKey, str], Table] = {}
    lineages = path.lineages(tables)
    if public:
        own = frozenset(live.tables).union(*(lineage.names() for lineage in lineages))
        shadow.place = partial(pointing_out, own, public)
    built = shadow.expected(frozenset(key for key in graph.effective if key in migrations))
    for lineage in lineages:
        count = lineage.after(applied)
        if count > 0:
            version = lineage.versions[count - 1]
            if version.name in built.tables:
                tables[version.operation, version.name] = built.tables[version.name]
    lineages = path.lineages(tables)
    unsettled = open_lineages(lineages, live, applied, order)
    if unsettled:
        tables.update(shadow.versions(requests(path, unsettled, last_only=True)))
        unsettled = open_lineages(path.lineages(tables), live, applied, order)
    if unsettled:
        tables.update(shadow.versions(requests(path, unsettled, last_only=False)))
    lineages = path.lineages(tables)
    halves = doubtful(examine(lineages, live, applied, graph))
    if halves:
        # An operation that changes nothing must not make half a migration of one that is otherwise in.
        concerned = tuple(one for one in lineages if any(v.operation[0] in halves for v in one.versions))
        tables.update(shadow.versions(requests(path, concerned, last_only=False)))
        lineages = path.lineages(tables)
    return Modelled(marked(path, lineages, graph, migrations, shadow.failed), path.failed)


def pointing_out(own: frozenset[str], public: str, table: Table) -> Table:
    """Return a table whose foreign keys name the schema of what is not among the schema's own tables."""
    constraints = tuple(
        replace(one, references=(f"{public}.{one.references[0]}", one.references[1]))
        if one.references is not None and one.references[0] not in own
        else one
        for one in table.constraints
    )
    return replace(table, constraints=constraints)


def doubtful(verdicts: Verdicts) -> frozenset[Key]:
    """Return the migrations of which some operations are in and others are not."""
    said: dict[Key, set[str]] = {}
    for (key, _), truth in verdicts.operations.items():
        said.setdefault(key, set()).add(truth.truth)
    return frozenset(key for key, truths in said.items() if {"yes", "no"} <= truths)


def open_lineages(
    lineages: tuple[Lineage, ...], live: Snapshot, applied: frozenset[OperationKey], order: Order
) -> tuple[Lineage, ...]:
    """Return the lineages whose live table is neither where the records say nor at the end."""
    by_name, by_lineage = resolve_tables(lineages, live, applied)
    found = []
    for lineage in lineages:
        name = by_lineage.get(lineage.id)
        table = live.tables[name] if name is not None else None
        ids = live_ids(lineage, table, applied, by_name) if table is not None else Ids({}, by_name)
        settled = settled_at(lineage, table, ids, applied, order)
        if settled is None and not is_gone_again(lineage, table, applied):
            found.append(lineage)
    return tuple(found)


def requests(path: Walk, lineages: tuple[Lineage, ...], last_only: bool) -> dict[OperationKey, set[ModelKey]]:
    """Return which models the shadow has to build after which operations."""
    wanted: dict[OperationKey, set[ModelKey]] = {}
    for lineage in lineages:
        versions = lineage.versions[-1:] if last_only else lineage.versions
        for version in versions:
            if version.name is not None and not version.known:
                owner = path.owners[version.operation, version.name]
                wanted.setdefault(version.operation, set()).add(owner)
    return wanted


def marked(
    path: Walk,
    lineages: tuple[Lineage, ...],
    graph: Graph,
    migrations: Mapping[Key, Migration],
    failed: Collection[str],
) -> tuple[Lineage, ...]:
    """Return the lineages with those opaque of which not everything is known.

    A migration that could not be followed may have touched them, or the shadow could not build them whole.
    """
    blind: dict[str, tuple[Key, ...]] = {}
    for key in graph.nodes:
        if key not in migrations or key in path.failed:
            blind[key[0]] = (*blind.get(key[0], ()), key)
    found = []
    for lineage in lineages:
        apps = {version.operation[0][0] for version in lineage.versions}
        keys = tuple(key for app in sorted(apps) for key in blind.get(app, ()))
        if not lineage.names().isdisjoint(failed):
            keys = (*keys, lineage.versions[-1].operation[0])
        found.append(
            replace(lineage, opaque=tuple(dict.fromkeys(lineage.opaque + keys))) if keys else lineage
        )
    return tuple(found)
