"""The servers whose SQL can be written without one, each in a stated version."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ...core.dialects.rehearsed import Dialect

NAMES = ("postgresql", "sqlite", "mysql", "mariadb", "sqlserver")
"""As users name them."""
ALIASES = {"postgres": "postgresql", "microsoft": "sqlserver", "mssql": "sqlserver", "sqlite3": "sqlite"}


@dataclass(frozen=True, slots=True)
class Server:
    """One kind of server: which backend writes its SQL, and what that would ask it."""

    dialect: Dialect
    vendor: str
    module: str
    package: str = ""
    """What has to be installed beside Django."""
    answers: Mapping[str, Any] = field(default_factory=dict)


def mysql(version: str) -> Mapping[str, Any]:
    """Return what a server of this version says of itself, with the settings that it comes with."""
    return {
        "mysql_server_data": {
            "version": version,
            "sql_mode": "STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION",
            "default_storage_engine": "InnoDB",
            "sql_auto_is_null": False,
            "lower_case_table_names": False,
            "has_zoneinfo_database": True,
        }
    }


SERVERS: Mapping[str, Server] = {
    "postgresql": Server(
        Dialect("postgresql", "PostgreSQL 16", (16,)),
        "postgresql",
        "django.db.backends.postgresql.base",
        answers={"pg_version": 160000},
    ),
    "sqlite": Server(Dialect("sqlite", "SQLite"), "sqlite", "django.db.backends.sqlite3.base"),
    "mysql": Server(
        Dialect("mysql", "MySQL 8.4", (8, 4)),
        "mysql",
        "django.db.backends.mysql.base",
        answers=mysql("8.4.0"),
    ),
    "mariadb": Server(
        Dialect("mariadb", "MariaDB 11.4", (11, 4)),
        "mysql",
        "django.db.backends.mysql.base",
        answers=mysql("11.4.0-MariaDB"),
    ),
    "sqlserver": Server(
        Dialect("microsoft", "SQL Server 2022", (2022,)),
        "microsoft",
        "mssql.base",
        "mssql-django",
        answers={"sql_server_version": 2022, "to_azure_sql_db": False},
    ),
}


def server_named(name: str) -> str:
    """Return the name of a server, or raise KeyError."""
    name = re.sub(r"[^a-z0-9]", "", name.lower())
    name = ALIASES.get(name, name)
    if name not in SERVERS:
        raise KeyError(name)
    return name


def name_of(dialect: Dialect) -> str:
    """Return what users call the server of a dialect."""
    return "sqlserver" if dialect.name == "microsoft" else dialect.name
