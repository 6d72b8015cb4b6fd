"""Who is who on a PostgreSQL server, where each makes tables, and what our role may do: three or four queries."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper

from migwizard.core.rights.principals import (
    NEEDED,
    History,
    Namespace,
    Principal,
    Rights,
    first_of,
    path_names,
)
from migwizard.core.schema.names import quoted

from ..transactions import rolled_back
from .catalogue import Row, fetch

MOST_HISTORIES = 5
"""Histories beside our own that are read; where there are more, each schema is somebody's own."""

# The settings that a new session begins with, the most specific first; pg_settings tells only those of ours.
PLACE = """
SELECT session_user::text, current_user::text, current_database()::text, current_setting('search_path'), s.source,
       s.boot_val, has_database_privilege(current_database(), 'CREATE'),
       ARRAY(
         SELECT substr(c, 13) FROM pg_db_role_setting g
         CROSS JOIN unnest(g.setconfig) AS c
         WHERE c LIKE 'search\\_path=%'
           AND g.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
           AND g.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
         ORDER BY g.setrole <> 0 DESC, g.setdatabase <> 0 DESC
       )
FROM pg_settings s WHERE s.name = 'search_path'
"""

NAMESPACES = """
SELECT n.nspname::text, pg_get_userbyid(n.nspowner)::text, has_schema_privilege(n.oid, 'USAGE'),
       has_schema_privilege(n.oid, 'CREATE'),
       has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')
         AND has_schema_privilege(n.oid, 'CREATE WITH GRANT OPTION'),
       ARRAY(
         SELECT CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END
         FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a ORDER BY a.grantee, a.privilege_type
       ),
       ARRAY(
         SELECT a.privilege_type
         FROM aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a ORDER BY a.grantee, a.privilege_type
       ),
       h.oid::bigint,
       coalesce(has_table_privilege(h.oid, 'SELECT'), false),
       has_table_privilege(h.oid, 'INSERT'), h.reltuples::float8
FROM pg_namespace n
LEFT JOIN pg_class h ON h.relnamespace = n.oid AND h.relname = 'django_migrations'
 AND h.relkind IN ('r', 'p', 'f') AND NOT h.relispartition
WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
ORDER BY n.nspname
"""

# Roles that can log in, and those that our own is a member of. A superuser has the rights of every role without being
# a member, so membership is told from where it was granted.
PRINCIPALS = """
WITH RECURSIVE mine (oid) AS (
  SELECT oid FROM pg_roles WHERE rolname IN (current_user, session_user)
  UNION SELECT m.roleid FROM pg_auth_members m JOIN mine ON m.member = mine.oid
), groups AS (
  SELECT oid, rolname FROM pg_roles
  WHERE oid IN (SELECT roleid FROM pg_auth_members) OR rolname = 'pg_database_owner'
)
SELECT r.rolname::text, r.rolcanlogin, r.rolsuper, r.oid IN (SELECT oid FROM mine),
       me.rolsuper OR r.rolname = session_user AND session_user = current_user
         OR me.rolcreaterole AND NOT r.rolsuper AND ({administers}),
       CASE WHEN r.rolsuper THEN ARRAY[]::text[] ELSE ARRAY(
         SELECT g.rolname::text FROM groups g
         WHERE g.oid <> r.oid AND pg_has_role(r.oid, g.oid, 'USAGE') ORDER BY g.rolname
       ) END,
       (SELECT substr(c, 13) FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS c
        WHERE s.setrole = r.oid AND s.setdatabase = d.oid AND c LIKE 'search\\_path=%'),
       (SELECT substr(c, 13) FROM pg_db_role_setting s CROSS JOIN unnest(s.setconfig) AS c
        WHERE s.setrole = r.oid AND s.setdatabase = 0 AND c LIKE 'search\\_path=%')
FROM pg_roles r
CROSS JOIN (SELECT rolsuper, rolcreaterole FROM pg_roles WHERE rolname = current_user) me
CROSS JOIN (SELECT oid FROM pg_database WHERE datname = current_database()) d
WHERE r.rolname !~ '^pg_' AND (r.rolcanlogin OR r.oid IN (SELECT oid FROM mine))
ORDER BY 4 DESC, 1
"""
# Since 16, CREATEROLE alone is no right over the roles that others have made.
ADMINISTERS = "pg_has_role(current_user, r.oid, 'MEMBER WITH ADMIN OPTION')"

OTHERS = """
SELECT c.relname::text, pg_get_userbyid(c.relowner)::text
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT pg_has_role(c.relowner, 'USAGE')
  AND NOT EXISTS (
    SELECT FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e'
  )
ORDER BY c.relname
"""

STEADY = (
    "default",
    "configuration file",
    "command line",
    "database",
    "user",
    "database user",
    "global",
    "override",
)
"""Where a search_path can come from that a default of the role would outdo."""

