"""A database schema as plain data, the same for every vendor.

Whatever a vendor's catalogue says is turned into these structures by `migwizard.databases`; the comparison never
asks which vendor it came from. Texts (types, defaults, expressions) are the catalogue's own rendering, so two texts
are compared only when the same server rendered both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

Identity = Literal["", "identity", "serial", "autoincrement"]
TableKind = Literal[
    "table", "view", "materialized-view", "partitioned", "foreign", "virtual", "temporal", "memory-optimized"
]
ConstraintKind = Literal["primary", "unique", "check", "foreign", "exclude"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    name: str
    type: str
    """Exact type as the catalogue prints it, lower case: `character varying(30)`, `varchar(30)`, `integer`."""
    nullable: bool
    default: str | None = None
    """Default expression as the catalogue prints it; None without one, and for identity and serial columns."""
    identity: Identity = ""
    """How the server numbers new rows: an identity column, a sequence owned by the column, AUTOINCREMENT, or not."""
    generated: str | None = None
    """Expression of a generated column, prefixed by `stored ` or `virtual `."""
    collation: str | None = None
    """Collation, when it is not the default of the database."""
    comment: str | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A primary key, unique, check, exclusion or foreign-key constraint."""

    kind: ConstraintKind
    name: str
    """Name in the catalogue; empty where the server gives none (SQLite's inline constraints)."""
    columns: tuple[str, ...]
    """Constrained columns in the constraint's order; for a check, those that it mentions, if known."""
    definition: str = ""
    """Expression of a check or exclusion constraint as the catalogue prints it."""
    references: tuple[str, tuple[str, ...]] | None = None
    """Table and columns that a foreign key points to."""
    on_delete: str = ""
    """Referential action in lower case (`cascade`, `set null`, …); empty for `no action`."""
    on_update: str = ""
    deferrable: Literal["", "deferrable", "deferred"] = ""
    """`deferred` means DEFERRABLE INITIALLY DEFERRED."""
    validated: bool = True
    nulls_distinct: bool = True
    include: tuple[str, ...] = ()
    enforced: bool = True
    """Whether rows are held to it at all: SQL Server can disable a check or a foreign key."""


@dataclass(frozen=True, slots=True)
class IndexPart:
    """One key of an index: a column, or an expression."""

    column: str | None
    expression: str | None = None
    descending: bool = False
    nulls: Literal["", "first", "last"] = ""
    """Only when it differs from the default of the direction."""
    opclass: str = ""
    """Operator class, when it is not the default of the type and method."""
    collation: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """An index that does not merely back a constraint."""

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    condition: str = ""
    """Predicate of a partial index as the catalogue prints it."""
    include: tuple[str, ...] = ()
    method: str = ""
    """Access method in lower case; empty for the server's ordinary one (B-tree)."""
    valid: bool = True
    nulls_distinct: bool = True
    options: str = ""
    """Storage parameters, as `fillfactor=70, autosummarize=on`, sorted."""


@dataclass(frozen=True, slots=True)
class Trigger:
    """A user's trigger on a table; those that implement constraints are left out."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True)
class View:
    """A view or materialized view, and the columns of tables that it depends on."""

    name: str
    kind: TableKind
    definition: str
    depends_on: tuple[tuple[str, str], ...]
    """(table, column) pairs; the column is empty where only the table is known."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table. `name` is what identifies it everywhere; see `Snapshot.tables`."""

    name: str
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    kind: TableKind = "table"
    comment: str | None = None
    rows: int | None = field(default=None, compare=False, repr=False)
    """The server's own estimate of the number of rows, if it has one."""
    definition: str = field(default="", compare=False, repr=False)
    """The statement that made the table, where the database keeps it (SQLite); it says the same in its own words."""

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def sound(self) -> Table:
        """Return the table without invalid indexes: they serve no query, and no statement makes such a one."""
        return replace(self, indexes=tuple(index for index in self.indexes if index.valid))


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The tables and views of one database schema at one moment.

    Keys of `tables` are the table names; a table outside the schema that was read is keyed `schema.name`.
    """

    schema: str
    """Name of the schema (PostgreSQL, SQL Server); `main` on SQLite."""
    tables: Mapping[str, Table]
    views: tuple[View, ...] = ()


def table_key(db_table: str, schema: str = "") -> str:
    """Return the key of a model's `db_table` in a snapshot of `schema`.

    Projects name a table in another schema by smuggling quotes into `db_table`: `audit"."log` or
    `"audit"."log"`, on SQL Server `audit].[log` or `[audit].[log]`. All are keyed `audit.log`, or just `log` when that
    is the schema which was read.
    """
    place = place_of(db_table)
    if place is None:
        return db_table.strip('"') if db_table[:1] == '"' == db_table[-1:] and len(db_table) > 1 else db_table
    namespace, name = place
    return name if namespace == schema else f"{namespace}.{name}"


def place_of(db_table: str) -> tuple[str, str] | None:
    """Return schema and name of a table whose `db_table` names both; None where it names no schema."""
    for start, separator, end in (('"', '"."', '"'), ("[", "].[", "]")):
        namespace, found, name = db_table.partition(separator)
        if found and namespace and name:
            return namespace.removeprefix(start), name.removesuffix(end)
    return None
