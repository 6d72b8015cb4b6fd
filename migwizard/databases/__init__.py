"""What is particular to each database: its catalogue, what it can do in a transaction, its locks and its errors."""

from __future__ import annotations

from importlib import import_module

from django.db.backends.base.base import BaseDatabaseWrapper

from .base import CannotAlter, Database, SchemaUnreadable, ShadowRefused
from .concurrency import AnotherRepair

__all__ = ["AnotherRepair", "CannotAlter", "Database", "SchemaUnreadable", "ShadowRefused", "of"]

VENDORS = {"microsoft": "SQLServer", "postgresql": "PostgreSQL", "sqlite": "SQLite"}
"""The class for each `connection.vendor`, in the module of that name; loaded when first asked for."""


def of(connection: BaseDatabaseWrapper) -> Database:
    """Return what we know about the database behind a Django connection; conservative answers for an unknown vendor."""
    if connection.vendor not in VENDORS:
        return Database(connection)
    vendor: type[Database] = getattr(
        import_module(f"{__name__}.{connection.vendor}"), VENDORS[connection.vendor]
    )
    return vendor(connection)
