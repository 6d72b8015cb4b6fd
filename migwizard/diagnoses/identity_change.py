"""A pending migration changes a column to or from an AutoField, which SQL Server cannot do.

## What it finds
AlterField operations that have not been applied, and that the installed mssql-django refuses because the
field is an AutoField only before or only after. Between AutoField and BigAutoField it works, and is not told.

## Why it matters
SQL Server cannot give IDENTITY to a column that is there, nor take it away. `migrate` ends with
NotImplementedError at this operation, and every later migration of the app waits behind it.

## Example
A package made its primary key an IntegerField, and makes it a BigAutoField later.

## How it is repaired
The field must be born as it is in the end. For another package's app, squash-override writes migrations of
the project's own; in a migration of yours that nobody has applied, change its CreateModel operation.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info(
    "identity-change",
    "error",
    "A column cannot become an AutoField, or cease to be one",
    ("squash-override",),
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
