"""What pending operations will do, statement by statement, as a rehearsal without any server has seen it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..graph import Key

MemberKind = Literal["primary", "unique", "index", "foreign", "check", "default"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """The SQL of one kind of server, in one version."""

    name: str
    """`postgresql`, `sqlite`, `mysql`, `mariadb` or `microsoft`."""
    title: str
    """As users write it: `MariaDB 11.4`."""
    version: tuple[int, ...] = ()
    backend: str = ""
    """The package that makes the SQL, where it is not Django itself: `mssql-django 2.0`."""
    character_bytes: int = 4
    """How many bytes an index of MySQL or MariaDB reserves for a character."""


@dataclass(frozen=True, slots=True)
class RehearsedColumn:
    """A column, as the statements so far have made it."""

    name: str
    type: str
    """In lower case: `varchar(20)`, `nvarchar(max)`."""
    nullable: bool = True
    default: bool = False
    """Whether the server fills it: by a default, an identity, or because it is computed."""
    identity: bool = False
    computed: str = ""
    """The expression of a generated column."""


@dataclass(frozen=True, slots=True)
class Member:
    """An index or a constraint of a table, as the statements so far have made it."""

    name: str
    kind: MemberKind
    columns: tuple[str, ...] = ()
    unique: bool = False
    condition: str = ""
    """The predicate of a partial index, or what a check says."""
    also: tuple[str, ...] = ()
    """Columns that it depends on beside its own: in its condition, or included."""
    references: tuple[str, str] | None = None
    """The table and the column that a foreign key points to."""
    cascades: bool = False
    """Whether the server itself deletes or changes the rows that point to a row that goes."""
    certain: bool = True
    """False where the server gives the name."""

    @property
    def touches(self) -> frozenset[str]:
        """The columns that cannot change without it."""
        return frozenset((*self.columns, *self.also))


EventKind = Literal[
    "adds-column",
    "adds-empty",
    "lacks-identity",
    "alters-column",
    "renames-column",
    "drops-column",
    "makes",
    "loses",
    "breaks",
    "refuses",
]


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happens to a table while an operation is rehearsed."""

    kind: EventKind
    table: str
    column: RehearsedColumn | None = None
    """The column as it is afterwards."""
    before: RehearsedColumn | None = None
    """The column as it was."""
    member: Member | None = None
    """What is made, or what goes although the models still have it."""
    parts: tuple[RehearsedColumn, ...] = ()
    """The columns of `member`, or all of the table where one of them is altered."""
    target: RehearsedColumn | None = None
    """The column that a foreign key points to, where it is known."""
    dependents: tuple[Member, ...] = ()
    """What depends on the column at that moment."""
    computed: tuple[str, ...] = ()
    """Generated columns that are computed from the column."""
    cycle: tuple[str, ...] = ()
    """Tables by which rows could be deleted twice, or in a circle, once this foreign key cascades."""
    new: bool = False
    """Whether the same migration makes the table."""
    text: str = ""
    """The statement, or what the backend says."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One pending operation, and what came of it in a rehearsal."""

    key: Key
    operation: int
    title: str
    events: tuple[Event, ...] = ()
    sql: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()
    """Statements that it leaves for the end of its migration."""
    note: str = ""
    """Why the SQL, or a part of it, cannot be known without a server; or that code runs that is no SQL."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Rows that are there now, and that a pending operation will meet."""

    key: Key
    operation: int
    table: str
    column: str
    kind: Literal["uncastable", "overlong", "cut", "any"]
    """Values that a new type does not take, that are too long for it, or that Django cuts off; or rows as such."""
    rows: int
    target: str = ""
    """The type that they do not fit."""
    examples: tuple[str, ...] = ()
    unless: tuple[Key, ...] = ()
    """Migrations whose code runs before, and may see to these rows."""


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is ahead of this database: its pending operations, rehearsed in its dialect."""

    dialect: Dialect
    operations: tuple[Rehearsed, ...] = ()
    crowds: tuple[Crowd, ...] = ()
    """Rows in the way, as far as they were counted."""
    failure: str = ""
    """Why the operations could not be rehearsed; empty when they were."""

    def of(self, key: Key) -> tuple[Rehearsed, ...]:
        """Return the operations of one migration."""
        return tuple(one for one in self.operations if one.key == key)
