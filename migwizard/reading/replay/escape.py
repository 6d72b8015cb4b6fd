"""What a migration is told that tried to leave the scratch database."""

from __future__ import annotations


class Escape(PermissionError):
    """A migration tried to leave the scratch database; the text says how, in one sentence."""
