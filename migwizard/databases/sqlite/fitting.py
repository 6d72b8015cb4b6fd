"""Values that do not fit the type of their column: SQLite keeps them, and reports no error."""

from __future__ import annotations

import re

from migwizard.core.schema.names import quoted

WHOLE = re.compile(r"^(big|small|tiny)?int(eger)?( unsigned)?$")
FRACTIONS = ("decimal", "real", "numeric", "double precision")
DAY, CLOCK = "[0-9][0-9][0-9][0-9]-[0-9]*-[0-9]*", "[0-9]*:[0-9]*"
"""What a date and a time look like, as Django reads them from SQLite."""


def overlong(column: str, kind: str) -> str:
    """Return the condition of values longer than a type says; empty for a type without a length."""
    found = re.fullmatch(r"(?:var)?char\((\d+)\)", kind.lower())
    return f"length({quoted(column)}) > {int(found[1])}" if found else ""


def uncastable(column: str, kind: str) -> str:
    """Return the condition of values that are none of a type; empty for a type that takes everything.

    A column with the affinity of a number keeps what does not look like one as it is, and in SQLite's order every
    text and every BLOB comes after every number; comparing applies the affinity.
    """
    name, kind = quoted(column), kind.lower()
    if WHOLE.match(kind) or kind in FRACTIONS or kind.startswith(("decimal", "numeric")):
        condition = f"{name} > CAST('9e999' AS REAL)"
        if WHOLE.match(kind):
            # CAST of a text takes the digits at its beginning: '1e3' is 1 by itself, and 1000 as a number.
            whole = f"{name} <> CAST({name} AS INTEGER) AND {name} <> CAST(CAST({name} AS REAL) AS INTEGER)"
            condition += f" OR ({name} <= CAST('9e999' AS REAL) AND {whole})"
        return f"({condition})"
    if kind == "bool":
        return f"{name} NOT IN (CAST(0 AS INTEGER), CAST(1 AS INTEGER))"
    if kind == "date":
        return f"({name} NOT GLOB '{DAY}' OR length({name}) > 10)"
    if kind == "datetime":
        return f"{name} NOT GLOB '{DAY}*'"
    if kind == "time":
        return f"({name} NOT GLOB '{CLOCK}' OR {name} GLOB '{DAY}*')"
    if kind == "char(32)":
        return f"(length({name}) <> 32 OR {name} GLOB '*[^0-9a-fA-F]*')"
    return ""
