"""What an operation renames: tables and columns, worked out from the states before and after it.

Nothing is rendered and no database is asked, so this says what an operation *sets out* to rename. A router, an
unmanaged model or a hand-made schema may keep it from happening; the replay counts a rename only once it has seen it.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.backends.utils import strip_quotes, truncate_name
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import Field

from ...core.schema import table_key

Pair = tuple[str, str]
Renames = tuple[tuple[Pair, ...], dict[str, tuple[Pair, ...]]]
"""Tables as (old, new), and by new table name the columns as (old, new)."""


def renames(
    operation: Operation,
    app_label: str,
    from_state: ProjectState,
    to_state: ProjectState,
    connection: Any,
    schema: str = "",
) -> Renames:
    """Return what `operation` renames between the two states.

    Tables are named by `core.schema.table_key`, for which `schema` is the schema that is read. A RunSQL counts by its
    `state_operations`: they say what its SQL is meant to do.
    """
    tables: dict[str, str] = {}
    columns: dict[str, dict[str, str]] = {}
    for old, new, pairs in _moves(operation, app_label, from_state, to_state, _Namer(connection, schema)):
        first = next((name for name, current in tables.items() if current == old), old)
        known = columns.pop(old, {}) if old != new else columns.get(old, {})
        for before, after in pairs:
            origin = next((name for name, current in known.items() if current == before), before)
            known[origin] = after
        if known:
            columns[new] = known
        if old != new:
            tables[first] = new
    return (
        tuple((old, new) for old, new in tables.items() if old != new),
        {table: pairs for table, known in columns.items() if (pairs := _changed(known))},
    )


def _changed(names: dict[str, str]) -> tuple[Pair, ...]:
    return tuple((old, new) for old, new in names.items() if old != new)


Move = tuple[str, str, tuple[Pair, ...]]
"""A table's name before and after, and its renamed columns."""


class _Namer:
    """Names tables and columns of model states as Django would after rendering them."""

    def __init__(self, connection: Any, schema: str) -> None:
        self.schema = schema
        self.longest: int | None = connection.ops.max_name_length()

    def table(self, model: ModelState) -> str:
        """The model's table as Django has it, quotes and all."""
        table = model.options.get("db_table")
        return str(table) if table else truncate_name(f"{model.app_label}_{model.name_lower}", self.longest)

    def key(self, table: str) -> str:
        """The table's key in a snapshot."""
        return table_key(table, self.schema)

    def column(self, name: str, field: Any) -> str | None:
        """The field's column; None where it has none."""
        if field.many_to_many:
            return None
        bound = copy.copy(field)
        # The field of a state may have been bound under the name that it had before.
        bound.name = None
        bound.set_attributes_from_name(name)
        column: str | None = bound.column
        return column

    def link_table(self, model: ModelState, name: str, field: Any) -> str:
        """The table that an M2M field without `through` makes."""
        if field.db_table:
            return str(field.db_table)
        return truncate_name(f"{strip_quotes(self.table(model))}_{name}", self.longest)

    def link_columns(self, model: ModelState, field: Any) -> tuple[str, str]:
        """The columns of that table: to the model itself, and to the other one."""
        to = _target(field, model)[1]
        if to == model.name_lower:
            return f"from_{model.name_lower}_id", f"to_{to}_id"
        return f"{model.name_lower}_id", f"{to}_id"


def _target(field: Any, model: ModelState) -> tuple[str, str]:
    """Return the app label and lower-case name of the model that a relation points to."""
    to = field.remote_field.model
    if not isinstance(to, str):
        return to._meta.app_label, to._meta.model_name
    if to == "self":
        return model.app_label, model.name_lower
    label, _, name = to.rpartition(".")
    return label or model.app_label, name.lower()


