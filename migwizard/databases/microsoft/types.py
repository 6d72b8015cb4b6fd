"""Types of columns as SQL Server writes them in a definition."""

from __future__ import annotations

from migwizard.core.schema.names import bracketed

UNICODE = ("nchar", "nvarchar")
SIZED = ("char", "varchar", "binary", "varbinary", *UNICODE)
SCALED = ("datetime2", "datetimeoffset", "time")
EXACT = ("decimal", "numeric")

MOST = -1
"""Length of a `max` type in the catalogue."""

DOUBLE = 53
"""Binary digits of `float` when it says nothing."""


def type_text(name: str, length: int, precision: int, scale: int, schema: str = "") -> str:
    """Return a type in lower case with what belongs to it: `nvarchar(30)`, `numeric(10,2)`, `datetime2(7)`.

    Args:
        name: its name in the catalogue.
        length: bytes at most, -1 for a `max` type.
        precision: decimal digits, or binary ones of a float.
        scale: digits of the fraction.
        schema: where a type of the users' own is; empty for one of the server's.
    """
    if schema:
        return f"{bracketed(schema)}.{bracketed(name)}"
    name = name.lower()
    if name in SIZED:
        # Two bytes a unit of UTF-16.
        units = length // 2 if name in UNICODE else length
        return f"{name}({'max' if length == MOST else units})"
    if name in EXACT:
        return f"{name}({precision},{scale})"
    if name in SCALED:
        return f"{name}({scale})"
    if name == "float" and precision != DOUBLE:
        return f"float({precision})"
    return name


def text(value: str) -> str:
    """Return a text as a literal of Unicode."""
    return "N'" + value.replace("'", "''") + "'"
