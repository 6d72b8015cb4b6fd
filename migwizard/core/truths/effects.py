"""What each operation did to the schema, in the order in which a database is migrated from zero."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..graph import Key
from ..schema import Table


@dataclass(frozen=True, slots=True)
class TableChange:
    """One table before and after one operation."""

    before: str | None
    """Name before the operation; None when the operation created the table."""
    after: str | None
    """Name after it; None when the operation dropped the table. Another name than `before` is a rename."""
    table: Table | None
    """The whole table after the operation; None when it was dropped."""
    columns: tuple[tuple[str, str], ...] = ()
    """Columns that the operation renamed, as (old, new)."""
    follows: bool = field(default=False, compare=False)
    """Only the names of tables that it points to changed; told where `table` is not known."""


@dataclass(frozen=True, slots=True)
class OperationEffect:
    """The tables that one operation changed; none for an operation without effect on the schema."""

    migration: Key
    index: int
    """Index of the operation in its migration, from 0."""
    changes: tuple[TableChange, ...] = ()


@dataclass(frozen=True, slots=True)
class MigrationEffects:
    """The effects of one migration's operations."""

    key: Key
    operations: tuple[OperationEffect, ...]


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects of a chain of migrations replayed from zero, in the order in which they ran."""

    migrations: tuple[MigrationEffects, ...]
    failure: str = ""
    """Why the replay stopped before its end; empty when it is whole."""
    failed_at: Key | None = None
    signals: tuple[TableChange, ...] = ()
    """What receivers of pre_migrate and post_migrate changed in the schema, after the last migration."""
