"""A workbench for many schemas: what the screen of the tenants can have done."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..core.tenants.across import Spread
from ..core.tenants.batch import TRIED_WELL, Batch, Became, SchemaResult, Task, estimate
from ..workbench import Workbench
from .choosing import check_named
from .many import agreed, go_on, run, try_out
from .past import survey_back, survey_rest
from .survey import Survey, known, survey

Progress = Callable[[str, int, int], None]


class TenantBench(Workbench):
    """A workbench that does one task in many schemas; after each, it looks at the schema that it looked at before."""

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
        with self.turning():
            heard = heard_of("dry run", progress, TRIED_WELL)
            return try_out(self, task, found, one_of_each=one_of_each, heard=heard)

    def run_many(self, task: Task, found: Survey, progress: Progress) -> Batch:
        """Give every schema of a survey its turn; `progress` is told how far it is, and how long the rest will take."""
        with self.turning():
            return run(self, agreed(task, found), found, heard=heard_of("repairing", progress))

    def go_on_many(self, number: int, found: Survey, progress: Progress) -> Batch:
        """Give every schema of an interrupted batch that has no result its turn."""
        with self.turning():
            return go_on(self, number, found, shown=True, heard=heard_of("repairing", progress))

    def done_in_many(self) -> tuple[Batch, ...]:
        """Return what was done in many schemas of this database, the newest first."""
        return tuple(self.batches().all())


def heard_of(
    what: str, progress: Progress, good: Sequence[Became] = ("done", "nothing")
) -> Callable[[SchemaResult, int, int], None]:
    """Return what hears of each turn, and tells how far it is, how many went wrong, and how long the rest will take."""
    turns, bad, seconds = 0, 0, 0.0

    def heard(result: SchemaResult, done: int, total: int) -> None:
        nonlocal turns, bad, seconds
        turns += 1
        bad += result.outcome not in good
        seconds += result.seconds
        # The first turn says nothing of the others: it also read what they all share.
        rest = estimate(turns, turns + total - done, seconds) if turns > 1 and done < total else None
        wrong = f", {bad} {'not done' if 'done' in good else 'would not work'}" if bad else ""
        left = f", about {rest:.0f} s left" if rest is not None and rest >= 1 else ""
        progress(f"{what}{wrong}{left}", done, total)

    return heard
