"""The walk of the project states: which operation touches which table, without rendering a model.

Walking all states of thousands of migrations takes a fraction of a second as long as nothing is rendered
(catalogue.md, point 7). The walk knows *that* a table changes and what it is called, not what it becomes: that is
what the shadow schema is for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import router
from django.db.backends.utils import strip_quotes, truncate_name
from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState
from django.db.models import NOT_PROVIDED

from ..core.effects import TableChange
from ..core.graph import Graph, Key
from ..core.lineage import Chronicle, Lineage, OperationKey
from ..core.schema import Table, table_key

ModelKey = tuple[str, str]
Place = tuple[str, str, str]
"""App label, lower-case model name, and the name of the M2M field for its table, or an empty text."""

NOT_IN_DATABASE = frozenset(
    ("default", "auto_now", "auto_now_add", "storage", "upload_to", "unique_for_date", "unique_for_month")
)


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


class Tracker:
    """Keeps the tables of a state up to date while operations change it."""

    def __init__(self, state: ProjectState, connection: Any) -> None:
        self.state = state
        self.connection = connection
        self.places: dict[Place, tuple[str, object]] = {}
        self.owner: dict[str, ModelKey] = {}
        self.signatures: dict[int, tuple[Any, tuple[str, str, str]]] = {}

    def step(
        self, operation: Operation, app_label: str, apply: Callable[[], None]
    ) -> tuple[TableChange, ...]:
        """Apply one operation and return the tables that it touched."""
        renamed_fields = self._renamed_fields(operation, app_label)
        moves = model_moves(operation, app_label)
        touched = self.touched(operation, app_label)
        spreads = self.may_spread(operation, app_label)
        apply()
        if touched is None:
            touched = {key for key in self.state.models if key[0] == app_label}
            touched |= {(place[0], place[1]) for place in self.places if place[0] == app_label}
        if spreads:
            touched |= self._dependents(touched)
            # Renames change fields that point to what was renamed in place.
            self.signatures.clear()
        return self._refresh(touched, moves, renamed_fields)

    def may_spread(self, operation: Operation, app_label: str) -> bool:
        """Tell whether an operation may change columns that point to the model: what they point to, or its name."""
        if isinstance(operation, ops.RenameField | ops.RenameModel):
            return True
        if isinstance(operation, ops.SeparateDatabaseAndState | ops.RunSQL):
            return any(self.may_spread(inner, app_label) for inner in operation.state_operations)
        if not isinstance(operation, ops.AlterField):
            return not type(operation).__module__.startswith("django.")
        model = self.state.models.get((app_label, operation.model_name_lower))
        before = model.fields.get(operation.name) if model is not None else None
        return any(
            value is not None and (value.primary_key or value.unique) for value in (before, operation.field)
        )

    def touched(self, operation: Operation, app_label: str) -> set[ModelKey] | None:
        """Return the models that an operation names, or None when any of the app's may be concerned."""
        if isinstance(operation, ops.SeparateDatabaseAndState):
            return self._touched_by(operation.state_operations, app_label)
        if isinstance(operation, ops.RunSQL):
            return self._touched_by(operation.state_operations, app_label)
        if isinstance(operation, ops.RunPython):
            return set()
        if isinstance(operation, ops.RenameModel):
            return {(app_label, operation.old_name.lower()), (app_label, operation.new_name.lower())}
        name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
        if type(operation).__module__.startswith("django.") and isinstance(name, str):
            return {(app_label, name.lower())}
        return None

    def touched_tables(self, operation: Operation, app_label: str) -> set[str]:
        """Return the present tables of the models that an operation names, also in its database operations."""
        models = self.touched(operation, app_label) or set()
        for inner in getattr(operation, "database_operations", ()):
            models |= self.touched(inner, app_label) or set()
        return {name for place, (name, _) in self.places.items() if (place[0], place[1]) in models}

    def _touched_by(self, inner: Iterable[Operation], app_label: str) -> set[ModelKey] | None:
        found: set[ModelKey] = set()
        for operation in inner:
            touched = self.touched(operation, app_label)
            if touched is None:
                return None
            found |= touched
        return found

    def _dependents(self, models: set[ModelKey]) -> set[ModelKey]:
        """Return the models with a foreign key to one of `models`, directly or through their primary keys."""
        found: set[ModelKey] = set()
        front = set(models)
        while front:
            front = {
                key
                for key, model in self.state.models.items()
                if key not in found
                and key not in models
                and any(target(f, key) in front for f in model.fields.values() if f.is_relation)
            }
            found |= front
        return found

    def _renamed_fields(self, operation: Operation, app_label: str) -> dict[ModelKey, tuple[str, str]]:
        if isinstance(operation, ops.RenameField):
            return {(app_label, operation.model_name_lower): (operation.old_name, operation.new_name)}
        if isinstance(operation, ops.SeparateDatabaseAndState | ops.RunSQL):
            found = {}
            for inner in operation.state_operations:
                found.update(self._renamed_fields(inner, app_label))
            return found
        return {}

    def _refresh(
        self,
        touched: set[ModelKey],
        moves: Mapping[ModelKey, ModelKey],
        renamed: Mapping[ModelKey, tuple[str, str]],
    ) -> tuple[TableChange, ...]:
        """Compute the tables of the touched models anew, and return what became of them."""
        before = {place: value for place, value in self.places.items() if (place[0], place[1]) in touched}
        for place in before:
            del self.places[place]
        after: dict[Place, tuple[str, object]] = {}
        for key in touched:
            after.update(self._tables(key))
        changes = []
        for place, (name, signature) in before.items():
            model = moves.get((place[0], place[1]), (place[0], place[1]))
            old, new = renamed.get(model, ("", ""))
            target_place = (*model, new if place[2] and place[2] == old else place[2])
            now = after.get(target_place)
            if now is None:
                changes.append(TableChange(name, None, None))
            elif now != (name, signature):
                columns = renamed_columns(signature, now[1], old, new)
                if place[2]:
                    columns = tuple(
                        (f"{prefix}{source[1]}_id", f"{prefix}{goal[1]}_id")
                        for source, goal in moves.items()
                        for prefix in ("", "from_", "to_")
                    )
                changes.append(TableChange(name, now[0], None, columns))
        kept = {(*moves.get((p[0], p[1]), (p[0], p[1])), p[2]) for p in before} | {
            (p[0], p[1], renamed[(p[0], p[1])][1]) for p in before if (p[0], p[1]) in renamed and p[2]
        }
        for place, (name, _) in after.items():
            if place not in kept:
                changes.append(TableChange(None, name, None))
        self.places.update(after)
        for place, (name, _) in after.items():
            self.owner[name] = (place[0], place[1])
        return tuple(changes)

    def signature(self, value: Any) -> tuple[str, str, str]:
        """Return the signature of a field, worked out once as long as nothing is renamed."""
        known = self.signatures.get(id(value))
        if known is None or known[0] is not value:
            known = self.signatures[id(value)] = (value, signature(value))
        return known[1]

    def _tables(self, key: ModelKey) -> dict[Place, tuple[str, object]]:
        """Return the tables that a model has in this database, with a signature of what they hold."""
        model = self.state.models.get(key)
        if model is None or not in_database(model, self.state, self.connection.alias):
            return {}
        name = db_table(model, self.connection)
        columns = tuple(
            (f, self.signature(value)) for f, value in model.fields.items() if not value.many_to_many
        )
        options = tuple(
            (option, repr(model.options.get(option)))
            for option in (
                "unique_together",
                "index_together",
                "constraints",
                "db_tablespace",
                "db_table_comment",
            )
        )
        indexes = tuple(repr(index.deconstruct()) for index in model.options.get("indexes", ()))
        found: dict[Place, tuple[str, object]] = {
            (*key, ""): (table_key(name), (tuple(sorted(columns)), options, indexes))
        }
        for field_name, value in model.fields.items():
            if value.many_to_many and getattr(value.remote_field, "through", None) is None:
                place: Place = (key[0], key[1], field_name)
                found[place] = (
                    table_key(m2m_table(value, field_name, name, self.connection)),
                    repr(target(value, key)),
                )
        return found


