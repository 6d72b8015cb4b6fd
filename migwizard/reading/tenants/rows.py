"""The tenants, as their rows say: by one query on the table of the tenant model, whose code is not needed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from ...core.schema import table_key
from ...core.schema.names import quoted
from ...core.tenants import TenantSettings

# What is visible on the search path of somebody else must not be taken for it.
COLUMNS = """
SELECT a.attname::text FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
  AND has_table_privilege(c.oid, 'SELECT')
"""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the rows of tenants are."""

    schema: str
    table: str
    key: str
    name: str
    type: str = ""
    """The column with the type of the tenant; empty where there is none."""


@dataclass(frozen=True, slots=True)
class Row:
    """One tenant's row."""

    key: str
    schema: str
    type: str = ""


def columns(settings: TenantSettings) -> Columns:
    """Return where the rows are: as the model says, or, where it cannot be imported, by Django's conventions."""
    label, _, model_name = settings.tenant_model.rpartition(".")
    table, key, name = f"{label}_{model_name}".lower(), "id", "schema_name"
    kind = settings.type_field
    if apps.models_ready:
        try:
            meta: Any = apps.get_model(settings.tenant_model)._meta
            table, key = meta.db_table, meta.pk.column
            name = meta.get_field("schema_name").column
            kind = meta.get_field(kind).column if kind else ""
        except (LookupError, ValueError, FieldDoesNotExist):
            pass
    schema, _, plain = table_key(table).rpartition(".")
    if '"."' not in table:
        schema, plain = settings.public_schema, table_key(table)
    return Columns(schema, plain, key, name, kind)


def rows(cursor: Any, settings: TenantSettings) -> tuple[tuple[Row, ...], str]:
    """Return the tenants' rows, and, where they cannot be read, none and why, in a sentence."""
    place = columns(settings)
    cursor.execute(COLUMNS, [place.schema, place.table])
    there = {name for (name,) in cursor.fetchall()}
    if not there:
        return (
            (),
            f"There is no table {place.table} in {place.schema} that could be read; it lists the tenants.",
        )
    if place.name not in there:
        return (), f"The table {place.table}, which lists the tenants, has no column {place.name}."
    wanted = [
        f"coalesce(CAST({quoted(column)} AS text), '')" if column in there else "''"
        for column in (place.key, place.name, place.type)
    ]
    cursor.execute(f"SELECT {', '.join(wanted)} FROM {quoted(place.schema)}.{quoted(place.table)}")
    found = tuple(Row(*row) for row in cursor.fetchall())
    return tuple(sorted(found, key=lambda row: row.schema)), ""
