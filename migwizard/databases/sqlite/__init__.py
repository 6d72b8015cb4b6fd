"""SQLite: DDL is transactional, and the catalogue is the text of the CREATE statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from django.db.backends.base.base import BaseDatabaseWrapper

from migwizard.core.schema import Snapshot, Table, View
from migwizard.core.situation import DatabaseInfo

from ..base import CannotAlter, printable
from ..shadows import twin
from ..transactions import rolled_back
from . import catalogue, errors
from .alter import Facts, statements
from .catalogue import fetch, fetch_for
from .concurrency import SQLiteConcurrency
from .snapshot import Reading, read_schema
from .tokens import folded
from .values import is_value
from .wording import behind_name, makes

__all__ = ["SQLite"]

SHADOW_OPTIONS = ("detect_types", "factory", "cached_statements")
"""What matters of the connection's OPTIONS in memory; an `init_command` might attach a real file."""


class SQLite(SQLiteConcurrency):
    """A SQLite database, version 3.26 or later."""

    vendor: ClassVar[str] = "sqlite"
    can_read_schema: ClassVar[bool] = True
    transactional_ddl: ClassVar[bool] = True

    def describe(self) -> DatabaseInfo:
        """Return which file this is, and the version of the library that reads it."""
        with self.connection.cursor() as cursor:
            ((version,),) = fetch(cursor, "SELECT sqlite_version()")
        return DatabaseInfo(
            alias=self.connection.alias,
            vendor=self.vendor,
            name=printable(str(self.connection.settings_dict["NAME"])),
            schema="main",
            version=f"SQLite {version}",
        )

    def snapshot(
        self,
        schema: str | None = None,
        also: Collection[str] = (),
        tables: Collection[str] | None = None,
    ) -> Snapshot:
        """Return the tables and views of `main` or of an attached database, in some seven queries whatever its size."""
        home = schema or "main"
        found: list[Table | View] = []
        with self.connection.cursor() as cursor:
            attached = {name for (name,) in fetch(cursor, catalogue.DATABASES)}
            for name in dict.fromkeys([home, *also]):
                prefix = "" if name == home else f"{name}."
                wanted = tables
                if tables is not None:
                    wanted = [key[len(prefix) :] for key in tables if key.startswith(prefix)]
                if name in attached:
                    found += read_schema(Reading(cursor, self._version(), name, prefix, wanted))
        return Snapshot(
            home,
            {table.name: table for table in found if isinstance(table, Table)},
            tuple(view for view in found if isinstance(view, View)),
        )

    def changed_tables(self, before: Mapping[str, str] | None) -> tuple[Mapping[str, str], frozenset[str]]:
        """Return the CREATE statements of every table and what belongs to it, and the tables where they differ."""
        texts: dict[str, list[str]] = defaultdict(list)
        with self.connection.cursor() as cursor:
            for (schema,) in fetch(cursor, catalogue.DATABASES):
                prefix = "" if schema == "main" else f"{schema}."
                for kind, name, table, sql in fetch_for(cursor, catalogue.OBJECTS, schema, None):
                    texts[prefix + table].append("\0".join((kind, name, sql)))
        after = {table: "\0".join(sorted(found)) for table, found in texts.items()}
        known = before or {}
        changed = (name for name in known.keys() | after.keys() if known.get(name) != after.get(name))
        return after, frozenset(changed)

    def alter(
        self,
        live: Mapping[str, Table],
        targets: Sequence[tuple[str, Table | None]],
        fills: Sequence[tuple[str, str, str]] = (),
        views: Sequence[View] = (),
    ) -> tuple[str, ...]:
        """Return the statements that bring tables to their targets, to be run while foreign keys are not enforced.

        The texts of the CREATE statements are read, because they may say more than the tables do. A target is made by
        the words of its own definition, as long as they make just that. A fill that is no value of its column's type
        is refused: SQLite would take it, and the application could not read it.
        """
        check_fills(targets, fills)
        facts = self._facts([key for key, _ in targets])
        return statements(live, targets, fills, views, replace(facts, words=self._words(targets)))

    def _words(self, targets: Sequence[tuple[str, Table | None]]) -> Mapping[str, str]:
        """Return what stands behind the names in the definitions that make their tables exactly."""
        words: dict[str, str] = {}
        defined = [(key, table) for key, table in targets if table is not None and table.definition]
        if defined:
            with self.create_shadow() as (shadow, _):
                words = {key: behind_name(table.definition) for key, table in defined if makes(shadow, table)}
        return words

    def _facts(self, keys: Collection[str]) -> Facts:
        """Return what the CREATE statements of some tables say, and where the tables are, or would be."""
        texts: dict[str, str] = {}
        triggers: dict[str, str] = {}
        taken: set[str] = set()
        schemas: dict[str, str] = {}
        with self.connection.cursor() as cursor:
            names = [name for (name,) in fetch(cursor, catalogue.DATABASES)]
            for schema in names:
                prefix = "" if schema == "main" else f"{schema}."
                for kind, name, table, sql in fetch_for(cursor, catalogue.OBJECTS, schema, None):
                    taken.add(folded(name))
                    key = prefix + table
                    if kind == "table" and key in keys:
                        if key in texts:
                            raise CannotAlter(f"{printable(key)} may be two tables, one of them attached.")
                        texts[key], schemas[key] = sql, schema
                    elif kind == "trigger" and key in keys:
                        triggers[name] = sql
        for key in keys:
            schemas.setdefault(key, next((name for name in names if key.startswith(f"{name}.")), "main"))
        attached = {key: schema for key, schema in schemas.items() if schema != "main"}
        return Facts(attached, texts, triggers, frozenset(taken))

    @contextmanager
    def read_only(self, lock_seconds: float = 2, statement_seconds: float = 60) -> Iterator[None]:
        """Hold one read transaction, always rolled back, on a connection that refuses to write meanwhile.

        SQLite has no limit on the time of a statement. Other connections may write, but in a database without a
        write-ahead log they must wait with their commit until the end.
        """
        with ExitStack() as stack:
            stack.enter_context(self._pragma("query_only", 1))
            stack.enter_context(self._pragma("busy_timeout", round(lock_seconds * 1000)))
            stack.enter_context(self._plain_begin())
            stack.enter_context(rolled_back(self.connection))
            with self.connection.cursor() as cursor:
                # BEGIN alone reads nothing: the moment is that of the first read.
                fetch(cursor, "SELECT count(*) FROM sqlite_master")
            yield

    def guard_timeouts(self, lock_seconds: float, statement_seconds: float) -> None:
        """Set how long the connection waits for a lock; it keeps to that, and knows no limit for a statement."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {max(0, round(lock_seconds * 1000))}")

    def explain_error(self, error: BaseException) -> str:
        """Return one sentence that says what a failed connection or statement means."""
        return errors.explain(self, error)

    @contextmanager
    def create_shadow(self) -> Iterator[tuple[BaseDatabaseWrapper, str]]:
        """Yield an empty database in memory, in a transaction, and `main`."""
        options = self.connection.settings_dict.get("OPTIONS") or {}
        kept = {key: value for key, value in options.items() if key in SHADOW_OPTIONS}
        shadow: Any = twin(self.connection, kept, NAME=":memory:")
        # There are no rows that could violate a constraint, and the question fails where a table is missing.
        shadow.check_constraints = lambda table_names=None: None
        try:
            shadow.prepare_database()
            # Django's schema editor wants them off, which works outside of a transaction only.
            shadow.disable_constraint_checking()
            with rolled_back(shadow):
                yield shadow, "main"
        finally:
            # Django's own `close` spares a database in memory.
            BaseDatabaseWrapper.close(shadow)

    def _version(self) -> tuple[int, ...]:
        """Return the version of the library."""
        connection: Any = self.connection
        return tuple(connection.Database.sqlite_version_info)

    @contextmanager
    def _pragma(self, name: str, value: int) -> Iterator[None]:
        """Set a pragma of the connection, and set it back."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}")
            (former,) = cursor.fetchone()
            cursor.execute(f"PRAGMA {name} = {value}")
        try:
            yield
        finally:
            if self.connection.connection is not None:
                with self.connection.cursor() as cursor:
                    cursor.execute(f"PRAGMA {name} = {int(former)}")

    @contextmanager
    def _plain_begin(self) -> Iterator[None]:
        """Begin with BEGIN alone: the IMMEDIATE that a project may have set is refused where nothing is written."""
        connection: Any = self.connection
        former = getattr(connection, "transaction_mode", None)
        connection.transaction_mode = None
        try:
            yield
        finally:
            connection.transaction_mode = former


def check_fills(targets: Sequence[tuple[str, Table | None]], fills: Sequence[tuple[str, str, str]]) -> None:
    """Raise CannotAlter for a value that its column's declared type does not have."""
    shapes = dict(targets)
    for key, name, value in fills:
        target = shapes.get(key)
        column = target.column(name) if target is not None else None
        if column is not None and not is_value(value, column.type):
            raise CannotAlter(f"{value!r} is no value for {key}.{name}, whose type is {column.type}.")
