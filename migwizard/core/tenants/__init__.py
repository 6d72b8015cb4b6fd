"""django-tenants as plain data: which apps have tables in which schemas, who the tenants are, what each holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..graph import Key

Role = Literal["public", "tenant", "template", "ownerless"]
"""What a schema is: the shared one, a tenant's, one that new tenants are cloned from, or one without a tenant."""


@dataclass(frozen=True, slots=True)
class AppSet:
    """The apps whose tables the router lets into one kind of schema."""

    kind: str
    """`public`, `tenant`, or the name of a tenant type."""
    setting: str
    """Where the list is: `SHARED_APPS`, `TENANT_APPS`, `TENANT_TYPES['shop']['APPS']`."""
    entries: tuple[str, ...]
    """The list as the settings have it."""
    labels: frozenset[str]
    """Labels of these apps."""
    named: Mapping[str, str] = field(default_factory=dict)
    """By label, the entry of the list that an app is in by."""


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """What the settings of a project say to django-tenants."""

    public: AppSet
    kinds: tuple[AppSet, ...]
    """The sets of the tenants: one, or one a tenant type."""
    public_schema: str = "public"
    alias: str = "default"
    """Alias of the database that the tenants are in."""
    tenant_model: str = ""
    domain_model: str = ""
    type_field: str = ""
    """The field of the tenant model that says which type a tenant is; empty where there is one kind only."""
    extra_schemas: tuple[str, ...] = ()
    """Schemas at the end of every search path (PG_EXTRA_SEARCH_PATHS)."""
    templates: Mapping[str, str] = field(default_factory=dict)
    """Schemas that new tenants are cloned from, with the type of those tenants; empty where it is any."""

    routed: bool = True
    """Whether its router is among DATABASE_ROUTERS."""

    @property
    def sets(self) -> tuple[AppSet, ...]:
        """Every set, that of the public schema first."""
        return (self.public, *self.kinds)

    def set_of(self, kind: str) -> AppSet | None:
        """Return the set of one kind of schema, or None where the settings know no such kind."""
        return next((one for one in self.sets if one.kind == kind), None)

    def kind_of(self, schema: str, type: str = "") -> str:
        """Return the kind of a schema, given the type of its tenant; a type is taken at its word."""
        if schema == self.public_schema:
            return self.public.kind
        return type if self.type_field else self.kinds[0].kind

    def visible(self, apps: AppSet) -> frozenset[str]:
        """Return the apps whose tables the search path finds: public sees itself, a tenant itself and public."""
        return apps.labels if apps == self.public else apps.labels | self.public.labels

    def shared_with(self, tenant: Tenant | None) -> str:
        """Return the schema whose tables are found beside a tenant's own, the public one; empty for that itself."""
        return self.public_schema if tenant is not None and tenant.role != "public" else ""

    def search_path(self, schema: str) -> tuple[str, ...]:
        """Return the search path of a schema, as django-tenants sets it."""
        own = (schema,) if schema == self.public_schema else (schema, self.public_schema)
        return (*own, *self.extra_schemas)


@dataclass(frozen=True, slots=True)
class Tenant:
    """One schema that counts: by the row of its tenant, by being there, or both."""

    schema: str
    role: Role
    kind: str
    """Kind of the schema: the name of its `AppSet`."""
    row: str | None = None
    """Primary key of the tenant's row, as text; None where it has none."""
    exists: bool = True
    """Whether the schema is there."""
    history: bool = True
    """Whether it has a django_migrations of its own."""
    creating: str = ""
    """What another session does with it at this moment, in words; empty where nothing is known of any."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What a schema holds; schemas that hold the same share one."""

    applied: frozenset[Key] | None
    """The migrations that are recorded; None without a history."""
    tables: Mapping[str, str] = field(default_factory=dict)
    """Its tables and views, each with a fingerprint in which the name of the schema does not count."""
    twice: frozenset[Key] = frozenset()
    """Those that are recorded more than once."""
    unreadable: str = ""
    """Why it could not be read, in a sentence; then nothing else here counts."""


AppState = Literal["head", "behind", "gap", "none"]


