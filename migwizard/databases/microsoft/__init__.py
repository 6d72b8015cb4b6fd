"""SQL Server, through mssql-django: DDL is transactional, and the catalogue says everything to who may see it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.db.backends.base.base import BaseDatabaseWrapper

from migwizard.core.rights.principals import Rights
from migwizard.core.schema import Snapshot, Table, View
from migwizard.core.schema.names import bracketed
from migwizard.core.situation import DatabaseInfo

from ..altering import changes as changes_of
from ..base import SchemaUnreadable, is_local, printable
from . import catalogue, changes, shadow
from .alter import statements
from .catalogue import fetch
from .concurrency import MicrosoftConcurrency
from .facts import read_facts
from .principals import read_rights
from .scratch import AZURE_DATABASE
from .snapshot import Reading, read_schemas

__all__ = ["SQLServer"]

RELEASES = {14: "2017", 15: "2019", 16: "2022", 17: "2025"}
"""What users call a version, by the first part of its number."""

AZURE = {
    AZURE_DATABASE: "Azure SQL Database",
    8: "Azure SQL Managed Instance",
    12: "SQL database in Fabric",
}
"""Services whose version numbers tell nothing, by `EngineEdition`."""


class SQLServer(MicrosoftConcurrency):
    """A SQL Server database, version 2017 or later, or one of Azure's, through pyodbc or mssql-python."""

    vendor: ClassVar[str] = "microsoft"
    can_read_schema: ClassVar[bool] = True
    transactional_ddl: ClassVar[bool] = True

    def describe(self) -> DatabaseInfo:
        """Return who, where and what this database is, as the server and the settings say."""
        with self.connection.cursor() as cursor:
            ((name, schema, login, user, version, engine, _, server),) = fetch(cursor, catalogue.DESCRIPTION)
        host, port = address(self.connection.settings_dict, server or "")
        return DatabaseInfo(
            alias=self.connection.alias,
            vendor=self.vendor,
            name=printable(name),
            schema=printable(schema or ""),
            host=printable(host),
            port=printable(port),
            user=printable(login or user or ""),
            version=release(version, engine),
            local=is_local(host) or host in (".", "(local)"),
        )

    def snapshot(
        self,
        schema: str | None = None,
        also: Collection[str] = (),
        tables: Collection[str] | None = None,
    ) -> Snapshot:
        """Return the tables and views of `schema`, by default the user's default one, in some fifteen queries.

        Raises:
            SchemaUnreadable: when the user may not see all of a schema that is there; what it may not see would look
                as if it were missing.
        """
        with self.connection.cursor() as cursor:
            ((current, collation),) = fetch(cursor, catalogue.PLACE)
            home = schema or current or ""
            there = [name for name in dict.fromkeys((home, *also)) if name and visible(cursor, name)]
            found = list(_read(Reading(cursor, there, home, collation or ""), tables)) if there else []
        return Snapshot(
            home,
            {table.name: table for table in found if isinstance(table, Table)},
            tuple(sorted((view for view in found if isinstance(view, View)), key=lambda view: view.name)),
        )

    def changed_tables(self, before: Mapping[str, str] | None) -> tuple[Mapping[str, str], frozenset[str]]:
        """Return a fingerprint of every table and view of every schema, from all that a snapshot tells of it."""
        with self.connection.cursor() as cursor:
            others = [name for (name,) in fetch(cursor, catalogue.SCHEMAS)]
        after = changes.fingerprints(self.snapshot(also=others))
        return after, changes.differing(before or {}, after)

    def alter(
        self,
        live: Mapping[str, Table],
        targets: Sequence[tuple[str, Table | None]],
        fills: Sequence[tuple[str, str, str]] = (),
        views: Sequence[View] = (),
    ) -> tuple[str, ...]:
        """Return the statements that bring tables to their targets; new columns come last.

        The server is asked for what the tables do not tell: names that it has made up, and what belongs to a table.
        """
        with self.connection.cursor() as cursor:
            facts = read_facts(cursor, live, changes_of(live, targets))
        return statements(live, targets, fills, views, facts)

    def rights(self) -> Rights:
        """Return what our user may do, where the next connection makes tables, and who else there is."""
        with self.connection.cursor() as cursor:
            return read_rights(cursor)

    def ensure_schema(self, name: str) -> None:
        """Make a schema in the database, unless it is there; CREATE SCHEMA must be a batch by itself."""
        with self.connection.cursor() as cursor:
            ((number,),) = fetch(cursor, "SELECT SCHEMA_ID(%s)", name)
            if number is None:
                cursor.execute(f"CREATE SCHEMA {bracketed(name)}")

    @contextmanager
    def create_shadow(self) -> Iterator[tuple[BaseDatabaseWrapper, str]]:
        """Yield a new connection in a transaction, and a schema on it in which tables can be built; rolled back."""
        with shadow.create(self.connection) as (connection, schema):
            yield connection, schema


def _read(reading: Reading, tables: Collection[str] | None) -> Iterator[Table | View]:
    if tables is None:
        yield from read_schemas(reading)
        return
    keys = frozenset(tables)
    # A key with a full stop may be a name, or a schema and a name.
    reading.wanted = frozenset(
        name for key in keys for name in (key, *(key[i + 1 :] for i, sign in enumerate(key) if sign == "."))
    )
    yield from (one for one in read_schemas(reading) if one.name in keys)


def visible(cursor: Any, schema: str) -> bool:
    """Return whether there is such a schema.

    Raises:
        SchemaUnreadable: when there is, but this user may not see all that is in it.
    """
    ((number, may, administrator, owner, user),) = fetch(cursor, catalogue.MAY_SEE, schema, schema)
    if number is None or 1 in (may, administrator, owner):
        return number is not None
    grant = f"GRANT VIEW DEFINITION ON SCHEMA::{bracketed(schema)} TO {bracketed(user)}"
    raise SchemaUnreadable(
        f"The user {printable(user)} may not see all definitions in the schema {printable(schema)}, and what it"
        f" cannot see would look as if it were missing: {printable(grant)} lets it."
    )


def release(version: str, engine: int) -> str:
    """Return a server's version as users write it: `SQL Server 2022 (16.0.4165.4)`."""
    if engine in AZURE:
        return AZURE[engine]
    year = RELEASES.get(int(version.partition(".")[0]))
    return f"SQL Server {year} ({printable(version)})" if year else f"SQL Server {printable(version)}"


def address(settings: Mapping[str, Any], server: str) -> tuple[str, str]:
    """Return host and port; the server's own name where the settings leave that to a data source name."""
    host, port = str(settings.get("HOST") or ""), str(settings.get("PORT") or "")
    if not host and (settings.get("OPTIONS") or {}).get("dsn"):
        host = server
    host, comma, after = host.removeprefix("tcp:").partition(",")
    return host, after if comma else port
