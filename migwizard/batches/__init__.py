"""One task in many schemas of a database: which of them need it, each in its turn, and what became of all."""

from __future__ import annotations

from .choosing import NoSuchSchema, chosen
from .many import go_on, refuse_read_only, run, try_out
from .survey import Planned, Survey, survey
from .turn import Turn

__all__ = [
    "NoSuchSchema",
    "Planned",
    "Survey",
    "Turn",
    "chosen",
    "go_on",
    "refuse_read_only",
    "run",
    "survey",
    "try_out",
]
