"""Which tables changed between two moments, told from all that a snapshot says of them.

The server notes when an object was changed last, but only to a three-hundredth of a second, in which much can happen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from migwizard.core.schema import Snapshot


def fingerprints(snapshot: Snapshot) -> dict[str, str]:
    """Return, for each table and view, a text that is another one when anything else would be told of it."""
    parts = [*snapshot.tables.items(), *((view.name, view) for view in snapshot.views)]
    return {key: hashlib.sha256(repr(part).encode()).hexdigest() for key, part in parts}


def differing(before: Mapping[str, str], after: Mapping[str, str]) -> frozenset[str]:
    """Return the names that are on one side only, or differ."""
    return frozenset(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
