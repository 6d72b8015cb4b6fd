"""The foreign keys that migrations make from one app to another, told from their operations alone.

No project state is needed for that, which could not be made where an app of the project cannot be loaded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import AppRegistryNotReady
from django.db.backends.utils import truncate_name
from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation

from ...core.graph import Graph, Key
from ...core.schema import table_key
from ...core.tenants import Reference
from ..historical import ModelKey, base_key, m2m_table, target

USER = "AUTH_USER_MODEL"


@dataclass(frozen=True, slots=True)
class Model:
    """What has to be known of a model to tell its table."""

    db_table: str = ""
    managed: bool = True
    proxy_of: ModelKey | None = None


def references(graph: Graph, migrations: Mapping[Key, Migration], connection: Any) -> tuple[Reference, ...]:
    """Return every foreign key from one app to another, in the order in which the migrations make them.

    Those that no constraint holds (`db_constraint=False`) are none for the database; nor are those of models that it
    does not manage.
    """
    models: dict[ModelKey, Model] = {}
    found: list[Reference] = []
    for key in graph.nodes:
        for operation in migrations[key].operations if key in migrations else ():
            follow(models, key[0], operation)
            for model, name, field in made(operation):
                reference = _reference(models, (key[0], model), name, field, key, connection)
                if reference is not None:
                    found.append(reference)
    return tuple(dict.fromkeys(found))


def follow(models: dict[ModelKey, Model], app: str, operation: Operation) -> None:
    """Note what an operation does to the names of tables."""
    if isinstance(operation, ops.SeparateDatabaseAndState):
        for inner in operation.state_operations:
            follow(models, app, inner)
    elif isinstance(operation, ops.CreateModel):
        options = operation.options or {}
        bases = [base_key(base) for base in operation.bases or () if isinstance(base, str) and "." in base]
        proxy = bases[0] if options.get("proxy") and bases else None
        models[app, operation.name_lower] = Model(
            str(options.get("db_table") or ""), bool(options.get("managed", True)), proxy
        )
    elif isinstance(operation, ops.AlterModelTable):
        key = (app, operation.name_lower)
        models[key] = replace(models.get(key, Model()), db_table=str(operation.table or ""))
    elif isinstance(operation, ops.RenameModel):
        models[app, operation.new_name_lower] = models.pop((app, operation.old_name_lower), Model())


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
    models: Mapping[ModelKey, Model], key: ModelKey, name: str, field: Any, migration: Key, connection: Any
) -> Reference | None:
    """Return the foreign key that a field is, in its table or in one between; None where there is none to others."""
    remote, to = getattr(field, "remote_field", None), target(field, key)
    # A foreign key says it itself, a many-to-many field by what it points with.
    constrained = getattr(field if not field.many_to_many else remote, "db_constraint", True)
    if to is None or not constrained:
        return None
    if field.many_to_many and getattr(remote, "through", None) is not None:
        return None
    seen: set[ModelKey] = set()
    while (proxied := models.get(to, Model()).proxy_of) is not None and to not in seen:
        seen.add(to)
        to = proxied
    model = models.get(key, Model())
    if to[0] == key[0] or not model.managed or model.proxy_of or not models.get(to, Model()).managed:
        return None
    table = _table(models, key, connection)
    if field.many_to_many:
        table = m2m_table(field, name, table, connection)
    to_table = table_key(_table(models, to, connection))
    return Reference(key[0], key[1], name, table_key(table), *to, to_table, migration, _swappable(field, to))


def _table(models: Mapping[ModelKey, Model], key: ModelKey, connection: Any) -> str:
    """Return the table of a model, of one without migrations too."""
    model = models.get(key)
    if model is None:
        try:
            return str(apps.get_model(*key)._meta.db_table)
        except (LookupError, AppRegistryNotReady):
            model = Model()
    return model.db_table or truncate_name("_".join(key), connection.ops.max_name_length())


def _swappable(field: Any, to: ModelKey) -> str:
    """Return the setting that says where a field points, or an empty text."""
    if apps.models_ready:
        return str(getattr(field, "swappable_setting", None) or "")
    user = str(getattr(settings, USER, "")).lower() if settings.configured else ""
    return USER if user == ".".join(to) else ""
