"""The operations of an app's migrations one behind the other, joined as Django's `squashmigrations` joins them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.optimizer import MigrationOptimizer
from django.db.models import AutoField, BigAutoField, SmallAutoField

from ...core.graph import Key
from ...core.truths.lineage import OperationKey

IDENTITY = (AutoField, BigAutoField, SmallAutoField)
HARMLESS = (
    *(ops.CreateModel, ops.AlterModelOptions, ops.AlterModelManagers),
    *(ops.RunPython, ops.RunSQL, ops.SeparateDatabaseAndState),
)


def operations(
    migrations: Mapping[Key, Migration],
    app: str,
    parts: Sequence[Sequence[Key]],
    dropped: Collection[OperationKey],
) -> tuple[tuple[Operation, ...], ...]:
    """Return, for each part, its operations: as few as Django can join them to, each code at its place."""
    flat = [list(remaining(migrations, part, dropped)) for part in parts]
    keys = iter(with_keys_born([one for part in flat for one in part]))
    found = []
    for part in flat:
        own = [one for one in (next(keys) for _ in part) if one is not None]
        found.append(tuple(MigrationOptimizer().optimize(own, app)))
    return tuple(found)


def remaining(
    migrations: Mapping[Key, Migration], part: Iterable[Key], dropped: Collection[OperationKey]
) -> Iterator[Operation]:
    """Yield the operations of some migrations; of one that is dropped what it does to the state is made for real."""
    for key in part:
        for index, operation in enumerate(migrations[key].operations):
            if (key, index) not in dropped:
                yield at_once(operation)
            else:
                yield from getattr(operation, "state_operations", ())


def at_once(operation: Any) -> Operation:
    """Return an operation on an index without CONCURRENTLY, which an empty table does not need."""
    if type(operation).__name__ == "AddIndexConcurrently":
        return ops.AddIndex(operation.model_name, operation.index)
    if type(operation).__name__ == "RemoveIndexConcurrently":
        return ops.RemoveIndex(operation.model_name, operation.name)
    found: Operation = operation
    return found


def alters(operation: Operation) -> bool:
    """Tell whether an operation changes a table that is there already."""
    return not isinstance(operation, HARMLESS)


def with_keys_born(operations: list[Operation]) -> list[Operation | None]:
    """Return operations with each counted primary key made as it is in the end; None for an alteration that goes.

    Where a column counts by itself (IDENTITY), SQL Server can neither begin nor end that by an alteration.
    """
    found: list[Operation | None] = list(operations)
    made: dict[str, int] = {}
    for place, operation in enumerate(operations):
        match operation:
            case ops.CreateModel():
                made[operation.name_lower] = place
            case ops.RenameModel():
                if operation.old_name_lower in made:
                    made[operation.new_name_lower] = made.pop(operation.old_name_lower)
            case ops.DeleteModel():
                made.pop(operation.name_lower, None)
            case ops.AlterField() if operation.model_name_lower in made:
                birth = made[operation.model_name_lower]
                changed = born(found[birth], operation)
                if changed is not None:
                    found[birth], found[place] = changed, None
    return found


def born(create: Any, alter: ops.AlterField) -> Operation | None:
    """Return a CreateModel that makes a primary key as an alteration leaves it, or None where it is not about one."""
    former = dict(create.fields).get(alter.name)
    if former is None or not (former.primary_key and alter.field.primary_key):
        return None
    if not (isinstance(former, IDENTITY) or isinstance(alter.field, IDENTITY)):
        return None
    fields = [(name, alter.field if name == alter.name else field) for name, field in create.fields]
    return ops.CreateModel(create.name, fields, create.options, create.bases, create.managers)
