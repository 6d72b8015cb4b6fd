"""One database and schema: the connection, the history, and the schema as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from django.core.exceptions import AppRegistryNotReady
from django.db import Error

from ..core.graph import Record
from ..core.rights.principals import Rights
from ..core.schema import Snapshot
from ..core.situation import DatabaseInfo
from ..core.tenants import Tenant, TenantSettings
from ..databases.base import SchemaUnreadable
from ..databases.transactions import rolled_back
from .options import Options

if TYPE_CHECKING:
    from ..databases import Database
    from .project import Project

DATABASE_ERRORS = (Error, SchemaUnreadable)
"""What a server's refusal comes as; anything else is a fault of ours and shall be seen as one."""


class CannotRead(Exception):
    """Nothing can be read, for the reason given in one sentence."""


class Connected:
    """The database of a project, as its settings name it."""

    options: Options
    project: Project
    connection: Any
    database: Database
    info: DatabaseInfo
    tenants: TenantSettings | None = None
    """What django-tenants is told, where the project uses it with this database."""
    tenant: Tenant | None = None
    """With django-tenants, what the schema is that is read."""

    @property
    def connected(self) -> bool:
        """Whether there is a database; none is known where the settings cannot be imported."""
        return self.project.ready or self.project.databases != ()

    def connect(self) -> None:
        """Open the connection to the database; do without where the settings do not say which one it is.

        Raises:
            CannotRead: when there is no such alias, or the server refuses, in one sentence.
        """
        from django.db import connections
        from django.utils.connection import ConnectionDoesNotExist

        from .. import databases

        if not self.connected:
            self.info = DatabaseInfo(self.options.alias, "unknown", self.options.alias, history_table=False)
            return
        try:
            self.connection: Any = self._open(connections)
            self.database = databases.of(self.connection)
        except ConnectionDoesNotExist:
            known = ", ".join(self.project.databases) or "none"
            raise CannotRead(
                f"There is no database '{self.options.alias}' in DATABASES (there is: {known})."
            ) from None
        except Exception as error:
            raise CannotRead(f"The database '{self.options.alias}' cannot be set up: {error}") from error
        missing = missing_file(self.connection)
        if missing:
            raise CannotRead(f"There is no database file {missing}; `manage.py migrate` would make it.")
        try:
            self.connection.ensure_connection()
            self._find_tenants()
            self.info = self._describe()
        except CannotRead:
            raise
        except Exception as error:
            raise CannotRead(self.database.explain_error(error)) from error

    def turn_to(self, schema: str | None) -> None:
        """Read another schema of the same database from now on; None is the connection's own, or the public one.

        Raises:
            CannotRead: when there is no such schema, or the server refuses.
        """
        self.options = replace(self.options, schema=schema)
        try:
            self._find_tenants()
            self.info = self._describe()
        except DATABASE_ERRORS as error:
            raise CannotRead(self.database.explain_error(error)) from error

    def _open(self, connections: Any) -> Any:
        """Return the connection; where that of django-tenants cannot be had, because apps fail, the one behind it."""
        try:
            return connections[self.options.alias]
        except AppRegistryNotReady:
            from .tenants.settings import tenant_settings
            from .tenants.turning import plain_connection

            if tenant_settings(self.project) is None:
                raise
            entry = connections.settings[self.options.alias]
            engine = self.project.setting("ORIGINAL_BACKEND")
            connections[self.options.alias] = plain_connection(entry, self.options.alias, engine)
            return connections[self.options.alias]

    def _find_tenants(self) -> None:
        """Find out whether this is a database with tenants, and turn the connection to the schema that is read."""
        if self.project.setting("TENANT_MODEL") is None:
            return
        from .tenants.settings import tenant_settings
        from .tenants.turning import NameRefused, turn_to

        settings = tenant_settings(self.project)
        if settings is None or settings.alias != self.options.alias or self.connection.vendor != "postgresql":
            return
        if self.project.ready and not hasattr(self.connection, "set_schema"):
            if not settings.routed:
                return
            engine = self.connection.settings_dict.get("ENGINE")
            raise CannotRead(
                f"The ENGINE of the database '{self.options.alias}' is {engine}, which knows no tenants:"
                " django-tenants, its router and migrate_schemas need django_tenants.postgresql_backend."
            )
        with self.database.read_only():
            tenant = self._look_at_tenant(settings)
        if settings.set_of(tenant.kind) is None:
            what = (
                f"of the type '{tenant.kind}', which TENANT_TYPES does not have"
                if tenant.kind
                else "nobody's"
            )
            raise CannotRead(f"The schema '{tenant.schema}' is {what}, so its tables are not known.")
        self.tenants, self.tenant = settings, tenant
        try:
            turn_to(self.connection, settings, tenant)
        except NameRefused as error:
            raise CannotRead(str(error)) from error

    def _look_at_tenant(self, settings: TenantSettings) -> Tenant:
        """Return what the schema is that is read.

        Raises:
            CannotRead: when there is no such schema and no such tenant either.
        """
        from .tenants import find_tenant

        name = self.options.schema if self.options.schema is not None else settings.public_schema
        with self.connection.cursor() as cursor:
            tenant = find_tenant(cursor, settings, name)
        if tenant is None:
            raise CannotRead(f"There is no schema '{name}' in the database, and no tenant of that name.")
        return tenant

    def _describe(self) -> DatabaseInfo:
        info = self.database.describe()
        marks = self.project.production
        production = info.alias in marks or info.host in marks or f"{info.host}/{info.name}" in marks
        schema = self.options.schema or info.schema
        return replace(info, schema=schema, production=production or info.production)

    def enter_schema(self) -> None:
        """Put the schema that was asked for first, until the transaction ends.

        With django-tenants, its search path is set as a whole; a tenant's schema that is not there is none to enter,
        and what reads it finds nothing.

        Raises:
            CannotRead: when there is no such schema.
        """
        if self.tenants is not None and self.tenant is not None:
            self._enter_tenant(self.tenants)
            return
        if self.options.schema is None or self.connection.vendor != "postgresql":
            return
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('search_path', quote_ident(nspname) || ', ' || current_setting('search_path'), true)"
                " FROM pg_catalog.pg_namespace WHERE nspname = %s",
                [self.options.schema],
            )
            if cursor.fetchone() is None:
                raise CannotRead(
                    f"There is no schema '{self.options.schema}' in the database {self.info.name}."
                )

    def _enter_tenant(self, settings: TenantSettings) -> None:
        """Look at the tenant again, and set its search path until the transaction ends."""
        from .tenants.turning import search_path

        self.tenant = self._look_at_tenant(settings)
        with self.connection.cursor() as cursor:
            path = search_path(settings, self.tenant.schema)
            cursor.execute("SELECT set_config('search_path', %s, true)", [path])

    def records(self) -> tuple[Record, ...] | None:
        """Return the history as it is; None where there is no table for it.

        Raises:
            CannotRead: when the server refuses, or the table is not one of Django's.
        """
        from .records import RecordsUnreadable, read_records

        try:
            if self.options.schema is not None and not self._has_history():
                return None
            return read_records(self.connection)
        except RecordsUnreadable as error:
            cause = error.__cause__
            said = self.database.explain_error(cause) if isinstance(cause, Error) else str(error)
            raise CannotRead(said) from error
        except DATABASE_ERRORS as error:
            raise CannotRead(self.database.explain_error(error)) from error

    def _has_history(self) -> bool:
        """Tell whether the schema that was asked for has a history of its own; the next on the path may have one."""
        if self.connection.vendor != "postgresql":
            return True
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = %s AND tablename = 'django_migrations'",
                [self.options.schema],
            )
            return cursor.fetchone() is not None

    def rights(self) -> Rights | None:
        """Return what the server says of our connection; None where it says nothing, or refuses to.

        Nothing hangs on it but what is said of rights themselves, so a refusal is none of its own.
        """
        found = None
        with suppress(*DATABASE_ERRORS), rolled_back(self.connection):
            found = self.database.rights()
        if found is None:
            return None
        by_name = self.options.schema is not None
        by_name |= self.project.setting("TENANT_MODEL") is not None or hasattr(self.connection, "set_tenant")
        if by_name:
            # Who chooses the schema by its name is not in want of a default, and each may have a history.
            home = self.options.schema or self.info.schema or None
            found = replace(found, tenants=True, schema=home, wanted=home)
        return found

    def arrival(self) -> str | None:
        """Return the schema that the connection is in, as the server says now; None where it is in none.

        Raises:
            CannotRead: when the server refuses.
        """
        try:
            return self.database.describe().schema or None
        except DATABASE_ERRORS as error:
            raise CannotRead(self.database.explain_error(error)) from error

    def live(self, also: tuple[str, ...]) -> Snapshot:
        """Return the live schema, with some others.

        Raises:
            databases.base.SchemaUnreadable: when what may be seen of it is not the whole.
            CannotRead: when the server refuses.
        """
        try:
            return self.database.snapshot(self.options.schema, also)
        except Error as error:
            raise CannotRead(self.database.explain_error(error)) from error

    @contextmanager
    def moment(self) -> Iterator[None]:
        """Read everything inside at one moment, with writing refused by the server where it can."""
        try:
            with self.database.read_only():
                self.enter_schema()
                yield
        except DATABASE_ERRORS as error:
            raise CannotRead(self.database.explain_error(error)) from error


def missing_file(connection: Any) -> str:
    """Return the file of a SQLite database that does not exist: connecting would make it. Else an empty text."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor != "sqlite" or not name or ":memory:" in name or "mode=memory" in name:
        return ""
    path = Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)
    return "" if path.exists() or not path.parent.is_dir() else str(path)
