"""What a transaction locks and writes anew, and what that means for everybody else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .plan import Ran
from .session import listed

LEVELS = {
    "SHARE UPDATE EXCLUSIVE": 1,
    "SHARE": 2,
    "SHARE ROW EXCLUSIVE": 2,
    "EXCLUSIVE": 2,
    "ACCESS EXCLUSIVE": 3,
    "S": 2,
    "U": 2,
    "UIX": 2,
    "SIX": 2,
    "BU": 2,
    "X": 3,
    "Sch-M": 3,
}
"""How much of the everyday work of others a mode blocks; what is not here blocks nothing of it.

From "Table-Level Locks" in the manual of PostgreSQL, and "Lock modes" in that of SQL Server, where under row versioning
X does not keep readers waiting.
"""

BLOCKED = {1: "other changes of the schema of", 2: "writes of", 3: "reads and writes of"}


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock that a transaction holds."""

    number: str
    """What names the table, index or sequence for good."""
    kind: str
    """`index`, `sequence`, or empty for a table or view."""
    name: str
    mode: str
    """As SQL and the manual write it: ACCESS EXCLUSIVE."""
    place: str = ""
    """Where the rows are, as in `Database.storage`."""

    @property
    def text(self) -> str:
        """The lock in words: `ACCESS EXCLUSIVE on shop_order`."""
        return f"{self.mode} on {self.kind}{' ' if self.kind else ''}{self.name}"


def rewritten(before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]) -> tuple[str, ...]:
    """Return the tables that were rewritten, or emptied, between two answers of `Database.storage`; by new name."""
    return tuple(
        sorted(name for key, (name, place) in after.items() if key in before and before[key][1] != place)
    )


def stronger(held: Iterable[Lock], now: Iterable[Lock]) -> tuple[Lock, ...]:
    """Return the locks of tables that block more than those held before: the strongest of each, in that order."""
    before = {lock.number: _level(lock) for lock in sorted(held, key=_level)}
    found = {lock.number: lock for lock in sorted(now, key=_level) if not lock.kind}
    new = [lock for number, lock in found.items() if _level(lock) > before.get(number, 0)]
    return tuple(sorted(new, key=lambda lock: (-_level(lock), lock.name)))


def _level(lock: Lock) -> int:
    return LEVELS.get(lock.mode, 0)


def effects(ran: Ran) -> str:
    """Return in words what a statement locked and wrote anew; empty where it is neither, or not known."""
    by_level: dict[int, list[str]] = {}
    for lock in ran.locks or ():
        level, table = parted(lock)
        by_level.setdefault(level, []).append(table)
    parts = [f"blocks {BLOCKED[level]} {listed(by_level[level])}" for level in sorted(by_level, reverse=True)]
    if ran.rewrites:
        parts.append(f"writes {listed(ran.rewrites)} anew")
    return "; ".join(parts)


def parted(lock: str) -> tuple[int, str]:
    """Return what a lock in words blocks (see `LEVELS`), and its table."""
    mode, _, table = lock.partition(" on ")
    return LEVELS.get(mode, 1), table


def blocked(ran: Sequence[Ran]) -> tuple[str, ...]:
    """Return in words what the statements of one transaction block, and for how long at least.

    A lock is held to the end of the transaction, so every later statement adds to its time.
    """
    since: dict[str, dict[int, float]] = {}
    left = sum(one.seconds for one in ran)
    for one in ran:
        for lock in one.locks or ():
            level, table = parted(lock)
            since.setdefault(table, {}).setdefault(level, left)
        left -= one.seconds
    return tuple(
        f"{BLOCKED[level]} {table} for at least {seconds:.3f} s"
        for table, levels in since.items()
        for level, seconds in sorted(levels.items(), reverse=True)
    )
