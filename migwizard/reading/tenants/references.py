"""The foreign keys that migrations make from one app to another, told from their operations without a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from ...core.graph import Graph, Key
from ...core.schema import table_key
from ...core.tenants import Reference
from ..historical import ModelKey, concrete, db_table, m2m_table, target
from ..states import empty_state, steps

USER = "AUTH_USER_MODEL"


def references(graph: Graph, migrations: Mapping[Key, Migration], connection: Any) -> tuple[Reference, ...]:
    """Return every foreign key from one app to another, in the order in which the migrations make them.

    Those that no constraint holds (`db_constraint=False`) are none for the database; nor are those of models that it
    does not manage.
    """
    state = empty_state(graph)
    found: list[Reference] = []
    for (key, _), operation, apply in steps(graph, migrations, state):
        try:
            apply()
        except Exception:  # operations of a broken history fail in any way, and others tell of it
            continue
        for model, name, field in made(operation):
            reference = _reference(state, (key[0], model), name, field, key, connection)
            if reference is not None:
                found.append(reference)
    return tuple(dict.fromkeys(found))


def made(operation: Operation) -> Iterator[tuple[str, str, Any]]:
    """Yield the model, the name and the field of every field that an operation makes in the database."""
    if isinstance(operation, ops.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from made(inner)
    elif isinstance(operation, ops.CreateModel):
        for name, field in operation.fields:
            yield operation.name_lower, name, field
    elif isinstance(operation, (ops.AddField, ops.AlterField)):
        yield operation.model_name_lower, operation.name, operation.field


def _reference(
    state: ProjectState, key: ModelKey, name: str, field: Any, migration: Key, connection: Any
) -> Reference | None:
    """Return the foreign key that a field is, in its table or in one between; None where there is none to others."""
    remote = getattr(field, "remote_field", None)
    to = target(field, key)
    model = state.models.get(key)
    if to is None or model is None or not getattr(remote, "db_constraint", True):
        return None
    if field.many_to_many and getattr(remote, "through", None) is not None:
        return None
    to = concrete(state, to)
    if to[0] == key[0] or not _is_managed(model) or not _is_managed(state.models.get(to)):
        return None
    table = db_table(model, connection)
    if field.many_to_many:
        table = m2m_table(field, name, table, connection)
    to_table = table_key(_table(state, to, connection))
    return Reference(
        key[0], key[1], name, table_key(table), to[0], to[1], to_table, migration, _swappable(field, to)
    )


def _is_managed(model: Any) -> bool:
    """Tell whether a model of a state has a table that migrations make; of one outside the state, nothing is known."""
    return model is None or (model.options.get("managed", True) and not model.options.get("proxy", False))


def _table(state: ProjectState, key: ModelKey, connection: Any) -> str:
    """Return the table of a model, of one without migrations too."""
    model = state.models.get(key)
    if model is not None:
        return db_table(model, connection)
    try:
        return str(apps.get_model(*key)._meta.db_table)
    except (LookupError, ImproperlyConfigured):
        return f"{key[0]}_{key[1]}"


def _swappable(field: Any, to: ModelKey) -> str:
    """Return the setting that says where a field points, or an empty text."""
    if apps.models_ready:
        return str(getattr(field, "swappable_setting", None) or "")
    user = str(getattr(settings, USER, "")).lower() if settings.configured else ""
    return USER if user == ".".join(to) else ""
