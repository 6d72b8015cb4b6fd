"""Everything that was read of one database and schema, put side by side: the three truths."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePath
from typing import Literal

from .dialects.rehearsed import Ahead
from .graph import Graph, Key, MigrationFile, Record
from .graph.undiscovered import Undiscovered
from .journal import Entry
from .plan import Step
from .rights.principals import Rights
from .schema import Snapshot, Table
from .sources.lost import LostFile
from .sources.override import Override
from .sources.text_file import TextFile
from .tenants import Overview, Reference, Tenant, TenantSettings
from .tenants.batch import Batch
from .truths.lineage import Lineage

Truth = Literal["yes", "no", "partly", "unobservable", "unknown"]
State = Literal[
    "applied",
    "pending",
    "applied-not-recorded",
    "recorded-not-applied",
    "half-applied",
    "missing-file",
    "unreadable",
    "replaced",
]
PACKAGES = {"site-packages", "dist-packages"}
"""Folders that installed packages are in."""

Compared = Literal["replayed", "modelled", "no"]


@dataclass(frozen=True, slots=True)
class ProjectInfo:
    """The Django project, as it was found."""

    root: str
    settings: str
    """Dotted name of the settings module."""
    errors: tuple[str, ...] = ()
    """Why settings or apps could not be imported, one sentence each; the graph is then drawn from files alone."""
    own_apps: frozenset[str] = frozenset()
    """Labels of the apps whose code lies in the project's folder (not installed packages)."""
    user_model: str = "auth.User"
    django: str = ""

    @property
    def nested_squashes(self) -> bool:
        """Whether this Django lets a squash replace squashes, as 6.0 and later do."""
        return int(self.django.partition(".")[0] or 0) >= 6

    def owns(self, file: MigrationFile) -> bool:
        """Tell whether a migration file is the project's own, not one of an installed package."""
        path = PurePath(file.path)
        inside = path.is_relative_to(self.root) or file.app in self.own_apps
        return inside and not PACKAGES & set(path.parts)


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """The database, as the status line shows it. No password is ever in it."""

    alias: str
    vendor: str
    name: str
    schema: str = ""
    host: str = ""
    port: str = ""
    user: str = ""
    version: str = ""
    """As users write it: `PostgreSQL 16.3`."""
    local: bool = True
    """False when the host is neither a socket, a file nor loopback."""
    production: bool = False
    """True when the project marks this database as production."""
    history_table: bool = True
    """Whether django_migrations exists."""


@dataclass(frozen=True, slots=True)
class OperationTruth:
    """What the live schema says of one operation."""

    index: int
    title: str
    """Django's own description of the operation."""
    kind: str
    """The file's `OperationKind`."""
    truth: Truth
    evidence: tuple[str, ...] = ()
    """`column shop_order.note exists`, `index shop_order_x is missing`, …"""
    confirmed: bool = True
    tables: tuple[str, ...] = ()
    """Tables that the operation changes."""


@dataclass(frozen=True, slots=True)
class MigrationTruth:
    """The three truths of one migration."""

    key: Key
    file: bool
    record: datetime | None
    recorded: bool
    schema: Truth
    state: State
    operations: tuple[OperationTruth, ...] = ()
    confirmed: bool = True
    inferred: bool = False
    """The schema's answer follows from later migrations, because their effects hide this one's."""


DriftKind = Literal[
    "table-missing",
    "table-unknown",
    "table-renamed",
    "column-missing",
    "column-unknown",
    "column-type",
    "column-nullability",
    "column-default",
    "column-identity",
    "column-generated",
    "column-collation",
    "column-comment",
    "primary-key-missing",
    "primary-key-unknown",
    "unique-missing",
    "unique-unknown",
    "check-missing",
    "check-unknown",
    "foreign-key-missing",
    "foreign-key-unknown",
    "foreign-key-differs",
    "exclusion-missing",
    "exclusion-unknown",
    "index-missing",
    "index-unknown",
    "index-invalid",
    "index-renamed",
    "constraint-renamed",
    "constraint-not-validated",
    "constraint-disabled",
    "trigger-missing",
    "trigger-unknown",
    "table-comment",
]


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between the live schema and what the applied migrations should have left."""

    kind: DriftKind
    table: str
    column: str | None
    name: str
    """Name of the constraint, index or trigger; empty for columns and tables."""
    expected: str
    """What should be there, in words; empty when nothing should."""
    live: str
    """What is there, in words; empty when nothing is."""
    migration: Key | None = None
    """The migration that should have left it so."""
    confirmed: bool = True
    explained_by: tuple[Key, ...] = ()
    """Migrations with opaque operations that may explain an unconfirmed difference."""


@dataclass(frozen=True, slots=True)
class ModelChange:
    """A change that `makemigrations` would write a migration for."""

    app: str
    description: str
    own: bool
    """Whether the app is the project's own (its user can write the migration)."""


