"""The rows of django_migrations, as they are: duplicates, rows without a file, odd values and all."""

from __future__ import annotations

from datetime import datetime, timezone, tzinfo
from typing import TYPE_CHECKING, Any

from django.db import DatabaseError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import get_default_timezone

from ..core.graph import Record
from .errors import clean, mask

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "django_migrations"
COLUMNS = ("id", "app", "name", "applied")

_PROBES = {
    # What the recorder finds by listing all tables: visible on the search_path, no view, no partition.
    "postgresql": "SELECT 1 FROM pg_catalog.pg_class WHERE relname = %s AND relkind IN ('r', 'p', 'f') "
    "AND NOT relispartition AND pg_catalog.pg_table_is_visible(oid)",
    "sqlite": "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = %s",
    "mysql": "SELECT 1 FROM information_schema.tables "
    "WHERE table_schema = DATABASE() AND table_name = %s AND table_type = 'BASE TABLE'",
}

_AS_TEXT = {
    "postgresql": "CAST({} AS text)",
    "sqlite": "CAST({} AS blob)",
    "mysql": "CAST({} AS char)",
    "microsoft": "CAST({} AS nvarchar(max))",
}


class RecordsUnreadable(Exception):
    """The history table is there but cannot be read, in one sentence."""


def read_records(connection: BaseDatabaseWrapper) -> tuple[Record, ...] | None:
    """Return the rows of django_migrations in the order of their ids, or None where there is no such table.

    The table is looked for as Django's recorder would, in the current schema, by a query that cannot fail and so
    leaves a running transaction alone. `applied` is in UTC, and None where the row has no such time; a NULL in
    another column is an empty text or 0.

    Raises:
        RecordsUnreadable: when it lacks a column, or may not be read.
        django.db.DatabaseError: when there is no connection.
    """
    connection.ensure_connection()
    if not has_table(connection):
        return None
    try:
        names, rows = _fetch(connection, f"SELECT * FROM {connection.ops.quote_name(TABLE)}")
    except (ValueError, OverflowError, DatabaseError) as error:
        # A value that the driver cannot turn into Python's: an infinite time, a text that is not UTF-8.
        names, rows = _fetch_as_text(connection, error)
    missing = [column for column in COLUMNS if column not in names]
    if missing:
        raise RecordsUnreadable(f"The table {TABLE} has no column {' and no column '.join(missing)}.")
    places = [names.index(column) for column in COLUMNS]
    zone = connection.timezone or get_default_timezone()
    records = (_record([row[place] for place in places], zone) for row in rows)
    return tuple(sorted(records, key=lambda record: record.id))


def has_table(connection: BaseDatabaseWrapper) -> bool:
    """Return whether django_migrations exists where Django's recorder would look for it."""
    with connection.cursor() as cursor:
        probe = _PROBES.get(connection.vendor)
        if probe is None:
            return TABLE in connection.introspection.table_names(cursor)
        cursor.execute(probe, [TABLE])
        return cursor.fetchone() is not None


def _fetch(connection: BaseDatabaseWrapper, sql: str) -> tuple[list[str], list[Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [column[0].lower() for column in cursor.description or ()], cursor.fetchall()


def _fetch_as_text(connection: BaseDatabaseWrapper, error: Exception) -> tuple[list[str], list[Any]]:
    """Fetch the rows as text; what fails again is told by the first error."""
    as_text = _AS_TEXT.get(connection.vendor, "{}")
    quote = connection.ops.quote_name
    table = quote(TABLE)
    # With its table, because SQLite takes a quoted name that is no column for a text.
    columns = ", ".join(f"{as_text.format(f'{table}.{quote(name)}')} AS {quote(name)}" for name in COLUMNS)
    try:
        return _fetch(connection, f"SELECT {columns} FROM {table}")
    except (ValueError, OverflowError, DatabaseError):
        message = mask(clean(str(error)))
        raise RecordsUnreadable(f"The table {TABLE} cannot be read: {message}") from error


def _record(values: list[object], zone: tzinfo) -> Record:
    id, app, name, applied = values
    try:
        number = int(_text(id))
    except ValueError:
        number = 0
    return Record(number, _text(app), _text(name), _moment(applied, zone))


def _text(value: object) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode(errors="replace")
    return "" if value is None else str(value)


def _moment(value: object, zone: tzinfo) -> datetime | None:
    """Return a time in UTC; one that says no zone is in that of the connection, as for Django."""
    if not isinstance(value, datetime):
        try:
            value = parse_datetime(_text(value))
        except ValueError:
            return None
    if value is None:
        return None
    try:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(timezone.utc)
    except (OverflowError, ValueError):
        return None
