"""Tables and effects as JSON-able data and back, exactly.

A structure becomes the list of its fields in the order of their declaration, without the defaults at its end: a
column is `["id", "bigint", false, null, "identity"]`. Field names would more than double what is written and read.
What does not count when structures are compared belongs to the one database that was read, and is left out.
A file of such lists is only read by the version of the program that wrote it; `FORMAT` changes whenever a structure
does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from typing import Any, cast

from ..truths.effects import Effects, MigrationEffects, OperationEffect, TableChange
from . import Column, Constraint, Index, IndexPart, Table, Trigger

FORMAT = 2


def encode(value: Any) -> Any:
    """Return a structure of the core, or a tuple of them, as lists of what JSON knows."""
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    encoded = [encode(getattr(value, name)) for name, _ in _layout(type(value))]
    for (_, default), item in zip(reversed(_layout(type(value))), reversed(encoded.copy()), strict=True):
        if default is MISSING or item != default:
            break
        encoded.pop()
    return encoded


@cache
def _layout(kind: type) -> tuple[tuple[str, Any], ...]:
    """Return the names of the fields with their defaults, encoded."""
    return tuple((field.name, encode(field.default)) for field in fields(cast(Any, kind)) if field.compare)


class Decoder:
    """Turns lists back into structures; equal columns, constraints and indexes become one object.

    The tables of a long chain repeat themselves: a table that was changed twenty times is there twenty times, with
    nearly the same columns. Sharing them saves most of the time and memory.
    """

    def __init__(self) -> None:
        self._shared: dict[tuple[Any, ...], Any] = {}

    def table(self, data: Sequence[Any]) -> Table:
        """Return the table that was encoded as `data`."""
        name, columns, *rest = data
        parts: list[Any] = [name, tuple([self._column(item) for item in columns])]
        for make, items in zip((self._constraint, self._index, self._trigger), rest, strict=False):
            parts.append(tuple([make(item) for item in items]))
        return Table(*parts, *rest[3:])

    def change(self, data: Sequence[Any]) -> TableChange:
        """Return the change of a table that was encoded as `data`."""
        before, after, table, *columns = data
        renamed = tuple([(old, new) for old, new in columns[0]]) if columns else ()
        return TableChange(before, after, None if table is None else self.table(table), renamed)

    def changes(self, data: Sequence[Any]) -> tuple[TableChange, ...]:
        """Return the changes of several tables that were encoded as `data`."""
        return tuple([self.change(item) for item in data])

    def migration(self, data: Sequence[Any]) -> MigrationEffects:
        """Return the effects of a migration that were encoded as `data`."""
        (app, name), operations = data
        return MigrationEffects((app, name), tuple([self._operation(item) for item in operations]))

    def effects(self, data: Sequence[Any]) -> Effects:
        """Return the effects of a chain that were encoded as `data`."""
        migrations, *rest = data
        given: list[Any] = ["", None, []]
        given[: len(rest)] = rest
        failure, failed_at, signals = given
        return Effects(
            tuple([self.migration(item) for item in migrations]),
            failure,
            None if failed_at is None else (failed_at[0], failed_at[1]),
            self.changes(signals),
        )

    def _operation(self, data: Sequence[Any]) -> OperationEffect:
        (app, name), index, *changes = data
        return OperationEffect((app, name), index, self.changes(changes[0]) if changes else ())

    def _share(self, kind: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        key = (kind, *arguments)
        found = self._shared.get(key)
        if found is None:
            found = self._shared[key] = kind(*arguments)
        return found

    def _column(self, data: Sequence[Any]) -> Any:
        return self._share(Column, tuple(data))

    def _constraint(self, data: Sequence[Any]) -> Any:
        arguments = list(data)
        arguments[2] = tuple(arguments[2])
        if len(arguments) > 4 and arguments[4] is not None:
            table, columns = arguments[4]
            arguments[4] = (table, tuple(columns))
        if len(arguments) > 10:
            arguments[10] = tuple(arguments[10])
        return self._share(Constraint, tuple(arguments))

    def _index(self, data: Sequence[Any]) -> Any:
        arguments = list(data)
        arguments[1] = tuple([self._share(IndexPart, tuple(part)) for part in arguments[1]])
        if len(arguments) > 4:
            arguments[4] = tuple(arguments[4])
        return self._share(Index, tuple(arguments))

    def _trigger(self, data: Sequence[Any]) -> Any:
        return self._share(Trigger, tuple(data))


def decode_table(data: Sequence[Any]) -> Table:
    """Return the table that `encode` turned into `data`."""
    return Decoder().table(data)


def decode_effects(data: Sequence[Any]) -> Effects:
    """Return the effects that `encode` turned into `data`."""
    return Decoder().effects(data)
