"""What was done, as the journal holds it: enough to say what is in, and to take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from .finding import Safety
from .graph import Record
from .plan import Ran, Step
from .schema import Table
from .schema.renaming import Rename

End = Literal["running", "interrupted", "done", "rolled-back", "failed", "refused"]
"""`interrupted`: the process ended without an end in the journal, and what is in has not been settled yet."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file before and after an execution; None where there was or is none."""

    path: str
    former: str | None
    content: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One execution of a plan."""

    id: int
    database: str
    """Which database and schema, as `postgresql://host:port/name#schema`; never a password."""
    project: str
    """Root of the project."""
    who: str
    """User of the operating system and the host: `deploy@web1`, with the address of the SSH client if there is one."""
    begun: datetime
    repair: str
    title: str
    safety: Safety
    finding: str | None = None
    action: str | None = None
    ended: datetime | None = None
    outcome: End = "running"
    message: str = ""
    steps: tuple[Step, ...] = ()
    """The plan's steps, without the shapes of tables."""
    begun_steps: int = 0
    """How many steps were begun."""
    done_steps: int = 0
    """How many steps are committed."""
    ran: tuple[Ran, ...] = ()
    gone: tuple[str, ...] = ()
    records_before: tuple[Record, ...] = ()
    """History rows that were changed or removed, as they were."""
    records_after: tuple[Record, ...] = ()
    """History rows that were changed or added, as they are afterwards."""
    tables_before: Mapping[str, Table | None] = field(default_factory=dict)
    """Tables that were changed, as they were; None for those that were made."""
    tables_after: Mapping[str, Table | None] = field(default_factory=dict)
    renames: tuple[Rename, ...] = ()
    """Tables and columns that were given other names, with everything in them."""
    files: tuple[FileChange, ...] = ()
    misplaced: tuple[str, ...] = ()
    """Paths among `files` that do not hold what the execution was to write. Never written down, but looked at anew as
    long as it is `interrupted`."""
    untouched: tuple[str, ...] = ()
    """Those of them that still hold what they held before it."""
    lost: tuple[str, ...] = ()
    """What the execution lost for good, one sentence each: rows of dropped tables and columns."""
    undoes: int | None = None
    """The execution that this one took back."""
    resumes: int | None = None
    """The interrupted execution that this one brought to its end."""
    undone_by: int | None = None
    """The execution that took this one back."""
    batch: int | None = None
    """The batch over many schemas that it was a part of."""

    @property
    def in_place(self) -> bool:
        """Whether anything of it is in."""
        return self.outcome == "done" or bool(self.done_steps)

    @property
    def only_files(self) -> bool:
        """Whether none of its steps changes anything in the database."""
        return all(step.kind in ("file", "advice") for step in self.steps)

    @property
    def finished(self) -> bool:
        """Whether it is known how it ended."""
        return self.outcome not in ("running", "interrupted")
