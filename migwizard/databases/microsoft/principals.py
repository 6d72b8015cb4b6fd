"""Who is who in a database of SQL Server, which schema each works in, and what our connection may do there.

A login that is let in by an Active Directory or Entra group has no user of its own: `USER_NAME()` is the login's name,
for which `sys.database_principals` has no row, and the default schema is that of the group, most often NULL.
`sys.user_token` tells the groups. (Documentation of SQL Server: sys.database_principals, sys.user_token, SCHEMA_NAME,
ALTER USER, HAS_PERMS_BY_NAME.)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from django.conf import settings

from migwizard.core.rights.principals import History, Namespace, Principal, Rights
from migwizard.core.schema.names import bracketed

Row = Sequence[Any]

MOST_HISTORIES = 5
"""Histories beside our own that are read; where there are more, each schema is somebody's own."""

PLACE = """
SELECT SUSER_SNAME(), USER_NAME(), DB_NAME(), SCHEMA_NAME(), SCHEMA_NAME(SCHEMA_ID(SCHEMA_NAME())),
       HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'CREATE TABLE'),
       HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'CREATE SCHEMA'),
       HAS_PERMS_BY_NAME(QUOTENAME(DB_NAME()), 'DATABASE', 'CONTROL'),
       IS_SRVROLEMEMBER('sysadmin'), OBJECT_ID('sys.user_token')
"""

PRIVILEGES = ("ALTER", "SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES")
"""Privileges on a schema that Django needs: to make and change tables, to point to them, and to use them."""

OF_THE_SERVER = (
    *("sys", "INFORMATION_SCHEMA", "guest", "db_owner", "db_accessadmin", "db_securityadmin", "db_ddladmin"),
    *("db_backupoperator", "db_datareader", "db_datawriter", "db_denydatareader", "db_denydatawriter"),
)
"""Schemas that every database has for its own: those of the fixed roles among them, in which nobody keeps tables."""

NAMESPACES = """
SELECT s.name, USER_NAME(s.principal_id), {privileges},
       HAS_PERMS_BY_NAME(QUOTENAME(s.name), 'SCHEMA', 'CONTROL'), h.object_id,
       HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(h.name), 'OBJECT', 'SELECT'),
       HAS_PERMS_BY_NAME(QUOTENAME(s.name) + '.' + QUOTENAME(h.name), 'OBJECT', 'INSERT'),
       (SELECT COUNT(*) FROM sys.columns c WHERE c.object_id = h.object_id AND c.name IN ('app', 'name')),
       (SELECT SUM(p.rows) FROM sys.partitions p WHERE p.object_id = h.object_id AND p.index_id IN (0, 1))
FROM sys.schemas s
LEFT JOIN sys.tables h ON h.schema_id = s.schema_id AND h.name = 'django_migrations'
WHERE s.name NOT IN ({own})
ORDER BY s.name
""".format(
    own=", ".join(f"'{name}'" for name in OF_THE_SERVER),
    privileges=" + ' ' + ".join(
        f"CASE HAS_PERMS_BY_NAME(QUOTENAME(s.name), 'SCHEMA', '{one}') WHEN 1 THEN '' ELSE '{one}' END"
        for one in PRIVILEGES
    ),
)

# A default is kept as it was typed, which need not be the name's own case.
PRINCIPALS = """
SELECT p.name, p.type, p.type_desc, COALESCE(SCHEMA_NAME(SCHEMA_ID(p.default_schema_name)), p.default_schema_name),
       CASE WHEN p.principal_id = USER_ID() {through} THEN 1 ELSE 0 END,
       HAS_PERMS_BY_NAME(QUOTENAME(p.name), 'USER', 'ALTER')
FROM sys.database_principals p
WHERE p.type IN ('S', 'U', 'G', 'E', 'X', 'C', 'K', 'A', 'R') AND NOT (p.type = 'R' AND p.is_fixed_role = 1)
  AND p.name NOT IN ('public', 'guest', 'sys', 'INFORMATION_SCHEMA')
ORDER BY 5 DESC, p.principal_id
"""
THROUGH = """
OR EXISTS (SELECT 1 FROM sys.user_token t WHERE t.principal_id = p.principal_id)
OR p.type IN ('G', 'X') AND IS_MEMBER(p.name) = 1
"""

