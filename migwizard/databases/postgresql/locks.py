"""Time limits and the one-repairer lock of PostgreSQL, all of them for one transaction only."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from ..base import printable
from .catalogue import fetch

HOLDER = """
SELECT a.usename::text, a.pid, a.application_name, host(a.client_addr),
       to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS TZ')
FROM pg_locks l
JOIN pg_stat_activity a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND l.classid = %s::oid AND l.objid = %s::oid
LIMIT 1
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


def try_lock(cursor: Any, name: str) -> str | None:
    """Take the lock until the transaction ends, or return who holds it."""
    key = lock_key(name)
    ((taken,),) = fetch(cursor, "SELECT pg_try_advisory_xact_lock(%s)", key)
    if taken:
        return None
    # pg_locks shows the key in two halves.
    unsigned = key & 0xFFFFFFFFFFFFFFFF
    rows = fetch(cursor, HOLDER, unsigned >> 32, unsigned & 0xFFFFFFFF)
    return _describe(*rows[0]) if rows else "another session, which has just ended"


def _describe(
    user: str | None, pid: int, application: str | None, address: str | None, since: str | None
) -> str:
    details = [
        f"process {pid}",
        application,
        f"from {address}" if address else None,
        f"since {since}" if since else None,
    ]
    return printable(f"{user or 'somebody'} ({', '.join(detail for detail in details if detail)})")
