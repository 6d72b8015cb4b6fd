"""What a dialect cannot do, or does wrong without a word: rules over a rehearsal, for every dialect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..finding import Severity
from ..graph import Key
from . import microsoft as unable_microsoft
from . import mysql as unable_mysql
from .rehearsed import Ahead, Dialect, Event, Rehearsed
from .rules import Rule, refusals


@dataclass(frozen=True, slots=True)
class Trouble:
    """One thing that will go wrong when a pending operation runs."""

    name: str
    """The diagnosis that it belongs to."""
    severity: Severity
    key: Key
    operation: int
    title: str
    """The operation in Django's words."""
    table: str | None
    column: str | None
    summary: str
    """What will happen, as the end of a sentence that begins with the migration."""
    evidence: tuple[str, ...]
    way: str
    """How it is got round, in one or two sentences."""


def troubles(ahead: Ahead) -> tuple[Trouble, ...]:
    """Return everything that is known to go wrong, in the order in which it would come up."""
    return tuple(trouble for one in ahead.operations for trouble in of_operation(ahead.dialect, one, ahead))


def of_operation(dialect: Dialect, operation: Rehearsed, ahead: Ahead | None = None) -> Iterator[Trouble]:
    """Yield what will go wrong with one operation; each thing once."""
    told: set[tuple[str, str | None, str | None, str]] = set()
    for event in operation.events:
        for found in rules(dialect, operation, event, ahead):
            mark = (found.name, found.table, found.column, found.summary)
            if mark not in told:
                told.add(mark)
                yield Trouble(
                    found.name,
                    found.severity,
                    operation.key,
                    operation.operation,
                    operation.title,
                    found.table,
                    found.column,
                    found.summary,
                    found.evidence,
                    found.way,
                )


def rules(dialect: Dialect, operation: Rehearsed, event: Event, ahead: Ahead | None) -> Iterable[Rule]:
    """Return what the rules of a dialect say of one event."""
    if dialect.name == "microsoft":
        return unable_microsoft.rules(dialect, event)
    if dialect.name in ("mysql", "mariadb"):
        return unable_mysql.rules(dialect, operation, event, ahead)
    return refusals(dialect, event)
