"""A pending migration adds an AutoField, and the installed backend would leave IDENTITY out.

## What it finds
AddField operations of an AutoField on a table that exists, for which the installed mssql-django writes a
column without IDENTITY, as versions before 1.6 do.

## Why it matters
No error comes at once: the column is there, and NOT NULL. Every row that is written afterwards fails,
because the server gives it no number.

## Example
A model's primary key was a text; a migration removes it and adds `id = AutoField(primary_key=True)`.

## How it is repaired
Install a newer mssql-django, or let the field be made together with its table (squash-override for another
package's app).
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info("missing-identity", "error", "An AutoField would be added without IDENTITY", ("squash-override",))


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
