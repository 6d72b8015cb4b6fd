"""What the user asked for; loads nothing, so that the screen can be up before Django is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """What the user asked for."""

    root: Path | None = None
    settings: str | None = None
    alias: str = "default"
    schema: str | None = None
    shadow: str | None = None
    """Alias of the database to build the shadow and to replay in."""
    replay_file: Path | None = None
    read_only: bool = False
    compare: bool = True
    """Whether to read the schema at all."""
    replay: bool = True
    """Whether a replay may be run when something hangs on it."""
