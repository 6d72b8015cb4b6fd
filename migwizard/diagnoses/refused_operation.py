"""The backend of this database refuses a pending operation.

## What it finds
Operations of migrations that are not applied yet, which the installed backend refuses with an exception
(NotImplementedError, NotSupportedError), told by a rehearsal that needs no server. Changes to and from an
AutoField on SQL Server are identity-change.

## Why it matters
`migrate` stops there. On MySQL and MariaDB, what the migration did before that stays, half applied.

## Example
A UniqueConstraint whose condition has an OR in it, on SQL Server: "The backend does not support OR
conditions on unique constraint".

## How it is repaired
The migration must ask for something else on this database. Of another package's app, the project can have
its own migrations (MIGRATION_MODULES), which squash-override writes.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info(
    "refused-operation", "error", "A pending operation is refused by the backend", ("squash-override",)
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
