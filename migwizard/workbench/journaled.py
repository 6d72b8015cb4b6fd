"""What was done on the database before."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.journal import Entry
from ..core.situation import Situation
from ..core.tenants.batch import Batch
from .answers import CannotRun
from .opened import Opened

if TYPE_CHECKING:
    from ..running.journal import Batches, Journal


@dataclass
class Journaled(Opened):
    """One project and one database, with their journal."""

    def journal(self) -> tuple[Entry, ...]:
        """Return every execution on this database, the newest first."""
        return tuple(self._settled.get(entry.id, entry) for entry in self._journal().entries())

    def entry(self, number: int) -> Entry:
        """Return one execution on this database.

        Raises:
            CannotRun: when there is none of that number, or it cannot be read.
        """
        from ..running.journal import JournalError

        if number in self._settled:
            return self._settled[number]
        try:
            return self._journal().entry(number)
        except JournalError as error:
            raise CannotRun(str(error)) from error

    def batches(self) -> Batches:
        """Return the journal of what was done in many schemas of this database at a time."""
        from ..running.journal import Batches

        return Batches(self._journal_root(), self.reader.info, self.reader.project.info.root)

    def _journal(self, arrives: str | None = None) -> Journal:
        """Return the journal of this database and schema.

        A plan that moves the connection to another schema is written down in that one's: from there it is looked for.
        """
        from ..databases.base import printable
        from ..running.journal import Journal

        info = self.reader.info
        if arrives is not None:
            info = replace(info, schema=printable(arrives))
        return Journal(self._journal_root(), info, self.reader.project.info.root, self.batch)

    def _journal_root(self) -> Path:
        """Return the folder of all journals."""
        from ..running.journal import default_root

        project = self.reader.project
        return Path(project.info.root, project.journal) if project.journal else default_root()

    def _unfinished_batches(self, situation: Situation) -> tuple[Batch, ...]:
        """Return what was begun in many schemas and interrupted; public tells for all tenants."""
        if situation.tenant is not None and situation.tenant.role != "public":
            return ()
        found = (batch for batch in self.batches().all() if batch.outcome == "interrupted")
        return tuple(batch for batch in found if batch.remaining and batch.undone_by is None)

    def _unfinished(self, situation: Situation) -> tuple[Entry, ...]:
        """Return the executions on this database that were interrupted, with what is in of them."""
        from ..running.recovery import settle

        found = {entry.id: entry for entry in settle(self._journal(), self.reader, situation)}
        ended = {number: entry for number, entry in self._settled.items() if entry.finished}
        self._settled = ended | found
        return tuple(self._settled[number] for number in sorted(self._settled))
