"""Somebody else who is connected to a database, and what they keep others from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Session:
    """One connection to the database besides our own, as far as our role may see it."""

    process: int
    """Number of the process: on the server, or, where there is none (SQLite), on this machine."""
    who: str
    """User of the database, or, where there are none, of the operating system."""
    program: str = ""
    """What the client calls itself; empty where it says nothing."""
    address: str = ""
    """Where the client is; empty for this machine, and where our role may not see it."""
    since: str = ""
    """When its transaction began, or, without one, when it connected; empty where our role may not see it."""
    state: str = ""
    """`active`, `idle`, `idle in transaction`, …; empty where our role may not see it."""
    holds: tuple[tuple[str, str], ...] = ()
    """(table, mode) of the locks that it holds, AccessShare of mere reading aside."""
    waits_for: tuple[int, ...] = ()
    """Processes that it waits for; 0 is a prepared transaction."""


def named(who: str, process: int, program: str = "", address: str = "", since: str = "") -> str:
    """Return a session in words: `shop (process 4711, manage.py, from 10.0.0.7, since …)`."""
    details = (
        f"process {process}",
        program,
        f"from {address}" if address else "",
        f"since {since}" if since else "",
    )
    return f"{who or 'somebody'} ({', '.join(detail for detail in details if detail)})"


def listed(parts: tuple[str, ...] | list[str]) -> str:
    """Return several things as a sentence names them: `a, b and c`."""
    return " and ".join(part for part in (", ".join(parts[:-1]), parts[-1]) if part) if parts else ""
