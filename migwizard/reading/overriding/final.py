"""The operations that make an app's models as they are in the end, from the states that its migrations lead to."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.migrations import operations as ops
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.options import normalize_together

from ...core.graph import Graph, Key
from ..states import empty_state, steps

Models = Collection[tuple[str, str]]


def state_after(graph: Graph, migrations: Mapping[Key, Migration], only: frozenset[Key]) -> ProjectState:
    """Return the state that some migrations lead to. Raises whatever an operation raises."""
    state = empty_state(graph)
    for _, _, apply in steps(graph, migrations, state, only):
        apply()
    return state


def ancestry(graph: Graph, keys: Iterable[Key]) -> frozenset[Key]:
    """Return some migrations with everything that they depend on."""
    chosen = tuple(keys)
    return frozenset(chosen).union(*(graph.ancestors(key) for key in chosen))


def operations(
    graph: Graph, migrations: Mapping[Key, Migration], app: str, parts: Sequence[Sequence[Key]]
) -> tuple[tuple[Operation, ...], ...]:
    """Return, for each part of an app's migrations, the operations that make what can be there after it.

    Each field is made as it is in the end, as soon as what it points to is there.
    """
    last = state_after(graph, migrations, ancestry(graph, graph.leaves(app)))
    others = {key: model for key, model in last.models.items() if key[0] != app}
    before: dict[tuple[str, str], ModelState] = {}
    found = []
    done: list[Key] = []
    for number, part in enumerate(parts):
        done += part
        if number == len(parts) - 1:
            models = {key: model for key, model in last.models.items() if key[0] == app}
        else:
            there = state_after(graph, migrations, ancestry(graph, done)).models
            models = possible(app, last, {key for key in there if key[0] != app})
        found.append(differences(app, last.real_apps, {**others, **before}, {**others, **models}))
        before = models
    return tuple(found)


class Detector(MigrationAutodetector):
    """Django's autodetector, which knows as well what a swappable model is that no setting names."""

    @staticmethod
    def _resolve_dependency(dependency: Any) -> Any:
        """Resolve a dependency on a setting that the project leaves to its app's own default."""
        if dependency[0] == "__setting__" and not hasattr(settings, dependency[1]):
            label, model = swappable_models()[dependency[1]].split(".")
            place = (label, model.lower())
            if hasattr(dependency, "_replace"):
                return dependency._replace(app_label=place[0], model_name=place[1]), True
            return (*place, *dependency[2:]), True
        return MigrationAutodetector._resolve_dependency(dependency)  # type: ignore[attr-defined]


def swappable_models() -> dict[str, str]:
    """Return, by the settings that may name another, the models of installed apps that can be swapped."""
    return {
        str(model._meta.swappable): model._meta.label
        for model in apps.get_models(include_swapped=True)
        if model._meta.swappable
    }


def differences(
    app: str, real_apps: Collection[str], before: Mapping[Any, ModelState], after: Mapping[Any, ModelState]
) -> tuple[Operation, ...]:
    """Return the operations that lead an app's models from one state to another, as Django finds and orders them."""
    old, new = (
        ProjectState({key: comparable(model) for key, model in models.items()}, set(real_apps))
        for models in (before, after)
    )
    detector: Any = Detector(old, new, MigrationQuestioner({}))
    changes = detector._detect_changes()
    found = [operation for migration in changes.get(app, ()) for operation in migration.operations]
    return tuple(ordered(operation, after, app) for operation in found)


def comparable(model: ModelState) -> ModelState:
    """Return a copy of a model as Django compares it.

    Groups of fields are tuples in a set, though some migrations write lists of lists. Indexes and constraints are there
    once: a state has one twice after a RenameIndex whose `old_fields` belong to an index that had the name already.
    """
    found = model.clone()
    for name in ("unique_together", "index_together"):
        if found.options.get(name):
            found.options[name] = set(normalize_together(list(found.options[name])))
    for name in ("indexes", "constraints"):
        found.options[name] = list({one.name: one for one in found.options.get(name, ())}.values())
    return found


def ordered(operation: Operation, models: Mapping[Any, ModelState], app: str) -> Operation:
    """Return a CreateModel with its fields in the order in which the model has them, and others as they are."""
    if isinstance(operation, ops.CreateModel):
        places = {name: place for place, name in enumerate(models[app, operation.name_lower].fields)}
        operation.fields = sorted(operation.fields, key=lambda field: places[field[0]])
    return operation


def possible(app: str, last: ProjectState, there: Models) -> dict[tuple[str, str], ModelState]:
    """Return an app's last models as far as they can be when, of other apps, only some models are there."""
    kept = {key: model for key, model in last.models.items() if key[0] == app}
    while True:
        known = {*there, *kept}
        fitting = {
            key: model for key, model in kept.items() if all(base in known for base in needed(model, app))
        }
        if len(fitting) == len(kept):
            break
        kept = fitting
    return {key: without_strangers(model, app, known) for key, model in kept.items()}


def needed(model: ModelState, app: str) -> Iterable[tuple[str, str]]:
    """Yield the models that one cannot be made without: its bases, and what its primary key points to."""
    for base in model.bases:
        if isinstance(base, str):
            yield model_key(base, app)
    for field in model.fields.values():
        if field.primary_key:
            yield from targets(field, app)


def targets(field: Any, app: str) -> Iterable[tuple[str, str]]:
    """Yield the models that a field points to, and the one that it goes through."""
    remote = getattr(field, "remote_field", None)
    for to in (getattr(remote, "model", None), getattr(remote, "through", None)):
        if isinstance(to, str):
            if to != "self":
                yield model_key(to, app)
        elif to is not None:
            yield to._meta.app_label, to._meta.model_name


def model_key(name: str, app: str) -> tuple[str, str]:
    """Return the key of a model in a state from the name that a field or a base says."""
    label, dot, model = name.rpartition(".")
    return (label if dot else app).lower() if not dot else label, model.lower()


def without_strangers(model: ModelState, app: str, known: Models) -> ModelState:
    """Return a model without the fields that point to something unknown, and without what is made of them."""
    user = model_key(settings.AUTH_USER_MODEL, app)
    fields = {
        name: field
        for name, field in model.fields.items()
        if all(target in known or target == user for target in targets(field, app))
    }
    if len(fields) == len(model.fields):
        return model
    options = dict(model.options)
    gone = model.fields.keys() - fields.keys()

    def fits(names: Iterable[str]) -> bool:
        return gone.isdisjoint(names)

    for name in ("unique_together", "index_together"):
        if options.get(name):
            options[name] = {group for group in options[name] if fits(group)}
    for name in ("indexes", "constraints"):
        options[name] = [one for one in options.get(name, ()) if fits(mentioned(one))]
    if options.get("order_with_respect_to") in gone:
        options.pop("order_with_respect_to")
    return ModelState(model.app_label, model.name, list(fields.items()), options, model.bases, model.managers)


def mentioned(part: Any) -> set[str]:
    """Return every word in what an index or constraint is made of; among them are its fields."""
    import re

    return set(re.findall(r"[^\W\d]\w*?(?=__|\W|$)", repr(part.deconstruct())))
