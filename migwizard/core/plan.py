"""A plan is data: what is shown is what runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from .finding import Safety
from .graph import Key
from .rights.granting import Change
from .schema import Table
from .schema.renaming import Rename

StepKind = Literal["sql", "operation", "record", "file", "advice"]
Signal = Literal[
    "", "pre_migrate", "post_migrate", "schema_pre_migration", "schema_migrated", "post_schema_sync"
]
"""Those of Django's migrate, of django-tenants' migrate_schemas, and of a tenant's first save."""
Outcome = Literal["planned", "rolled-back", "done", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a plan, with its reason."""

    kind: StepKind
    why: str
    """One sentence that a junior understands."""
    sql: tuple[str, ...] = ()
    """Statements that the step will run, each complete; for an operation, as its schema editor renders them."""
    note: str = ""
    """What cannot be shown in advance and why, or the source of a RunPython."""
    migration: Key | None = None
    operation: int | None = None
    """Index of the operation in the migration, from 0 (kind `operation`)."""
    backwards: bool = False
    """Whether the operation is taken back, as `migrate` does towards an earlier migration (kind `operation`)."""
    again: bool = False
    """Whether the operation is in force and runs once more, because another branch overwrites what it has made."""
    atomic: bool = True
    """False for a step that cannot share a transaction (`atomic = False`, CONCURRENTLY): it is committed by itself."""
    tables: tuple[tuple[str, Table | None], ...] = ()
    """Tables as they must be afterwards, None for one that goes (kind `sql`); `sql` is made from what is live."""
    renames: tuple[Rename, ...] = ()
    """Tables and columns that the step's `sql` gives other names, with everything in them (kind `sql`)."""
    fills: tuple[tuple[str, str, str], ...] = ()
    """(table, column, value) for rows that a column must be filled in (kind `sql`, with `tables`)."""
    changes: tuple[Change, ...] = ()
    """What the step's `sql` changes of default schemas and of rights (kind `sql`)."""
    record: Literal["", "insert", "delete", "rename"] = ""
    """What happens to the history row (kind `record`)."""
    record_id: int | None = None
    """Which row goes, where only one of several does; or the id of an inserted row that must keep its own."""
    applied: datetime | None = None
    """Timestamp to write, for an inserted row that must keep one."""
    new_name: str = ""
    signal: Signal = ""
    """The signal that the step sends (kind `operation`, without a migration), as `migrate` does around its work."""
    path: str = ""
    content: str | None = None
    """New content of the file at `path`, an absolute one (kind `file`); None deletes it."""
    former: str | None = None
    """What the file holds before, None where there is none (kind `file`): the execution refuses anything else."""
    undo: str = ""
    """How to take the step back, or why it cannot be."""
    command: str = ""
    """The equivalent Django command, or that Django refuses it here."""


@dataclass(frozen=True, slots=True)
class Loss:
    """A table or column that goes, with what is in it."""

    table: str
    column: str | None = None
    rows: int | None = None
    """Rows of the table, or rows in which the column is not NULL; None until they were counted."""


@dataclass(frozen=True, slots=True)
class Question:
    """Something that a repair must be told before it can be planned, or may be told otherwise."""

    key: str
    """As it is answered on the command line: `--set KEY=VALUE`."""
    text: str
    """One sentence that ends in a question mark."""
    choices: tuple[str, ...] = ()
    """Everything that can be answered; empty where any text can."""
    answer: str | None = None
    """What the plan was made with; None where it needs an answer and has none."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a repair will do, in order."""

    repair: str
    title: str
    safety: Safety
    steps: tuple[Step, ...]
    finding: str | None = None
    """Id of the finding it repairs; None for an action that the user chose."""
    action: str | None = None
    """The action and its arguments as the user typed it."""
    expects: tuple[str, ...] = ()
    """Ids of the findings that must be gone afterwards."""
    reveals: bool = False
    """Whether errors may come up that could not be seen before, and that its risks speak of: it only writes files, and
    changes nothing in the database."""
    fingerprint: str = ""
    """Fingerprint of the situation that the plan was made from."""
    loses: tuple[Loss, ...] = ()
    """Tables and columns that go; counted by the preview, and again before the first step."""
    asks: tuple[Question, ...] = ()
    risks: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    schema: str = ""
    """The schema that it is for, where it was asked for beside another one; empty for the one that was read."""
    anew: bool = False
    """Whether its first step makes the schema anew: nothing of what is there counts for the steps that follow."""
    arrives: str | None = None
    """The schema that a new connection must be in after the commit; None where none is opened for that."""
    undoes: int | None = None
    """The execution in the journal that the plan takes back."""
    resumes: int | None = None
    """The interrupted execution in the journal that the plan brings to its end."""
    refusal: str = ""
    """Why the plan cannot be executed; empty when it can."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One statement as it was executed."""

    sql: str
    seconds: float
    rows: int | None = None
    step: int = 0
    """Index of the step that ran it, from 0."""
    locks: tuple[str, ...] | None = None
    """What it locked that was there before, as `ACCESS EXCLUSIVE on shop_order`; None where that is not known."""
    rewrites: tuple[str, ...] | None = None
    """Tables that it wrote anew, every row of them, or emptied; None where that is not known."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a plan."""

    plan: Plan
    outcome: Outcome
    message: str
    ran: tuple[Ran, ...] = ()
    gone: tuple[str, ...] = ()
    """Ids of the findings that were there before and are not any more."""
    remaining: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    """Ids of the errors and warnings that were not there before, as those that come back with an undo."""
    journal: int | None = None
    """Number of the execution in the journal, which `migwizard undo` takes."""
    dry: bool = False
    """Whether it was a dry run, rolled back whatever became of it."""


def only_reads(plan: Plan, ran: Ran) -> bool:
    """Say whether a statement is one of the hundreds with which a signal's receivers look what is there."""
    signal = 0 <= ran.step < len(plan.steps) and plan.steps[ran.step].signal
    return bool(signal) and ran.sql.lstrip().upper().startswith("SELECT")
