"""A workbench for many schemas: what the screen of the tenants can have done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..core.plan import Report
from ..core.tenants.batch import Batch, SchemaResult, Task, estimate
from ..workbench import CannotRun, Workbench
from .many import run
from .survey import Survey, survey
from .turn import needs, read

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Tried:
    """The dry run for schemas that hold the same, in one of them."""

    schemas: tuple[str, ...]
    report: Report | None
    why_not: str = ""
    """Why nothing was tried, in a sentence."""


class TenantBench(Workbench):
    """A workbench that does one task in many schemas."""

    def survey(self, schemas: Sequence[str], task: Task, progress: Progress) -> Survey:
        """Return which of some schemas a task has something to do in, with a plan for each group of equal ones."""
        with self.turning():
            return survey(self, schemas, task, self.overview(progress), progress)

    def try_many(self, found: Survey, task: Task, progress: Progress) -> tuple[Tried, ...]:
        """Try the first plan of each group of equal schemas in one of them, and roll it back."""
        tried = []
        with self.turning():
            for number, one in enumerate(found.planned):
                progress("dry run", number, len(found.planned))
                names = tuple(turn.schema for turn in one.turns)
                try:
                    self.turn_to(names[0])
                    read(self)
                    plan, refusal = needs(self, one.turns[0], task)
                    report = self.dry_run(plan) if plan is not None and not plan.refusal else None
                    tried.append(Tried(names, report, refusal or (plan.refusal if plan else "")))
                except CannotRun as error:
                    tried.append(Tried(names, None, str(error)))
                if self.stop.is_set():
                    break
        return tuple(tried)

    def run_many(self, task: Task, found: Survey, progress: Progress) -> Batch:
        """Give every schema of a survey its turn; `progress` is told how far it is, and how long the rest will take."""
        bad, seconds = 0, 0.0

        def heard(result: SchemaResult, done: int, total: int) -> None:
            nonlocal bad, seconds
            bad += result.outcome not in ("done", "nothing")
            seconds += result.seconds
            rest = estimate(done, total, seconds)
            left = f", {rest:.0f} s left" if rest else ""
            progress(f"repairing{f', {bad} not done' if bad else ''}{left}", done, total)

        with self.turning():
            return run(self, task, found, heard=heard)