TEXT = re.compile(r"N?'(?P<text>(?:[^']|'')*)'")


def read_rights(cursor: Any) -> Rights:
    """Return what our login is in this database, where it makes tables, and who else there is."""
    ((login, user, database, wanted, real, table, schema, control, sysadmin, tokens),) = _fetch(cursor, PLACE)
    found = _fetch(cursor, NAMESPACES)
    principals = _fetch(cursor, PRINCIPALS.format(through=THROUGH if tokens is not None else ""))
    inspected = _inspected()
    rights = Rights(
        login or "",
        user or "",
        real,
        wanted,
        database=database or "",
        create_table=bool(table),
        create_schema=bool(schema),
        may_grant=bool(control),
        inspected=inspected,
        principals=tuple(_principal(row, user or "", bool(control), bool(sysadmin)) for row in principals),
        namespaces=tuple(_namespace(row) for row in found),
    )
    rights = replace(rights, schema=_home(rights))
    histories = [row for row in found if row[4] is not None]
    in_use = next((row for row in histories if row[0] == (inspected or rights.schema)), None)
    histories.sort(key=lambda row: (row is not in_use, row[0]))
    return replace(
        rights,
        writes_history=bool(in_use[6]) if in_use is not None else None,
        histories=tuple(_histories(cursor, histories, in_use)),
        uses_history=in_use is not None,
    )


def _home(rights: Rights) -> str | None:
    """Return where the next connection makes its tables; this one may have been opened before its default was set.

    Of several groups, SQL Server takes the default of the one with the lowest principal_id (documentation of ALTER
    USER). Sysadmins are always in dbo.
    """
    entrance = rights.entrance
    if entrance is None or entrance.unrestricted or entrance.name == "dbo":
        return rights.schema
    there = rights.namespace(entrance.default_schema)
    return there.name if there is not None else rights.schema


def _inspected() -> str | None:
    """Return the schema in which mssql-django looks for tables by SCHEMA_TO_INSPECT; None where that is the default.

    The setting is an expression of SQL, with its quotes: `'sales'`.
    """
    given = getattr(settings, "SCHEMA_TO_INSPECT", None)
    match = TEXT.fullmatch(given.strip()) if isinstance(given, str) else None
    return match["text"].replace("''", "'") if match is not None else None


def _namespace(row: Row) -> Namespace:
    name, owner, lacks, control = row[:4]
    missing = tuple(lacks.split())
    return Namespace(name, owner or "", True, "ALTER" not in missing, bool(control), missing)


def _principal(row: Row, user: str, control: bool, sysadmin: bool) -> Principal:
    name, kind, description, default, ours, may_alter = row
    return Principal(
        name,
        # A char(2) on some servers.
        (kind or "").strip(),
        description or "",
        default or None,
        ours=bool(ours),
        # Everybody may set their own; who controls the database, everybody's (documentation of ALTER USER).
        may_alter=bool(may_alter) or control or name == user,
        unrestricted=sysadmin and bool(ours),
    )


def _histories(cursor: Any, rows: Sequence[Row], in_use: Row | None) -> Iterable[History]:
    """Yield the histories; what is in them only where there is one that Django does not use, and not too many."""
    others = [row for row in rows if row is not in_use]
    for row in rows:
        schema, readable, columns, count = row[0], row[5], row[7], row[8]
        if others and len(rows) <= MOST_HISTORIES + 1 and readable and columns == 2:
            table = f"{bracketed(schema)}.[django_migrations]"
            keys = tuple(
                (app or "", name or "") for app, name in _fetch(cursor, f"SELECT app, name FROM {table}")
            )
            yield History(schema, tuple(sorted(keys)), len(keys))
        else:
            yield History(schema, None, int(count) if count is not None else None)


def _fetch(cursor: Any, query: str) -> list[Row]:
    cursor.execute(query)
    return [tuple(row) for row in cursor.fetchall()]
