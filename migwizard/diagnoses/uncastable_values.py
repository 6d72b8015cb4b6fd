"""Rows hold values that the new type of their column does not take.

## What it finds
AlterField operations, not applied yet, that change the type of a column in which some rows hold a value that
is none of the new type: a word in what shall be a number. On PostgreSQL, SQL Server and SQLite,
and counted.

## Why it matters
PostgreSQL and SQL Server refuse the migration (22P02, 22003; 245, 8114). SQLite reports no error at all: the
text stays in a column
that Django takes for numbers or dates, and reading those rows fails or gives None later.

## Example
`size = CharField` becomes an IntegerField, and one row says "XL".

## How it is repaired
Correct the rows, or clean them by a RunPython before the operation; then migrate.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import crowds, of_crowd
from .base import Info, plural

INFO = Info("uncastable-values", "error", "Rows hold values that a column's new type does not take")

ERRORS = {
    "postgresql": "error 22P02 (invalid input) or 22003 (out of range)",
    "microsoft": "error 245 or 8114 (conversion failed) or 8115 (arithmetic overflow)",
}


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that such rows are in the way of."""
    findings = []
    for crowd in crowds(situation, ("uncastable",)):
        silent = situation.database.vendor == "sqlite"
        what = f"makes {crowd.table}.{crowd.column} {crowd.target}; {plural(crowd.rows, 'row')} of it"
        verb = "holds" if crowd.rows == 1 else "hold"
        end = "SQLite keeps it without an error" if silent else "the server refuses it"
        why = (
            "SQLite does not enforce types; Django fails on such a value, or takes it for None, when it reads the row"
            if silent
            else ERRORS.get(situation.database.vendor, "the migration fails on them")
        )
        findings.append(
            of_crowd(
                situation, INFO, crowd, f"{what} {verb} something else, and {end}.", (why,), error=not silent
            )
        )
    return tuple(findings)
