"""A pending migration makes a foreign key between columns of different types, on MySQL or MariaDB.

## What it finds
Foreign keys, not applied yet, whose column gets another type than the one it points to really has, told from
all that the migrations have made: where a type was changed in the state alone, for example.

## Why it matters
MySQL refuses it with error 3780, MariaDB with 1005 (errno 150). The table or column stays, without the
foreign key.

## Example
A migration made the primary key a BigAutoField by state_operations alone, because the table was too big to
alter; a new model points to it with a bigint.

## How it is repaired
Bring the column that is pointed to to the type that its model has.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import found
from .base import Info

INFO = Info("foreign-key-type-mismatch", "error", "A foreign key would point to a column of another type")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that it is true of."""
    return found(situation, INFO)
