"""A workbench for many schemas: what the screen of the tenants can have done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from ..core.tenants.across import Spread
from ..core.tenants.batch import TRIED_WELL, Batch, Became, SchemaResult, Task, estimate
from ..workbench import Workbench
from .choosing import check_named
from .many import go_on, run, try_out
from .past import survey_back, survey_rest, the_batch
from .survey import Survey, agreed, known, survey

Progress = Callable[[str, int, int], None]


class Hearer:
    """Hears of each turn, and tells whose it is, how many went wrong, and how long the rest will take."""

    def __init__(self, what: str, progress: Progress, total: int, good: Sequence[Became]) -> None:
        self.what, self.progress, self.good = what, progress, good
        self.done, self.total = 0, total
        self.turns, self.bad, self.seconds = 0, 0, 0.0

    def begins(self, schema: str) -> None:
        """Tell whose turn it is: whoever sees it hang must know where."""
        # The first turn says nothing of the others: it also reads what they all share.
        rest = (
            estimate(self.turns, self.turns + self.total - self.done, self.seconds) if self.turns > 1 else 0
        )
        wrong = f", {self.bad} {'not done' if 'done' in self.good else 'would not work'}" if self.bad else ""
        left = f", about {rest:.0f} s left" if rest and rest >= 1 else ""
        self.progress(f"{self.what} {schema}{wrong}{left}", self.done, self.total)

    def __call__(self, result: SchemaResult, done: int, total: int) -> None:
        """Hear what became of a schema."""
        self.done, self.total = done, total
        self.turns += 1
        self.bad += result.outcome not in self.good
        self.seconds += result.seconds


@dataclass
class TenantBench(Workbench):
    """A workbench that does one task in many schemas; after each, it looks at the schema that it looked at before."""

    hearer: Hearer | None = None
    """What hears whose turn it is, while schemas have their turns."""

    def turn_to(self, schema: str | None) -> None:
        """Look at another schema from now on, and tell of it where it has its turn."""
        if self.hearer is not None and schema is not None:
            self.hearer.begins(schema)
        super().turn_to(schema)

    @contextmanager
    def heard(
        self, what: str, progress: Progress, total: int, good: Sequence[Became] = ("done", "nothing")
    ) -> Iterator[Hearer]:
        """Let schemas have their turns, and tell whose it is."""
        with self.turning():
            self.hearer = Hearer(what, progress, total, good)
            try:
                yield self.hearer
            finally:
                self.hearer = None

    def known(self, schemas: Sequence[str], progress: Progress) -> tuple[Spread, ...]:
        """Return what is found in some schemas, by one of each group of equal ones, the gravest first."""
        with self.turning():
            return known(self, schemas, self.overview(progress), progress)

    def survey(self, schemas: Sequence[str], task: Task, progress: Progress) -> Survey:
        """Return which of some schemas a task has something to do in, with a plan for each group of equal ones."""
        check_named(task)
        with self.turning():
            return survey(self, schemas, task, self.overview(progress), progress)

    def survey_rest(self, number: int, progress: Progress) -> Survey:
        """Return what is to be done in the schemas of an interrupted batch that have had no turn yet."""
        with self.turning():
            return survey_rest(self, number, self.overview(progress), progress)

    def survey_back(self, number: int, settings: Mapping[str, str], progress: Progress) -> Survey:
        """Return what would take a batch back; `settings` answers what that asks."""
        with self.turning():
            return survey_back(self, number, self.overview(progress), progress, settings)

    def try_many(
        self, found: Survey, task: Task, one_of_each: bool, progress: Progress
    ) -> tuple[SchemaResult, ...]:
        """Try a task in the schemas of a survey, or in one of each group of equal ones, and roll it back."""
        turns = found.firsts if one_of_each else found.turns
        with self.heard("trying", progress, len(turns), TRIED_WELL) as hearer:
            return try_out(self, task, found, one_of_each=one_of_each, heard=hearer)

    def run_many(self, task: Task, found: Survey, progress: Progress) -> Batch:
        """Give every schema of a survey its turn; `progress` is told how far it is, and how long the rest will take."""
        with self.heard("repairing", progress, len(found.turns)) as hearer:
            return run(self, task, agreed(found, task), heard=hearer)

    def go_on_many(self, number: int, found: Survey, progress: Progress) -> Batch:
        """Give every schema of an interrupted batch that has no result its turn."""
        batch = the_batch(self, number)
        with self.heard("repairing", progress, len(batch.schemas)) as hearer:
            hearer.done = len(batch.schemas) - len(batch.remaining)
            return go_on(self, number, agreed(found, batch.task), heard=hearer)

    def done_in_many(self) -> tuple[Batch, ...]:
        """Return what was done in many schemas of this database, the newest first."""
        return tuple(self.batches().all())
