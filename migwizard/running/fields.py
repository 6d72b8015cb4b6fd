"""What a field of a historical model demands of the rows of its table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.db.models import NOT_PROVIDED, OrderBy
from django.db.models.sql import Query

from .. import databases
from ..core.schema import Column, Table
from ..core.schema.names import quoted
from ..databases.postgresql.alter_columns import STRINGS, base_type
from ..databases.postgresql.fitting import INTEGERS
from .searches import Search


def has_db_default(field: Any) -> bool:
    """Tell whether the server fills a field (Django 5.0 and later)."""
    return getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED


def is_constant(field: Any) -> bool:
    """Tell whether Django gives one and the same value to all rows when it adds a field.

    As `BaseDatabaseSchemaEditor._effective_default`, but a default that is a function is not called.
    """
    if has_db_default(field):
        return False
    if field.has_default():
        return field.default is not None
    if not field.null and field.blank and field.empty_strings_allowed:
        return True
    return bool(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False))


def is_stored(field: Any, connection: Any) -> bool:
    """Tell whether a field has a column of its own whose values are given, not computed."""
    return field.db_type(connection) is not None and not getattr(field, "generated", False)


def is_filled(field: Any, connection: Any) -> bool:
    """Tell whether rows that are there get a value when a field is added."""
    numbered = "serial" in str(field.db_type(connection)).lower() or field.get_internal_type().endswith(
        "AutoField"
    )
    return numbered or has_db_default(field) or is_constant(field)


def fills_nulls(vendor: str, new: Any) -> bool:
    """Tell whether Django fills what is NULL when a field may not be any more.

    On SQLite the table is made anew, with everything that a new field would be filled with; elsewhere only an explicit
    default is used.
    """
    if vendor == "sqlite":
        return has_db_default(new) or is_constant(new)
    return has_db_default(new) or (new.has_default() and new.default is not None)


def becomes_unique(old: Any, new: Any) -> bool:
    """Tell whether rows must differ in a field from now on."""
    if new.primary_key:
        return not old.primary_key and not old.unique
    return bool(new.unique and not old.unique)


def points(field: Any) -> bool:
    """Tell whether the server keeps the rows of a field pointing to others."""
    return bool(field.remote_field and getattr(field, "db_constraint", False))


def altered(editor: Any, table: Table, live: Column, old: Any, new: Any) -> Iterator[tuple[Search, bool]]:
    """Yield what must be asked before a field is altered, and whether it is cut off instead of failing."""
    connection, name = editor.connection, quoted(live.name)
    if old.null and not new.null and live.nullable and not fills_nulls(connection.vendor, new):
        words = f"{{rows}} of {table.name} {{have}} no {live.name} (NULL), which must not be empty"
        yield Search(table.name, words, f"{name} IS NULL"), False
    before, after = (field.db_parameters(connection=connection) for field in (old, new))
    if after["check"] and after["check"] != before["check"] and old.column == new.column == live.name:
        words = f"{{rows}} of {table.name} {{are}} against the check of {live.name}: {after['check']}"
        yield Search(table.name, words, f"NOT ({after['check']})"), False
    if before["type"] == after["type"] or not after["type"]:
        return
    database = databases.of(connection)
    target = replace(live, type=database.catalogue_type(after["type"]))
    condition = database.unfit(live, target)
    postgresql = connection.vendor == "postgresql"
    kinds = {base_type(live.type), base_type(target.type)}
    if condition and (kinds & {*STRINGS, *INTEGERS, "numeric"} or not postgresql):
        # Where the kind of field changes, Django writes a cast (USING), and that shortens a text without an error.
        cuts = postgresql and base_type(target.type) in STRINGS
        cuts = cuts and editor._field_data_type(old) != editor._field_data_type(new)
        words = f"in {{rows}} of {table.name}, {live.name} does not fit {target.type}"
        yield Search(table.name, words, condition), cuts


def check_sql(constraint: Any, model: Any, editor: Any) -> tuple[str, ...]:
    """Return the condition of a check, in SQL; nothing where Django itself will fail on it."""
    try:
        return (str(constraint._get_check_sql(model, editor)),)
    except Exception:
        return ()


def unique_sql(constraint: Any, model: Any, editor: Any) -> tuple[str, ...]:
    """Return the condition of a unique constraint, or an empty text, and its keys; nothing where Django fails on it."""
    try:
        condition = constraint._get_condition_sql(model, editor) or ""
        names = [model._meta.get_field(name).column for name in constraint.fields]
        keys = [quoted(name) for name in names] + [
            expression_sql(one, model, editor) for one in constraint.expressions
        ]
    except Exception:
        return ()
    return (condition, *keys)


def expression_sql(expression: Any, model: Any, editor: Any) -> str:
    """Return an expression in SQL, without its place in an index (order, operator class)."""
    while isinstance(expression, OrderBy) or type(expression).__name__ == "OpClass":
        expression = expression.get_source_expressions()[0]
    query = Query(model, alias_cols=False)
    resolved = expression.resolve_expression(query)
    sql, parameters = query.get_compiler(connection=editor.connection).compile(resolved)
    return str(sql % tuple(editor.quote_value(one) for one in parameters))
