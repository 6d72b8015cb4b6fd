"""The environment of the screens' tests."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def plain_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what the developer's own terminal says, which Textual reads by itself."""
    for name in ("NO_COLOR", "COLORTERM", "COLORFGBG", "TMUX", "TEXTUAL"):
        monkeypatch.delenv(name, raising=False)
