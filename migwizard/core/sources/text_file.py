"""A file of a project, as text."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file, and what it holds or shall hold."""

    path: str
    content: str
