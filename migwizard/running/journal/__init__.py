"""The journal: what was executed, by whom, when, and what was there before."""

from __future__ import annotations

from .entries import Told, Writer, image, picture, settled_in
from .store import Journal, JournalError, default_root, end

__all__ = [
    "Journal",
    "JournalError",
    "Told",
    "Writer",
    "default_root",
    "end",
    "image",
    "picture",
    "settled_in",
]
