"""Constraints, indexes and triggers of a table that changes: which stay, which go, which come."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from . import Constraint, Index, Trigger, View

Member = TypeVar("Member", bound="Constraint | Index | Trigger")


@dataclass(frozen=True, slots=True)
class Pairing(Generic[Member]):
    """What becomes of the members of a table."""

    kept: tuple[tuple[Member, Member], ...]
    """As it is and as it shall be: the same thing, perhaps by another name."""
    dropped: tuple[Member, ...]
    added: tuple[Member, ...]


def pair(
    live: Sequence[Member], target: Sequence[Member], essence: Callable[[Member], Hashable]
) -> Pairing[Member]:
    """Pair what is there with what shall be; two with the same `essence` need no more than a change in place.

    What is equal is paired first, then what has the same name, then whatever is the same thing.
    """
    left, waiting = list(live), list(target)
    kept: list[tuple[Member, Member]] = []
    for same in (_equal, _namesake, _anything):
        for wanted in tuple(waiting):
            found = next((one for one in left if same(one, wanted) and essence(one) == essence(wanted)), None)
            if found is not None:
                left.remove(found)
                waiting.remove(wanted)
                kept.append((found, wanted))
    return Pairing(tuple(kept), tuple(left), tuple(waiting))


def _equal(one: Member, other: Member) -> bool:
    return one == other


def _namesake(one: Member, other: Member) -> bool:
    return one.name == other.name


def _anything(one: Member, other: Member) -> bool:
    return True


def parted(pairing: Pairing[Member], apart: Callable[[Member, Member], bool]) -> Pairing[Member]:
    """Return a pairing in which those for which `apart` says so are dropped and added instead of kept."""
    stay = tuple(one for one in pairing.kept if not apart(*one))
    part = [one for one in pairing.kept if one not in stay]
    return Pairing(
        stay,
        (*pairing.dropped, *(live for live, _ in part)),
        (*pairing.added, *(target for _, target in part)),
    )


def columns_of(member: Constraint | Index) -> tuple[str, ...]:
    """Return the columns of a constraint, or the keys of an index that are columns."""
    if isinstance(member, Constraint):
        return member.columns
    return tuple(part.column for part in member.parts if part.column is not None)


def mentions(member: Constraint | Index, column: str) -> bool:
    """Tell whether a constraint or index cannot exist without a column of its table."""
    return (
        column in columns_of(member)
        or column in member.include
        or any(names(text, column) for text in texts_of(member))
    )


def texts_of(member: Constraint | Index) -> tuple[str, ...]:
    """Return the expressions in a constraint or index."""
    if isinstance(member, Constraint):
        return (member.definition,)
    return (member.condition, *(part.expression or "" for part in member.parts))


def names(text: str, name: str) -> bool:
    """Tell whether a text of SQL may name something: it stands there as a word, in double quotes or in brackets."""
    written = {name, name.replace('"', '""'), name.replace("]", "]]")}
    return any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", text) for one in written)


def names_any(text: str, wanted: Iterable[str]) -> bool:
    """Tell whether a text of SQL may name one of several things."""
    return any(names(text, name) for name in wanted)


def mentions_any(member: Constraint | Index, columns: Iterable[str]) -> bool:
    """Tell whether a constraint or index cannot exist without one of several columns of its table."""
    return any(mentions(member, column) for column in columns)


def views_on(views: Iterable[View], table: str, columns: Iterable[str] | None) -> tuple[str, ...]:
    """Return the names of the views that use one of these columns of a table; of the table at all, for None."""
    wanted = None if columns is None else frozenset(columns)
    found = []
    for view in views:
        on = {column for name, column in view.depends_on if name == table}
        if not on:
            continue
        # Where only the table is known to be used, the view's text tells of the columns.
        if wanted is None or on & wanted or ("" in on and names_any(view.definition, wanted)):
            found.append(view.name)
    return tuple(found)
