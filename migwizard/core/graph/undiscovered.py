"""Migration files that are there but that Django does not look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Undiscovered:
    """Migration files that are there but that Django does not look at."""

    app: str
    reason: Literal["namespace", "module", "disabled", "missing"]
    """No `__init__.py`; `migrations.py` instead of a package; MIGRATION_MODULES says None, or names no package."""
    path: str
    message: str
    """What is there and why Django does not see it, in one sentence."""
    names: tuple[str, ...] = ()
    """Names of the migrations that are not seen."""
