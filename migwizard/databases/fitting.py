"""What the types of every server have in common, where it is asked whether the values of one are values of another."""

from __future__ import annotations

import re
from collections.abc import Sequence


def limits_of(type_: str) -> list[int]:
    """Return what limits a type: (8, 2) of `numeric(8,2)`; nothing where it has no number in it."""
    return [int(number) for number in re.findall(r"\d+", type_.partition("(")[2])]


def digits_of(bits: int) -> list[int]:
    """Return what would limit a decimal type that takes just the integers of so many bits."""
    return [len(str(2**bits))]


def holds_all_digits(given: Sequence[int], limits: Sequence[int]) -> bool:
    """Tell whether every number of one decimal type, given by digits and scale, is one of another."""
    (digits, scale), (room, fraction) = (*given, 0)[:2], (*limits, 0)[:2]
    # What is rounded may need one digit more.
    return room - fraction >= digits - scale + (fraction < scale)
