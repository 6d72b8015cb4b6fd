"""What the connected database cannot make of a model, made in another way that the state knows nothing of.

The state has to stay what the models say, or `makemigrations` would write a migration into the override. So the
operation is taken apart: the state gets it as it is, the database what it can make.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation

from ...core.plan import Question

DEFAULT_LENGTH = 255
LONGEST_KEY = {"microsoft": 850, "mysql": 768}
"""How many characters an index takes at most: 1700 bytes of UTF-16, and 3072 bytes of utf8mb4."""
NAMES = {"microsoft": "SQL Server", "mysql": "MySQL"}


class WrongLength(Exception):
    """A length that is no number, or more than an index takes, in one sentence."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """What has to be known of the connected database."""

    vendor: str
    nulls_are_equal: bool
    """Whether a UNIQUE column takes only one NULL, and the backend does nothing about it."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """Operations that the database can run, and what was done for that."""

    operations: tuple[Operation, ...]
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()


def dialect_of(connection: Any) -> Dialect:
    """Return what has to be known of a connection's database."""
    schema_editor = connection.SchemaEditorClass
    equal = connection.vendor == "microsoft" and not hasattr(schema_editor, "sql_create_unique_null")
    return Dialect(connection.vendor, equal)


def adapted(
    operations: Sequence[Operation], dialect: Dialect, answers: Mapping[str, str], longest: Mapping[str, int]
) -> Adapted:
    """Return the operations as the database can run them.

    Args:
        operations: all operations of the app, in order.
        dialect: what the database is like.
        answers: `length.MODEL.FIELD`, by key.
        longest: the length of the longest value that is there now, by `MODEL.FIELD`.
    """
    keyed = frozenset(in_keys(operations)) if dialect.vendor in LONGEST_KEY else frozenset()
    found: list[Operation] = []
    questions: list[Question] = []
    notes: list[str] = []
    for operation in operations:
        substitute, extra = operation, []
        for model, name, field in fields_of(operation):
            place = f"{model.lower()}.{name.lower()}"
            if isinstance(field, models.TextField) and place in keyed:
                length, question = length_of(place, dialect, answers, longest)
                questions.append(question)
                substitute = with_field(substitute, name, bounded(field, length))
                notes.append(
                    f"{place} is a TextField in a key, which {NAMES[dialect.vendor]} cannot index: its column is made"
                    f" for {length} characters, while the state keeps the TextField."
                )
            if dialect.nulls_are_equal and field.unique and field.null and not field.primary_key:
                substitute = with_field(substitute, name, not_unique(field))
                extra.append(filtered(model, name))
                notes.append(
                    f"{place} is unique and may be NULL: a unique index that leaves NULL out is made for it,"
                    " since a constraint would allow one NULL alone."
                )
        if substitute is operation and not extra:
            found.append(operation)
        else:
            found.append(
                ops.SeparateDatabaseAndState(
                    database_operations=[substitute, *extra], state_operations=[operation]
                )
            )
    unique = tuple({question.key: question for question in questions}.values())
    return Adapted(tuple(found), unique, tuple(dict.fromkeys(notes)))


def fields_of(operation: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield (model, name, field) of each field that an operation makes or alters."""
    if isinstance(operation, ops.CreateModel) and operation.options.get("managed", True):
        yield from ((operation.name, name, field) for name, field in operation.fields)
    elif isinstance(operation, ops.AddField | ops.AlterField):
        yield operation.model_name, operation.name, operation.field


def in_keys(operations: Iterable[Operation]) -> Iterator[str]:
    """Yield `model.field` of each field that is in an index or a unique constraint at any time."""
    for operation in operations:
        for model, name, field in fields_of(operation):
            if field.unique or field.db_index:
                yield f"{model.lower()}.{name.lower()}"
        for model, names in groups(operation):
            yield from (f"{model.lower()}.{name.lstrip('-').lower()}" for name in names)


def groups(operation: Any) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield (model, names of fields) of each index or unique constraint over fields that an operation makes."""
    if isinstance(operation, ops.CreateModel):
        for kind in ("unique_together", "index_together"):
            yield from ((operation.name, tuple(group)) for group in operation.options.get(kind) or ())
        for part in (*operation.options.get("indexes", ()), *operation.options.get("constraints", ())):
            yield operation.name, tuple(getattr(part, "fields", ()))
    elif isinstance(operation, ops.AlterUniqueTogether):
        yield from ((operation.name, tuple(group)) for group in operation.unique_together or ())
    elif isinstance(operation, ops.AddIndex | ops.AddConstraint):
        part = operation.index if isinstance(operation, ops.AddIndex) else operation.constraint
        yield operation.model_name, tuple(getattr(part, "fields", ()))


def length_of(
    place: str, dialect: Dialect, answers: Mapping[str, str], longest: Mapping[str, int]
) -> tuple[int, Question]:
    """Return the length of a column that cannot be of any length, and the question about it."""
    most, known = LONGEST_KEY[dialect.vendor], longest.get(place)
    proposed = DEFAULT_LENGTH if (known or 0) <= DEFAULT_LENGTH else most
    answer = answers.get(f"length.{place}", str(proposed))
    if not answer.isascii() or not answer.isdigit() or not 0 < int(answer) <= most:
        raise WrongLength(f"--set length.{place} takes a number from 1 to {most}, not {answer}.")
    fact = f"the longest value there has {known}" if known is not None else "there is none yet"
    text = f"How many characters may {place} have ({fact})?"
    return int(answer), Question(f"length.{place}", text, answer=answer)


def bounded(field: Any, length: int) -> models.CharField[Any, Any]:
    """Return a CharField with everything that a TextField has."""
    _, _, args, kwargs = field.deconstruct()
    known = ("null", "blank", "unique", "db_index", "default", "db_default", "db_column", "db_collation")
    kept = {key: kwargs[key] for key in known if key in kwargs}
    made: models.CharField[Any, Any] = models.CharField(*args, **{**kept, "max_length": length})
    return made


def not_unique(field: Any) -> Any:
    """Return a field with the same column that is not unique by itself."""
    _, _, args, kwargs = field.deconstruct()
    kwargs.pop("unique", None)
    if isinstance(field, models.OneToOneField):
        return models.ForeignKey(*args, **kwargs)
    return type(field)(*args, **kwargs)


def filtered(model: str, name: str) -> Operation:
    """Return the operation that makes a unique index which leaves NULL out."""
    index = f"{model.lower()}_{name.lower()}"[:24]
    constraint = models.UniqueConstraint(
        fields=[name], condition=models.Q((f"{name}__isnull", False)), name=f"{index}_uniq"
    )
    return ops.AddConstraint(model, constraint)


def with_field(operation: Any, name: str, field: Any) -> Operation:
    """Return an operation with another field of the same name."""
    if isinstance(operation, ops.CreateModel):
        fields = [(one, field if one == name else former) for one, former in operation.fields]
        return ops.CreateModel(operation.name, fields, operation.options, operation.bases, operation.managers)
    made: Operation = type(operation)(operation.model_name, name, field, operation.preserve_default)
    return made


__all__ = ["Adapted", "Dialect", "WrongLength", "adapted", "dialect_of"]
