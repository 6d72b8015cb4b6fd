"""A pending migration adds a column that must not be NULL, and nobody says what the rows have in it.

## What it finds
AddField operations without a default, not applied yet, on a table with rows, on MySQL or MariaDB.

## Why it matters
Both fill the column with 0, an empty text or a date of zeros, without an error, in strict mode too. A foreign
key fails instead (error 1452), and so does a unique field with more than one row (1062).

## Example
`AddField("order", "rating", IntegerField())`, written by hand.

## How it is repaired
Give the operation a default with preserve_default=False, or add the field with null=True and fill it.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info("implicit-default", "warning", "Rows would get a value that nobody chose")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
