"""What altering a table has in common on every vendor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from migwizard.core.schema import Constraint, Table, View
from migwizard.core.schema.members import views_on
from migwizard.core.schema.names import quoted

from .base import CannotAlter

Targets = Sequence[tuple[str, Table | None]]


@dataclass(frozen=True, slots=True)
class Change:
    """One table on the way from its live shape to another one."""

    key: str
    live: Table | None
    target: Table | None

    @property
    def dropped_columns(self) -> tuple[str, ...]:
        """Names of the columns that go, in a table that stays."""
        if self.live is None or self.target is None:
            return ()
        return tuple(column.name for column in self.live.columns if self.target.column(column.name) is None)


@dataclass(slots=True)
class Phases:
    """The statements, by when they can run, where tables are altered in place."""

    drop_foreign: list[str] = field(default_factory=list)
    drop_members: list[str] = field(default_factory=list)
    drop_tables: list[str] = field(default_factory=list)
    create_tables: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    renames: list[str] = field(default_factory=list)
    constraints: list[str] = field(default_factory=list)
    indexes: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    rest: list[str] = field(default_factory=list)

    def statements(self) -> tuple[str, ...]:
        """Return all of them in order."""
        return (
            *(*self.drop_foreign, *self.drop_members, *self.drop_tables, *self.create_tables),
            *(*self.columns, *self.renames, *self.constraints, *self.indexes, *self.foreign, *self.rest),
        )


def changes(live: Mapping[str, Table], targets: Targets) -> tuple[Change, ...]:
    """Return what has to change, one item a table.

    Raises:
        CannotAlter: when it is no ordinary table, or a table is named twice.
    """
    found = []
    for key, target in targets:
        table = live.get(key)
        if [name for name, _ in targets].count(key) > 1:
            raise CannotAlter(f"Table {key} is named twice.")
        if target is not None and target.name != key:
            raise CannotAlter(f"Table {key} would have to be renamed to {target.name}.")
        if table == target:
            continue
        for one in (table, target):
            if one is not None and one.kind != "table":
                raise CannotAlter(f"{key} is a {one.kind.replace('-', ' ')} table, which is left as it is.")
        found.append(Change(key, table, target))
    return tuple(found)


def without_foreign_keys(table: Table) -> tuple[Constraint, ...]:
    """Return the constraints of a table that are about no other."""
    return tuple(one for one in table.constraints if one.kind != "foreign")


def check_one(text: str, pieces: re.Pattern[str]) -> str:
    """Return a piece of SQL as the catalogue prints it, when it is one and no statement hides behind it.

    Args:
        text: the piece.
        pieces: finds strings and quoted names; as `open` and `close`, brackets; as `end`, what must not be in there.

    Raises:
        CannotAlter: when it is more than that; it may come from a file.
    """
    depth = 0
    for match in pieces.finditer(text):
        depth += (match["open"] is not None) - (match["close"] is not None)
        if match["end"] or depth < 0:
            break
    else:
        if depth == 0:
            return text
    raise CannotAlter(f"This is not one expression: {text[:200]!r}.")


def check_views(views: Sequence[View], key: str, columns: Sequence[str] | None) -> None:
    """Raise CannotAlter when a view uses one of the columns, or, for None, the table."""
    using = views_on(views, key, columns)
    if using:
        what = f"table {key}" if columns is None else f"{key} ({', '.join(columns)})"
        one = len(using) == 1
        raise CannotAlter(
            f"The view{'' if one else 's'} {', '.join(using)} use{'s' if one else ''} {what}: "
            f"drop {'it' if one else 'them'} first, and make {'it' if one else 'them'} again afterwards."
        )


def fills_of(fills: Sequence[tuple[str, str, str]], key: str) -> dict[str, str]:
    """Return the values to fill in, by the columns of one table.

    Raises:
        CannotAlter: when one cannot be in a text.
    """
    found = {column: value for table, column, value in fills if table == key}
    for column, value in found.items():
        if "\0" in value:
            raise CannotAlter(f"The value for {key}.{column} has a NUL character in it.")
    return found


def listed(names: Sequence[str]) -> str:
    """Return names in double quotes with commas between them."""
    return ", ".join(map(quoted, names))


def actions(on_delete: str, on_update: str, deferrable: str) -> Iterator[str]:
    """Yield what follows the target of a foreign key, or, with actions of "", any constraint that can be deferred.

    Raises:
        CannotAlter: when an action is none.
    """
    for event, action in (("DELETE", on_delete), ("UPDATE", on_update)):
        if action not in ("", "restrict", "cascade", "set null", "set default"):
            raise CannotAlter(f"A foreign key cannot do {action!r}.")
        if action:
            yield f"ON {event} {action.upper()}"
    if deferrable:
        yield "DEFERRABLE INITIALLY DEFERRED" if deferrable == "deferred" else "DEFERRABLE"
