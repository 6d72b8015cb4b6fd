"""A small part of a project state: what one operation needs to see of it.

Django renders, for each operation, every model that hangs together with the one it is about, which in a project of some
size is most of them: nearly all the time that a long chain of migrations takes. An operation of Django's own looks at
its model, at what points to that, and at what those point to.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState, StateApps
from django.db.models import UniqueConstraint
from django.utils.functional import cached_property

from ..reading.historical import (
    OPTIONS_POINTED_TO,
    ModelKey,
    add_pointed,
    base_key,
    pointed,
    target,
    through_of,
)
from ..reading.states import UnrenderedState


def subjects(operation: Operation, label: str) -> frozenset[ModelKey] | None:
    """Return the models that an operation is about; None for one that may look at anything."""
    if not type(operation).__module__.startswith("django.db.migrations.operations."):
        return None
    if isinstance(operation, ops.SeparateDatabaseAndState):
        found: set[ModelKey] = set()
        for inner in (*operation.database_operations, *operation.state_operations):
            named = subjects(inner, label)
            if named is None:
                return None
            # The inner ones go on from the state before, which has to have what they are going to point to.
            found |= named | set(new_targets(inner, label))
        return frozenset(found)
    if isinstance(operation, ops.RenameModel):
        return frozenset(((label, operation.old_name.lower()), (label, operation.new_name.lower())))
    name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    return frozenset(((label, name.lower()),)) if isinstance(name, str) else None


def new_targets(operation: Operation, label: str) -> Iterator[ModelKey]:
    """Yield the models that an operation makes others point to."""
    fields = [field for _, field in operation.fields] if isinstance(operation, ops.CreateModel) else []
    if isinstance(operation, ops.AddField | ops.AlterField):
        fields.append(operation.field)
    for field in fields:
        through = through_of(field)
        pointed = target(field, (label, ""))
        yield from (key for key in (pointed, base_key(through) if through else None) if key is not None)
    for base in operation.bases or () if isinstance(operation, ops.CreateModel) else ():
        if isinstance(base, str):
            yield base_key(base)


def looks_at(operation: Operation) -> tuple[bool, bool]:
    """Tell whether an operation looks at the models before it, and at those after it; if in doubt, it does."""
    if isinstance(operation, ops.AlterModelOptions | ops.AlterModelManagers):
        return False, False
    if isinstance(operation, ops.CreateModel | ops.AddIndex | ops.AddConstraint):
        return False, True
    return True, not isinstance(operation, ops.DeleteModel)


class Tolerant(UnrenderedState):
    """A state that is rendered as Django renders what changed: what points to a model that is gone stays so."""

    former: ProjectState | None = None
    """The state before, which is rendered first: on SQLite the order of columns hangs on which model is older."""

    @cached_property
    def apps(self) -> StateApps:
        """The models."""
        if self.former is not None:
            _ = self.former.apps
        apps = StateApps(list(self.real_apps), {})
        apps.render_multiple(list(self.models.values()))
        return apps

    def clone(self) -> Tolerant:
        """Return a copy, with what has been rendered."""
        copy = Tolerant({key: model.clone() for key, model in self.models.items()}, self.real_apps)
        if "apps" in vars(self):
            copy.apps = self.apps.clone()
        copy.is_delayed = self.is_delayed
        return copy


class Neighbours:
    """Which models of a state point to which, kept up to date while operations change it."""

    def __init__(self) -> None:
        self.pointing: dict[ModelKey, dict[ModelKey, bool]] = {}
        """By model, those that it points to, and whether its key does, or it is a kind of them."""

    def changed(self, keys: Iterable[ModelKey] | None) -> None:
        """Note that models changed; None when any may have."""
        for key in tuple(self.pointing) if keys is None else keys:
            self.pointing.pop(key, None)

    def excerpt(self, state: ProjectState, keys: Iterable[ModelKey]) -> ProjectState:
        """Return some models and what points to them, whole, with what those point to, without its relations."""
        models = state.models
        small = {key: models[key].clone() for key in self._whole(state, keys)}
        add_pointed(small, models, bare)
        # In the order of the whole state, which is the order in which others are found.
        ordered = {key: small[key] for key in models if key in small}
        return Tolerant(ordered, state.real_apps)

    def _whole(self, state: ProjectState, keys: Iterable[ModelKey]) -> set[ModelKey]:
        """Return models and those that point to them, or to another one's key that does."""
        for key in self.pointing.keys() - state.models.keys():
            del self.pointing[key]
        for key in state.models.keys() - self.pointing.keys():
            self.pointing[key] = pointed(state.models[key], key)
        found = {key for key in keys if key in state.models}
        front, followed = list(found), set(found)
        while front:
            one = front.pop()
            for key, others in self.pointing.items():
                if one not in others:
                    continue
                found.add(key)
                if others[one] and key not in followed:
                    followed.add(key)
                    front.append(key)
        return found


def bare(model: ModelState) -> ModelState:
    """Return a model as others see it that point to it: with its keys, to which alone one can point."""
    composite = any(type(field).__name__ == "CompositePrimaryKey" for field in model.fields.values())
    alone = {
        constraint.fields[0]
        for constraint in model.options.get("constraints", ())
        if isinstance(constraint, UniqueConstraint) and len(constraint.fields) == 1
    }
    fields = [
        (name, field)
        for name, field in model.fields.items()
        if composite or (not field.many_to_many and (field.primary_key or field.unique or name in alone))
    ]
    options = {name: value for name, value in model.options.items() if name in OPTIONS_POINTED_TO}
    return ModelState(model.app_label, model.name, fields, options, model.bases, [])
