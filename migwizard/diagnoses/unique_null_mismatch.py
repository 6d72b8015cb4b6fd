"""A pending migration makes a unique rule that takes NULLs for equal on SQL Server.

## What it finds
UniqueConstraints without a condition, not applied yet, over columns that may be NULL: the installed
mssql-django makes constraints of them. For unique=True and unique_together it makes filtered indexes, which
leave NULLs out; these are not told.

## Why it matters
Everywhere else two rows without a value are not duplicates, and Django's own validation agrees. On SQL
Server the second one fails with error 2627, and where there are two already, `migrate` fails with 1505.

## Example
`UniqueConstraint(fields=["slug"], name="one_slug")` where slug has null=True.

## How it is repaired
Give the constraint the condition that its columns are not NULL, or use unique=True.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info("unique-null-mismatch", "warning", "Rows without a value would be taken for duplicates")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
