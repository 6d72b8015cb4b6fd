"""A situation as it is before anything was migrated: for a schema that is not there, or that is made anew."""

from __future__ import annotations

from dataclasses import replace

from ..graph import Graph, Key
from ..graph.build import build
from ..schema import Snapshot
from ..situation import MigrationTruth, OperationTruth, Situation


def from_zero(situation: Situation) -> Situation:
    """Return the situation as if its schema were empty and nothing were recorded in it."""
    graph = build(
        situation.graph.files,
        (),
        situation.graph.unmigrated,
        nested_squashes=situation.project.nested_squashes,
    )
    return replace(
        situation,
        graph=graph,
        records=(),
        live=Snapshot(situation.database.schema, {}),
        database=replace(situation.database, history_table=False),
        migrations=tuple(pending(graph, key) for key in graph.nodes if key in graph.files),
        expected={},
        drifts=(),
        squashes=(),
    )


def pending(graph: Graph, key: Key) -> MigrationTruth:
    """Return the truths of a migration of which nothing is there."""
    operations = tuple(
        OperationTruth(index, operation.description, operation.kind, "no")
        for index, operation in enumerate(graph.files[key].operations)
    )
    return MigrationTruth(key, True, None, False, "no", "pending", operations)
