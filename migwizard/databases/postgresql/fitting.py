"""Whether values of one type of PostgreSQL are values of another."""

from __future__ import annotations

from migwizard.core.schema import Column
from migwizard.core.schema.names import quoted

from ..fitting import digits_of, holds_all_digits, limits_of
from .alter_columns import DOCUMENTS, MOMENTS, NUMBERS, STRINGS, base_type

INTEGERS = {"smallint": 15, "integer": 31, "bigint": 63}
"""Bits of a number beside its sign."""

VARYING = ("character varying", "character")
"""Types of texts that have a limit."""

SINCE_INPUT_IS_VALID = 160000
"""The version of PostgreSQL that can say whether a text is a value of a type."""


def unfit(old: Column, new: Column, version: int) -> str:
    """Return the condition of values that another type does not take; empty where nobody can say in advance."""
    if old.type == new.type or holds_all(old.type, new.type):
        return ""
    name, before, after = quoted(old.name), base_type(old.type), base_type(new.type)
    limits = limits_of(new.type)
    if after in STRINGS:
        return f"length(rtrim({name}::text)) > {limits[0]}" if limits else ""
    if before in NUMBERS and after in INTEGERS:
        bits = INTEGERS[after]
        return f"round({name}::numeric) NOT BETWEEN {-(2**bits)} AND {2**bits - 1}"
    if before in NUMBERS and after == "numeric" and limits:
        digits, scale = (*limits, 0)[:2]
        return f"abs(round({name}::numeric, {scale})) >= 1e{digits - scale}"
    family = next((one for one in (NUMBERS, MOMENTS, DOCUMENTS) if before in one and after in one), None)
    if version < SINCE_INPUT_IS_VALID or family is not None or {before, after} & {"boolean"} & {before}:
        return ""
    written = new.type.replace("'", "''")
    return f"NOT pg_input_is_valid({name}::text, '{written}')"


def holds_all(old: str, new: str) -> bool:
    """Tell whether every value of one type is one of another, so that no row has to be looked at."""
    before, after, given, limits = base_type(old), base_type(new), limits_of(old), limits_of(new)
    if before in INTEGERS and after in INTEGERS:
        return INTEGERS[after] >= INTEGERS[before]
    if after == "numeric" and limits and (before in INTEGERS or (before == "numeric" and given)):
        return holds_all_digits(digits_of(INTEGERS[before]) if before in INTEGERS else given, limits)
    return before in VARYING and after in VARYING and bool(given) and (not limits or limits[0] >= given[0])
