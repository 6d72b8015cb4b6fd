"""Rows hold texts that are longer than the new length of their column.

## What it finds
AlterField operations, not applied yet, that give a column a length or a smaller one, where some rows hold
longer texts. On PostgreSQL, SQL Server and SQLite, and counted.

## Why it matters
SQL Server refuses the migration (2628), PostgreSQL too (22001), or, where the kind of field changes too,
cuts the texts off without
an error. SQLite keeps them as they are without an error: they do not pass validation any more, and no move
to another database will take them.

## Example
`code = TextField` becomes a CharField of 20 characters, and three rows have more.

## How it is repaired
Shorten the rows, or choose a larger max_length; then migrate.
"""

from __future__ import annotations

from ..core.finding import Finding
from ..core.situation import Situation
from .ahead import crowds, of_crowd
from .base import Info, plural

INFO = Info("overlong-values", "error", "Rows hold texts that are longer than a column's new length")

REFUSED = "error 22001: value too long for type {}"
ERRORS = {"microsoft": "error 2628 or 8152: string or binary data would be truncated"}


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding for each pending operation that such rows are in the way of."""
    findings = []
    for crowd in crowds(situation, ("overlong", "cut")):
        silent = situation.database.vendor == "sqlite"
        what = f"makes {crowd.table}.{crowd.column} {crowd.target}; {plural(crowd.rows, 'row')} of it"
        verb = "is" if crowd.rows == 1 else "are"
        if silent:
            end, why = (
                "SQLite keeps it as it is",
                "SQLite does not enforce lengths; validation and other databases do",
            )
        elif crowd.kind == "cut":
            end = "PostgreSQL cuts off what is too long, without an error"
            why = "Django casts where the kind of field changes (USING), and a cast to a shorter text cuts"
        else:
            end, why = (
                "the server refuses it",
                ERRORS.get(situation.database.vendor, REFUSED).format(crowd.target),
            )
        error = not silent and crowd.kind != "cut"
        findings.append(
            of_crowd(situation, INFO, crowd, f"{what} {verb} longer, and {end}.", (why,), error=error)
        )
    return tuple(findings)
