"""A program in a terminal of its own, whose bytes are counted."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]


class Terminal:
    """Runs `python -m tests.tui.play`, or another module, and reads what it sends; `size` is columns and rows."""

    def __init__(
        self,
        *words: str,
        module: str = "tests.tui.play",
        folder: Path = ROOT,
        size: tuple[int, int] = (80, 24),
        **environ: str,
    ) -> None:
        self.master, slave = pty.openpty()
        columns, rows = size
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {
            **os.environ,
            "TERM": "xterm-256color",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            **environ,
        }
        for name in ("TMUX", "NO_COLOR", "COLORTERM", "TEXTUAL", "COLORFGBG"):
            if name not in environ:
                env.pop(name, None)
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env=env,
            cwd=folder,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)

    def read(self, quiet: float = 0.25, until: bytes = b"", limit: float = 20.0) -> bytes:
        """Return what comes until `until` was seen, or without it until nothing came for `quiet` seconds."""
        end = time.monotonic() + limit
        got = b""
        while time.monotonic() < end and not (until and until in got):
            ready, _, _ = select.select([self.master], [], [], 0.05 if until else quiet)
            if not ready:
                if until and self.process.poll() is None:
                    continue
                return got
            try:
                part = os.read(self.master, 65536)
            except OSError:
                return got
            if not part:
                return got
            got += part
        return got

    def type(self, keys: str) -> bytes:
        """Send keys and return what the screen answered."""
        os.write(self.master, keys.encode())
        return self.read()

    def walk(self, *steps: tuple[str, str], limit: float = 60.0) -> None:
        """Send keys, and after each wait for what the screen must say then."""
        for keys, answer in steps:
            os.write(self.master, keys.encode())
            said = self.read(until=answer.encode(), limit=limit)
            assert answer.encode() in said, (keys, answer, said[-2000:])
            self.read()

    def signal(self, number: int) -> None:
        """Send a signal to the program."""
        self.process.send_signal(number)

    def wait(self, seconds: float = 10.0) -> int:
        """Return the exit status."""
        return self.process.wait(seconds)

    def close(self) -> None:
        """End the program if it still runs."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        with contextlib.suppress(OSError):
            os.close(self.master)