def _moves(
    operation: Operation, app_label: str, before: ProjectState, after: ProjectState, namer: _Namer
) -> Iterator[Move]:
    if isinstance(operation, ops.SeparateDatabaseAndState):
        yield from _inner_moves(operation.database_operations, app_label, before, namer)
    elif isinstance(operation, ops.RunSQL):
        yield from _inner_moves(operation.state_operations, app_label, before, namer)
    elif isinstance(operation, ops.RenameModel):
        yield from _renamed_model(operation, app_label, before, after, namer)
    elif isinstance(operation, ops.AlterModelTable):
        key = (app_label, operation.name_lower)
        yield from _model_moves(before.models.get(key), after.models.get(key), {}, namer)
    elif isinstance(operation, ops.RenameField | ops.AlterField):
        key = (app_label, operation.model_name_lower)
        names = {}
        if isinstance(operation, ops.RenameField):
            names[operation.old_name] = operation.new_name
        only = operation.new_name if isinstance(operation, ops.RenameField) else operation.name
        yield from _model_moves(before.models.get(key), after.models.get(key), names, namer, only)


def _inner_moves(
    operations: Iterable[Operation], app_label: str, before: ProjectState, namer: _Namer
) -> Iterator[Move]:
    state = _bare(before)
    for operation in operations:
        following = _bare(state)
        operation.state_forwards(app_label, following)
        yield from _moves(operation, app_label, state, following, namer)
        state = following


def _bare(state: ProjectState) -> ProjectState:
    """Return a copy of the state without its rendered models, which are what makes a copy expensive."""
    shallow = copy.copy(state)
    shallow.__dict__.pop("apps", None)
    return shallow.clone()


def _renamed_model(
    operation: ops.RenameModel, app_label: str, before: ProjectState, after: ProjectState, namer: _Namer
) -> Iterator[Move]:
    old_key, new_key = (app_label, operation.old_name_lower), (app_label, operation.new_name_lower)
    yield from _model_moves(before.models.get(old_key), after.models.get(new_key), {}, namer)
    for key, model in before.models.items():
        if key == old_key:
            continue
        for name, field in model.fields.items():
            if _makes_table(field) and _target(field, model) == old_key and key in after.models:
                yield from _link_move(model, name, after.models[key], name, namer)


def _model_moves(
    old: ModelState | None,
    new: ModelState | None,
    renamed: dict[str, str],
    namer: _Namer,
    only: str | None = None,
) -> Iterator[Move]:
    """Yield what becomes of a model's table and of the tables of its M2M fields.

    `renamed` are its fields' names, old to new; `only` is the one field, by its new name, that may have changed.
    """
    if old is None or new is None or not _has_table(new):
        return
    pairs = [(renamed.get(name, name), name) for name in old.fields]
    chosen = [(now, name) for now, name in pairs if now in new.fields and only in (None, now)]
    columns = (
        (namer.column(was, old.fields[was]), namer.column(now, new.fields[now])) for now, was in chosen
    )
    changed = tuple((a, b) for a, b in columns if a is not None and b is not None and a != b)
    tables = namer.key(namer.table(old)), namer.key(namer.table(new))
    if changed or tables[0] != tables[1]:
        yield (*tables, changed)
    for now, was in chosen:
        if _makes_table(old.fields[was]) and _makes_table(new.fields[now]):
            yield from _link_move(old, was, new, now, namer)


def _link_move(old: ModelState, was: str, new: ModelState, now: str, namer: _Namer) -> Iterator[Move]:
    """Yield what becomes of the table of one M2M field."""
    tables = (
        namer.key(namer.link_table(old, was, old.fields[was])),
        namer.key(namer.link_table(new, now, new.fields[now])),
    )
    pairs = zip(
        namer.link_columns(old, old.fields[was]), namer.link_columns(new, new.fields[now]), strict=True
    )
    changed = tuple((a, b) for a, b in pairs if a != b)
    if changed or tables[0] != tables[1]:
        yield (*tables, changed)


def _has_table(model: ModelState) -> bool:
    return not model.options.get("proxy") and model.options.get("managed", True) is not False


def _makes_table(field: Field[Any, Any]) -> bool:
    """Whether the field is an M2M with a table of its own."""
    remote: Any = field.remote_field
    return bool(field.many_to_many) and remote.through is None
