"""What the dynamic management views of SQL Server say of other sessions.

Who lacks VIEW SERVER STATE (VIEW SERVER PERFORMANCE STATE since 2022; on Azure SQL Database those for the DATABASE)
sees only the own session in some of them, and nothing in others: then nobody else is told of. Names are read without
waiting for locks, which whoever creates or alters a table holds on its rows of the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from migwizard.core.locks import Lock
from migwizard.core.session import Session, named

from ..base import printable
from ..workers import Worker

WRITES = ("IX",)
CHANGES = ("U", "UIX", "BU", "SIX", "X", "Sch-M")
"""Modes of who changes rows; and of who locks the table as a whole, or alters it."""

READS = ("IS", "S", "Sch-S")

# Servers that only speak the protocol do not have all of the views, and would end the transaction over it.
MAY_SEE = """
SELECT CASE WHEN OBJECT_ID(N'sys.dm_tran_locks') IS NULL OR OBJECT_ID(N'sys.dm_exec_requests') IS NULL
              OR OBJECT_ID(N'sys.dm_tran_session_transactions') IS NULL THEN 0
            WHEN HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER STATE') = 1
              OR HAS_PERMS_BY_NAME(NULL, NULL, 'VIEW SERVER PERFORMANCE STATE') = 1
              OR (CAST(SERVERPROPERTY('EngineEdition') AS int) IN (5, 12)
                  AND (HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE STATE') = 1
                       OR HAS_PERMS_BY_NAME(DB_NAME(), 'DATABASE', 'VIEW DATABASE PERFORMANCE STATE') = 1))
            THEN 1 ELSE 0 END
"""

# The server's clock is local; its difference from UTC is that of this moment.
UTC = "CONVERT(varchar(19), DATEADD(minute, DATEDIFF(minute, GETDATE(), GETUTCDATE()), {}), 120) + ' UTC'"

BEGUN = """
LEFT JOIN (
  SELECT st.session_id, MIN(tr.transaction_begin_time) AS begun
  FROM sys.dm_tran_session_transactions st
  JOIN sys.dm_tran_active_transactions tr ON tr.transaction_id = st.transaction_id
  GROUP BY st.session_id
) t ON t.session_id = s.session_id
"""

WHO = f"""
s.login_name, s.session_id, COALESCE(s.program_name, ''), COALESCE(s.host_name, ''),
       {UTC.format("COALESCE(t.begun, s.login_time)")}, s.status
"""

NAME = "CASE WHEN sc.name = {home} THEN o.name ELSE sc.name + '.' + o.name END"

OBJECTS = "sys.objects o WITH (NOLOCK) JOIN sys.schemas sc WITH (NOLOCK) ON sc.schema_id = o.schema_id"

WORK = f"""
SELECT {WHO}, l.request_mode, sc.name, o.name, DATEDIFF(millisecond, t.begun, GETDATE()) / 1000.0
FROM sys.dm_tran_locks l
JOIN sys.dm_exec_sessions s ON s.session_id = l.request_session_id
JOIN ({OBJECTS}) ON o.object_id = l.resource_associated_entity_id
{BEGUN}
WHERE l.resource_type = 'OBJECT' AND l.resource_database_id = DB_ID() AND l.request_status = 'GRANT'
  AND l.request_session_id <> @@SPID AND o.type = 'U' AND l.request_mode NOT IN ('IS', 'S', 'Sch-S')
ORDER BY s.session_id, sc.name, o.name
"""

# A negative number is no session: who blocks is not known, or a latch.
SESSIONS = f"""
SELECT {WHO}, CASE WHEN r.blocking_session_id > 0 THEN r.blocking_session_id ELSE 0 END
FROM sys.dm_exec_sessions s
LEFT JOIN sys.dm_exec_requests r ON r.session_id = s.session_id
{BEGUN}
WHERE s.database_id = DB_ID() AND s.is_user_process = 1 AND s.session_id <> @@SPID
ORDER BY s.session_id
"""

LOCKS = f"""
SELECT DISTINCT l.request_session_id, {NAME.format(home="SCHEMA_NAME()")}, l.request_mode
FROM sys.dm_tran_locks l
JOIN ({OBJECTS}) ON o.object_id = l.resource_associated_entity_id
WHERE l.resource_type = 'OBJECT' AND l.resource_database_id = DB_ID() AND l.request_status = 'GRANT'
  AND l.request_session_id <> @@SPID AND o.type IN ('U', 'V') AND l.request_mode NOT IN ('IS', 'S', 'Sch-S')
ORDER BY 1, 2, 3
"""

BLOCKERS = f"""
SELECT {WHO}
FROM sys.dm_exec_requests r
JOIN sys.dm_exec_sessions s ON s.session_id = r.blocking_session_id
{BEGUN}
WHERE r.session_id = %s AND r.blocking_session_id > 0
"""

# A resource is shown as `0:[the first 32 characters]:(hash)`.
HOLDER = f"""
SELECT {WHO}
FROM sys.dm_tran_locks l
JOIN sys.dm_exec_sessions s ON s.session_id = l.request_session_id
{BEGUN}
WHERE l.resource_type = 'APPLICATION' AND l.resource_database_id = DB_ID() AND l.request_status = 'GRANT'
  AND l.request_session_id <> @@SPID AND CHARINDEX(%s, l.resource_description) > 0