@dataclass(frozen=True, slots=True)
class Situation:
    """One database and schema at one moment, beside the project's migrations."""

    project: ProjectInfo
    database: DatabaseInfo
    graph: Graph
    records: tuple[Record, ...]
    compared: Compared = "no"
    why_not: str = ""
    """Why the schema was not compared, or only modelled; empty when it was replayed."""
    live: Snapshot | None = None
    expected: Mapping[str, Table] = field(default_factory=dict)
    """The tables as the applied migrations should have left them."""
    migrations: tuple[MigrationTruth, ...] = ()
    """One a migration, in the order in which they are applied; ghosts (records without file) after their app's last."""
    drifts: tuple[Drift, ...] = ()
    model_changes: tuple[ModelChange, ...] = ()
    model_changes_unknown: str = ""
    """Why model changes could not be looked for; empty when they were."""
    lineages: tuple[Lineage, ...] = ()
    """Every table through all migrations, replayed or modelled: what a table must be after any set of operations."""
    lost_files: Mapping[Key, tuple[LostFile, ...]] = field(default_factory=dict)
    """What version control has of missing migration files that were looked for, the likeliest version first."""
    lost_files_nowhere: str = ""
    """What to say of one that was not found, and why, as the end of a sentence."""
    squashes: tuple[MigrationTruth, ...] = ()
    """Truths of the squashes for which there is no way forward, as if nothing of what they replace were recorded."""
    unfinished: tuple[Entry, ...] = ()
    """Executions on this database of which the journal does not know how they ended."""
    unfinished_batches: tuple[Batch, ...] = ()
    """What was begun in many schemas, and has not come to every one of them; not told with a tenant."""
    max_migrations: Mapping[str, TextFile] = field(default_factory=dict)
    """By app, the `max_migration.txt` in which django-linear-migrations keeps the name of the last migration."""
    overrides: tuple[Override, ...] = ()
    """Apps whose migrations MIGRATION_MODULES takes from another package than their own."""
    undiscovered: tuple[Undiscovered, ...] = ()
    """Migration files that Django does not look at, or a package for them that is not there."""
    managed: frozenset[str] = frozenset()
    """Tables that some migration or unmanaged model of the project accounts for."""
    named_schemas: tuple[str, ...] = ()
    """The schemas that models name in their `db_table`."""
    rights: Rights | None = None
    """Who is who on the server, and what our connection may do; None where nobody knows."""
    ahead: Ahead | None = None
    """What the pending operations will do in this dialect, and the rows that they will meet; None where not looked."""
    tenants: TenantSettings | None = None
    """What django-tenants is told, where the project uses it."""
    tenant: Tenant | None = None
    """With django-tenants, what the schema is that was read: the public one, or a tenant's."""
    overview: Overview | None = None
    """With django-tenants, all schemas in groups; with the public schema only, and not inside a transaction."""
    references: tuple[Reference, ...] = ()
    """With django-tenants, every foreign key that the migrations make from one app to another."""
    fingerprint: str = ""
    """Hash of files, records, live schema and rights: what a plan was made from."""

    def beyond(self, table: str) -> bool:
        """Tell whether a table is public's, seen from a tenant: it was not read, but is there all the same."""
        shared = self.tenants.shared_with(self.tenant) if self.tenants is not None else ""
        return bool(shared) and table.startswith(f"{shared}.")

    def search_path(self, schema: str = "") -> tuple[str, ...]:
        """Return the search path that a schema needs (by default the one that was read), if it is not everybody's."""
        name = schema or self.database.schema
        if self.tenants is not None:
            return self.tenants.search_path(name)
        usual = self.database.vendor != "postgresql" or name in ("", "public")
        return () if usual else (name, "public")

    def truth(self, key: Key) -> MigrationTruth | None:
        """Return the three truths of one migration, or None if nothing is known by that name."""
        return next((row for row in self.migrations if row.key == key), None)

    def file(self, key: Key) -> MigrationFile | None:
        """Return the file of one migration, or None when it has none."""
        return self.graph.files.get(key)

    def code_in(self, steps: Iterable[Step]) -> tuple[Key, ...]:
        """Return the migrations of which some steps run code that the project brought along (RunPython, …)."""
        found: dict[Key, None] = {}
        for step in steps:
            file = self.graph.files.get(step.migration) if step.migration else None
            if file is None or step.kind != "operation" or step.operation is None:
                continue
            if any(one.runs_code for one in file.operations[step.operation : step.operation + 1]):
                found[file.key] = None
        return tuple(found)

    @property
    def hangs_on_replay(self) -> bool:
        """Whether the comparison left anything open that a replay would confirm or clear."""
        files = self.graph.files
        return any(
            not drift.confirmed and all(key in files for key in drift.explained_by) for drift in self.drifts
        ) or any(
            not row.confirmed and (row.state not in ("applied", "pending") or row.schema == "partly")
            for row in self.migrations
        )

    @property
    def recorded(self) -> frozenset[Key]:
        """Keys of all history rows."""
        return frozenset(record.key for record in self.records)
