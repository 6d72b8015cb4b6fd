"""Reads one database and schema beside the project's migrations, and puts the three truths together."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.dialects.rehearsed import Ahead
from ..core.schema import Snapshot
from ..core.situation import Situation
from ..core.tenants import Overview, Tenant
from .comparing import Comparing
from .connected import DATABASE_ERRORS, CannotRead
from .options import Options
from .replaying import Progress

if TYPE_CHECKING:
    from .overlay import Overlay

NO_DATABASE = "The settings cannot be imported, so nobody knows which database it is."


class Reader(Comparing):
    """One project and one database, opened once and read as often as needed, by one thread."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.cancel = threading.Event()
        self.overlay: Overlay = {}
        """Files as they will be once a running execution has committed; None for those that will be gone."""

    def open(self) -> None:
        """Find and load the project and its migration files.

        Raises:
            CannotRead: when there is no project, or nothing in it that can be read.
        """
        from .files import read_files
        from .project import NoProject, ProjectUnreadable, load
        from .settings_files import settings_files
        from .tenants.lists import loaded_lists

        if self.options.replay_file is not None:
            # The project's folder becomes the current one, as with manage.py, for relative names in its settings.
            self.options = replace(self.options, replay_file=self.options.replay_file.absolute())
        try:
            self.project = load(self.options.root, self.options.settings)
        except (NoProject, ProjectUnreadable) as error:
            raise CannotRead(str(error)) from error
        os.chdir(self.project.info.root)
        self.settings_files = settings_files(self.project)
        self.lists = loaded_lists(self.project)
        self.placed = self.project
        self.files = read_files(self.project)

    def refresh(self) -> None:
        """Read the migration files again, which may have changed since."""
        from .files import read_files
        from .overlay import laid_over
        from .settings_files import repointed

        with laid_over(self.overlay):
            self.placed = repointed(self.project, self.settings_files, self.overlay)
            self.files = read_files(self.placed, self.overlay)
        self._restate_lists()

    def _restate_lists(self) -> None:
        """Follow the lists of apps of django-tenants, whose files may have changed since."""
        from .tenants.lists import restate
        from .tenants.settings import tenant_settings

        if self.tenants is not None and restate(self.lists, self.settings_files, self.overlay):
            self.tenants = tenant_settings(self.project)
            self._effects = self._foreign = None

    def quick(self) -> Situation:
        """Return the situation without any schema: files, records and the graph."""
        if not self.connected:
            return self._files_alone()
        with self.moment():
            why = "The schema has not been read yet." if self.comparable else ""
            self._rights = self.rights()
            return self._situation(self.records(), None, why_not=why)

    def read(
        self, progress: Progress = lambda stage, done, total: None, *, fresh_replay: bool = True
    ) -> Situation:
        """Return the whole situation.

        Args:
            progress: called as reading goes on.
            fresh_replay: whether a replay may be started when something hangs on it; else only a cached one is used.
        """
        if not self.connected:
            return self._files_alone()
        progress("reading the database", 0, 0)
        with self.moment():
            self._rights = self.rights()
            if self.tenant is not None and not self.tenant.exists:
                return self._without_schema(self.tenant)
            records = self.records()
            live, why = self._live()
        situation = self.situation(records, live, progress, fresh_replay=fresh_replay, why_not=why)
        squashes = self._stuck(situation, progress, fresh_replay=fresh_replay)
        situation = replace(situation, squashes=squashes, ahead=self._ahead(situation))
        return self._with_lost_files(situation, progress)

    def overview(self, progress: Progress = lambda stage, done, total: None) -> Overview | None:
        """Return all schemas of a project with django-tenants in groups; None for any other project.

        Raises:
            CannotRead: when the server refuses.
        """
        if self.tenants is None:
            return None
        from .tenants.everything import oversee

        try:
            return oversee(self, self.tenants, progress)
        except DATABASE_ERRORS as error:
            raise CannotRead(self.database.explain_error(error)) from error

    def _ahead(self, situation: Situation) -> Ahead | None:
        """Return what the pending operations will do in this dialect, and which rows they will meet."""
        from .ahead import look_ahead

        if not self.project.ready:
            return None
        with self.moment():
            return look_ahead(situation.graph, self.files.migrations, self.database, situation.live)

    def _with_lost_files(self, situation: Situation, progress: Progress) -> Situation:
        """Return the situation with what version control has of files that are missing."""
        from . import lost

        missing = lost.missing(situation.graph, situation.recorded)
        if not missing or not self.project.ready:
            return situation
        progress("looking for missing files", 0, 0)
        found = lost.find(self.project, situation.graph, missing)
        return replace(situation, lost_files=found.files, lost_files_nowhere=found.nowhere)

    def _files_alone(self) -> Situation:
        """Return the situation where there is no database: neither records nor schema are known."""
        return self._situation(None, None, why_not=f"{NO_DATABASE} Records are not known either.")

    def reread(self) -> Situation:
        """Return the situation as it is inside the transaction that is running on the connection."""
        self.enter_schema()
        self._rights = self.rights()
        if self.tenant is not None and not self.tenant.exists:
            return self._without_schema(self.tenant)
        live, why = self._live()
        return self.situation(
            self.records(), live, lambda stage, done, total: None, fresh_replay=False, why_not=why
        )

    def _without_schema(self, tenant: Tenant) -> Situation:
        """Return the situation of a tenant whose schema is not there: what its search path leads to is not its own."""
        return self._situation(None, None, why_not=f"There is no schema {tenant.schema}.")

    def _live(self) -> tuple[Snapshot | None, str]:
        """Return the live schema, or None and why it cannot be compared."""
        from ..databases.base import SchemaUnreadable

        if not self.comparable:
            return None, ""
        try:
            return self.live(self._other_schemas()), ""
        except SchemaUnreadable as error:
            return None, str(error)

    def turn_to(self, schema: str | None) -> None:
        """Read another schema of the same database from now on; None is the connection's own, or the public one.

        Raises:
            CannotRead: when there is no such schema, or the server refuses.
        """
        before = self.tenant
        super().turn_to(schema)
        if before is None or self.tenant is None or before.kind != self.tenant.kind:
            # What a migration does is another thing in another kind of schema.
            self._effects = None
