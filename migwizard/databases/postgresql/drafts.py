"""What is worked out about tables of PostgreSQL before they are altered, and the order of the statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from migwizard.core.schema import Constraint, Table
from migwizard.core.schema.members import names_any
from migwizard.core.schema.names import quoted

from ..altering import Change, Phases
from .alter_columns import recreated, retyped, through_another
from .definitions import Facts


@dataclass(slots=True)
class Draft:
    """What is being worked out for some tables."""

    facts: Facts
    live: Mapping[str, Table]
    changes: tuple[Change, ...]
    fills: Sequence[tuple[str, str, str]]
    occupied: frozenset[str]
    """Names of all constraints, indexes and tables that are there."""
    phases: Phases = field(default_factory=Phases)
    loose: list[tuple[str, frozenset[str]]] = field(default_factory=list)
    """Tables and those of their columns whose uniqueness goes or is made anew: no foreign key can point there."""


def touched_columns(facts: Facts, live: Table, target: Table) -> frozenset[str]:
    """Return the columns that go, are made anew or get another type, with those that are computed from them."""
    touched = set()
    for column in live.columns:
        wanted = target.column(column.name)
        if (
            wanted is None
            or retyped(column, wanted)
            or recreated(column, wanted)
            or through_another(facts, column, wanted)
        ):
            touched.add(column.name)
    for column in live.columns:
        if column.generated and names_any(column.generated, touched):
            touched.add(column.name)
    return frozenset(touched)


def not_in_place(old: Constraint, new: Constraint, occupied: frozenset[str]) -> bool:
    """Tell whether no ALTER makes one of the other: nothing takes a validation back, or another has the name."""
    return (old.validated and not new.validated) or (old.name != new.name and new.name in occupied)


def rename_constraint(facts: Facts, key: str, old: Constraint, new: Constraint) -> str:
    """Return the statement that gives a constraint another name."""
    return f"ALTER TABLE {facts.table(key)} RENAME CONSTRAINT {quoted(old.name)} TO {quoted(new.name)}"
