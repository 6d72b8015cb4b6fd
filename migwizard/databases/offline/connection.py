"""Connections of Django's backends that are never opened: they answer from what is said of a server in advance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from ..shadows import plain_class
from .catalogue import Catalogue, OnlyTheServerKnows
from .editor import offline_editor

SETTINGS: Mapping[str, Any] = {
    "NAME": "offline",
    "USER": "",
    "PASSWORD": "",
    "HOST": "",
    "PORT": "",
    "TIME_ZONE": None,
    "CONN_MAX_AGE": 0,
    "CONN_HEALTH_CHECKS": False,
    "AUTOCOMMIT": True,
    "ATOMIC_REQUESTS": False,
    "OPTIONS": {},
    "TEST": {"CHARSET": None, "COLLATION": None, "MIGRATE": True, "MIRROR": None, "NAME": None},
}


EMPTY = ("pg_extension", "pg_type", "pg_collation")
"""Catalogues in which operations of django.contrib.postgres look whether something is there already."""


class NoCursor:
    """Stands for a cursor; whoever has to ask the server something by it is told that there is none."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self.rows: list[tuple[Any, ...]] = []

    def __enter__(self) -> NoCursor:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def close(self) -> None:
        """Do nothing: nothing was opened."""

    def execute(self, sql: str, params: Any = None) -> None:
        """Answer those two questions of mssql-django's schema editor that the catalogue has the answer to."""
        text = " ".join(str(sql).split())
        if "filter_definition" in text and "sys.indexes" in text:
            name = text.rpartition("i.name = '")[2].rstrip("'")
            for layout in self.catalogue.tables.values():
                member = layout.members.get(name)
                if member is not None:
                    condition = member.condition or None
                    self.rows = [(column, condition) for column in member.columns]
                    return
        if "CONSTRAINT_COLUMN_USAGE" in text:
            name = text.rpartition("CONSTRAINT_NAME = '")[2].rstrip("'")
            members = (one for layout in self.catalogue.tables.values() for one in layout.members.values())
            self.rows = [(1,)] if any(one.name == name and one.kind != "index" for one in members) else []
            return
        if not any(f"FROM {name}" in text for name in EMPTY):
            raise OnlyTheServerKnows("what its catalogue says")

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return iter(self.rows)

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Return the answer."""
        return self.rows

    def fetchone(self) -> tuple[Any, ...] | None:
        """Return the first row of the answer."""
        return self.rows[0] if self.rows else None


def offline(
    wrapper: type[BaseDatabaseWrapper],
    alias: str,
    answers: Mapping[str, object],
    settings: Mapping[str, Any] | None = None,
    quote: Any = None,
) -> Any:
    """Return a connection of a backend that cannot be opened, with a catalogue of its own.

    Args:
        wrapper: the backend's `DatabaseWrapper`.
        alias: what routers are asked about.
        answers: what the backend would ask the server for once it is connected, by the names of its attributes.
        settings: the alias's own settings; only OPTIONS and the time zone matter here.
        quote: what writes values, where the backend needs its driver for it.
    """

    def refuse(self: Any, *_: object, **__: object) -> Any:
        raise OnlyTheServerKnows("something that only an open connection could ask it")

    def cursor(self: Any, *_: object, **__: object) -> NoCursor:
        return NoCursor(self.catalogue)

    members: dict[str, Any] = {
        **answers,
        **dict.fromkeys(
            ("connect", "get_new_connection", "init_connection_state", "temporary_connection", "commit"),
            refuse,
        ),
        "cursor": cursor,
        "ensure_connection": lambda self: None,
        "SchemaEditorClass": offline_editor(wrapper.SchemaEditorClass, quote),
    }
    kept = {key: settings[key] for key in ("OPTIONS", "TIME_ZONE") if settings and key in settings}
    made: Any = type("Offline", (wrapper,), members)({**SETTINGS, **kept}, alias)
    made.catalogue = Catalogue(wrapper.vendor)
    made.calls_defaults = False
    _answer_introspection(made)
    return made


def _answer_introspection(connection: Any) -> None:
    """Let the catalogue answer what schema editors look up."""
    introspection, ops = connection.introspection, connection.ops
    introspection.get_constraints = lambda cursor, table: connection.catalogue.constraints(table)
    introspection.table_names = lambda cursor=None, include_views=False: sorted(connection.catalogue.tables)
    introspection.get_storage_engine = lambda cursor, table: "InnoDB"
    introspection.get_sequences = lambda cursor, table, fields=(): _sequences(connection, table)
    if hasattr(ops, "compose_sql"):
        ops.compose_sql = lambda sql, params: (
            sql % tuple(connection.schema_editor().quote_value(one) for one in params) if params else sql
        )


def _sequences(connection: Any, table: str) -> list[dict[str, str]]:
    """Return the sequences of a table, called as PostgreSQL calls those that it makes itself."""
    from .columns import cut

    columns = connection.catalogue.layout(table).columns.values()
    return [
        {"name": f"{cut(table, (one.name,))}_seq", "table": table, "column": one.name}
        for one in columns
        if one.identity
    ]


def same_backend(connection: Any, answers: Mapping[str, object]) -> Any:
    """Return an offline connection of the backend that a live connection uses."""
    return offline(plain_class(connection), connection.alias, answers, connection.settings_dict)
