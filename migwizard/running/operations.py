"""Runs single operations of migrations on top of what is really applied."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from typing import Any

from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState

from ..core.graph import Key
from ..core.lineage import OperationKey
from ..core.plan import Plan
from ..core.situation import Situation
from ..reading.states import empty_state, steps


def planned(plan: Plan) -> frozenset[OperationKey]:
    """Return the operations that a plan runs."""
    return frozenset(
        (step.migration, step.operation)
        for step in plan.steps
        if step.kind == "operation" and step.migration is not None and step.operation is not None
    )


def present(situation: Situation, plan: Plan) -> frozenset[OperationKey]:
    """Return the operations that are in force before the plan runs: applied or proved, and not about to be run."""
    running = planned(plan)
    recorded = {step.migration for step in plan.steps if step.record == "insert"}
    found = set()
    for row in situation.migrations:
        if row.key not in situation.graph.files:
            continue
        for truth in row.operations:
            operation = (row.key, truth.index)
            if operation not in running and (
                row.recorded or row.key in recorded or truth.truth in ("yes", "partly")
            ):
                found.add(operation)
    return frozenset(found)


class Stage:
    """The project state while operations run, one after another.

    Operations are not run under the state of their place in the chain but on top of everything that is applied: on
    SQLite a table is rebuilt from the model of the state, and the historical model would lose the columns that later
    migrations have added.
    """

    def __init__(
        self, situation: Situation, plan: Plan, migrations: Mapping[Key, Migration], connection: Any
    ) -> None:
        self.migrations = migrations
        self.connection = connection
        self.chain = copies(plan, migrations)
        """The migrations that run, for receivers of pre_migrate, which may add operations (RenameContentType)."""
        self.state = base_state(situation, migrations, present(situation, plan))

    def run(self, key: Key, index: int, editor: Any) -> None:
        """Run one operation forwards, its effect on the state included."""
        own = self.migrations[key].operations
        whole = self.chain[key].operations
        start = whole.index(own[index])
        for operation in whole[start:]:
            if operation is not own[index] and operation in own:
                break
            before = self.state.clone()
            operation.state_forwards(key[0], self.state)
            operation.database_forwards(key[0], editor, before, self.state)


def copies(plan: Plan, migrations: Mapping[Key, Migration]) -> dict[Key, Migration]:
    """Return copies of the migrations that a plan runs, whose operations may be added to."""
    found: dict[Key, Migration] = {}
    for key, _ in sorted(
        planned(plan), key=lambda operation: [step.migration for step in plan.steps].index(operation[0])
    ):
        if key not in found:
            found[key] = copy.copy(migrations[key])
            vars(found[key])["operations"] = list(migrations[key].operations)
    return found


def base_state(
    situation: Situation, migrations: Mapping[Key, Migration], operations: Collection[OperationKey]
) -> ProjectState:
    """Return the state that some operations lead to, applied in the graph's order."""
    state = empty_state(situation.graph)
    chosen = frozenset(operations)
    for operation_key, _, apply in steps(situation.graph, migrations, state):
        if operation_key in chosen:
            try:
                apply()
            except (KeyError, LookupError, ValueError):
                # It alters what an operation of the plan is yet to make, and follows it there.
                continue
    return state
