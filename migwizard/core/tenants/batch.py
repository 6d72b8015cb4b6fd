"""One task in many schemas: what was asked for, and what became of it in each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from ..finding import Safety

Became = Literal["done", "nothing", "refused", "rolled-back", "failed"]
"""`nothing`: the schema had nothing to repair, and was not touched."""

BatchEnd = Literal["running", "interrupted", "done", "failed"]
"""`failed`: every schema had its turn, but not each came through; `interrupted`: not every one had its turn."""

BAD: tuple[Became, ...] = ("failed", "rolled-back", "refused")
"""What a schema is left broken by, the worst first."""

TRIED_WELL: tuple[Became, ...] = ("rolled-back", "nothing")
"""What a schema comes to in a dry run that goes well."""

PREFIX = "batch-"


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be done in each schema."""

    what: tuple[str, ...] = ()
    """Id or name of a finding, or an action with its arguments; empty for finding after finding."""
    repair: str | None = None
    """Another repair of the finding than the recommended one."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Answers to what the repair asks."""
    allow: Safety = "safe"
    """The gravest plan that is run, where finding after finding is repaired."""
    undoes: int | None = None
    """The batch that is taken back."""

    @property
    def title(self) -> str:
        """What it is, in a few words: `repair --all`, `migrate shop`."""
        if self.undoes is not None:
            return f"undo {PREFIX}{self.undoes}"
        return " ".join(self.what) or "repair --all"


@dataclass(frozen=True, slots=True)
class SchemaResult:
    """What became of one schema."""

    schema: str
    outcome: Became
    message: str = ""
    entries: tuple[int, ...] = ()
    """Numbers of the executions in the journal of that schema, the oldest first."""
    gone: tuple[str, ...] = ()
    """Ids of the findings that are gone."""
    left: tuple[str, ...] = ()
    """Ids of the errors that are left."""
    seconds: float = 0.0
    blocks: tuple[str, ...] = ()
    """What it keeps others from, and for how long, in words; told by a dry run."""
    loses: tuple[str, ...] = ()
    """What goes with rows or values in it, in words; told by a dry run."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One task over many schemas, as its journal tells it."""

    id: int
    task: Task
    schemas: tuple[str, ...]
    """All of them, in the order in which they have their turn."""
    who: str
    begun: datetime
    database: str = ""
    idle: tuple[str, ...] = ()
    """Schemas that were looked at, and had nothing to be done; they have no turn, and are not touched."""
    results: tuple[SchemaResult, ...] = ()
    ended: datetime | None = None
    outcome: BatchEnd = "running"
    undone_by: int | None = None

    @property
    def name(self) -> str:
        """What it is called on the command line: `batch-3`."""
        return f"{PREFIX}{self.id}"

    @property
    def remaining(self) -> tuple[str, ...]:
        """The schemas that have no result yet."""
        done = {result.schema for result in self.results}
        return tuple(schema for schema in self.schemas if schema not in done)

    @property
    def touched(self) -> tuple[str, ...]:
        """The schemas in which something was executed, or may have been when it was interrupted."""
        quiet = {result.schema for result in self.results if not result.entries}
        return tuple(schema for schema in self.schemas if schema not in quiet)


def why_not_resumed(batch: Batch) -> str:
    """Return why a batch cannot be gone on with; the empty string when it can."""
    if batch.outcome == "running":
        return f"{batch.name} is still running."
    if batch.outcome != "interrupted":
        return f"{batch.name} is not interrupted: every schema has had its turn."
    if batch.undone_by is not None:
        return f"{batch.name} was taken back, by {PREFIX}{batch.undone_by}."
    return ""


def why_not_undone(batch: Batch) -> str:
    """Return why a batch cannot be taken back; the empty string when it can."""
    if batch.undone_by is not None:
        return f"{batch.name} was taken back already, by {PREFIX}{batch.undone_by}."
    if batch.outcome == "running":
        return f"{batch.name} is still running."
    if not batch.touched:
        return f"{batch.name} changed nothing."
    return ""


def batch_number(text: str) -> int | None:
    """Return the number in the name of a batch, or None where the text is no such name."""
    number = text.removeprefix(PREFIX)
    named = number != text and number.isascii() and number.isdigit()
    return int(number) if named else None


def tally(results: Iterable[SchemaResult]) -> dict[Became, int]:
    """Return how many schemas came to which end, the bad ones first; none that did not occur."""
    found = tuple(result.outcome for result in results)
    ordered: tuple[Became, ...] = (*BAD, "done", "nothing")
    return {outcome: found.count(outcome) for outcome in ordered if outcome in found}


def came_through(results: Iterable[SchemaResult]) -> bool:
    """Tell whether every schema came to a good end, with no error left."""
    return all(result.outcome in ("done", "nothing") and not result.left for result in results)


def estimate(done: int, total: int, seconds: float) -> float | None:
    """Return how many seconds the rest will take if it goes on like this; None before anything can be said."""
    return seconds / done * (total - done) if done else None
