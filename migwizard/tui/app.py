"""The application: it owns the terminal, the workbench's thread, and the way out."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType

from rich.text import Text
from textual import events
from textual.app import App
from textual.filter import LineFilter
from textual.message import Message

from .bench import BenchThread
from .look import look_of, refusal
from .safe import safe
from .wizard import Wizard
from .workbench import Workbench

GRACE = 20.0
"""Seconds that a running statement gets to end, after the wizard was told to go."""
LAST_WORD = 2.0
"""Seconds that the terminal gets to take its last output; a stalled one never does."""


class WizardApp(App[None]):
    """The wizard as a Textual application with one screen."""

    ENABLE_COMMAND_PALETTE = False
    TITLE = "migwizard"
    CSS_PATH = Path(__file__).with_name("wizard.tcss")

    def __init__(
        self,
        factory: Callable[[], Workbench],
        *,
        read_only: bool = False,
        title: str = "",
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        # The palette is the terminal's own sixteen colours. Said here and not later: Textual makes its filters and
        # its first styles in its own __init__, and what is set afterwards is black on black.
        super().__init__(ansi_color=True)
        self.appearance = look_of(environ)
        self.theme = self.appearance.theme
        self.bench = BenchThread(factory, self.tell)
        self.wizard = Wizard(
            self.appearance, self.bench.ask, self.bench.interrupt, read_only=read_only, title=title
        )

    def tell(self, message: Message) -> None:
        """Hand a message of the workbench's thread to the screen, without waiting for it."""
        self.wizard.post_message(message)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return no filter for NO_COLOR: the styles hold no colour then, and Textual's adds ten bytes to each piece."""
        return () if not self.appearance.colour else super().get_line_filters()

    def get_default_screen(self) -> Wizard:
        """Return the one screen."""
        return self.wizard

    def on_ready(self) -> None:
        """Begin to work as soon as the frame is on the screen: loading Django would keep it away for seconds."""
        self.bench.start()
        self.wizard.begin()

    async def _on_key(self, event: events.Key) -> None:
        """Hand a key to the question that is asked, which keeps it from Textual's own handler and the bindings.

        Here and not by the focus, so that all keys take one way and keep their order: typed ahead, the letters of an
        answer would be taken for commands.
        """
        if self.wizard.prompt.open:
            self.wizard.prompt.take_key(event)

    async def action_quit(self) -> None:
        """Quit with Textual's own Ctrl+Q, under the same condition as with q."""
        self.wizard.quit()

    def _fatal_error(self) -> None:
        """Leave with a traceback that shows no local variables: a settings module's are passwords."""
        self._exit_renderables.append(Text(crash_report()))
        self._close_messages_no_wait()


def crash_report() -> str:
    """Return the current exception as text, without values."""
    lines = traceback.format_exc().splitlines()
    return "\n".join(
        (
            "migwizard stopped because of an error of its own. What was not committed is rolled back.",
            *(safe(line) for line in lines),
        )
    )


def run(
    workbench_factory: Callable[[], Workbench],
    *,
    read_only: bool = False,
    mouse: bool = False,
    title: str = "",
) -> int:
    """Open the wizard, and return the exit status once it is closed.

    0: closed by the user. 1: it crashed. 2: no project, no connection, or no terminal that could show it; one
    sentence is on standard error. 128 and the signal's number: SIGTERM or SIGHUP.
    """
    if reason := refusal(os.environ, sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write(f"{reason}\n")
        return 2
    app = WizardApp(workbench_factory, read_only=read_only, title=title)
    leaving = Leaving(app)
    leaving.watch()
    try:
        app.run(mouse=mouse)
    finally:
        leaving.finish()
    if app.wizard.fatal:
        sys.stderr.write(f"{safe(app.wizard.fatal)}\n")
        return 2
    return leaving.signal + 128 if leaving.signal else app.return_code or 0


class Leaving:
    """The way out, also when the terminal is gone.

    Textual handles neither SIGHUP nor SIGTERM; an application that ignores them goes on without a terminal and commits
    unattended. The handler itself only starts a thread: it may interrupt code that holds the locks it would need.
    """

    def __init__(self, app: WizardApp) -> None:
        self.app = app
        self.signal = 0
        self.over = threading.Event()

    def watch(self) -> None:
        """Handle the signals that ask the process to end."""
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.on_signal)

    def on_signal(self, number: int, frame: FrameType | None) -> None:
        """Begin to leave."""
        if not self.signal:
            self.signal = number
            threading.Thread(target=self.leave, name="migwizard-leaving", daemon=True).start()

    def leave(self) -> None:
        """Stop the workbench, then the screen; if the terminal takes nothing any more, end the process."""
        bench = self.app.bench
        bench.halt()
        if bench.ident is not None:
            bench.join(GRACE)
        loop = self.app._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self.app.exit)
        if not self.over.wait(LAST_WORD):
            os._exit(128 + self.signal)

    def finish(self) -> None:
        """Wait for the workbench to close its connection, after the screen is gone."""
        bench = self.app.bench
        bench.halt()
        if bench.ident is not None:
            bench.join(GRACE)
        self.over.set()
