"""Puts what was read of a project and its database into one situation."""

from __future__ import annotations

import hashlib
from collections.abc import Set
from dataclasses import replace
from typing import TYPE_CHECKING

from ..core.graph import Graph, Key, Record
from ..core.graph.build import build
from ..core.rights.principals import Rights
from ..core.schema import Snapshot, table_key
from ..core.situation import MigrationTruth, ModelChange, Situation
from ..core.tenants import Reference
from ..core.truths.verdicts import testify_all
from .linear import max_migrations
from .other_schemas import schemas_of
from .replaying import Replaying

if TYPE_CHECKING:
    from .project import Project

Version = tuple[tuple[Key, str], ...]
"""What tells the files of a graph from others: each key, with what its file holds."""


class Assembling(Replaying):
    """A project and a database, of which situations are made."""

    placed: Project
    """The project, with the packages of migrations where the settings have them by now."""
    _rights: Rights | None = None
    """What the server said of our connection when the records were read last."""
    _changes: tuple[Version, tuple[tuple[ModelChange, ...], str]] | None = None
    _foreign: tuple[Version, tuple[Reference, ...]] | None = None

    @property
    def comparable(self) -> bool:
        """Whether the schema can be compared: half a project has no state to compare it with."""
        return self.options.compare and self.project.ready and self.database.can_read_schema

    def graph(self, records: tuple[Record, ...] | None) -> Graph:
        """Return the graph of the project's files for these records."""
        return self.graph_of({record.key for record in records or ()})

    def graph_of(self, applied: Set[Key]) -> Graph:
        """Return the graph of the project's files where these migrations are recorded."""
        return build(
            self.files.files,
            applied,
            self.files.unmigrated,
            nested_squashes=self.project.info.nested_squashes,
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
