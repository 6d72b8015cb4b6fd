"""What an operation deals with: the models, fields, indexes and options that it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation as DjangoOperation
from django.db.migrations.operations.fields import FieldOperation
from django.db.migrations.operations.models import ModelOperation

from ..core.graph import Act, Touch

MAKES = (ops.CreateModel, ops.AddField, ops.AddIndex, ops.AddConstraint)
REMOVES = (ops.DeleteModel, ops.RemoveField, ops.RemoveIndex, ops.RemoveConstraint)


def touches(operation: DjangoOperation) -> tuple[Touch, ...]:
    """Return everything that an operation deals with; nothing for those that do not say it (RunSQL, RunPython)."""
    return tuple(dict.fromkeys(_touches(operation)))


def _touches(operation: DjangoOperation) -> Iterator[Touch]:
    act: Act = (
        "makes" if isinstance(operation, MAKES) else "removes" if isinstance(operation, REMOVES) else "alters"
    )
    match operation:
        case ops.SeparateDatabaseAndState():
            for inner in (*operation.state_operations, *operation.database_operations):
                yield from _touches(inner)
        case ops.RenameModel():
            yield Touch("renames", operation.old_name.lower())
            yield Touch("makes", operation.new_name.lower())
        case ops.RenameField():
            yield Touch("renames", operation.model_name.lower(), operation.old_name.lower())
            yield Touch("makes", operation.model_name.lower(), operation.new_name.lower())
        case FieldOperation():
            yield Touch(act, operation.model_name.lower(), operation.name.lower())
            yield from _targets(operation.model_name, (getattr(operation, "field", None),))
        case ops.CreateModel():
            yield Touch(act, operation.name.lower())
            yield from _targets(operation.name, (field for _, field in operation.fields))
        case ops.DeleteModel():
            yield Touch(act, operation.name.lower())
        case ModelOperation():
            yield from _of_options(operation)
        case _ if hasattr(operation, "model_name"):
            yield from _of_index(operation, act)


def _targets(model: str, fields: Iterable[object]) -> Iterator[Touch]:
    """Return the models that relations among some fields refer to."""
    for field in fields:
        remote = getattr(getattr(field, "remote_field", None), "model", None)
        if isinstance(remote, str) and remote.rpartition(".")[2].lower() not in ("self", model.lower()):
            yield Touch("uses", remote.lower())


def _of_options(operation: ModelOperation) -> Iterator[Touch]:
    """Return what an operation on a model's options deals with."""
    option = getattr(operation, "option_name", None) or type(operation).__name__
    model = operation.name.lower()
    yield Touch("alters", model, f"option {option}")
    for group in getattr(operation, "option_value", None) or ():
        for name in group if isinstance(group, (list, tuple)) else ():
            yield Touch("uses", model, str(name).lower())


def _of_index(operation: DjangoOperation, act: Act) -> Iterator[Touch]:
    """Return what an operation on an index or constraint deals with."""
    model = str(getattr(operation, "model_name", "")).lower()
    thing = getattr(operation, "index", None) or getattr(operation, "constraint", None)
    if isinstance(operation, ops.RenameIndex):
        yield Touch("renames", model, f"index {operation.old_name or operation.old_fields}")
        yield Touch("makes", model, f"index {operation.new_name}")
        return
    name = getattr(thing, "name", None) or getattr(operation, "name", "")
    yield Touch(act, model, f"index {name}")
    for field in getattr(thing, "fields", ()):
        yield Touch("uses", model, str(field).lstrip("-").lower())
