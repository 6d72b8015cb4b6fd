"""A pending migration takes away an index or a unique rule that the models still have.

## What it finds
AlterField and RenameField operations on SQL Server, not applied yet, for which the installed mssql-django
drops an index or a constraint to alter a column and does not make it again: unique rules with a condition,
indexes of tables that point to an altered key, the foreign key of a many-to-many table to it, both of two
rules over the same columns, and what else a rehearsal shows to be gone.

## Why it matters
There is no error. From then on duplicates can be written, or queries are slow, and no later migration brings
it back, because Django believes that it is there. Afterwards it is schema-drift.

## Example
A verified address must be unique. The field loses unique=True, and the conditional UniqueConstraint over the
same column goes with it.

## How it is repaired
Add a migration directly after it that drops what may be left of it and makes it again, or let migwizard
bring the table into its shape afterwards (align-schema, on the schema-drift that it will be).
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info(
    "lost-index", "warning", "An index or a unique rule would go without a word", ("squash-override",)
)


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