def model_moves(operation: Operation, app_label: str) -> dict[ModelKey, ModelKey]:
    """Return the models that an operation renames."""
    if isinstance(operation, ops.RenameModel):
        return {(app_label, operation.old_name.lower()): (app_label, operation.new_name.lower())}
    found: dict[ModelKey, ModelKey] = {}
    if isinstance(operation, ops.SeparateDatabaseAndState | ops.RunSQL):
        for inner in operation.state_operations:
            found.update(model_moves(inner, app_label))
    return found


def renamed_columns(before: object, after: object, old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Return the columns that were renamed between two signatures of a table, as (old, new)."""
    if not isinstance(before, tuple) or not isinstance(after, tuple):
        return ()
    was, now = dict(before[0]), dict(after[0])
    found = []
    for name, value in was.items():
        later = now.get(new if name == old else name)
        if later is not None:
            first, second = column_name(name, value), column_name(new if name == old else name, later)
            if first != second:
                found.append((first, second))
    return tuple(found)


def column_name(name: str, value: tuple[str, str, str]) -> str:
    """Return the column of a field from its name and signature."""
    return value[1] or name + value[2]


def signature(value: Any) -> tuple[str, str, str]:
    """Return what the database sees of a field (its type and options), its `db_column`, and its column's suffix."""
    _, path, args, kwargs = value.deconstruct()
    keep = {
        key: kwargs[key]
        for key in sorted(kwargs)
        if key not in NOT_IN_DATABASE and (key == "on_delete" or key not in value.non_db_attrs)
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


DDL = re.compile(
    r"\b(alter|create|drop|rename|do|execute|call|perform|comment|reindex|select|set\s+schema)\b",
    re.IGNORECASE,
)
PYTHON_DDL = re.compile(
    r"schema_editor\.(?!connection\b)\w+|\bcursor\b|\.execute\w*\(|\bRunSQL\b|call_command|\bdb\.connection\b",
    re.IGNORECASE,
)


def is_opaque(operation: Operation) -> bool:
    """Tell whether an operation may change the schema without the state knowing how."""
    if isinstance(operation, ops.RunSQL):
        return bool(DDL.search(sql_text(operation)))
    if isinstance(operation, ops.RunPython):
        return bool(PYTHON_DDL.search(python_text(operation)))
    if isinstance(operation, ops.SeparateDatabaseAndState):
        return bool(operation.state_operations) or bool(operation.database_operations)
    return not type(operation).__module__.startswith("django.")


def sql_text(operation: Any) -> str:
    """Return the SQL of a RunSQL as one text."""
    parts = operation.sql if isinstance(operation.sql, list | tuple) else [operation.sql]
    return "\n".join(str(part[0] if isinstance(part, list | tuple) else part) for part in parts)


def python_text(operation: Any) -> str:
    """Return the source of a RunPython's function and of the functions it calls in the same module."""
    import inspect

    code = operation.code
    try:
        text = inspect.getsource(code)
        module = inspect.getmodule(code)
    except (OSError, TypeError):
        return "schema_editor.unknown"
    for name in set(re.findall(r"\b(\w+)\s*\(", text)):
        helper = getattr(module, name, None)
        if inspect.isfunction(helper) and helper is not code:
            try:
                text += inspect.getsource(helper)
            except (OSError, TypeError):
                text += "schema_editor.unknown"
    return text


def mentioned(operation: Operation, known: Iterable[str], tracker: Tracker, app_label: str) -> set[str]:
    """Return the tables that an opaque operation may have changed."""
    known = set(known)
    if isinstance(operation, ops.RunSQL):
        words = {word.lower() for word in re.findall(r"\w+", sql_text(operation))}
        return {name for name in known if name.rpartition(".")[2].lower() in words}
    own = {name for place, (name, _) in tracker.places.items() if place[0] == app_label}
    if isinstance(operation, ops.RunPython):
        text = python_text(operation)
        words = {word.lower() for word in re.findall(r"\w+", text)}
        by_model = {
            name for place, (name, _) in tracker.places.items() if place[1] in words and place[0] in words
        }
        return own | by_model | {name for name in known if name.lower() in words}
    if isinstance(operation, ops.SeparateDatabaseAndState):
        found: set[str] = set()
        for inner in operation.database_operations:
            if is_opaque(inner):
                found |= mentioned(inner, known, tracker, app_label)
        return found
    return own
