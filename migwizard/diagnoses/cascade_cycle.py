"""A pending migration makes foreign keys by which SQL Server would come to the same rows twice.

## What it finds
Foreign keys that cascade in the database itself (DB_CASCADE, DB_SET_NULL and DB_SET_DEFAULT of Django 6.1 and
later), not applied yet, that close a circle or a second way to the same table, on SQL Server.

## Why it matters
SQL Server refuses such a foreign key with error 1785, where every other database takes it.

## Example
A comment points to its order and to its author, and the order to the same author, each with DB_CASCADE.

## How it is repaired
Let Django delete (CASCADE) on one of the ways.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info("cascade-cycle", "error", "The server would delete the same rows by two ways")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
