"""What pg_locks and pg_stat_activity say of other sessions.

Everybody may read who holds which lock, and user and name of every session. When its transaction began, from where it
comes and what it is doing, only the same role, its members and those of pg_read_all_stats may see; then that is left
out. A transaction reads pg_stat_activity once and keeps it, unless it is told to forget it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from migwizard.core.locks import Lock
from migwizard.core.session import Session, named

from ..base import printable
from ..workers import FLEETING_SECONDS, Worker
from .catalogue import fetch

WRITES = ("RowExclusiveLock",)
CHANGES = (
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
)
"""Modes of who changes rows; and of who changes the table, builds an index, or locks it by hand."""

WRITE_MODES = ("ROW EXCLUSIVE",)

FORGET = "SELECT pg_stat_clear_snapshot()"

# A name is that of a snapshot: without its schema where that is the one in question.
NAME = "CASE WHEN n.nspname = home.name THEN c.relname::text ELSE n.nspname || '.' || c.relname END"

WHO = """
coalesce(a.usename::text, p.owner::text, ''), coalesce(a.pid, 0),
       coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
       coalesce(to_char(coalesce(a.xact_start, p.prepared) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC', ''),
       coalesce(a.state, ''), coalesce(p.gid, '')
"""

# What a transaction has created and not committed has a lock, and no row in pg_class that we could see. Whoever creates
# something in a schema locks that too (RangeVarGetAndCheckCreationNamespace in the sources), and so temporary tables
# are told from others.
WORK = f"""
WITH home AS (
  SELECT oid, nspname::text AS name FROM pg_namespace WHERE nspname = coalesce(nullif(%s, ''), current_schema())
), lock AS MATERIALIZED (
  SELECT * FROM pg_locks WHERE granted AND pid IS DISTINCT FROM pg_backend_pid()
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
)
SELECT {WHO}, l.virtualtransaction, l.mode, {NAME},
       extract(epoch FROM clock_timestamp() - coalesce(a.xact_start, p.prepared))::float
FROM home CROSS JOIN lock l
LEFT JOIN pg_stat_activity a ON a.pid = l.pid
LEFT JOIN pg_prepared_xacts p ON l.pid IS NULL AND l.virtualtransaction = '-1/' || p.transaction::text
LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace) ON c.oid = l.relation
WHERE l.locktype = 'relation' AND l.relation >= 16384 AND coalesce(a.usename, p.owner) IS NOT NULL
  AND CASE WHEN c.oid IS NULL
    THEN l.mode = 'AccessExclusiveLock' AND EXISTS (
      SELECT 1 FROM lock o WHERE o.virtualtransaction = l.virtualtransaction AND o.locktype = 'object'
         AND o.classid = 'pg_namespace'::regclass AND o.objid = home.oid)
    ELSE l.mode = ANY (%s) AND {NAME} = ANY (%s::text[])
  END
ORDER BY 5, 2, l.virtualtransaction, 10, 9
"""

SESSIONS = f"""
WITH home AS (SELECT current_schema()::text AS name), lock AS MATERIALIZED (SELECT * FROM pg_locks)
SELECT coalesce(a.usename::text, ''), a.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
       coalesce(
         to_char(coalesce(a.xact_start, a.backend_start) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC', ''),
       coalesce(a.state, ''),
       CASE WHEN EXISTS (SELECT 1 FROM lock w WHERE w.pid = a.pid AND NOT w.granted)
         THEN pg_blocking_pids(a.pid) ELSE ARRAY[]::integer[] END,
       ARRAY(
         SELECT DISTINCT ARRAY[{NAME}, l.mode]
         FROM home CROSS JOIN lock l JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE l.pid = a.pid AND l.granted AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock'
           AND l.database = a.datid AND c.oid >= 16384 AND c.relkind IN ('r', 'p', 'm', 'v', 'f') ORDER BY 1)
FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.usename IS NOT NULL
  AND coalesce(a.backend_type, '') <> 'parallel worker'
ORDER BY a.pid
"""

# What the transaction itself has dropped is locked, and has no row in pg_class any more that it could see.
HELD = f"""
WITH home AS (SELECT current_schema()::text AS name)
SELECT DISTINCT l.mode, coalesce({NAME}, ''),
       CASE c.relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'S' THEN 'sequence' ELSE '' END,
       l.relation::text, coalesce(c.relfilenode::text, '')
FROM home CROSS JOIN pg_locks l
LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace) ON c.oid = l.relation
WHERE l.pid = pg_backend_pid() AND l.granted AND l.locktype = 'relation' AND l.mode <> 'AccessShareLock'
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND l.relation >= 16384
  AND coalesce(n.nspname, '') NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
ORDER BY 3, 2, 1, 4
"""

# A table of a user, by its object id, and the number of its file, which is another one after it was written anew. What
# has no rows of its own (a view, the parent of partitions) has no file either, and 0.
STORAGE = f"""
WITH home AS (SELECT current_schema()::text AS name)
SELECT c.oid::text, {NAME}, c.relfilenode::text
FROM home CROSS JOIN pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'v', 'f')
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND (n.oid = pg_my_temp_schema() OR n.nspname !~ '^pg_(toast_)?temp_')
"""

BLOCKERS = f"""
SELECT {WHO} FROM unnest(pg_blocking_pids(%s)) AS b (pid)
LEFT JOIN pg_stat_activity a ON a.pid = b.pid
LEFT JOIN pg_prepared_xacts p ON false
"""


def mode_in_words(mode: str) -> str:
    """Return a mode as SQL and the manual write it: `AccessExclusiveLock` is ACCESS EXCLUSIVE."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", mode.removesuffix("Lock")).upper()


