"""Whose effect a deferred statement is.

Django's schema editor creates foreign keys, unique constraints and indexes of new tables only at the end of a
migration (on SQLite also whenever it has to make a table anew). They are the effect of the operation that asked for
them: that is where they are put, in every version of the table from there on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...core.schema import Constraint, Index, IndexPart, Table
from ...core.truths.effects import TableChange
from ...databases.ordering import in_order
from .tracker import Parts


class Owners:
    """Which operation deferred which statement of a schema editor."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, int]] = {}

    def update(self, deferred: Sequence[Any], operation: int) -> None:
        """Let `operation` own what is deferred now and has no owner yet."""
        for statement in deferred:
            self._known.setdefault(id(statement), (statement, operation))

    def of(self, statement: Any) -> int:
        """Return the index of the operation that deferred the statement."""
        return self._known[id(statement)][1]

    def by_text(self, deferred: Sequence[Any]) -> dict[str, int]:
        """Return the owners of what is deferred now by the text that will be executed."""
        return {str(statement): self.of(statement) for statement in deferred if statement is not None}


def groups(deferred: Sequence[Any], owners: Owners) -> Iterator[tuple[int, list[Any]]]:
    """Yield neighbouring deferred statements of one owner together."""
    current: list[Any] = []
    for statement in deferred:
        if current and owners.of(current[-1]) != owners.of(statement):
            yield owners.of(current[-1]), current
            current = []
        current.append(statement)
    if current:
        yield owners.of(current[-1]), current


def attribute(
    changes: list[list[TableChange]], start: Mapping[str, Table], owner: int, name: str, parts: Parts
) -> None:
    """Put constraints and indexes that were added after the last of these operations to the one that asked for them.

    Args:
        changes: the changes of each operation so far, which are changed in place.
        start: the tables before the first operation.
        owner: index of the operation that deferred the statements.
        name: the table's name after the last operation.
        parts: what was added to it.
    """
    for index in range(len(changes) - 1, owner - 1, -1):
        position = next((i for i, change in enumerate(changes[index]) if change.after == name), None)
        others = [change for change in changes[index] if change.after != name]
        stop = index == owner or _blocked(others, (), parts)
        if position is None:
            if stop:
                table = _known(changes[:index], start, name)
                if table is not None:
                    changes[index].append(TableChange(name, name, extended(table, parts)))
                return
            continue
        change = changes[index][position]
        if change.table is None:
            return
        changes[index][position] = replace(change, table=extended(change.table, parts))
        if stop or change.before is None or _blocked((), change.columns, parts):
            return
        parts = _before_renaming(parts, change)
        name = change.before


def replace_last(
    changes: list[list[TableChange]], start: Mapping[str, Table], owner: int, name: str, table: Table | None
) -> None:
    """Let a table be as it is now after the last operation that changed it, or after `owner` if none did since."""
    for index in range(len(changes) - 1, owner, -1):
        for position, change in enumerate(changes[index]):
            if change.after == name:
                changes[index][position] = replace(change, after=name if table else None, table=table)
                return
    position = next((i for i, change in enumerate(changes[owner]) if change.after == name), -1)
    if position >= 0:
        known = changes[owner][position]
        changes[owner][position] = replace(known, after=name if table else None, table=table)
    else:
        before = name if _known(changes[:owner], start, name) else None
        changes[owner].append(TableChange(before, name if table else None, table))


def _known(changes: Sequence[Sequence[TableChange]], start: Mapping[str, Table], name: str) -> Table | None:
    for operation in reversed(changes):
        for change in operation:
            if change.after == name:
                return change.table
            if change.before == name:
                return None
    return start.get(name)


def _blocked(others: Sequence[TableChange], columns: Sequence[tuple[str, str]], parts: Parts) -> bool:
    """Return whether the parts can be told only after an operation: it renamed what their expressions may mention."""
    renamed = {change.after for change in others if change.before != change.after or change.columns}
    if any(each.references is not None and each.references[0] in renamed for each in parts[0]):
        return True
    opaque = any(each.definition for each in parts[0]) or any(
        each.condition or any(part.expression for part in each.parts) for each in parts[1]
    )
    return bool(columns) and opaque


def _before_renaming(parts: Parts, change: TableChange) -> Parts:
    """Return the parts with the names that columns and table had before a change."""
    names = {new: old for old, new in change.columns}

    def back(columns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(names.get(column, column) for column in columns)

    def constraint(each: Constraint) -> Constraint:
        references = each.references
        if references is not None and references[0] == change.after and change.before is not None:
            references = (change.before, back(references[1]))
        return replace(each, columns=back(each.columns), include=back(each.include), references=references)

    def part(each: IndexPart) -> IndexPart:
        return each if each.column is None else replace(each, column=names.get(each.column, each.column))

    def index(each: Index) -> Index:
        return replace(each, parts=tuple(part(one) for one in each.parts), include=back(each.include))

    return tuple(constraint(each) for each in parts[0]), tuple(index(each) for each in parts[1])


def extended(table: Table, parts: Parts) -> Table:
    """Return the table with more constraints and indexes, in the order in which a snapshot has them."""
    constraints = {*table.constraints, *parts[0]}
    indexes = {*table.indexes, *parts[1]}
    by_name = sorted(indexes, key=lambda index: index.name)
    return replace(table, constraints=in_order(constraints), indexes=tuple(by_name))
