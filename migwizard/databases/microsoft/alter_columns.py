"""The statements that bring one column of SQL Server from one shape to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migwizard.core.schema import Column
from migwizard.core.schema.names import bracketed

from .conversions import converted
from .definitions import column_definition, default_of, rename, typed
from .drafts import Draft, copied, redefined
from .expressions import enclosed
from .types import text

FILL = "migwizard_fill"
COPY = "migwizard_copy"


def add_column(draft: Draft, table: str, column: Column, fill: str | None) -> Iterator[str]:
    """Yield the statements that add a column, `fill` being its value in the rows that are there."""
    start = f"ALTER TABLE {draft.facts.table(table)}"
    # Without these words, the rows that are there would have NULL where they may, not the default.
    values = " WITH VALUES" if column.nullable else ""
    if fill is not None and not column.generated and not column.identity:
        name = bracketed(draft.free_name(FILL))
        yield f"{start} ADD {column_definition(column)} CONSTRAINT {name} DEFAULT {text(fill)}{values}"
        yield f"{start} DROP CONSTRAINT {name}"
        if column.default is not None:
            yield f"{start} ADD{default_of(column)} FOR {bracketed(column.name)}"
        return
    default = default_of(column)
    yield f"{start} ADD {column_definition(column)}{default}{values if default else ''}"


def drop_column(draft: Draft, table: str, name: str) -> Iterator[str]:
    """Yield the statements that drop a column, and the default that hangs on it."""
    yield from drop_default(draft, table, name)
    yield f"ALTER TABLE {draft.facts.table(table)} DROP COLUMN {bracketed(name)}"


def drop_default(draft: Draft, table: str, column: str) -> Iterator[str]:
    """Yield the statement that drops the default of a column, which is a constraint with a name."""
    name = draft.facts.defaults.get((table, column))
    if name is not None:
        yield f"ALTER TABLE {draft.facts.table(table)} DROP CONSTRAINT {bracketed(name)}"


def alter_column(draft: Draft, table: str, live: Column, target: Column, fill: str | None) -> Iterator[str]:
    """Yield the statements for one column that stays."""
    start, name = f"ALTER TABLE {draft.facts.table(table)}", bracketed(target.name)
    if copied(live, target):
        yield from _copied(draft, table, live, target, fill)
        return
    retyped = (live.type, live.collation) != (target.type, target.collation)
    default_goes = live.default is not None and (retyped or live.default != target.default)
    if default_goes:
        yield from drop_default(draft, table, live.name)
    if redefined(live, target):
        if live.nullable and not target.nullable and fill is not None:
            yield f"UPDATE {draft.facts.table(table)} SET {name} = {text(fill)} WHERE {name} IS NULL"
        yield f"{start} ALTER COLUMN {name} {typed(target)}"
    yield from _new_default(draft, table, live, target, default_goes or live.default is None)


def _new_default(draft: Draft, table: str, live: Column, target: Column, wanted: bool) -> Iterator[str]:
    if target.default is None or target.identity or not wanted:
        return
    former = draft.facts.defaults.get((table, live.name))
    named = f"CONSTRAINT {bracketed(former)} " if former is not None else ""
    yield (
        f"ALTER TABLE {draft.facts.table(table)} ADD {named}DEFAULT {enclosed(target.default)}"
        f" FOR {bracketed(target.name)}"
    )


def _copied(draft: Draft, table: str, live: Column, target: Column, fill: str | None) -> Iterator[str]:
    """Yield the statements that replace a column by another one with the same values."""
    place = draft.facts.table(table)
    start, old, other = f"ALTER TABLE {place}", bracketed(live.name), bracketed(COPY)
    plain = replace(target, name=COPY, nullable=True, default=None)
    yield f"{start} ADD {column_definition(plain)}"
    values = converted(old, live.type, target.type) or old
    if fill is not None and live.nullable and not target.nullable:
        values = f"COALESCE({values}, {text(fill)})"
    yield f"UPDATE {place} SET {other} = {values}"
    yield from drop_column(draft, table, live.name)
    yield rename(f"{place}.{other}", target.name, "COLUMN")
    if not target.nullable:
        yield f"{start} ALTER COLUMN {old} {typed(target)}"
    yield from _new_default(draft, table, live, target, wanted=True)
    yield from draft.facts.belongings.get((table, live.name), ())
