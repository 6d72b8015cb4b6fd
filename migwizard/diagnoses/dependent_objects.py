"""A pending migration changes a column on which something depends that the backend leaves in place.

## What it finds
AlterField, RenameField and RemoveField operations on SQL Server, not applied yet, of a column that a
constraint, a filtered or including index, a default of the database or a generated column depends on, where
the installed mssql-django does not drop that first. What it drops and makes again by itself is not told.

## Why it matters
`migrate` fails with errors 5074 and 4922 ("one or more objects access this column"), or with 15336 for a
renamed column.

## Example
`price` gets more digits, and a CheckConstraint says that it is not negative.

## How it is repaired
Take the dependent out before the operation and put it back after it, in the same migration.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info(
    "dependent-objects", "error", "Something depends on a column that shall change", ("squash-override",)
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
