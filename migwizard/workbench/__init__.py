"""Everything that the screens and the commands can do, behind one door.

A workbench belongs to one thread, which owns its connection for its whole life.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ..core.plan import Plan, Ran, Report
from .answers import ActionOffer, CannotRun, Needless, Reading, Refused, Unreplayed
from .planning import Planning

__all__ = ["ActionOffer", "CannotRun", "Needless", "Reading", "Refused", "Unreplayed", "Workbench"]


@dataclass
class Workbench(Planning):
    """One project and one database, with everything that can be read of them and done to them."""

    def execute(self, plan: Plan, progress: Callable[[Ran], None] | None = None) -> Report:
        """Run a plan, in one transaction wherever that is possible, and say what became of it."""
        from ..running.executor import execute

        if plan.schema:
            with self._beside(plan.schema):
                return self.execute(replace(plan, schema=""), progress)
        try:
            journal = self._journal(plan.arrives)
            return execute(self.reader, plan, heard=progress, stop=self.stop.is_set, journal=journal)
        finally:
            # One that was interrupted may have come to its end by this.
            self._settled = {number: entry for number, entry in self._settled.items() if entry.finished}

    def dry_run(self, plan: Plan, progress: Callable[[Ran], None] | None = None) -> Report:
        """Run a plan and take it back, and say what would have become of it."""
        from ..running.dry_run import dry_run

        if plan.schema:
            with self._beside(plan.schema):
                return self.dry_run(replace(plan, schema=""), progress)
        return dry_run(self.reader, plan, heard=progress, stop=self.stop.is_set)
