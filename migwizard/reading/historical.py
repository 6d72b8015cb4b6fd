"""What a historical model has in the database, and which others it points to, told without rendering it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db import router
from django.db.backends.utils import strip_quotes, truncate_name
from django.db.migrations.state import ModelState, ProjectState

ModelKey = tuple[str, str]
Place = tuple[str, str, str]
"""App label, lower-case model name, and the name of the M2M field for its table, or an empty text."""

OPTIONS_POINTED_TO = ("db_table", "apps", "managed", "swappable", "proxy")
"""Options of a model that matter to those that point to it."""

NOT_IN_DATABASE = frozenset(
    ("default", "auto_now", "auto_now_add", "storage", "upload_to", "unique_for_date", "unique_for_month")
)


def signature(value: Any) -> tuple[str, str, str]:
    """Return what the database sees of a field (its type and options), its `db_column`, and its column's suffix.

    What a relation points to is not among it.
    """
    _, path, args, kwargs = value.deconstruct()
    keep = {
        key: kwargs[key]
        for key in sorted(kwargs)
        if key not in NOT_IN_DATABASE
        and not (key == "to" and value.is_relation)
        and (key == "on_delete" or key not in value.non_db_attrs)
    }
    on_delete = keep.pop("on_delete", None)
    if on_delete is not None and type(on_delete).__name__ != "function":
        keep["on_delete"] = on_delete
    suffix = "_id" if value.is_relation and not value.many_to_many else ""
    return f"{path} {args!r} {keep!r}", str(kwargs.get("db_column") or ""), suffix


def target(value: Any, key: ModelKey) -> ModelKey | None:
    """Return the model that a relation points to."""
    remote = getattr(value, "remote_field", None)
    model = getattr(remote, "model", None)
    if model is None:
        return None
    if not isinstance(model, str):
        return (model._meta.app_label, model._meta.model_name)
    if model == "self":
        return key
    label, _, name = model.rpartition(".")
    return (label or key[0], name.lower())


def through_of(value: Any) -> str | None:
    """Return the name of an explicit `through` model."""
    through = getattr(getattr(value, "remote_field", None), "through", None)
    return through if isinstance(through, str) and "." in through else None


def pointed(model: ModelState, key: ModelKey) -> dict[ModelKey, bool]:
    """Return the models that one points to, and whether its key does, or it is a kind of them."""
    found = {base_key(base): True for base in model.bases if isinstance(base, str)}
    for field in model.fields.values():
        if field.is_relation and (other := target(field, key)) is not None:
            found[other] = found.get(other, False) or bool(field.primary_key)
            if through := through_of(field):
                found.setdefault(base_key(through), False)
    return found


def add_pointed(
    small: dict[ModelKey, ModelState],
    models: Mapping[ModelKey, ModelState],
    reduced: Callable[[ModelState], ModelState],
) -> None:
    """Add to some models, reduced, those that they point to, and what these still point to."""
    front = list(small)
    while front:
        key = front.pop()
        for other in pointed(small[key], key):
            if other in models and other not in small:
                small[other] = reduced(models[other])
                front.append(other)


def base_key(name: str) -> ModelKey:
    """Return the key of a model named `app.Model`."""
    label, _, model = name.rpartition(".")
    return (label, model.lower())


def concrete(state: ProjectState, key: ModelKey) -> ModelKey:
    """Return the model that has the rows of a proxy; any other model is its own."""
    seen: set[ModelKey] = set()
    while (model := state.models.get(key)) is not None and model.options.get("proxy") and key not in seen:
        seen.add(key)
        bases = (base_key(base) for base in model.bases if isinstance(base, str))
        key = next((base for base in bases if base in state.models), key)
    return key


def in_database(model: ModelState, state: ProjectState, alias: str) -> bool:
    """Tell whether a model of a state has a table of its own in the database `alias`."""
    if not model.options.get("managed", True) or model.options.get("proxy", False):
        return False
    swappable = model.options.get("swappable")
    if swappable:
        from django.conf import settings

        swapped = getattr(settings, swappable, None)
        if swapped and swapped.lower() != f"{model.app_label}.{model.name_lower}".lower():
            return False
    hints: dict[str, Any] = {"model_name": model.name_lower}
    return bool(router.allow_migrate(alias, model.app_label, **hints))


def db_table(model: ModelState, connection: Any) -> str:
    """Return the table of a model as Django's Options would name it."""
    name = model.options.get("db_table")
    if name:
        return str(name)
    return truncate_name(f"{model.app_label}_{model.name_lower}", connection.ops.max_name_length())


def m2m_table(value: Any, field_name: str, model_table: str, connection: Any) -> str:
    """Return the table of a many-to-many field without explicit `through`, as `_get_m2m_db_table` names it."""
    if value.db_table:
        return str(value.db_table)
    return truncate_name(f"{strip_quotes(model_table)}_{field_name}", connection.ops.max_name_length())
