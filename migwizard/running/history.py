"""The statements that change django_migrations: one place for what is shown and what runs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from .. import databases
from ..core.plan import Step

Statement = tuple[str, list[Any]]


def statement(connection: Any, step: Step) -> Statement:
    """Return the SQL of a step of kind `record` with its parameters."""
    database = databases.of(connection)
    quote = database.quoted
    table, app, name = quote("django_migrations"), quote("app"), quote("name")
    values: list[Any] = list(step.migration or ())
    if step.record == "insert":
        columns, places = (
            f"{app}, {name}, {quote('applied')}",
            f"%s, %s, {database.now(with_zone=settings.USE_TZ)}",
        )
        if step.applied is not None:
            # A row that was there before keeps its own moment, and its id.
            place, value = database.moment(local(step.applied))
            places = f"%s, %s, {place}"
            values.append(value)
        if step.record_id is not None:
            columns, places = f"{columns}, {quote('id')}", f"{places}, %s"
            values.append(step.record_id)
        sql = f"INSERT INTO {table} ({columns}) VALUES ({places})"
        if step.record_id is not None:
            sql = database.with_given_id(table, sql)
        return sql, values
    if step.record == "rename":
        sql = f"UPDATE {table} SET {name} = %s WHERE {app} = %s AND {name} = %s"
        values = [step.new_name, *values]
        if step.record_id is not None:
            return f"{sql} AND {quote('id')} = %s", [*values, step.record_id]
        return sql, values
    sql = f"DELETE FROM {table} WHERE {app} = %s AND {name} = %s"
    if step.record_id is not None:
        return f"{sql} AND {quote('id')} = %s", [*values, step.record_id]
    return sql, values


def local(moment: datetime) -> datetime:
    """Return a moment as the project's settings want it written: without a zone where USE_TZ is off."""
    if settings.USE_TZ:
        return moment
    return moment.astimezone(timezone.get_default_timezone()).replace(tzinfo=None)


def table(connection: Any) -> tuple[str, ...]:
    """Return the SQL that makes the history table, as `MigrationRecorder.ensure_schema` does."""
    editor = connection.schema_editor(collect_sql=True, atomic=False)
    # Not entered: on SQLite that checks every foreign key, and there is none here.
    editor.deferred_sql = []
    editor.create_model(MigrationRecorder.Migration)
    return tuple(str(sql).rstrip().rstrip(";") for sql in (*editor.collected_sql, *editor.deferred_sql))


def shown(connection: Any, step: Step) -> str:
    """Return the statement with its values in place, as it is shown."""
    sql, values = statement(connection, step)
    literals = map(databases.of(connection).literal, values)
    parts = sql.split("%s")
    return "".join(part + literal for part, literal in zip(parts, [*literals, ""], strict=True))