"""

# What the transaction itself has dropped is locked, and has no row any more that it could see.
HELD = f"""
SELECT DISTINCT l.request_mode, COALESCE({NAME.format(home="SCHEMA_NAME()")}, ''),
       CAST(l.resource_associated_entity_id AS varchar(20)), COALESCE(CAST(p.hobt_id AS varchar(20)), '')
FROM sys.dm_tran_locks l
LEFT JOIN ({OBJECTS}) ON o.object_id = l.resource_associated_entity_id
LEFT JOIN sys.partitions p ON p.object_id = o.object_id AND p.index_id IN (0, 1) AND p.partition_number = 1
WHERE l.request_session_id = @@SPID AND l.request_status = 'GRANT' AND l.resource_type = 'OBJECT'
  AND l.resource_database_id = DB_ID() AND (o.type IN ('U', 'V') OR o.object_id IS NULL)
  AND l.request_mode NOT IN ('IS', 'Sch-S')
ORDER BY 3, 1
"""

STORAGE = f"""
SELECT CAST(o.object_id AS varchar(20)), {NAME.format(home="SCHEMA_NAME()")},
       COALESCE(CAST(p.hobt_id AS varchar(20)), '')
FROM {OBJECTS}
LEFT JOIN sys.partitions p ON p.object_id = o.object_id AND p.index_id IN (0, 1) AND p.partition_number = 1
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0
"""


def fetch(cursor: Any, query: str, *parameters: object) -> list[Any]:
    """Run one query and return its rows."""
    cursor.execute(query, list(parameters) or None)
    return list(cursor.fetchall())


def may_see_others(cursor: Any) -> bool:
    """Tell whether this login may see the sessions and locks of others, and the locks of its own."""
    ((allowed,),) = fetch(cursor, MAY_SEE)
    return bool(allowed)


def who_of(row: Any) -> str:
    """Return the session of a row that begins with WHO, in words."""
    user, session, program, host, since = row[:5]
    return printable(named(user, session, program, host, since))


def others_at_work(cursor: Any, history: str, tables: Collection[str], schema: str) -> tuple[str, ...]:
    """Return a sentence for each transaction that changes the history, one of some tables, or alters any table.

    Whoever alters or creates a table of the schema is most likely migrating it, whichever table that is.
    """
    wanted, found = {history, *tables}, dict[int, Worker]()
    for *who, mode, place, name, age in fetch(cursor, WORK):
        key = name if place == schema else f"{place}.{name}"
        if key in wanted or (mode == "Sch-M" and place == schema):
            seconds = float(age) if age is not None else None
            one = found.setdefault(who[1], Worker(who_of(who), who[5], seconds))
            one.holds[mode].append(key)
    modes = WRITES + CHANGES
    return tuple(one.sentence(modes) for one in found.values() if not one.fleeting(history, WRITES))


def sessions(cursor: Any) -> tuple[Session, ...]:
    """Return the other sessions of the database; whoever is waited for comes first."""
    held: dict[int, list[tuple[str, str]]] = {}
    for session, name, mode in fetch(cursor, LOCKS):
        held.setdefault(session, []).append((printable(name), mode))
    found: dict[int, Session] = {}
    for who, session, program, host, since, state, blocking in fetch(cursor, SESSIONS):
        # One that runs several requests at once has a row for each.
        earlier = found[session].waits_for if session in found else ()
        waits = tuple(dict.fromkeys((*earlier, *((blocking,) if blocking else ()))))
        found[session] = Session(
            *(session, printable(who), printable(program), printable(host), since, state),
            tuple(held.get(session, ())),
            waits,
        )
    waited_for = {process for one in found.values() for process in one.waits_for}
    return tuple(sorted(found.values(), key=lambda one: (one.process not in waited_for, not one.holds)))


def blockers(cursor: Any, session: int) -> tuple[str, ...]:
    """Return who keeps a session waiting for a lock; nothing when it does not wait, or we may not see it."""
    return tuple(dict.fromkeys(who_of(row) for row in fetch(cursor, BLOCKERS, session)))


def holder(cursor: Any, resource: str) -> str:
    """Return who has taken a lock of our own; empty where nobody is seen."""
    rows = fetch(cursor, HOLDER, f"[{resource[:32]}]")
    return who_of(rows[0]) if rows else ""


def locks_held(cursor: Any) -> tuple[Lock, ...]:
    """Return the locks of our own session, of tables and views."""
    return tuple(
        Lock(number, "", printable(name), mode, place) for mode, name, number, place in fetch(cursor, HELD)
    )


def storage(cursor: Any) -> dict[str, tuple[str, str]]:
    """Return name and place of every table and view, by object id: the first heap or B-tree of its rows."""
    return {number: (printable(name), place) for number, name, place in fetch(cursor, STORAGE)}
