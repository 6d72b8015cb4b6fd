"""The walk of the project states: which operation touches which table, without rendering a model.

Walking all states of thousands of migrations takes a fraction of a second as long as nothing is rendered
(catalogue.md, point 7). The walk knows *that* a table changes and what it is called, not what it becomes: that is
what the shadow schema is for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import NOT_PROVIDED

from ..core.graph import Graph, Key
from ..core.schema import Table
from ..core.truths.effects import TableChange
from ..core.truths.lineage import Chronicle, Lineage, OperationKey
from .historical import ModelKey
from .opaque import is_opaque, mentioned
from .tracker import Tracker


@dataclass(slots=True)
class Walk:
    """What the operations of a chain touch, in the order in which they are applied."""

    changes: list[tuple[OperationKey, tuple[TableChange, ...]]] = field(default_factory=list)
    opaque: dict[str, list[Key]] = field(default_factory=dict)
    """By table name, the migrations whose opaque operations may have changed it."""
    failed: dict[Key, str] = field(default_factory=dict)
    """Migrations whose effect on the state could not be worked out, with the reason."""
    owners: dict[tuple[OperationKey, str], ModelKey] = field(default_factory=dict)
    """Which model makes the table of that name, as the operation left it."""

    def lineages(self, tables: Mapping[tuple[OperationKey, str], Table]) -> tuple[Lineage, ...]:
        """Return the lineages, with those versions known whose tables are given."""
        chronicle = Chronicle()
        for operation, changes in self.changes:
            chronicle.add(
                operation,
                (
                    TableChange(
                        change.before,
                        change.after,
                        tables.get((operation, change.after or "")),
                        change.columns,
                        change.follows,
                    )
                    for change in changes
                ),
            )
        found = chronicle.lineages()
        marks = {}
        for lineage in found:
            keys = [key for name in sorted(lineage.names()) for key in self.opaque.get(name, ())]
            if keys:
                marks[lineage.id] = tuple(dict.fromkeys(keys))
        return chronicle.lineages(marks)


def steps(
    graph: Graph, migrations: Mapping[Key, Migration], state: ProjectState, only: frozenset[Key] | None = None
) -> Iterator[tuple[OperationKey, Operation, Callable[[], None]]]:
    """Yield every operation in the order of application with a function that applies it to `state`.

    `only` restricts the walk to some migrations; those that could not be imported are left out.
    """
    for key in graph.nodes:
        migration = migrations.get(key)
        if migration is None or (only is not None and key not in only):
            continue
        for index, operation in enumerate(migration.operations):

            def apply(operation: Operation = operation, label: str = key[0]) -> None:
                operation.state_forwards(label, state)

            yield (key, index), operation, apply


class UnrenderedState(ProjectState):
    """A state that does not look for the models to reload as long as none is rendered."""

    def alter_field(
        self, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool
    ) -> None:
        """Change one field; Django's own searches every field of every model for references to it."""
        if "apps" in vars(self) or getattr(self, "_relations", None) is not None:
            super().alter_field(app_label, model_name, name, field, preserve_default)
            return
        if not preserve_default:
            field = field.clone()
            field.default = NOT_PROVIDED
        self.models[app_label, model_name].fields[name] = field


def empty_state(graph: Graph) -> ProjectState:
    """Return the state before the first migration; apps without migrations are real from the start."""
    return UnrenderedState(real_apps=set(graph.unmigrated))


def walk(graph: Graph, migrations: Mapping[Key, Migration], connection: Any) -> Walk:
    """Walk every operation of the graph and note which tables it touches in the database of `connection`."""
    result = Walk()
    state = empty_state(graph)
    tracker = Tracker(state, connection)
    sources: list[tuple[OperationKey, Operation]] = []
    for operation_key, operation, apply in steps(graph, migrations, state):
        key = operation_key[0]
        try:
            changes = tracker.step(operation, key[0], apply)
        except Exception as error:  # operations of a broken history fail in any way
            result.failed.setdefault(key, f"{type(error).__name__}: {error}")
            continue
        if changes:
            result.changes.append((operation_key, changes))
            for change in changes:
                if change.after is not None:
                    result.owners[operation_key, change.after] = tracker.owner[change.after]
        if is_opaque(operation):
            sources.append((operation_key, operation))
            for table in tracker.touched_tables(operation, key[0]):
                result.opaque.setdefault(table, []).append(key)
    known = {change.after for _, changes in result.changes for change in changes if change.after}
    for (key, _), operation in sources:
        for table in mentioned(operation, known, tracker, key[0]):
            result.opaque.setdefault(table, []).append(key)
    return result
