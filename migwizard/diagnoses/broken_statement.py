"""A pending migration makes Django execute the word None as a statement, on MySQL or MariaDB.

## What it finds
CreateModel operations, not applied yet, with a db_default and a UniqueConstraint that this database does not
have (one with a condition), where the installed Django puts None in its place.

## Why it matters
`migrate` fails with error 1064 after the table was made. Nothing rolls that back, so the next try fails
because the table exists.

## Example
`status = IntegerField(db_default=1)` and `UniqueConstraint(fields=["name"], condition=Q(status=1))`.

## How it is repaired
Move the constraint to an AddConstraint operation after it, or leave the db_default out.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info("broken-statement", "error", "Django would execute a statement that is none")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
