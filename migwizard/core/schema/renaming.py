"""Tables and columns that were given other names, with everything in them: what tables look like under other names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from . import Constraint, Index, Table
from .names import bracketed, quoted


@dataclass(frozen=True, slots=True)
class Rename:
    """One table, and what it and its columns came to be called."""

    table: str
    name: str
    """The table's new name, or the one that it keeps."""
    columns: tuple[tuple[str, str], ...] = ()
    """(former name, new name)."""


def joined(first: Iterable[Rename], then: Iterable[Rename]) -> tuple[Rename, ...]:
    """Return what comes of renames that follow others."""
    found = {one.name: one for one in first}
    for two in then:
        one = found.pop(two.table, Rename(two.table, two.table))
        columns = dict(one.columns)
        for old, new in two.columns:
            columns[next((name for name, now in columns.items() if now == old), old)] = new
        pairs = tuple((old, new) for old, new in columns.items() if old != new)
        found[two.name] = Rename(one.table, two.name, pairs)
    return tuple(one for one in found.values() if one.columns or one.table != one.name)


def seen(
    renames: Iterable[Rename], before: Mapping[str, Table], after: Mapping[str, Table]
) -> tuple[Rename, ...]:
    """Return those renames that the tables before and after show: the former name is gone, and the other one is new.

    Names that were exchanged are not among them; no order of statements would do without a name that nobody knows.
    """
    found = []
    for one in renames:
        old, new = before.get(one.table), after.get(one.name)
        if (
            old is None
            or new is None
            or (one.table != one.name and (one.table in after or one.name in before))
        ):
            continue
        pairs = tuple(
            (was, now) for was, now in one.columns if _gave_way(old, was, now) and _gave_way(new, now, was)
        )
        if pairs or one.table != one.name:
            found.append(Rename(one.table, one.name, pairs))
    return tuple(found)


def _gave_way(table: Table, present: str, absent: str) -> bool:
    return table.column(present) is not None and table.column(absent) is None


def backwards(renames: Iterable[Rename]) -> tuple[Rename, ...]:
    """Return what takes renames back."""
    return tuple(
        Rename(one.name, one.table, tuple((new, old) for old, new in one.columns)) for one in renames
    )


def statements(renames: Iterable[Rename], schema: str, vendor: str = "") -> Iterator[str]:
    """Yield the statements that rename, the same for every vendor that is repaired but SQL Server."""
    if vendor == "microsoft":
        yield from _by_procedure(renames, schema)
        return
    for one in renames:
        if one.table != one.name:
            yield f"ALTER TABLE {_place(schema, one.table)} RENAME TO {quoted(one.name)}"
        for old, new in one.columns:
            table = _place(schema, one.name)
            yield f"ALTER TABLE {table} RENAME COLUMN {quoted(old)} TO {quoted(new)}"


def _by_procedure(renames: Iterable[Rename], schema: str) -> Iterator[str]:
    """Yield the calls of sp_rename, which takes a name that is written in SQL, and a new one that is not."""
    for one in renames:
        if one.table != one.name:
            yield f"EXEC sp_rename {_literal(_bracketed(schema, one.table))}, {_literal(one.name)}, N'OBJECT'"
        for old, new in one.columns:
            place = _bracketed(schema, one.name, old)
            yield f"EXEC sp_rename {_literal(place)}, {_literal(new)}, N'COLUMN'"


def _bracketed(*parts: str) -> str:
    return ".".join(bracketed(part) for part in parts if part)


def _literal(text: str) -> str:
    return "N'" + text.replace("'", "''") + "'"


def renamed(tables: Mapping[str, Table | None], renames: Sequence[Rename]) -> dict[str, Table | None]:
    """Return tables as they are once something was renamed; None stands for one that is not there."""
    by_table = {one.table: one for one in renames}
    found = {}
    for key, table in tables.items():
        one = by_table.get(key)
        found[one.name if one is not None else key] = table and _table(table, by_table)
    return found


def _table(table: Table, renames: Mapping[str, Rename]) -> Table:
    one = renames.get(table.name, Rename(table.name, table.name))
    names = dict(one.columns)
    words = {**names, **({one.table: one.name} if one.table != one.name else {})}
    return replace(
        table,
        name=one.name,
        definition="",
        columns=tuple(replace(column, name=names.get(column.name, column.name)) for column in table.columns),
        constraints=tuple(_constraint(constraint, names, renames) for constraint in table.constraints),
        indexes=tuple(_index(index, names) for index in table.indexes),
        triggers=tuple(
            replace(trigger, definition=_text(trigger.definition, words)) for trigger in table.triggers
        ),
    )


def _constraint(one: Constraint, names: Mapping[str, str], renames: Mapping[str, Rename]) -> Constraint:
    references = one.references
    if references is not None:
        other = renames.get(references[0], Rename(references[0], references[0]))
        theirs = dict(other.columns)
        references = (other.name, tuple(theirs.get(name, name) for name in references[1]))
    return replace(
        one,
        columns=tuple(names.get(name, name) for name in one.columns),
        include=tuple(names.get(name, name) for name in one.include),
        definition=_text(one.definition, names),
        references=references,
    )


def _index(one: Index, names: Mapping[str, str]) -> Index:
    parts = tuple(
        replace(
            part,
            column=names.get(part.column, part.column) if part.column is not None else None,
            expression=_text(part.expression, names) if part.expression is not None else None,
        )
        for part in one.parts
    )
    include = tuple(names.get(name, name) for name in one.include)
    return replace(one, parts=parts, include=include, condition=_text(one.condition, names))


def _text(text: str, names: Mapping[str, str]) -> str:
    """Return an expression with other names in it.

    One in a string constant is taken for a name as well. Then the expression is made anew, which does no harm.
    """
    if not names or not text:
        return text
    words = "|".join(re.escape(name) for name in names)
    return re.sub(rf"(?<!\w)({words})(?!\w)", lambda match: names[match[1]], text)


def _place(schema: str, table: str) -> str:
    return ".".join(quoted(name) for name in (schema, table) if name)
