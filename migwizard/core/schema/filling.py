"""Columns that rows must be filled in before they can be what they shall be, and how a value for them is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ..plan import Question
from . import Table

Place = tuple[str, str]
"""A table and a column of it."""


def fillable(live: Mapping[str, Table], targets: Iterable[tuple[str, Table | None]]) -> dict[str, Place]:
    """Return the columns of tables that stay and that rows may lack a value for, by the key that asks for it.

    The key is `fill` where there is one, `fill.COLUMN` where there are several, `fill.TABLE.COLUMN` where two of them
    are called the same.
    """
    places = list(
        dict.fromkeys(
            (name, column)
            for name, target in targets
            if name in live and target is not None
            for column in _required(live[name], target)
        )
    )
    if len(places) == 1:
        return {"fill": places[0]}
    called = Counter(column for _, column in places)
    return {
        f"fill.{column}" if called[column] == 1 else f"fill.{table}.{column}": (table, column)
        for table, column in places
    }


def _required(live: Table, target: Table) -> Iterable[str]:
    """Yield the columns that must not be NULL any more, and the new ones that nothing fills by itself."""
    for column in target.columns:
        if column.nullable or column.generated or column.identity:
            continue
        old = live.column(column.name)
        if (old is None and column.default is None) or (old is not None and old.nullable):
            yield column.name


def fills(keys: Mapping[str, Place], answers: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """Return (table, column, value) for every column that a value was given for."""
    return tuple((*place, answers[key]) for key, place in keys.items() if key in answers)


def question(key: str, place: Place, answer: str | None = None) -> Question:
    """Return the question for the value that rows without one are filled with."""
    return Question(key, f"Which value shall {'.'.join(place)} have in rows that have none?", (), answer)


def answered(keys: Mapping[str, Place], answers: Mapping[str, str]) -> tuple[Question, ...]:
    """Return the questions that were answered; which others need an answer, only the rows tell."""
    return tuple(question(key, place, answers[key]) for key, place in keys.items() if key in answers)
