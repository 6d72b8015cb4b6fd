"""Small tables, effects and graphs, written as short as they are read."""

from __future__ import annotations

from migwizard.core.graph import Graph, Key, MigrationFile, Operation, Record
from migwizard.core.graph.build import build
from migwizard.core.schema import Column, Constraint, Index, IndexPart, Snapshot, Table
from migwizard.core.situation import Drift, MigrationTruth
from migwizard.core.truths.effects import Effects, MigrationEffects, OperationEffect, TableChange
from migwizard.core.truths.lineage import OperationKey, from_effects
from migwizard.core.truths.verdicts import drifts_of, examine, testify_all


def column(text: str) -> Column:
    """`name type` with `?` behind the type for NULL allowed and `=x` for a default."""
    name, kind = text.split(" ", 1)
    kind, _, default = kind.partition("=")
    return Column(name, kind.rstrip("?"), kind.endswith("?"), default or None)


def table(
    name: str, *columns: str, indexes: dict[str, str] | None = None, foreign: dict[str, str] | None = None
) -> Table:
    """A table; `indexes` maps names to a column, `foreign` maps columns to tables."""
    return Table(
        name,
        tuple(column(text) for text in columns),
        tuple(
            Constraint("foreign", f"{name}_{of}_fk", (of,), references=(to, ("id",)))
            for of, to in (foreign or {}).items()
        ),
        tuple(Index(index, (IndexPart(of),)) for index, of in (indexes or {}).items()),
    )


def change(before: Table | str | None, after: Table | None, **columns: str) -> TableChange:
    """What became of a table; keywords are renamed columns, old=new."""
    name = before.name if isinstance(before, Table) else before
    return TableChange(name, after.name if after else None, after, tuple(columns.items()))


Chain = dict[str, list[list[TableChange]]]
"""Migrations of app `shop` by name, with the changes of each operation."""


def graph_of(chain: Chain, recorded: tuple[str, ...], kinds: dict[str, str] | None = None) -> Graph:
    """The graph of a straight chain of migrations of one app."""
    files: dict[Key, MigrationFile] = {}
    before: tuple[Key, ...] = ()
    for name, operations in chain.items():
        kind = (kinds or {}).get(name, "schema")
        files["shop", name] = MigrationFile(
            "shop",
            name,
            "",
            before,
            operations=tuple(Operation("Op", f"{name} op {i + 1}", kind) for i, _ in enumerate(operations)),  # type: ignore[arg-type]
        )
        before = (("shop", name),)
    return build(files, {("shop", name) for name in recorded})


def effects_of(chain: Chain) -> Effects:
    """The chain as a replay would have seen it."""
    return Effects(
        tuple(
            MigrationEffects(
                ("shop", name),
                tuple(
                    OperationEffect(("shop", name), i, tuple(changes)) for i, changes in enumerate(operations)
                ),
            )
            for name, operations in chain.items()
        )
    )


def judge(
    chain: Chain, recorded: tuple[str, ...], *live: Table, kinds: dict[str, str] | None = None
) -> tuple[dict[str, MigrationTruth], tuple[Drift, ...]]:
    """The three truths by migration name, and the drifts, of live tables beside a replayed chain."""
    graph = graph_of(chain, recorded, kinds)
    lineages = from_effects(effects_of(chain))
    applied: frozenset[OperationKey] = frozenset(
        (("shop", name), i) for name in recorded for i, _ in enumerate(chain.get(name, ()))
    )
    snapshot = Snapshot("public", {one.name: one for one in live})
    verdicts = examine(lineages, snapshot, applied, graph)
    records = tuple(Record(i + 1, "shop", name, None) for i, name in enumerate(recorded))
    rows = testify_all(graph, records, verdicts)
    return {row.key[1]: row for row in rows}, drifts_of(verdicts, rows, lineages, applied)
