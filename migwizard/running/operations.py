"""Runs single operations of migrations on top of what is really applied, and takes them back."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from contextlib import nullcontext, suppress
from typing import Any

from django.db import transaction
from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from ..core.graph import Key
from ..core.plan import Plan
from ..core.schema.renaming import Rename, joined
from ..core.schema.renaming import backwards as taken_back
from ..core.situation import OperationTruth, Situation
from ..core.truths.lineage import OperationKey
from ..reading.historical import ModelKey
from ..reading.replay.renames import renames
from ..reading.states import empty_state, steps
from .narrow import Neighbours, Tolerant, looks_at, subjects


def planned(plan: Plan, backwards: bool = False) -> tuple[OperationKey, ...]:
    """Return the operations that a plan brings into force, or those that it takes back, in its order."""
    return tuple(
        (step.migration, step.operation)
        for step in plan.steps
        if step.kind == "operation"
        and not step.again
        and step.backwards == backwards
        and step.migration is not None
        and step.operation is not None
    )


def leaving(situation: Situation, plan: Plan) -> tuple[OperationKey, ...]:
    """Return the operations that a plan takes back, in its order: singly, or as the former shape of their tables."""
    back = {step.migration for step in plan.steps if step.backwards or step.record == "delete"}
    singly = frozenset(planned(plan, backwards=True))
    found: list[OperationKey] = []
    for step in plan.steps:
        if step.backwards and step.migration is not None and step.operation is not None:
            found.append((step.migration, step.operation))
        elif step.tables and step.migration in back and step.migration is not None:
            row = situation.truth(step.migration)
            found += [
                (step.migration, truth.index)
                for truth in reversed(row.operations if row is not None else ())
                if truth.truth in ("yes", "partly") and (step.migration, truth.index) not in singly
            ]
    return tuple(found)


def present(situation: Situation, plan: Plan) -> frozenset[OperationKey]:
    """Return the operations that are in force before the plan runs: applied or proved, and not about to be run.

    What the plan takes back is among them, and so is what it does not run of a migration that it brings to its end.
    """
    running = frozenset(planned(plan))
    found = set(leaving(situation, plan))
    back = {key for key, _ in found}
    ended = {step.migration for step in plan.steps if step.record == "insert" or step.tables} - back
    for row in situation.migrations:
        if row.key not in situation.graph.files:
            continue
        for truth in row.operations:
            operation = (row.key, truth.index)
            if operation not in running and (row.key in ended or in_force(truth, row.recorded)):
                found.add(operation)
    return frozenset(found)


def in_force(truth: OperationTruth, recorded: bool) -> bool:
    """Tell whether an operation counts as applied; what the schema disproves does not, whatever the records say."""
    if truth.truth in ("yes", "partly"):
        return True
    return recorded and not (truth.truth == "no" and truth.confirmed)


class Stage:
    """The project state while operations run, one after another.

    Operations are not run under the state of their place in the chain but on top of everything that is applied: on
    SQLite a table is rebuilt from the model of the state, and the historical model would lose the columns that later
    migrations have added. For the same reason an operation is taken back under states that have everything which
    stays, also of migrations that come after it in the graph.

    Each operation is shown no more of the state than it needs, which is much faster, and gives what points to a model
    the same order whenever it is shown or run.
    """

    def __init__(
        self,
        situation: Situation,
        plan: Plan,
        migrations: Mapping[Key, Migration],
        connection: Any,
    ) -> None:
        self.situation = situation
        self.migrations = migrations
        self.connection = connection
        self.chain = copies(plan, migrations)
        """The migrations that run, for receivers of pre_migrate, which may add operations (RenameContentType)."""
        self.inside = set(present(situation, plan))
        """The operations that are in force."""
        self.undoing = list(leaving(situation, plan))
        """What is still to be taken back, in this order."""
        self.pasts: dict[OperationKey, tuple[ProjectState, ProjectState]] = {}
        """The states with each operation that is to be taken back, and without it."""
        base = base_state(situation, migrations, self.inside)
        self.state = Tolerant(base.models, base.real_apps)
        self.neighbours = Neighbours()
        self.seen: tuple[frozenset[ModelKey], ProjectState | None] = (frozenset(), None)
        """What the last operation has seen of the state after it, and of which models."""
        self.renamed: tuple[Rename, ...] = ()
        """Tables and columns that the operations which ran set out to rename."""

    def run(self, key: Key, index: int, editor: Any, backwards: bool = False) -> None:
        """Run one operation, or take it back, its effect on the state included."""
        if backwards:
            before, after = self.past((key, index))
            for operation in reversed(self.added(key, index)):
                self.apart(operation, operation.database_backwards, key[0], editor, before, before)
            operation = self.migrations[key].operations[index]
            self.apart(operation, operation.database_backwards, key[0], editor, before, after)
            self.renamed = joined(self.renamed, taken_back(self.renames(operation, key[0], after, before)))
            self.leave((key, index), after)
            return
        for operation in (self.migrations[key].operations[index], *self.added(key, index)):
            before, after = self.around(operation, key[0])
            self.apart(operation, operation.database_forwards, key[0], editor, before, after)
            self.renamed = joined(self.renamed, self.renames(operation, key[0], before, after))
        self.enter((key, index))

    def around(self, operation: Operation, label: str) -> tuple[ProjectState, ProjectState]:
        """Let the state follow an operation; return the states before and after, as far as it needs to see them."""
        if type(operation).state_forwards is ops.RunPython.state_forwards:
            # It may look at everything and changes nothing of the state, so several are rendered for at once.
            return self.state, self.state
        named = subjects(operation, label)
        if named is None:
            before = self.state.clone()
            self.advance(operation, label)
            self.state.former = before
            return before, self.state
        looks_back, looks_ahead = looks_at(operation)
        known, small = self.seen
        if known != named or small is None:
            small = self.neighbours.excerpt(self.state, named)
        whole = None if not looks_back or is_sound(small) else self.state.clone()
        self.advance(operation, label)
        after = self.neighbours.excerpt(self.state, named)
        if whole is not None or (looks_ahead and not is_sound(after)):
            return whole or small, self.state
        self.seen = (named, after)
        return small, after

    def advance(self, operation: Operation, label: str) -> None:
        """Let the state follow an operation."""
        # What was rendered for one operation would be rendered anew with each that follows.
        vars(self.state).pop("apps", None)
        self.state.former = None
        self.seen = (frozenset(), None)
        operation.state_forwards(label, self.state)
        renamed = isinstance(operation, ops.RenameModel | ops.SeparateDatabaseAndState)
        self.neighbours.changed(None if renamed else subjects(operation, label))

    def model(self, key: ModelKey) -> Any:
        """Return a rendered model as it is at this moment. Raises LookupError."""
        return self.neighbours.excerpt(self.state, (key,)).apps.get_model(*key)

    def renames(
        self, operation: Operation, label: str, before: ProjectState, after: ProjectState
    ) -> tuple[Rename, ...]:
        """Return what an operation renames between two states."""
        live = self.situation.live
        schema = live.schema if live is not None else ""
        pairs, columns = renames(operation, label, before, after, self.connection, schema)
        former = {name: name for name in columns} | {new: old for old, new in pairs}
        return tuple(Rename(old, new, columns.get(new, ())) for new, old in former.items())

    def follow(self, key: Key, index: int, backwards: bool = False) -> None:
        """Let the state follow an operation that is not run."""
        if backwards:
            self.leave((key, index), self.past((key, index))[1])
            return
        self.advance(self.migrations[key].operations[index], key[0])
        self.enter((key, index))

    def apart(self, operation: Operation, run: Any, *arguments: Any) -> None:
        """Run an operation that wants a transaction of its own in one, where there is none around it."""
        alone = operation.atomic and not self.connection.in_atomic_block
        with transaction.atomic(self.connection.alias) if alone else nullcontext():
            run(*arguments)

    def added(self, key: Key, index: int) -> list[Operation]:
        """Return what receivers of pre_migrate have put behind an operation."""
        own = self.migrations[key].operations
        whole = self.chain[key].operations
        found: list[Operation] = []
        for operation in whole[whole.index(own[index]) + 1 :]:
            if operation in own:
                break
            found.append(operation)
        return found

    def enter(self, operation: OperationKey) -> None:
        """Note that an operation is in force from now on."""
        self.inside.add(operation)
        self.pasts.clear()

    def leave(self, operation: OperationKey, state: ProjectState) -> None:
        """Note that an operation is not in force any more, nor any that left before it, and the state without it."""
        self.state, self.seen = Tolerant(state.models, state.real_apps), (frozenset(), None)
        self.neighbours.changed(None)
        while self.undoing and operation in self.undoing:
            gone = self.undoing.pop(0)
            self.inside.discard(gone)
            self.pasts.pop(gone, None)

    def past(self, operation: OperationKey) -> tuple[ProjectState, ProjectState]:
        """Return the states with and without an operation that is taken back next.

        As in `Migration.unapply`, the way back is the way forwards, remembered: it begins at what stays.
        """
        if operation not in self.pasts:
            staying = self.inside - set(self.undoing)
            state = base_state(self.situation, self.migrations, staying)
            state.apps  # noqa: B018 - rendered once; each clone then renders only what its operation changes
            for key, index in reversed(self.undoing):
                without, state = state, state.clone()
                advance(self.migrations[key].operations[index], key[0], state)
                self.pasts[key, index] = (state, without)
        return self.pasts[operation]


def copies(plan: Plan, migrations: Mapping[Key, Migration]) -> dict[Key, Migration]:
    """Return copies of the migrations that a plan runs, whose operations may be added to."""
    found: dict[Key, Migration] = {}
    for step in plan.steps:
        key = step.migration
        if step.kind == "operation" and key is not None and key not in found:
            found[key] = copy.copy(migrations[key])
            vars(found[key])["operations"] = list(migrations[key].operations)
    return found


def base_state(
    situation: Situation, migrations: Mapping[Key, Migration], operations: Collection[OperationKey]
) -> ProjectState:
    """Return the state that some operations lead to, applied in the graph's order."""
    state = empty_state(situation.graph)
    chosen = frozenset(operations)
    for (key, index), operation, _ in steps(situation.graph, migrations, state):
        if (key, index) in chosen:
            advance(operation, key[0], state)
    return state


def is_sound(state: ProjectState) -> bool:
    """Render a state; tell whether that is possible."""
    try:
        return state.apps is not None
    except Exception:  # on whatever it points to that is not in it
        return False


def advance(operation: Operation, label: str, state: ProjectState) -> None:
    """Let a state follow an operation; one that alters what is yet to be made follows it there."""
    with suppress(KeyError, LookupError, ValueError):
        operation.state_forwards(label, state)
