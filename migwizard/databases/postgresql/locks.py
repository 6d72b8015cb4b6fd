"""Time limits and the one-repairer lock of PostgreSQL, all of them for one transaction only."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.db import OperationalError

from migwizard.core.session import named

from .. import processes
from ..base import printable
from .catalogue import fetch
from .errors import sqlstate

READER_SECONDS = 2

HOLDER = """
SELECT coalesce(a.usename::text, ''), a.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), ''),
       coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ'), '')
FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = %s::oid AND l.objid = %s::oid
LIMIT 1
"""

RELATION = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), current_setting('lock_timeout')
FROM (SELECT 1) AS always
LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace)
  ON n.nspname = coalesce(nullif(%s, ''), current_schema()) AND c.relname = %s AND c.relkind IN ('r', 'p')
"""


def set_timeouts(cursor: Any, lock_seconds: float, statement_seconds: float, *, local: bool = True) -> None:
    """Set `lock_timeout` and `statement_timeout`; a part of a millisecond counts as one.

    `local` ones end with the transaction, the others with the session.
    """
    cursor.execute(
        "SELECT set_config('lock_timeout', %s, %s), set_config('statement_timeout', %s, %s)",
        [
            f"{max(1, round(lock_seconds * 1000))}ms",
            local,
            f"{max(1, round(statement_seconds * 1000))}ms",
            local,
        ],
    )


def lock_key(name: str) -> int:
    """Return the 64-bit number of the advisory lock with this name, the same on every machine."""
    return int.from_bytes(sha256(f"migwizard:{name}".encode()).digest()[:8], "big", signed=True)


def try_lock(cursor: Any, name: str, schema: str | None) -> str | None:
    """Take the lock of a schema until the transaction ends, or return who holds it.

    Until then the session calls itself by our name, for whoever is refused because of us.
    """
    if schema is None:
        ((schema,),) = fetch(cursor, "SELECT current_schema()::text")
    key = lock_key(f"{name}:{schema}")
    ((taken,),) = fetch(cursor, "SELECT pg_try_advisory_xact_lock(%s)", key)
    if taken:
        fetch(cursor, "SELECT set_config('application_name', %s, true)", f"migwizard {processes.whose()}")
        return None
    # pg_locks shows the key in two halves.
    unsigned = key & 0xFFFFFFFFFFFFFFFF
    rows = fetch(cursor, HOLDER, unsigned >> 32, unsigned & 0xFFFFFFFF)
    return printable(named(*rows[0])) if rows else "another session, which has just ended"


def hold(cursor: Any, connection: Any, table: str, schema: str | None) -> bool:
    """Lock a table, if it is there, until the transaction ends; return whether nobody else can read it.

    ACCESS EXCLUSIVE, because a `migrate` that could still read the history would decide from it what to apply, and
    record that a second time when we are done. Where a mere reader that does not end (a backup) stands in the way,
    SHARE ROW EXCLUSIVE must do, which keeps out those that write.
    """
    ((found, former),) = fetch(cursor, RELATION, schema or "", table)
    if found is None:
        return False
    alone = True
    savepoint = connection.savepoint()
    fetch(cursor, "SELECT set_config('lock_timeout', %s, true)", f"{READER_SECONDS * 1000}ms")
    try:
        cursor.execute(f"LOCK TABLE {found} IN ACCESS EXCLUSIVE MODE")
    except OperationalError as error:
        if sqlstate(error) != "55P03":
            raise
        connection.savepoint_rollback(savepoint)
        cursor.execute(f"LOCK TABLE {found} IN SHARE ROW EXCLUSIVE MODE")
        alone = False
    connection.savepoint_commit(savepoint)
    fetch(cursor, "SELECT set_config('lock_timeout', %s, true)", former)
    return alone
