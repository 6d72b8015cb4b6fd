"""Other transactions at work on a database, and which of them a repair must not run beside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from migwizard.core.session import listed

from .base import printable

FLEETING_SECONDS = 1
"""A transaction that changes rows for a shorter time is everyday traffic, which a repair just waits for."""


@dataclass
class Worker:
    """Another session, and what makes it one that a repair must not run beside."""

    name: str
    state: str
    since: float | None
    """How many seconds its transaction lasts already; None where we may not see that."""
    holds: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Tables by mode, as SQL and the manual write it."""
    created: bool = False

    def only_writes(self, history: str, writes: Collection[str]) -> bool:
        """Tell whether it changes nothing but rows, and not those of the history; `writes` are the modes of that."""
        written = {name for mode in writes for name in self.holds.get(mode, ())}
        return not self.created and set(self.holds) <= set(writes) and history not in written

    def fleeting(self, history: str, writes: Collection[str]) -> bool:
        """Tell whether it is one of the everyday traffic."""
        return self.only_writes(history, writes) and self.since is not None and self.since < FLEETING_SECONDS

    def sentence(self, modes: Sequence[str]) -> str:
        """Return what it does, in one sentence; the strongest of the modes comes last."""
        parts = [
            f"holds {mode} on {listed(self.holds[mode])}" for mode in reversed(modes) if mode in self.holds
        ]
        if self.created:
            parts.append("has created tables that are not committed yet")
        idle = f" ({self.state})" if self.state.startswith(("idle", "sleeping")) else ""
        return printable(f"{self.name} {listed(parts)}{idle}.")
