"""The order in which a table's constraints stand, so that equal tables are equal."""

from __future__ import annotations

from collections.abc import Iterable

from migwizard.core.schema import Constraint

KINDS = ("primary", "unique", "check", "exclude", "foreign")


def in_order(constraints: Iterable[Constraint]) -> tuple[Constraint, ...]:
    """Return constraints by kind, then name, then what they say; a catalogue's own order is that of creation."""
    return tuple(sorted(constraints, key=_place))


def _place(one: Constraint) -> tuple[int, str, tuple[str, ...], str, tuple[str, tuple[str, ...]]]:
    return (KINDS.index(one.kind), one.name, one.columns, one.definition, one.references or ("", ()))
