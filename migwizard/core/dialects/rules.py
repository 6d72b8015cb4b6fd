"""What a rule about a dialect says, and the rules that hold for every dialect."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..finding import Severity
from .rehearsed import Dialect, Event, Member

WORDS = {
    "primary": "primary key",
    "unique": "unique constraint",
    "index": "index",
    "foreign": "foreign key",
    "check": "check",
    "default": "default",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule says of one event of a rehearsal."""

    name: str
    severity: Severity
    table: str | None
    column: str | None
    summary: str
    evidence: tuple[str, ...]
    way: str


def said(member: Member) -> str:
    """Return what an index or a constraint is, with its name if that is certain."""
    what = "unique index" if member.kind == "index" and member.unique else WORDS[member.kind]
    if member.kind == "primary":
        return WORDS["primary"]
    columns = f" on {', '.join(member.columns)}" if member.columns and not member.certain else ""
    return f"{what} {member.name}" if member.certain else f"{what}{columns}"


def refusals(dialect: Dialect, event: Event) -> Iterator[Rule]:
    """Yield that a backend refuses an operation."""
    if event.kind == "refuses":
        yield Rule(
            "refused-operation",
            "error",
            event.table or None,
            None,
            f"cannot run on {dialect.title}: the backend refuses it.",
            (f"{backend(dialect)} raises {event.text}",),
            "Write the migration so that this dialect gets something else in its place, or leave the operation out"
            " for it; of another package's migrations, the project can have its own (MIGRATION_MODULES).",
        )


def backend(dialect: Dialect) -> str:
    """Return what makes the SQL of a dialect."""
    return dialect.backend or f"Django's backend for {dialect.title}"
