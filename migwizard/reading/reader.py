"""Reads one database and schema beside the project's migrations, and puts the three truths together."""

from __future__ import annotations

import hashlib
import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.dialects.rehearsed import Ahead
from ..core.drift.doubts import doubted
from ..core.graph import Graph, Key, Record
from ..core.graph.build import build
from ..core.graph.squashes import stuck
from ..core.rights.principals import Rights
from ..core.schema import Snapshot, Table, table_key
from ..core.situation import Compared, MigrationTruth, ModelChange, Situation
from ..core.tenants import Overview, Reference, Tenant
from ..core.truths.effects import Effects
from ..core.truths.lineage import Lineage, OperationKey, from_effects
from ..core.truths.verdicts import drifts_of, examine, expected_table, testify_all
from .connected import DATABASE_ERRORS, CannotRead
from .linear import max_migrations
from .options import Options
from .other_schemas import schemas_of
from .replaying import Progress, Replaying

if TYPE_CHECKING:
    from .overlay import Overlay


Version = tuple[tuple[Key, str], ...]

NO_DATABASE = "The settings cannot be imported, so nobody knows which database it is."


class Reader(Replaying):
    """One project and one database, opened once and read as often as needed, by one thread."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.cancel = threading.Event()
        self.overlay: Overlay = {}
        """Files as they will be once a running execution has committed; None for those that will be gone."""
        self._rights: Rights | None = None
        """What the server said of our connection when the records were read last."""
        self._changes: tuple[Version, tuple[tuple[ModelChange, ...], str]] | None = None
        self._effects: tuple[Version, Effects] | None = None
        self._foreign: tuple[Version, tuple[Reference, ...]] | None = None

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

    def _stuck(
        self, situation: Situation, progress: Progress, *, fresh_replay: bool
    ) -> tuple[MigrationTruth, ...]:
        """Return what the schema says of squashes for which there is no way forward."""
        graph = situation.graph
        keys = stuck(graph, situation.recorded)
        if not keys or situation.live is None:
            return ()
        ignored = {*keys, *(old for key in keys for old in graph.files[key].replaces)}
        records = tuple(record for record in situation.records if record.key not in ignored)
        as_if = self.situation(records, situation.live, progress, fresh_replay=fresh_replay)
        return tuple(row for row in as_if.migrations if row.key in keys)

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

    @property
    def comparable(self) -> bool:
        """Whether the schema can be compared: half a project has no state to compare it with."""
        return self.options.compare and self.project.ready and self.database.can_read_schema

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

    def situation(
        self,
        records: tuple[Record, ...] | None,
        live: Snapshot | None,
        progress: Progress,
        *,
        fresh_replay: bool,
        why_not: str = "",
    ) -> Situation:
        """Put the three truths together from what was read of the database; `why_not` is why it has no schema."""
        if live is None:
            return self._situation(records, None, why_not=why_not)
        graph = self.graph(records)
        effects, why = self._known_effects(graph)
        if effects is not None:
            return self._compare(graph, records, live, from_effects(effects), "replayed", "", effects)
        progress("modelling the schema", 0, 0)
        situation = self._modelled(graph, records, live, why)
        if not (fresh_replay and situation.hangs_on_replay and self.may_replay(graph)):
            return situation
        effects, why = self.replay(graph, progress)
        if effects is None:
            return replace(situation, why_not=why)
        return self._compare(graph, records, live, from_effects(effects), "replayed", "", effects)

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

    def _known_effects(self, graph: Graph) -> tuple[Effects | None, str]:
        """Return the effects replayed earlier or elsewhere, read once as long as the files stay as they are."""
        version, why = version_of(graph), ""
        if self._effects is None or self._effects[0] != version:
            effects, why = self.known_effects(graph)
            self._effects = (version, effects) if effects is not None else None
        return (self._effects[1], "") if self._effects is not None else (None, why)

    def graph(self, records: tuple[Record, ...] | None) -> Graph:
        """Return the graph of the project's files for these records."""
        return build(
            self.files.files,
            {record.key for record in records or ()},
            self.files.unmigrated,
            nested_squashes=self.project.info.nested_squashes,
        )

    def _modelled(
        self, graph: Graph, records: tuple[Record, ...] | None, live: Snapshot, why: str
    ) -> Situation:
        from ..databases.base import ShadowRefused
        from .modelled import model

        if self.options.read_only and self.database.vendor != "sqlite":
            return self._situation(
                records, live, why_not="Nothing may be created to compare with (--read-only)."
            )
        try:
            modelled = model(
                graph,
                self.files.migrations,
                self.database,
                live,
                operations(graph, graph.effective),
                self.tenants.shared_with(self.tenant) if self.tenants is not None else "",
            )
        except ShadowRefused as error:
            return self._situation(records, live, why_not=str(error))
        situation = self._compare(graph, records, live, modelled.lineages, "modelled", why, None)
        return situation if situation.hangs_on_replay else replace(situation, why_not="")

    def _compare(
        self,
        graph: Graph,
        records: tuple[Record, ...] | None,
        live: Snapshot,
        lineages: tuple[Lineage, ...],
        compared: Compared,
        why: str,
        effects: Effects | None,
    ) -> Situation:
        applied = operations(graph, graph.effective)
        ignored = self._unmanaged() | {"django_migrations"}
        if effects is not None:
            ignored |= {change.after for change in effects.signals if change.after}
        verdicts = examine(lineages, live, applied, graph, frozenset(ignored))
        unknown = frozenset(key for key in graph.nodes if key not in self.files.migrations)
        rows = testify_all(graph, records or (), verdicts, unknown)
        recorded = frozenset(record.key for record in records or ())
        drifts = doubted(drifts_of(verdicts, rows, lineages, applied), graph, recorded, lineages)
        if compared == "modelled":
            # What a constraint came to be called depends on how the table became what it is; only a replay knows.
            drifts = tuple(
                drift for drift in drifts if drift.kind not in ("index-renamed", "constraint-renamed")
            )
        expected: dict[str, Table] = {}
        for lineage in lineages:
            table = expected_table(lineage, applied)
            if table is not None:
                expected[table.name] = table
        managed = frozenset(name for lineage in lineages for name in lineage.names()) | ignored
        base = self._situation(records, live, rows=rows, why_not=why)
        return replace(
            base, compared=compared, expected=expected, drifts=drifts, managed=managed, lineages=lineages
        )

    def _situation(
        self,
        records: tuple[Record, ...] | None,
        live: Snapshot | None,
        rows: tuple[MigrationTruth, ...] | None = None,
        why_not: str = "",
    ) -> Situation:
        from .overridden import overrides

        graph = self.graph(records)
        if not why_not and live is None:
            why_not = f"The schema of a {self.database.vendor} database cannot be read."
            if not self.project.ready:
                why_not = "The project cannot be loaded as a whole."
            if not self.options.compare:
                why_not = "The schema was not read (--no-schema)."
        changes, unknown = self._model_changes(graph) if live is not None else ((), "")
        return Situation(
            self.project.info,
            replace(self.info, history_table=records is not None),
            graph,
            records or (),
            why_not=why_not,
            live=live,
            migrations=rows if rows is not None else testify_all(graph, records or (), None),
            model_changes=changes,
            model_changes_unknown=unknown,
            max_migrations=max_migrations(self.files.files),
            overrides=overrides(self.placed, self.files.files),
            undiscovered=self.files.undiscovered,
            named_schemas=self._other_schemas(),
            rights=self._rights,
            tenants=self.tenants,
            tenant=self.tenant,
            references=self._references(graph),
            fingerprint=self._fingerprint(records, live),
        )

    def _model_changes(self, graph: Graph) -> tuple[tuple[ModelChange, ...], str]:
        if not self.project.ready:
            return (), "the project cannot be loaded"
        from .model_changes import model_changes

        version = version_of(graph)
        if self._changes is None or self._changes[0] != version:
            self._changes = version, model_changes(graph, self.files.migrations, self.project.info.own_apps)
        return self._changes[1]

    def _references(self, graph: Graph) -> tuple[Reference, ...]:
        """Return the foreign keys between apps, which matter where apps are in different schemas."""
        if self.tenants is None:
            return ()
        from .tenants.references import references

        version = version_of(graph)
        if self._foreign is None or self._foreign[0] != version:
            self._foreign = version, references(graph, self.files.migrations, self.connection)
        return self._foreign[1]

    def _other_schemas(self) -> tuple[str, ...]:
        """Return the schemas that models name in their `db_table`."""
        migrations = self.files.migrations.values()
        return tuple(sorted({name for one in migrations for name in schemas_of(one.operations)}))

    def _unmanaged(self) -> set[str]:
        """Return the tables of installed models that no migration makes (unmanaged, or of apps without migrations)."""
        if not self.project.ready:
            return set()
        from django.apps import apps

        without = self.files.unmigrated
        return {
            table_key(model._meta.db_table)
            for model in apps.get_models(include_auto_created=True)
            if not model._meta.managed or model._meta.app_label in without
        }

    def _fingerprint(self, records: tuple[Record, ...] | None, live: Snapshot | None) -> str:
        digest = hashlib.sha256()
        for key in sorted(self.files.files):
            digest.update(f"{key}{self.files.files[key].digest}".encode())
        digest.update(repr(records).encode())
        if self._rights is not None:
            digest.update(self._rights.digest.encode())
        if live is not None:
            digest.update(repr(sorted(live.tables.items())).encode())
        return digest.hexdigest()


def version_of(graph: Graph) -> Version:
    """Return what tells a graph from those of other files."""
    files = ((key, graph.files.get(key)) for key in graph.nodes)
    return tuple((key, f"{file.digest} {file.error}" if file is not None else "") for key, file in files)


def operations(graph: Graph, keys: frozenset[Key]) -> frozenset[OperationKey]:
    """Return the operations of some migrations."""
    return frozenset(
        (key, index)
        for key in keys
        if key in graph.files
        for index in range(len(graph.files[key].operations))
    )
