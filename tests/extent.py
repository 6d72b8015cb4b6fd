"""How much of the tests is run: a quarter of an hour is too short for every case on every server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

ALL = bool(os.environ.get("MIGWIZARD_TEST_ALL"))
"""Whether everything is run, however long it takes."""

KINDS = ("sqlite", "postgresql-18")

Case = TypeVar("Case")


def spread(
    cases: Sequence[Case], on_both: Sequence[Case] = (), on_sqlite: Sequence[Case] = ()
) -> list[tuple[str, Case]]:
    """Return each case with the kind of database that it is run on: by turns, or, if asked for, all.

    Some are run on both in any case, and some take so much longer on PostgreSQL that SQLite has them.
    """
    found = []
    for number, case in enumerate(cases):
        one = KINDS[0] if case in on_sqlite else KINDS[number % len(KINDS)]
        found += [(kind, case) for kind in KINDS if ALL or case in on_both or kind == one]
    return found


def share(kind: str, cases: Sequence[Case]) -> list[Case]:
    """Return the cases that are run on one kind of database."""
    return [case for other, case in spread(cases) if other.partition("-")[0] == kind.partition("-")[0]]