def locks_held(cursor: Any) -> tuple[Lock, ...]:
    """Return the locks of our own transaction."""
    return tuple(
        Lock(number, kind, printable(name), mode_in_words(mode), file)
        for mode, name, kind, number, file in fetch(cursor, HELD)
    )


def storage(cursor: Any) -> dict[str, tuple[str, str]]:
    """Return name and file of every table, by object id."""
    return {number: (printable(name), file) for number, name, file in fetch(cursor, STORAGE)}


def sessions(cursor: Any) -> tuple[Session, ...]:
    """Return the other sessions of the database."""
    cursor.execute(FORGET)
    found = [
        Session(
            pid,
            printable(who),
            printable(program),
            address or "",
            since,
            state,
            tuple((printable(name), mode_in_words(mode)) for name, mode in holds),
            tuple(dict.fromkeys(blocking)),
        )
        for who, pid, program, address, since, state, blocking, holds in fetch(cursor, SESSIONS)
    ]
    waited_for = {process for one in found for process in one.waits_for}
    return tuple(sorted(found, key=lambda one: (one.process not in waited_for, not one.holds)))


def blockers(cursor: Any, pid: int) -> tuple[str, ...]:
    """Return who keeps a session waiting for a lock; nothing when it does not wait."""
    cursor.execute(FORGET)
    return tuple(dict.fromkeys(who_of(row) for row in fetch(cursor, BLOCKERS, pid)))


def others_at_work(cursor: Any, history: str, tables: Collection[str], schema: str | None) -> tuple[str, ...]:
    """Return a sentence for each transaction that changes the history, one of some tables, or makes new ones."""
    found = workers(cursor, history, tables, schema)
    if any(one.since is None and one.only_writes(history, WRITE_MODES) for one in found.values()):
        # We may not see how long it lasts, and so look whether it is still there.
        cursor.execute("SELECT pg_sleep(%s)", [FLEETING_SECONDS])
        again = workers(cursor, history, tables, schema)
        found = {key: one for key, one in found.items() if one.since is not None or key in again}
    modes = tuple(map(mode_in_words, WRITES + CHANGES))
    return tuple(one.sentence(modes) for one in found.values() if not one.fleeting(history, WRITE_MODES))


def workers(cursor: Any, history: str, tables: Collection[str], schema: str | None) -> dict[str, Worker]:
    """Return the transactions in question, by what names each of them."""
    cursor.execute(FORGET)
    found: dict[str, Worker] = {}
    wanted = [history, *tables]
    for *who, transaction, mode, name, age in fetch(cursor, WORK, schema or "", WRITES + CHANGES, wanted):
        one = found.setdefault(transaction, Worker(who_of(who), who[5], age))
        if name is None:
            one.created = True
        else:
            one.holds[mode_in_words(mode)].append(name)
    return found


def who_of(row: Any) -> str:
    """Return the session or prepared transaction of a row that begins with WHO, in words."""
    user, pid, program, address, since, _, prepared = row[:7]
    if prepared:
        return printable(f"the prepared transaction {prepared!r} of {user}, since {since},")
    return printable(named(user, pid, program, address, since))
