"""A pending migration makes a key on a column of a type that no key can be on.

## What it finds
Unique rules, indexes and primary keys, not applied yet, on TextField, JSONField or BinaryField columns where
this server refuses it: on SQL Server any of them (nvarchar(max), varbinary(max)), on MySQL any text without
a length, on MariaDB only as a primary key.

## Why it matters
`migrate` fails with error 1919 (SQL Server), 1170 or 3152 (MySQL). PostgreSQL and SQLite take it, so the
author never saw it fail.

## Example
`token = TextField(unique=True)` in a package that is tested on PostgreSQL alone.

## How it is repaired
A CharField with a max_length can be a key. For another package's app, squash-override writes migrations of
the project's own with one; in a migration of yours that nobody has applied, change the field.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info("unindexable-column", "error", "A column without a length shall be a key", ("squash-override",))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
