"""The journal: what was executed, by whom, when, and what was there before."""

from __future__ import annotations

from .batches import Batches, had_turn, has_ended
from .entries import Told, Writer, image, picture, settled_in
from .store import Journal, JournalError, default_root, end

__all__ = [
    "Batches",
    "Journal",
    "JournalError",
    "Told",
    "Writer",
    "default_root",
    "end",
    "had_turn",
    "has_ended",
    "image",
    "picture",
    "settled_in",
]
