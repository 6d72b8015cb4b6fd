"""Runs the wizard without a terminal, and reads its screen as lines of text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from migwizard.tui.app import WizardApp

from .fakes import FakeWorkbench

PLAIN = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}


class Play:
    """A running wizard with keys to press and a screen to read."""

    def __init__(self, app: WizardApp, pilot: Pilot[None], bench: FakeWorkbench) -> None:
        self.app = app
        self.pilot = pilot
        self.bench = bench
        self.wizard = app.wizard

    async def until(self, condition: Callable[[], bool]) -> None:
        """Let the wizard work until a condition holds."""
        for _ in range(1000):
            await self.pilot.pause()
            if condition():
                return
            await self.pilot.pause(0.01)
        raise AssertionError("it did not come to that:\n" + "\n".join(self.lines()))

    async def press(self, *keys: str) -> None:
        """Press keys, after each of which the workbench comes to have nothing to do any more."""
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()
            await self.until(lambda: self.wizard.pending <= 0)
            await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type letters."""
        await self.press(*text)

    def lines(self) -> list[str]:
        """Return the screen as lines without blanks at their end."""
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(self.lines())


@asynccontextmanager
async def play(
    bench: FakeWorkbench | None = None,
    size: tuple[int, int] = (80, 24),
    *,
    read_only: bool = False,
    environ: dict[str, str] | None = None,
    wait: bool = True,
) -> AsyncIterator[Play]:
    """Open the wizard on a workbench; with `wait`, everything has been read when the block begins."""
    bench = bench or FakeWorkbench()
    app = WizardApp(lambda: bench, read_only=read_only, title="shop", environ=environ or PLAIN)
    async with app.run_test(size=size) as pilot:
        playing = Play(app, pilot, bench)
        if wait:
            await playing.until(lambda: app.wizard.whole and app.wizard.pending <= 0)
        yield playing
        app.bench.halt()
        app.bench.join(10)
