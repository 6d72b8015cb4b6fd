"""The life of each table through the migrations: one lineage a table, one version an operation that changed it.

A lineage follows its table through renames. Its versions may come from a replay, where every table is known exactly,
or from the walk of the states, where a version is *unknown* until the shadow schema has built it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..graph import Key
from ..schema import Table
from .effects import Effects, TableChange
from .objects import Ids

OperationKey = tuple[Key, int]
"""A migration's key and the index of an operation in it, from 0."""


@dataclass(frozen=True, slots=True)
class Version:
    """A table as one operation left it."""

    operation: OperationKey
    name: str | None
    """Name of the table after the operation; None when it dropped the table."""
    table: Table | None = None
    """The table, once it is known; None when it was dropped or is not known yet."""
    ids: Ids = field(default_factory=lambda: Ids({}, {}))
    follows: bool = False
    """Nothing about the table changed but the names of others that it points to: it says nothing of the operation."""

    @property
    def known(self) -> bool:
        """Whether `table` can be relied on: the table is there, or it is known to be gone."""
        return self.table is not None or self.name is None


@dataclass(frozen=True, slots=True)
class Lineage:
    """One table through all migrations."""

    id: str
    """Its first name; `name#2` for the second table that was given that name."""
    versions: tuple[Version, ...]
    opaque: tuple[Key, ...] = ()
    """Migrations with operations that may have changed the table without the state knowing; empty once replayed."""

    def names(self) -> frozenset[str]:
        """Return every name that the table has ever had."""
        return frozenset(version.name for version in self.versions if version.name is not None)

    def after(self, operations: frozenset[OperationKey]) -> int:
        """Return how many leading versions are by these operations, or -1 if they are not the leading ones."""
        flags = [version.operation in operations for version in self.versions]
        count = sum(flags)
        return count if all(flags[:count]) else -1


@dataclass(slots=True)
class _Life:
    """A lineage while it is being collected."""

    id: str
    versions: list[Version] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)


class Chronicle:
    """Collects table changes, in the order in which they happened, into lineages."""

    def __init__(self) -> None:
        self.lives: dict[str, _Life] = {}
        self.current: dict[str, str] = {}

    def add(self, operation: OperationKey, changes: Iterable[TableChange]) -> None:
        """Add what one operation changed."""
        changes = tuple(changes)
        for change in changes:
            if change.before is None and change.after is not None and change.after not in self.current:
                self.current[change.after] = self._begin(change.after)
        moves = {}
        for change in changes:
            if change.before is not None and change.before != change.after and change.before in self.current:
                moves[change] = self.current.pop(change.before)
        for change, life in moves.items():
            if change.after is not None:
                self.current[change.after] = life
        for change in changes:
            life_id = moves.get(change) or self.current.get(change.after or "")
            if life_id is not None:
                self._extend(self.lives[life_id], operation, change)

    def lineages(self, opaque: Mapping[str, tuple[Key, ...]] | None = None) -> tuple[Lineage, ...]:
        """Return everything collected so far; `opaque` is keyed by lineage id."""
        marks = opaque or {}
        first: dict[str, str] = {}
        for life in self.lives.values():
            first.setdefault(life.id.split("#")[0], life.id)
        return tuple(
            Lineage(
                life.id, tuple(_resolve(version, first) for version in life.versions), marks.get(life.id, ())
            )
            for life in self.lives.values()
        )

    def _begin(self, name: str) -> str:
        number = 1 + sum(life.id.split("#")[0] == name for life in self.lives.values())
        life = _Life(name if number == 1 else f"{name}#{number}")
        self.lives[life.id] = life
        return life.id

    def _extend(self, life: _Life, operation: OperationKey, change: TableChange) -> None:
        renamed = dict(change.columns)
        carried = {renamed.get(name, name): key for name, key in life.columns.items()}
        if change.table is not None:
            carried = {
                column.name: carried.get(column.name) or _new_id(column.name, life)
                for column in change.table.columns
            }
        life.columns = carried
        life.taken.update(carried.values())
        targets: dict[str, str] = {}
        if change.table is not None:
            for constraint in change.table.constraints:
                if constraint.references is not None:
                    name = constraint.references[0]
                    targets[name] = self.current.get(name, f"?{name}")
        version = Version(operation, change.after, change.table, Ids(dict(carried), targets), change.follows)
        if life.versions and points_to_the_same(life.versions[-1], version):
            version = replace(version, follows=True)
        if life.versions and life.versions[-1].operation == operation:
            life.versions[-1] = version
        elif not (life.versions and holds_the_same(life.versions[-1].table, version.table)):
            life.versions.append(version)


def points_to_the_same(before: Version, after: Version) -> bool:
    """Tell whether two versions of a table differ in nothing but the names of the tables that they point to."""

    def pointing(version: Version, table: Table) -> Table:
        constraints = tuple(
            replace(one, references=(version.ids.table(one.references[0]), one.references[1]))
            if one.references is not None
            else one
            for one in table.constraints
        )
        return replace(table, constraints=constraints)

    if before.table is None or after.table is None or before.table.columns != after.table.columns:
        return False
    if before.ids.tables == after.ids.tables:
        return False
    return holds_the_same(pointing(before, before.table), pointing(after, after.table))


def holds_the_same(before: Table | None, after: Table | None) -> bool:
    """Tell whether two versions of a table differ in nothing but the order of what they hold.

    SQLite rebuilds a table for many an operation that changes nothing about it.
    """
    return (
        before is not None
        and after is not None
        and before.name == after.name
        and before.comment == after.comment
        and set(before.columns) == set(after.columns)
        and set(before.constraints) == set(after.constraints)
        and set(before.indexes) == set(after.indexes)
        and set(before.triggers) == set(after.triggers)
    )


def _resolve(version: Version, first: Mapping[str, str]) -> Version:
    """Point references to tables that an operation created only later (deferred foreign keys) to their lineage."""
    if all(target[0] != "?" for target in version.ids.tables.values()):
        return version
    tables = {
        name: first.get(name, key) if key[0] == "?" else key for name, key in version.ids.tables.items()
    }
    return replace(version, ids=Ids(version.ids.columns, tables))


def _new_id(name: str, life: _Life) -> str:
    key, number = name, 2
    while key in life.taken:
        key, number = f"{name}#{number}", number + 1
    life.taken.add(key)
    return key


def from_effects(effects: Effects) -> tuple[Lineage, ...]:
    """Return the lineages of a replay."""
    chronicle = Chronicle()
    for migration in effects.migrations:
        for operation in migration.operations:
            if operation.changes:
                chronicle.add((operation.migration, operation.index), operation.changes)
    return chronicle.lineages()
