"""A table of SQL Server made anew: the only way to let the server number a column that is there already."""

from __future__ import annotations

from collections.abc import Iterator

from migwizard.core.schema import Column, Table
from migwizard.core.schema.names import bracketed

from ..altering import check_views, fills_of
from ..base import CannotAlter
from .conversions import converted
from .definitions import create_table, listed, rename
from .drafts import Draft
from .types import text


def rebuild(draft: Draft, live: Table, target: Table) -> None:
    """Add the statements that put a new table with the same rows in the place of one.

    What hangs on it is left to others: foreign keys must have gone before, and everything comes back afterwards.

    Raises:
        CannotAlter: when something would be lost with the table.
    """
    key, facts = live.name, draft.facts
    check_views([view for view in draft.views if "SCHEMABINDING" in view.definition.upper()], key, None)
    if key in facts.tracked:
        raise CannotAlter(
            f"Table {key} would have to be made anew, but its changes are followed (change tracking, CDC,"
            " replication or a full-text index), which would end with it."
        )
    draft.rebuilt.add(key)
    new = draft.free_name(f"migwizard_new_{facts.place(key)[1]}")
    place = facts.beside(key, new)
    draft.phases.columns += [
        create_table(facts, target, called=new),
        _copy(draft, live, target, place),
        f"DROP TABLE {facts.table(key)}",
        rename(place, facts.place(key)[1], "OBJECT"),
    ]


def _copy(draft: Draft, live: Table, target: Table, place: str) -> str:
    """Return the statement that copies the rows, with the numbers that they have."""
    pairs = list(_values(draft, live, target))
    names, values = listed([name for name, _ in pairs]), ", ".join(value for _, value in pairs)
    sql = f"INSERT INTO {place} ({names}) SELECT {values} FROM {draft.facts.table(live.name)} WITH (HOLDLOCK, TABLOCKX)"
    numbered = next((column for column in target.columns if column.identity), None)
    if numbered is None or numbered.name not in {name for name, _ in pairs}:
        return sql
    # In a batch of its own, after which the setting is as before whatever happens in it.
    batch = f"SET IDENTITY_INSERT {place} ON; {sql}; SET IDENTITY_INSERT {place} OFF"
    return f"EXEC ({text(batch)})"


def _values(draft: Draft, live: Table, target: Table) -> Iterator[tuple[str, str]]:
    """Yield each column that is filled in, and the expression for its value."""
    fills = fills_of(draft.fills, live.name)
    for column in target.columns:
        if column.generated:
            continue
        old, fill = live.column(column.name), fills.get(column.name)
        if old is not None:
            yield column.name, _value(old, column, fill)
        elif fill is not None and not column.identity:
            yield column.name, text(fill)


def _value(old: Column, new: Column, fill: str | None) -> str:
    name = bracketed(old.name)
    value = converted(name, old.type, new.type) or name
    if fill is not None and old.nullable and not new.nullable:
        return f"COALESCE({value}, {text(fill)})"
    return value
