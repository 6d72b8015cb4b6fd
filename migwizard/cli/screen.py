"""Opens the wizard's screen."""

from __future__ import annotations

from typing import Any

from .options import closed_workbench


def open_wizard(options: dict[str, Any], mouse: bool) -> int:
    """Open the screen; the project is loaded once its frame is shown."""
    from ..tui import run as run_screen

    bench = closed_workbench(options)
    return int(run_screen(lambda: bench, read_only=bench.options.read_only, mouse=mouse))
