"""A pending migration makes a key that is longer than this server allows.

## What it finds
Unique rules, indexes and primary keys, not applied yet, whose columns take more bytes than a key may have:
3072 on MySQL and MariaDB, counted with the bytes a character takes in the database's character set; 1700
(900 for a primary key) on SQL Server. MariaDB cuts an index on one column and hashes a long unique rule
without an error: that is not told.

## Why it matters
On MySQL and MariaDB `migrate` fails with error 1071, and the half of the migration before it stays. SQL
Server makes the key, and refuses each row that is too long for it when it is written (error 1946).

## Example
A `CharField(max_length=1000, unique=True)` on MySQL with utf8mb4: 4000 bytes.

## How it is repaired
Give the field a smaller max_length, or leave the key out; for another package's app, in migrations of the
project's own (squash-override).
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info(
    "key-too-long", "error", "A key takes more bytes than the server has for one", ("squash-override",)
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
