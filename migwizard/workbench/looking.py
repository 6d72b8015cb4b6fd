"""What a workbench reads, and what is found in it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..core.dialects.sql import InDialect
from ..core.situation import Situation
from ..core.tenants import Group
from ..core.tenants.across import Across, Seen
from .answers import CannotRun, Reading
from .journaled import Journaled

if TYPE_CHECKING:
    from ..core.tenants import Overview


@dataclass
class Looking(Journaled):
    """One project and one database, with everything that can be read of them."""

    def quick(self, *, tenants: bool = False) -> Reading:
        """Return files, records and the graph alone, within a moment; with `tenants`, the records of theirs as well."""
        situation = self._guarded(self.reader.quick)
        return self._found(self._overseen(situation) if tenants else situation)

    def read(
        self,
        progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
        replay: bool = True,
        *,
        tenants: bool = True,
    ) -> Reading:
        """Read everything anew; `replay` allows a replay when something hangs on it.

        With public all tenants are read, unless `tenants` says that nothing of them is asked.
        """
        if self.reading is not None:
            self.reader.refresh()
        situation = self._guarded(lambda: self.reader.read(progress, fresh_replay=replay))
        self.reading = self._found(self._overseen(situation, progress) if tenants else situation)
        return self.reading

    def _overseen(
        self,
        situation: Situation,
        progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
    ) -> Situation:
        """Return the situation of public with all tenants, as that is what one looks at first; any other as it is.

        An execution does without: inside its transaction, every history would be locked.
        """
        if situation.tenant is None or situation.tenant.role != "public" or not situation.tenant.exists:
            return situation
        return replace(situation, overview=self.overview(progress))

    def tenants(self, progress: Callable[[str, int, int], None] = lambda stage, done, total: None) -> Reading:
        """Return all schemas in groups (the situation's `overview`), and what these tell by themselves.

        Raises:
            CannotRun: when the project has no tenants.
        """
        from .. import diagnoses

        overview = self._guarded(lambda: self.reader.overview(progress))
        situation = replace(self._guarded(self.reader.quick), overview=overview)
        if overview is None:
            raise CannotRun(
                f"The database '{self.options.alias}' of this project has no tenants: there is no TENANT_MODEL for it."
            )
        return Reading(situation, diagnoses.diagnose(situation, diagnoses.OF_TENANTS))

    def across(
        self,
        progress: Callable[[str, int, int], None] = lambda stage, done, total: None,
        replay: bool = True,
    ) -> Across:
        """Read public and one schema of each group, and return what was found in all of them.

        Raises:
            CannotRun: when the project has no tenants.
        """
        first = self.tenants(progress).situation
        overview = first.overview
        assert overview is not None
        groups = sorted(overview.groups, key=lambda group: group.role != "public")
        groups = [group for group in groups if group.exists and group.role != "ownerless"]
        seen: list[Seen] = []
        unread: list[tuple[Group, str]] = []
        with self.turning():
            for number, group in enumerate(groups):
                progress(f"reading {group.representative}", number, len(groups))
                try:
                    found = self._one_of(group, overview, replay)
                    seen.append(Seen(group, found.situation, found.findings))
                except CannotRun as error:
                    unread.append((group, str(error)))
        return Across(overview, first, tuple(seen), tuple(unread))

    def overview(
        self, progress: Callable[[str, int, int], None] = lambda stage, done, total: None
    ) -> Overview | None:
        """Return all schemas of a database with tenants, in groups of those that are equal; None of any other.

        Raises:
            CannotRun: when the server refuses.
        """
        return self._guarded(lambda: self.reader.overview(progress)) if self.reader.connected else None

    def sql(self, app: str, name: str, dialects: Sequence[str] = ()) -> tuple[InDialect, ...]:
        """Return the SQL of one migration for some servers (`all` for every one), by default for the connected one.

        Nothing is connected to, or run; the connected server is told in its own version.

        Raises:
            CannotRun: when there is no such migration or server, or the SQL cannot be written.
        """
        from ..reading.dialects import NAMES, CannotWrite, connected_name, server_named, write
        from ..repairs import Impossible
        from ..repairs.base import check_readable, find_migration

        situation, reader = self._situation(), self.reader
        own = connected_name(reader.connection) if reader.connected else None
        if not reader.project.ready or not reader.connected:
            raise CannotRun("The SQL of a migration is not known while the project cannot be loaded.")
        if not dialects and own is None:
            named = ", ".join(NAMES)
            raise CannotRun(f"The SQL of this database cannot be written here (--dialect can be: {named}).")
        try:
            names = [name for one in dialects for name in (NAMES if one == "all" else (server_named(one),))]
            key = find_migration(situation, app, name)
            if key not in situation.graph.files:
                raise CannotRun(f"There is no file of {app}.{key[1]}.")
            check_readable(situation, key)
            wanted = tuple(
                dict.fromkeys((*((own,) if own and (not names or "all" in dialects) else ()), *names))
            )
            return write(reader.project.info, reader.connection, key, wanted, situation.recorded)
        except KeyError as error:
            raise CannotRun(f"There is no dialect {error} (there is: {', '.join(NAMES)}, all).") from None
        except (Impossible, CannotWrite) as error:
            raise CannotRun(str(error)) from error

    def replay(self, progress: Callable[[str, int, int], None], output: Path | None = None) -> str:
        """Replay the migrations now, write the effects to a file if one is named, and return what was done.

        Raises:
            CannotRun: when they cannot be replayed.
        """
        from ..reading.replay import ReplayRefused, write_file

        reader = self.reader
        graph = self._guarded(reader.quick).graph
        if not reader.project.ready:
            raise CannotRun(" ".join(reader.project.info.errors))
        if not reader.may_replay(graph):
            raise CannotRun(
                "Migration files that cannot be read, or that do not fit together, cannot be replayed."
            )
        effects, why = reader.known_effects(graph)
        if effects is None:
            effects, why = reader.replay(graph, progress)
        if effects is None:
            raise CannotRun(why)
        if output is not None:
            try:
                write_file(output, reader.target(), graph)
            except (ReplayRefused, OSError) as error:
                raise CannotRun(f"{output} cannot be written: {error}") from error
        return f"The effects of {len(effects.migrations)} migrations are known."

    def _one_of(self, group: Group, overview: Overview, replay: bool) -> Reading:
        """Return the reading of the schema that stands for a group; with public, what the overview tells too."""
        public = group.role == "public"
        self.turn_to(None if public else group.representative)
        situation = self._guarded(lambda: self.reader.read(fresh_replay=replay))
        return self._found(replace(situation, overview=overview) if public else situation)

    def _found(self, situation: Situation) -> Reading:
        """Return a situation with its findings; without a database, with those that hang on files alone."""
        from .. import diagnoses

        if situation.tenant is not None and not situation.tenant.exists:
            return Reading(situation, diagnoses.diagnose(situation, diagnoses.WITHOUT_SCHEMA))
        if self.reader.connected:
            situation = replace(
                situation,
                unfinished=self._unfinished(situation),
                unfinished_batches=self._unfinished_batches(situation),
            )
            return Reading(situation, diagnoses.diagnose(situation))
        of_files = (
            diagnoses.project_unreadable,
            diagnoses.unreadable_migration,
            diagnoses.missing_dependency,
            diagnoses.circular_dependency,
        )
        return Reading(situation, diagnoses.diagnose(situation, of_files))
