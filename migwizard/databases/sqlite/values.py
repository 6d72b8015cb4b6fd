"""Whether a text is a value of a declared type: SQLite itself would store anything in any column."""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from django.utils.dateparse import parse_date, parse_datetime, parse_time

LENGTH = re.compile(r"(?:var)?char\s*\((\d+)\)")
WHOLE = re.compile(r"[+-]?[0-9]+")
UUID = re.compile(r"[0-9a-f]{32}")


def is_value(value: str, type: str) -> bool:
    """Tell whether Django can read a text back from a column of this declared type; of unknown types, anything."""
    declared = " ".join(type.lower().split())
    if found := LENGTH.fullmatch(declared):
        # Only UUIDField declares it so, and stores it so.
        return UUID.fullmatch(value) is not None if declared == "char(32)" else len(value) <= int(found[1])
    word = declared.split("(")[0].split(" ")[0]
    return KINDS[word](value) if word in KINDS else True


def _is_number(value: str) -> bool:
    try:
        return value == value.strip() and "_" not in value and math.isfinite(float(value))
    except ValueError:
        return False


def _is_read_by(parse: Callable[[str], object]) -> Callable[[str], bool]:
    def readable(value: str) -> bool:
        try:
            return parse(value) is not None
        except ValueError:
            return False

    return readable


def _is_whole(value: str) -> bool:
    return WHOLE.fullmatch(value) is not None and -(2**63) <= int(value) < 2**63


KINDS: dict[str, Callable[[str], bool]] = {
    **dict.fromkeys(("integer", "bigint", "smallint"), _is_whole),
    **dict.fromkeys(("decimal", "real"), _is_number),
    "bool": lambda value: value in ("0", "1"),
    "date": _is_read_by(parse_date),
    "datetime": _is_read_by(parse_datetime),
    "time": _is_read_by(parse_time),
}
"""The types that Django declares, by their first word."""