@dataclass(frozen=True, slots=True)
class AppLevel:
    """How far one app is in a schema, by the records."""

    app: str
    state: AppState
    """`head`: all are recorded; `behind`: the last ones are not; `gap`: one is not that others build on."""
    at: str = ""
    """Name of the last one recorded."""
    pending: tuple[Key, ...] = ()
    """Those that are not recorded, in the order of application."""
    ghosts: tuple[Key, ...] = ()
    """Those recorded of which there is no file."""
    here: bool = True
    """Whether the router lets the app's tables into the schema; records are written all the same."""


@dataclass(frozen=True, slots=True)
class Group:
    """Schemas of one kind with equal records and equal tables."""

    kind: str
    role: Role
    schemas: tuple[str, ...]
    """Sorted; the first stands for all."""
    holding: Holding
    exists: bool = True
    creating: str = ""
    levels: tuple[AppLevel, ...] = ()
    """One an app that is not at head, or has tables here; in the order of application."""
    lacks: tuple[str, ...] = ()
    """Tables that most schemas of the kind have which record the same, and these do not."""
    besides: tuple[str, ...] = ()
    """Tables that these have, and most others do not."""
    differs: tuple[str, ...] = ()
    """Tables that are not as in most others."""

    @property
    def representative(self) -> str:
        """The schema that is read for all."""
        return self.schemas[0]

    @property
    def behind(self) -> tuple[AppLevel, ...]:
        """The apps with tables here that are not at head."""
        return tuple(level for level in self.levels if level.here and level.state != "head")

    @property
    def pending(self) -> tuple[Key, ...]:
        """The migrations of apps with tables here that are not recorded."""
        return tuple(key for level in self.behind for key in level.pending)

    @property
    def ghosts(self) -> tuple[Key, ...]:
        """What is recorded and has no file."""
        return tuple(key for level in self.levels for key in level.ghosts)


@dataclass(frozen=True, slots=True)
class Stray:
    """What is in a schema without a tenant."""

    tables: int
    rows: int | None = None
    """As the server reckons; None where it never counted."""
    first: str = ""
    """Day of the first recorded migration, `2026-03-01`; empty where it is not known."""
    last: str = ""
    """Day of the last one."""


@dataclass(frozen=True, slots=True)
class Overview:
    """All schemas of a project, put in groups, outliers first."""

    settings: TenantSettings
    tenants: tuple[Tenant, ...]
    """Every schema that counts, public first, then by name."""
    groups: tuple[Group, ...]
    apps: tuple[str, ...] = ()
    """Labels of the apps with migrations, in the order of application: the columns of the matrix."""
    why_not: str = ""
    """Why the tenants could not be listed, or their tables not be compared, in a sentence; empty when they were."""
    strays: Mapping[str, Stray] = field(default_factory=dict)
    """What is in schemas without a tenant, by name, as far as our role may look."""

    @property
    def listed(self) -> bool:
        """Whether the rows of tenants could be read; else nobody knows whose a schema is."""
        return not self.why_not or bool(self.of("tenant"))

    @property
    def public(self) -> Tenant | None:
        """The public schema, as it was read."""
        return next((one for one in self.tenants if one.role == "public"), None)

    def of(self, *roles: Role) -> tuple[Tenant, ...]:
        """Return the schemas of some roles."""
        return tuple(one for one in self.tenants if one.role in roles)

    def group_of(self, schema: str) -> Group | None:
        """Return the group that a schema is in, or None."""
        return next((group for group in self.groups if schema in group.schemas), None)

    def tenant(self, schema: str) -> Tenant | None:
        """Return what is known of one schema, or None."""
        return next((one for one in self.tenants if one.schema == schema), None)


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key in the database, as the migrations or, for apps without any, the models make it."""

    app: str
    model: str
    """In lower case, as in a state."""
    field: str
    table: str
    """The table that the foreign key is in: the model's, or that of a many-to-many field."""
    to_app: str
    to_model: str
    to_table: str
    migration: Key | None = None
    """The migration that makes it; None for a model of an app without migrations."""
    swappable: str = ""
    """The setting that says where it points: `AUTH_USER_MODEL`; empty where the migration says it itself."""
