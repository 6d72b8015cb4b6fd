"""Schema editors that write into a list, and tell a catalogue of it, so that they can look up what they have made."""

from __future__ import annotations

import binascii
import datetime
import decimal
import uuid
from typing import Any

from ...core.dialects.rehearsed import Event

AUTO = ("AutoField", "BigAutoField", "SmallAutoField")
KNOWN = frozenset(("builtins", "uuid", "datetime", "decimal", "collections", "django"))
"""Packages whose functions may be called for a default: they ask nobody, and change nothing."""


class Unsaid(str):
    """Stands for a value that nobody has worked out."""

    __slots__ = ()


def offline_editor(editor: type[Any], quote: Any = None) -> type[Any]:
    """Return a schema editor class that never executes anything."""

    class OfflineSchemaEditor(editor):  # type: ignore[misc]
        """A schema editor without a server."""

        def __init__(self, connection: Any, collect_sql: bool = False, atomic: bool = True) -> None:
            super().__init__(connection, collect_sql=True, atomic=False)
            self.deferred_sql: list[Any] = []
            self.events: list[Event] = []

        def execute(self, sql: Any, params: Any = (), **options: Any) -> Any:
            if options.get("has_result"):
                # mssql-django asks for the name of a default, which is the server's to give.
                return self._name_of_default(str(sql))
            begun = len(self.collected_sql)
            result = super().execute(sql, params, **options)
            for statement in self.collected_sql[begun:]:
                self.events += self.connection.catalogue.hear(str(statement))
            return result

        def create_model(self, model: Any) -> None:
            before = list(self.deferred_sql)
            super().create_model(model)
            if self.connection.vendor == "microsoft":
                # mssql-django makes a set of them, whose order is another one each time.
                known = {id(one) for one in before}
                new = [one for one in self.deferred_sql if id(one) not in known]
                kept = {id(one) for one in self.deferred_sql}
                self.deferred_sql = [one for one in before if id(one) in kept] + sorted(new, key=str)

        def add_field(self, model: Any, field: Any) -> None:
            super().add_field(model, field)
            table, layout = model._meta.db_table, self.connection.catalogue.tables.get(model._meta.db_table)
            column = layout.columns.get(field.column) if layout is not None and field.column else None
            if column is None:
                return
            if field.get_internal_type() in AUTO and not column.identity:
                self.events.append(Event("lacks-identity", table, column))
            if not column.nullable and not column.default and self.effective_default(field) is None:
                new = table in self.connection.catalogue.fresh
                self.events.append(Event("adds-empty", table, column, new=new))

        def effective_default(self, field: Any) -> Any:
            default = field.default if field.has_default() else None
            if not callable(default) or getattr(default, "__module__", "").split(".")[0] in KNOWN:
                return super().effective_default(field)
            try:
                if self.connection.calls_defaults:
                    return super().effective_default(field)
            except Exception:  # one that asks the database, say
                pass
            return Unsaid(f"<what {getattr(default, '__qualname__', type(default).__name__)} returns>")

        def _name_of_default(self, question: str) -> list[tuple[str]]:
            words = question.rpartition("WHERE")[2].split("'")
            return [(f"<default of {words[1]}.{words[3]}>",)] if len(words) > 3 else []

        def _is_collation_deterministic(self, name: str) -> bool:
            return True

        def quote_value(self, value: Any) -> str:
            if isinstance(value, Unsaid):
                return str(value)
            if quote is not None or self.connection.vendor == "mysql":
                return str((quote or literal)(value))
            return str(super().quote_value(value))

    return OfflineSchemaEditor


def standard(value: Any) -> str:
    """Return a value as an SQL literal, as PostgreSQL writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes | bytearray | memoryview):
        return f"'\\x{binascii.hexlify(bytes(value)).decode()}'::bytea"
    if isinstance(value, uuid.UUID):
        return f"'{value}'::uuid"
    if value is None or isinstance(value, int | float | decimal.Decimal):
        return literal(value)
    return "'" + str(value).replace("'", "''") + "'"


def literal(value: Any) -> str:
    """Return a value as an SQL literal, for showing: as MySQL writes it, and nearly every other server."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, int | float | decimal.Decimal):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return f"x'{binascii.hexlify(bytes(value)).decode()}'"
    if isinstance(value, uuid.UUID):
        return f"'{value}'"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time | datetime.timedelta):
        return f"'{value}'"
    text = str(value).replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return f"'{text}'"
