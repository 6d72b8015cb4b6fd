"""What becomes of values when a column of SQL Server gets another type."""

from __future__ import annotations

import re

from ..base import CannotAlter
from ..fitting import digits_of, holds_all_digits, limits_of

INTEGERS = {"bit": 1, "tinyint": 8, "smallint": 15, "int": 31, "bigint": 63}
"""Bits of a number beside its sign."""

NUMBERS = (*INTEGERS, "numeric", "decimal", "money", "smallmoney", "float", "real")
EXACT = ("numeric", "decimal")
FLOATING = ("float", "real")
UNICODE = ("nchar", "nvarchar")
BINARIES = ("binary", "varbinary")
BYTES = {"char": 1, "varchar": 1, "nchar": 2, "nvarchar": 2, "binary": 1, "varbinary": 1}
"""Bytes of a unit of the types that have a length."""
STRINGS = ("char", "varchar", *UNICODE)
VARYING = ("varchar", "nvarchar", "varbinary")
MOMENTS = ("date", "time", "datetime2", "datetimeoffset", "datetime", "smalldatetime")
OLD_MOMENTS = ("datetime", "smalldatetime")

HEX_DIGITS = 32
"""Digits of a UUID as Django stores it."""

TYPE = re.compile(r"[a-z][a-z0-9_ ]*(?:\((?:max|\d+(?:,\d+)?)\))?|\[(?:[^\]]|\]\])*\]\.\[(?:[^\]]|\]\])*\]")


def sound_type(type_: str) -> str:
    """Return a type as the catalogue prints it, when it is one.

    Raises:
        CannotAlter: when it is more than that; it may come from a file.
    """
    if TYPE.fullmatch(type_) is None:
        raise CannotAlter(f"This is no type: {type_[:200]!r}.")
    return type_


def base_type(type_: str) -> str:
    """Return a type without what limits it: `nvarchar(30)` is an `nvarchar`."""
    return type_.partition("(")[0]


def holds_all(old: str, new: str) -> bool:
    """Tell whether every value of one type is one of another, so that no row has to be looked at."""
    before, after, given, limits = base_type(old), base_type(new), limits_of(old), limits_of(new)
    if before in INTEGERS and after in INTEGERS:
        return INTEGERS[after] >= INTEGERS[before]
    if after in EXACT and (before in INTEGERS or before in EXACT):
        return holds_all_digits(digits_of(INTEGERS[before]) if before in INTEGERS else given, limits)
    if before in BYTES and after in BYTES and (before in BINARIES) == (after in BINARIES):
        fits = not limits or (bool(given) and limits[0] >= given[0])
        return fits and (after in UNICODE or before not in UNICODE)
    return False


def widened(old: str, new: str) -> bool:
    """Tell whether a type only gets longer, which indexes and checks of the column do not mind."""
    return base_type(old) == base_type(new) in VARYING and bool(limits_of(new)) and holds_all(old, new)


def converted(name: str, old: str, new: str) -> str:
    """Return the expression for the values of a column as another type; nothing where the server does it by itself.

    An assignment refuses a value that is too long, where CONVERT would cut it off: so the result may be a longer text.
    """
    before, after = base_type(old), base_type(new)
    if after == "uniqueidentifier" and before in STRINGS and limits_of(old)[:1] == [HEX_DIGITS]:
        for place in (21, 17, 13, 9):
            name = f"STUFF({name}, {place}, 0, '-')"
        return f"CONVERT(uniqueidentifier, {name})"
    if before == "uniqueidentifier" and after in STRINGS and limits_of(new)[:1] == [HEX_DIGITS]:
        return f"LOWER(REPLACE(CONVERT(char(36), {name}), '-', ''))"
    if after in STRINGS and before in FLOATING:
        # Without a style, only six digits would be left.
        return f"CONVERT(nvarchar(max), {name}, 3)"
    if after in STRINGS and before in OLD_MOMENTS:
        return f"CONVERT(nvarchar(max), {name}, 126)"
    if implicit(before, after):
        return ""
    return f"CONVERT({sound_type(new)}, CONVERT(nvarchar(max), {name}))"


def implicit(before: str, after: str) -> bool:
    """Tell whether the server changes the type of a column by itself; whatever is unknown is left to it."""
    known = {"uniqueidentifier", *NUMBERS, *BYTES, *MOMENTS}
    if before == after or not {before, after} <= known:
        return True
    if {before, after} == {"date", "time"}:
        return False
    if any(before in family and after in family for family in (NUMBERS, STRINGS, BINARIES, MOMENTS)):
        return True
    return (before in STRINGS and after not in BINARIES) or (after in STRINGS and before not in BINARIES)
