"""How much of the tests is run: a quarter of an hour is too short for every case on every server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TypeVar

ALL = bool(os.environ.get("MIGWIZARD_TEST_ALL"))
"""Whether everything is run, however long it takes."""

KINDS = ("sqlite", "postgresql-18")

Case = TypeVar("Case")


def spread(cases: Sequence[Case], on_both: Sequence[Case] = ()) -> list[tuple[str, Case]]:
    """Return each case with the kind of database that it is run on: one after the other, or, if asked for, all."""
    return [
        (kind, case)
        for number, case in enumerate(cases)
        for kind in (KINDS if ALL or case in on_both else (KINDS[number % len(KINDS)],))
    ]
