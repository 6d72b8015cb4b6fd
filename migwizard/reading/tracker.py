"""Keeps the tables of a project state up to date while operations change it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from ..core.schema import table_key
from ..core.truths.effects import TableChange
from .historical import ModelKey, Place, concrete, db_table, in_database, m2m_table, signature, target


@dataclass(frozen=True, slots=True)
class Held:
    """What a table holds, as far as that can be told without rendering its model."""

    columns: tuple[tuple[str, tuple[str, str, str]], ...]
    """The fields with their signatures."""
    options: tuple[object, ...]
    neighbours: tuple[tuple[ModelKey | None, str], ...]
    """The models that it points to, with their tables."""

    def only_follows(self, after: Held, moves: Mapping[ModelKey, ModelKey]) -> bool:
        """Tell whether it is the same afterwards but for the names of what it points to."""
        return (
            self.columns == after.columns
            and self.options == after.options
            and [moves.get(key, key) if key else key for key, _ in self.neighbours]
            == [key for key, _ in after.neighbours]
        )


class Tracker:
    """Keeps the tables of a state up to date while operations change it."""

    def __init__(self, state: ProjectState, connection: Any) -> None:
        self.state = state
        self.connection = connection
        self.places: dict[Place, tuple[str, Held]] = {}
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
            touched |= self.dependents(touched)
            # Renames change fields that point to what was renamed in place.
            self.signatures.clear()
        return self._refresh(touched, moves, renamed_fields)

    def may_spread(self, operation: Operation, app_label: str) -> bool:
        """Tell whether an operation may change what points to the model: its columns, or its name or its table's."""
        if isinstance(operation, ops.RenameField | ops.RenameModel | ops.AlterModelTable):
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

    def dependents(self, models: set[ModelKey]) -> set[ModelKey]:
        """Return the models that point to one of `models`, directly or by their primary keys, and its proxies."""
        found: set[ModelKey] = set()
        front = set(models)
        while front:
            front = {
                key
                for key, model in self.state.models.items()
                if key not in found
                and key not in models
                and (
                    any(target(f, key) in front for f in model.fields.values() if f.is_relation)
                    or concrete(self.state, key) in front
                )
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
        after: dict[Place, tuple[str, Held]] = {}
        for key in touched:
            after.update(self._tables(key))
        changes = []
        for place, (name, held) in before.items():
            model = moves.get((place[0], place[1]), (place[0], place[1]))
            old, new = renamed.get(model, ("", ""))
            target_place = (*model, new if place[2] and place[2] == old else place[2])
            now = after.get(target_place)
            if now is None:
                changes.append(TableChange(name, None, None))
            elif now != (name, held):
                columns = renamed_columns(held, now[1], old, new)
                if place[2]:
                    columns = tuple(
                        (f"{prefix}{source[1]}_id", f"{prefix}{goal[1]}_id")
                        for source, goal in moves.items()
                        for prefix in ("", "from_", "to_")
                    )
                follows = name == now[0] and held.only_follows(now[1], moves)
                changes.append(TableChange(name, now[0], None, columns, follows))
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

    def _tables(self, key: ModelKey) -> dict[Place, tuple[str, Held]]:
        """Return the tables that a model has in this database, with a signature of what they hold."""
        model = self.state.models.get(key)
        if model is None or not in_database(model, self.state, self.connection.alias):
            return {}
        name = db_table(model, self.connection)
        columns = tuple(
            (f, self.signature(value)) for f, value in model.fields.items() if not value.many_to_many
        )
        neighbours = tuple(
            self._neighbour(value, key)
            for value in model.fields.values()
            if value.is_relation and not value.many_to_many
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
        found: dict[Place, tuple[str, Held]] = {
            (*key, ""): (table_key(name), Held(tuple(sorted(columns)), (options, indexes), neighbours))
        }
        for field_name, value in model.fields.items():
            if value.many_to_many and getattr(value.remote_field, "through", None) is None:
                place: Place = (key[0], key[1], field_name)
                found[place] = (
                    table_key(m2m_table(value, field_name, name, self.connection)),
                    Held((), (), ((key, name), self._neighbour(value, key))),
                )
        return found

    def _neighbour(self, value: Any, key: ModelKey) -> tuple[ModelKey | None, str]:
        """Return the model that a relation points to, and its table where a migration makes it."""
        pointed = target(value, key)
        model = self.state.models.get(concrete(self.state, pointed)) if pointed is not None else None
        return pointed, db_table(model, self.connection) if model is not None else ""


def model_moves(operation: Operation, app_label: str) -> dict[ModelKey, ModelKey]:
    """Return the models that an operation renames."""
    if isinstance(operation, ops.RenameModel):
        return {(app_label, operation.old_name.lower()): (app_label, operation.new_name.lower())}
    found: dict[ModelKey, ModelKey] = {}
    if isinstance(operation, ops.SeparateDatabaseAndState | ops.RunSQL):
        for inner in operation.state_operations:
            found.update(model_moves(inner, app_label))
    return found


def renamed_columns(before: Held, after: Held, old: str, new: str) -> tuple[tuple[str, str], ...]:
    """Return the columns that were renamed between two signatures of a table, as (old, new)."""
    was, now = dict(before.columns), dict(after.columns)
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
