"""The environment of the screens' tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.running.kit import Shop

from .terminal import Terminal


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the developer's own terminal says, which Textual reads by itself."""
    for name in ("NO_COLOR", "COLORTERM", "COLORFGBG", "TMUX", "TEXTUAL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def terminals() -> Iterator[Callable[..., Terminal]]:
    """A function that starts the wizard on a shop, in a terminal of its own."""
    opened: list[Terminal] = []

    def start(shop: Shop, *words: str, **options: Any) -> Terminal:
        environ = {
            name: value
            for name, value in shop.project.process_environment().items()
            if name not in ("TERM", "PYTHONPATH", "LC_ALL", "COLUMNS", "LINES")
        }
        folder = Path(shop.project.root)
        opened.append(Terminal(*words, module="migwizard", folder=folder, **options, **environ))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()