FIXED_BY = {
    "client": "the connection's own options (OPTIONS in DATABASES, a service file, or PGOPTIONS)",
    "environment variable": "an environment variable",
    "session": "the project itself, which sets it on every connection",
}


@dataclass(frozen=True, slots=True)
class _History:
    """A history table as the catalogue has it."""

    schema: str
    enter: bool
    readable: bool
    writable: bool
    estimate: int | None


def read_rights(connection: BaseDatabaseWrapper, version: int) -> Rights:
    """Return what our role is, where the next connection makes tables, and who else there is."""
    with connection.cursor() as cursor:
        found, histories = _read(cursor, version)
        return replace(found, histories=_read_histories(connection, cursor, histories, found.uses_history))


def _read(cursor: Any, version: int) -> tuple[Rights, list[_History]]:
    """Return everything but the histories, and where they are."""
    ((login, user, database, path, source, boot, create_schema, set_paths),) = fetch(cursor, PLACE)
    rows = fetch(cursor, NAMESPACES)
    namespaces = tuple(_namespace(row) for row in rows)
    fixed_by = "" if source in STEADY else FIXED_BY.get(source, str(source))
    if not fixed_by and set_paths:
        path = set_paths[0]
    elif source in ("database", "user", "database user", "global"):
        # What gave this session its path is not set any more.
        path = boot
    schema = first_of(path_names(path), user, {one.name for one in namespaces if one.enter})
    histories, used = _histories(rows, [user if name == "$user" else name for name in path_names(path)])
    in_use = histories[0] if used else None
    query = PRINCIPALS.format(administers=ADMINISTERS if version >= 160000 else "true")
    rights = Rights(
        login,
        user,
        schema,
        path,
        fixed_by,
        database,
        create_schema=create_schema,
        writes_history=in_use.writable if in_use is not None else None,
        principals=tuple(_principal(row) for row in fetch(cursor, query)),
        namespaces=namespaces,
        uses_history=used,
        others=tuple(fetch(cursor, OTHERS, schema)) if schema is not None else (),
    )
    return rights, histories


def _namespace(row: Row) -> Namespace:
    name, owner, usage, create, may_grant, grantees, privileges = row[:7]
    grants = tuple(zip(grantees, privileges, strict=True))
    held = dict(zip(NEEDED, (usage, create), strict=True))
    lacks = tuple(privilege for privilege in NEEDED if not held[privilege])
    return Namespace(name, owner, usage, usage and create, may_grant, lacks, grants)


def _principal(row: Row) -> Principal:
    name, login, superuser, ours, may_alter, roles, here, anywhere = row
    kind = "SUPERUSER" if superuser else "LOGIN ROLE" if login else "ROLE"
    default = here if here is not None else anywhere
    return Principal(name, "", kind, default, here is not None, ours, may_alter, superuser, tuple(roles))


def _histories(rows: Iterable[Row], path: list[str]) -> tuple[list[_History], bool]:
    """Return where the histories are, first the one that Django finds on a path, and whether it finds one."""
    found = []
    for row in rows:
        oid, readable, writable, tuples = row[7:11]
        if oid is not None:
            estimate = int(tuples) if tuples > 0 else None
            found.append(_History(row[0], row[2], readable and row[2], writable, estimate))
    places = {name: number for number, name in reversed(list(enumerate(path)))}
    on_path = [one for one in found if one.enter and one.schema in places]
    in_use = min(on_path, key=lambda one: places[one.schema], default=None)
    return sorted(found, key=lambda one: (one is not in_use, one.schema)), in_use is not None


def _read_histories(
    connection: BaseDatabaseWrapper, cursor: Any, found: list[_History], used: bool
) -> tuple[History, ...]:
    """Return the histories; what is in them only where there is one that Django does not use, and not too many."""
    asked = found if (len(found) > 1 or not used) and len(found) <= MOST_HISTORIES + 1 else []
    readable = [one.schema for one in asked if one.readable]
    keys: dict[str, list[tuple[str, str]]] = {}
    if readable:
        parts = (
            f"SELECT {number} AS place, app::text, name::text FROM {_table(schema)}"
            for number, schema in enumerate(readable)
        )
        # A table of that name may be none of Django's.
        with suppress(Error), rolled_back(connection):
            rows = fetch(cursor, f"{' UNION ALL '.join(parts)} ORDER BY 1, 2, 3")
            keys = {schema: [] for schema in readable}
            for place, app, name in rows:
                keys[readable[place]].append((app, name))
    return tuple(
        History(one.schema, tuple(keys[one.schema]), len(keys[one.schema]))
        if one.schema in keys
        else History(one.schema, None, one.estimate)
        for one in found
    )


def _table(schema: str) -> str:
    return f"{quoted(schema)}.django_migrations"
