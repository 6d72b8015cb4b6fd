"""One task in many schemas of a database: which of them need it, each in its turn, and what became of all."""

from __future__ import annotations

from .choosing import NoSuchSchema, check_named, chosen
from .many import go_on, refuse_read_only, run, try_out
from .past import survey_back, survey_rest, the_batch
from .survey import Planned, Survey, agreed, survey
from .turn import Turn

__all__ = [
    "NoSuchSchema",
    "Planned",
    "Survey",
    "Turn",
    "agreed",
    "check_named",
    "chosen",
    "go_on",
    "refuse_read_only",
    "run",
    "survey",
    "survey_back",
    "survey_rest",
    "the_batch",
    "try_out",
]
