"""The workbench as the screens see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from migwizard.core.dialects.sql import InDialect
from migwizard.core.finding import Finding
from migwizard.core.graph import Key
from migwizard.core.journal import Entry
from migwizard.core.plan import Plan, Ran, Report
from migwizard.core.session import Session
from migwizard.core.tenants.across import Spread
from migwizard.core.tenants.batch import Batch, SchemaResult, Task
from migwizard.workbench import ActionOffer, Reading

if TYPE_CHECKING:
    from migwizard.batches import Survey

Tell = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


class Workbench(Protocol):
    """One project and one database, for as long as the wizard is open; every method is called on one thread."""

    def open(self) -> None:
        """Find the project, load it, connect; raise `CannotRun` with one sentence where that is impossible."""

    def quick(self) -> Reading | None:
        """Return graph and records alone, within a moment."""

    def read(self, progress: Tell, replay: bool) -> Reading:
        """Read everything; `progress` is told what is being done, how much of it is done, and of how much."""

    def actions(self, key: Key | None, finding: Finding | None) -> tuple[ActionOffer, ...]:
        """Return every action on a migration or finding, the impossible ones with their reason."""

    def plan(
        self, finding: Finding | None, repair: str, arguments: tuple[str, ...], settings: Mapping[str, str]
    ) -> Plan:
        """Return the plan of a repair; `settings` answers what it asks."""

    def dry_run(self, plan: Plan, progress: Callable[[Ran], None]) -> Report:
        """Carry out a plan and roll it back; `progress` is told each statement that ran."""

    def execute(self, plan: Plan, progress: Callable[[Ran], None]) -> Report:
        """Carry out a plan; `progress` is told each statement that ran."""

    def sql(self, app: str, name: str, dialects: Sequence[str]) -> tuple[InDialect, ...]:
        """Return the SQL of a migration for some servers, without connecting to them."""

    def journal(self) -> tuple[Entry, ...]:
        """Return what was executed on this database, the newest first."""

    def undo(self, number: int) -> Plan:
        """Return the plan that takes an execution back; raise `Refused` with the reason where there is none."""

    def log(self) -> tuple[Ran, ...]:
        """Return every statement that this process ran on the database."""

    def sessions(self) -> tuple[Session, ...]:
        """Return who else is connected to the database, and what they lock."""

    def rows(self, table: str) -> int | None:
        """Return the number of rows of a table, or the server's estimate."""

    def tenants(self, progress: Tell) -> Reading:
        """Return all schemas of a database with tenants, in groups."""

    def turn_to(self, schema: str | None) -> None:
        """Look at another schema from now on."""

    def known(self, schemas: Sequence[str], progress: Tell) -> tuple[Spread, ...]:
        """Return what is found in some schemas."""

    def survey(self, schemas: Sequence[str], task: Task, progress: Tell) -> Survey:
        """Return which of some schemas a task has something to do in."""

    def survey_rest(self, number: int, progress: Tell) -> Survey:
        """Return what is left to be done of an interrupted batch."""

    def survey_back(self, number: int, settings: Mapping[str, str], progress: Tell) -> Survey:
        """Return what would take a batch back."""

    def try_many(
        self, found: Survey, task: Task, one_of_each: bool, progress: Tell
    ) -> tuple[SchemaResult, ...]:
        """Try a task in the schemas of a survey, or in one of each group of equal ones, and roll it back."""

    def run_many(self, task: Task, found: Survey, progress: Tell) -> Batch:
        """Do a task in many schemas."""

    def go_on_many(self, number: int, found: Survey, progress: Tell) -> Batch:
        """Do what is left of an interrupted batch."""

    def done_in_many(self) -> tuple[Batch, ...]:
        """Return what was done in many schemas of this database, the newest first."""

    def cancel(self) -> None:
        """Ask for the running work to stop and roll back; the one method that is called on any thread."""

    def pause(self) -> None:
        """Ask a running replay to stop for now, keeping what was replayed; called on any thread, too."""

    def close(self) -> None:
        """Close the connection."""
