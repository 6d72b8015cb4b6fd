"""What is worked out about tables of SQL Server before they are altered, and the order of the statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migwizard.core.schema import Column, Constraint, Table, View
from migwizard.core.schema.members import names_any

from ..altering import Change, Phases
from .conversions import converted, widened
from .facts import Facts


@dataclass(slots=True)
class Draft:
    """What is being worked out for some tables."""

    facts: Facts
    live: Mapping[str, Table]
    changes: tuple[Change, ...]
    fills: Sequence[tuple[str, str, str]]
    views: Sequence[View]
    occupied: set[str]
    """Names of all constraints, indexes and tables that are there, and of those that are being made."""
    phases: Phases = field(default_factory=Phases)
    loose: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """Tables and those of their columns whose uniqueness goes or is made anew: no foreign key can point there."""
    rebuilt: set[str] = field(default_factory=set)
    """Tables that are made anew."""

    def free_name(self, wanted: str) -> str:
        """Return a name that nothing has, and keep it."""
        for number in range(1, 10_000):
            end = "" if number == 1 else f"_{number}"
            name = wanted[: LONGEST_NAME - len(end)] + end
            if name not in self.occupied:
                self.occupied.add(name)
                return name
        raise AssertionError("ten thousand things of one name")


LONGEST_NAME = 128


def needs_rebuild(live: Table, target: Table) -> bool:
    """Tell whether a column that is there shall be numbered by the server: only a new table can have that."""
    return any(
        column.identity and (old := live.column(column.name)) is not None and not old.identity
        for column in target.columns
    )


def copied(live: Column, target: Column) -> bool:
    """Tell whether a column is made anew and its values copied: nothing else takes its numbering or its expression."""
    if target.generated or (target.identity and not live.identity):
        return False
    if live.generated or (live.identity and not target.identity):
        return True
    return bool(converted("", live.type, target.type))


def recreated(live: Column, target: Column) -> bool:
    """Tell whether a column must be dropped and made again: nothing else gives it another expression."""
    if not target.generated:
        return False
    return (live.generated, live.type, live.nullable) != (target.generated, target.type, target.nullable)


def redefined(live: Column, target: Column) -> bool:
    """Tell whether ALTER COLUMN is needed for another type, another collation or for NULL."""
    if target.generated:
        return False
    return (live.type, live.collation, live.nullable) != (target.type, target.collation, target.nullable)


def only_widened(live: Column, target: Column) -> bool:
    """Tell whether a column's text only gets longer, which only keys mind."""
    same = (live.collation, live.nullable, live.identity, live.generated) == (
        *(target.collation, target.nullable, target.identity, target.generated),
    )
    return same and widened(live.type, target.type)


def touched_columns(live: Table, target: Table) -> frozenset[str]:
    """Return the columns that go, are made anew or are altered, with those that are computed from them."""
    touched = set()
    for column in live.columns:
        wanted = target.column(column.name)
        if wanted is None or redefined(column, wanted) or recreated(column, wanted) or copied(column, wanted):
            touched.add(column.name)
    for column in live.columns:
        if column.generated and names_any(column.generated, touched):
            touched.add(column.name)
    return frozenset(touched)


def hard_columns(live: Table, target: Table, touched: frozenset[str]) -> frozenset[str]:
    """Return those touched columns that indexes, checks and the like would forbid to touch."""
    found = set()
    for name in touched:
        old, new = live.column(name), target.column(name)
        if old is None or new is None or not only_widened(old, new):
            found.add(name)
    return frozenset(found)


def not_in_place(old: Constraint, new: Constraint, occupied: set[str]) -> bool:
    """Tell whether nothing makes one of the other: trust is not taken back, or another thing has the name."""
    if old.validated and not new.validated:
        return True
    if not new.name:
        # Only the server makes up a name that counts as none.
        return bool(old.name)
    return old.name != new.name and new.name in occupied
