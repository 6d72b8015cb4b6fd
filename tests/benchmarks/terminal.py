"""A program in a pseudo-terminal, as a person sees it: what it writes, and when."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

# Control sequences (CSI), strings for the terminal (OSC, DCS), and the other escapes.
ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]P][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])")


class TooLate(Exception):
    """What was waited for did not come; the text is the end of what came instead."""


class Terminal:
    """A running program with a terminal of 80x24 of its own."""

    def __init__(self, command: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self.written = b""
        """Everything that the program has written so far."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.keyboard = master
        """The file descriptor that keys are written to."""
        self.started = time.perf_counter()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env={**environment, "TERM": "xterm-256color", "COLUMNS": "", "LINES": ""},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *exception: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self.keyboard)

    @property
    def text(self) -> str:
        """What has been written, without control sequences: not a screen, but every word that was on it."""
        return ESCAPES.sub(b"", self.written).decode(errors="replace")

    @property
    def cpu(self) -> float:
        """The seconds of a processor that the program has had so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def read(self, seconds: float) -> bool:
        """Take what the program writes next, and tell whether it wrote anything within so many seconds."""
        if not select.select([self.keyboard], [], [], max(0.0, seconds))[0]:
            return False
        try:
            part = os.read(self.keyboard, 65536)
        except OSError:  # EIO: the program has closed its terminal.
            part = b""
        self.written += part
        return bool(part)

    def wait_for(self, seen: Callable[[str], bool], seconds: float) -> float:
        """Wait until the text is as wanted; return when that was (by `time.perf_counter`)."""
        deadline = time.perf_counter() + seconds
        while not seen(self.text):
            if not self.read(deadline - time.perf_counter()):
                raise TooLate(self.text[-300:])
        return time.perf_counter()

    def settle(self, seconds: float = 0.5) -> None:
        """Wait until nothing has been written for so many seconds."""
        while self.read(seconds):
            pass

    def press(self, keys: bytes, answer: str = "") -> float:
        """Press a key, and return the seconds until its answer was there, whole; `answer` is a part of it."""
        before, start = len(self.written), time.perf_counter()
        os.write(self.keyboard, keys)
        while len(self.written) == before or answer not in ESCAPES.sub(b"", self.written[before:]).decode(
            errors="replace"
        ):
            if not self.read(start + 5 - time.perf_counter()):
                raise TooLate(f"no answer to {keys!r} within 5 s")
        answered = time.perf_counter()
        # The rest of one frame follows at once; what comes later (a clock, say) is no answer.
        while self.read(0.02):
            answered = time.perf_counter()
        return answered - start
