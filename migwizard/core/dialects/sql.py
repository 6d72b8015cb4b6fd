"""One migration in the SQL of one kind of server."""

from __future__ import annotations

from dataclasses import dataclass

from ..graph import Key


@dataclass(frozen=True, slots=True)
class Obstruction:
    """What a server cannot do of one operation, or does wrong without a word."""

    finding: str
    """The name of the diagnosis that would tell it."""
    severity: str
    summary: str
    """A whole sentence."""
    way: str
    """How it is got round."""


@dataclass(frozen=True, slots=True)
class WrittenOperation:
    """One operation in the SQL of one kind of server."""

    title: str
    sql: tuple[str, ...] = ()
    deferred: tuple[str, ...] = ()
    """Statements that it leaves for the end of the migration."""
    note: str = ""
    """What is to be said beside the SQL, or in its place."""
    source: str = ""
    """The source of what runs, where that is no SQL."""
    obstructions: tuple[Obstruction, ...] = ()


@dataclass(frozen=True, slots=True)
class InDialect:
    """One migration in the SQL of one kind of server."""

    key: Key
    name: str
    """`postgresql`, `sqlite`, `mysql`, `mariadb` or `sqlserver`."""
    title: str
    """`MariaDB 11.4`."""
    backend: str = ""
    """The package that writes the SQL, where it is not Django itself."""
    connected: bool = False
    """Whether it is the database that is repaired."""
    operations: tuple[WrittenOperation, ...] = ()
    missing: str = ""
    """Why nothing can be written, in one sentence; empty where it can."""
    atomic: bool = True
    """Whether the migration runs in a transaction, where the server has one for it."""
