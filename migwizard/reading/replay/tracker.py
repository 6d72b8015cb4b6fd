"""Sees which tables change, and keeps them as they were last seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from ...core.schema import Constraint, Index, Table
from ...core.truths.effects import TableChange
from ...databases import of
from .renames import Pair, Renames

NOT_DDL = re.compile(r"\s*(INSERT|UPDATE|DELETE|SAVEPOINT|RELEASE|ROLLBACK|SET CONSTRAINTS)\b", re.IGNORECASE)
QUOTED = re.compile(r'"((?:[^"]|"")+)"')

Parts = tuple[tuple[Constraint, ...], tuple[Index, ...]]
"""Constraints and indexes that were added to a table."""


class Tracker:
    """The tables of one database, as they were when it was last looked at.

    Args:
        connection: where to look.
        unheard: returns a context in which our own queries are not taken for the migration's.
        thorough: read every table at every look, and not only those whose catalogue rows changed.
    """

    def __init__(
        self, connection: Any, unheard: Callable[[], AbstractContextManager[None]], *, thorough: bool = False
    ) -> None:
        self.database = of(connection)
        self.unheard = unheard
        self.thorough = thorough
        self.tables: dict[str, Table] = {}
        self.prints: Mapping[str, str] = {}

    def start(self) -> None:
        """Take the tables as they are now for known."""
        with self.unheard():
            self.prints, names = self.database.changed_tables(None)
            self.tables = self._read(names)

    def look(self, executed: Collection[str] | None = None) -> dict[str, Table | None]:
        """Return the tables that differ from what is known, None for one that is gone, without taking note of it.

        `executed` are the statements since the last look; when they are all changes of rows, or none, only the
        catalogue's own traces are trusted.
        """
        with self.unheard():
            self.prints, names = self.database.changed_tables(self.prints)
            changes_schema = executed is None or not all(NOT_DDL.match(sql) for sql in executed)
            if self.thorough and changes_schema:
                names = frozenset(self.prints) | frozenset(self.tables)
            seen = self._differing(names)
            while more := self._pointing_at(seen) - names:
                names |= more
                seen |= self._differing(more)
        return seen

    def read(self, names: Collection[str]) -> dict[str, Table]:
        """Return some tables as they are now."""
        with self.unheard():
            return self._read(names)

    def note(self, seen: Mapping[str, Table | None]) -> None:
        """Take what was seen for known."""
        for name, table in seen.items():
            if table is None:
                self.tables.pop(name, None)
            else:
                self.tables[name] = table

    def changes(
        self, seen: Mapping[str, Table | None], renames: Renames = ((), {})
    ) -> tuple[TableChange, ...]:
        """Return what was seen as changes, renames among them where they did happen, and take it for known."""
        found: list[TableChange] = []
        rest = dict(seen)
        for old, new in renames[0]:
            table = rest.get(new)
            if (
                table is not None
                and new not in self.tables
                and old in self.tables
                and rest.get(old, table) is None
            ):
                found.append(TableChange(old, new, table, _columns(renames, self.tables[old], table)))
                del rest[old], rest[new]
        for name, table in sorted(rest.items()):
            known = self.tables.get(name)
            columns = _columns(renames, known, table) if known and table else ()
            found.append(TableChange(name if known else None, name if table else None, table, columns))
        self.note(seen)
        return tuple(found)

    def _read(self, names: Collection[str]) -> dict[str, Table]:
        if not names:
            return {}
        schemas = sorted({name.split(".", 1)[0] for name in names if "." in name})
        return dict(self.database.snapshot(also=schemas, tables=names).tables)

    def _differing(self, names: Collection[str]) -> dict[str, Table | None]:
        now = self._read(names)
        return {name: now.get(name) for name in sorted(names) if now.get(name) != self.tables.get(name)}

    def _pointing_at(self, seen: Mapping[str, Table | None]) -> frozenset[str]:
        """Return the known tables whose foreign keys name something of `seen` that has another name now, or none."""
        moved = set()
        for name, table in seen.items():
            known = self.tables.get(name)
            if known and (
                table is None or [c.name for c in known.columns] != [c.name for c in table.columns]
            ):
                moved.add(name)
        if not moved:
            return frozenset()
        return frozenset(
            table.name
            for table in self.tables.values()
            if any(each.references is not None and each.references[0] in moved for each in table.constraints)
        )


def _columns(renames: Renames, before: Table, after: Table) -> tuple[Pair, ...]:
    """Return the columns that were to be renamed, and were."""
    old, new = {column.name for column in before.columns}, {column.name for column in after.columns}
    return tuple(
        pair for pair in renames[1].get(after.name, ()) if pair[0] in old - new and pair[1] in new - old
    )


def mentioned(sql: str) -> frozenset[str]:
    """Return every quoted name in a statement, and every two with a dot between them as one."""
    names = [name.replace('""', '"') for name in QUOTED.findall(sql)]
    qualified = [match.replace('"', "") for match in re.findall(r'"[^"]+"\."[^"]+"', sql)]
    return frozenset((*names, *qualified))


def added(before: Table, after: Table) -> Parts | None:
    """Return the constraints and indexes that `after` has more than `before`; None when it differs in anything else."""
    constraints = tuple(each for each in after.constraints if each not in before.constraints)
    indexes = tuple(each for each in after.indexes if each not in before.indexes)
    less = replace(
        after,
        constraints=tuple(each for each in after.constraints if each not in constraints),
        indexes=tuple(each for each in after.indexes if each not in indexes),
    )
    same = set(less.constraints) == set(before.constraints) and set(less.indexes) == set(before.indexes)
    if not same or replace(less, constraints=before.constraints, indexes=before.indexes) != before:
        return None
    return constraints, indexes
