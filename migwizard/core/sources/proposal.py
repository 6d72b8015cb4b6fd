"""A migration that `makemigrations` would write, as data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..graph import Key
from ..plan import Question


@dataclass(frozen=True, slots=True)
class Proposed:
    """One migration file that does not exist yet."""

    key: Key
    path: str
    content: str
    operations: tuple[str, ...]
    """What Django says of each operation."""
    losing: tuple[str, ...] = ()
    """Those of them that remove what a table or column holds."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What has to be written so that an app's models have their migrations."""

    migrations: tuple[Proposed, ...] = ()
    """In the order in which they depend on each other; without meaning as long as a question has no answer."""
    questions: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()
    """What may go wrong when they run, one sentence each."""
    failure: str = ""
    """Why there is no proposal, in one sentence."""


Propose = Callable[[str, Mapping[str, str]], Proposal]
"""Returns the proposal for an app with the answers that were given, by the keys of their questions."""
