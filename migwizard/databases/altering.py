"""What altering a table has in common on every vendor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from migwizard.core.schema import Table, View
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
