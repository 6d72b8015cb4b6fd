"""What an execution changed: history rows and tables, as they were and as they are."""

from __future__ import annotations

from typing import Any

from ..core.situation import Situation


def changed(before: Situation, after: Situation) -> dict[str, Any]:
    """Return the fields of a journal's entry that say what differs between two situations of one database."""
    former, present = set(before.records), set(after.records)
    found: dict[str, Any] = {
        "records_before": tuple(row for row in before.records if row not in present),
        "records_after": tuple(row for row in after.records if row not in former),
    }
    old = before.live.tables if before.live is not None else {}
    new = after.live.tables if after.live is not None else {}
    names = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    found["tables_before"] = {name: old.get(name) for name in names}
    found["tables_after"] = {name: new.get(name) for name in names}
    return found
