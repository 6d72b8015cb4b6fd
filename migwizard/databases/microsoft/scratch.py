"""Databases of SQL Server that are made for a moment, dropped, and swept up after a crash."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from django.db import Error

from migwizard.core.schema.names import bracketed

from ..scratches import PREFIX, is_left_behind
from .catalogue import fetch

DROP_SECONDS = 10
"""How long to wait for those to be gone who were thrown out."""

AZURE_DATABASE = 5
"""The `EngineEdition` of Azure SQL Database, where each database costs money from the moment that it is there."""

ENGINE = "SELECT CAST(SERVERPROPERTY('EngineEdition') AS int)"

COLLATIONS = """
SELECT CAST(SERVERPROPERTY('Collation') AS nvarchar(128)),
       CAST(DATABASEPROPERTYEX(%s, 'Collation') AS nvarchar(128))
"""

# Where a login may not see others, it is told of its own sessions alone.
DATABASES = f"""
SELECT d.name, CASE WHEN EXISTS (SELECT 1 FROM sys.dm_exec_sessions s WHERE s.database_id = d.database_id)
               THEN 1 ELSE 0 END
FROM sys.databases d WHERE d.name LIKE N'{PREFIX.replace("_", "[_]")}%' AND HAS_DBACCESS(d.name) = 1
"""

SESSIONS = (
    "SELECT session_id FROM sys.dm_exec_sessions WHERE database_id = DB_ID(%s) AND session_id <> @@SPID"
)


def create(cursor: Any, name: str, like: str) -> None:
    """Create a database with the collation of another one; the cursor is one in `master`."""
    ((usual, wanted),) = fetch(cursor, COLLATIONS, like)
    # A collation is no text, and its name is made of letters, digits and underscores.
    collate = f" COLLATE {wanted}" if wanted and wanted != usual and wanted.isidentifier() else ""
    cursor.execute(f"CREATE DATABASE {bracketed(name)}{collate}")
    with contextlib.suppress(Error):
        # Nobody restores it.
        cursor.execute(f"ALTER DATABASE {bracketed(name)} SET RECOVERY SIMPLE")


def drop(cursor: Any, name: str) -> None:
    """Drop a database with whoever is connected to it."""
    try:
        cursor.execute(f"ALTER DATABASE {bracketed(name)} SET SINGLE_USER WITH ROLLBACK IMMEDIATE")
    except Error:
        with contextlib.suppress(Error):
            for (session,) in fetch(cursor, SESSIONS, name):
                cursor.execute(f"KILL {int(session)}")
    end = time.monotonic() + DROP_SECONDS
    while True:
        try:
            cursor.execute(f"DROP DATABASE IF EXISTS {bracketed(name)}")
            return
        except Error:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


def sweep(cursor: Any) -> None:
    """Drop the scratch databases whose makers are gone."""
    for name, used in fetch(cursor, DATABASES):
        if is_left_behind(name, used=bool(used)):
            with contextlib.suppress(Error):
                drop(cursor, name)
