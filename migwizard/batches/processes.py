"""Workers: processes that give schemas their turns, each with a project and a connection of its own.

They hold the lock of the batch's file together with whoever started them. So as long as one is still at work on a
schema, though the others were killed, the batch counts as running.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from ..core.tenants.batch import SchemaResult, Task
from ..reading.options import Options
from ..running.journal import Writer
from ..running.journal.form import decode, encode
from .turn import Turn

GRACE_SECONDS = 20
"""How long a worker may take to roll back what it is at, before it is killed."""

BEGINNING = f"""
import os, signal
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))
from {__package__}.worker import main
raise SystemExit(main())
"""
"""The code of a worker: until it has work, an interrupt ends it without a word."""


class Worker:
    """One process that gives schemas their turns; it is started when the first one comes.

    Without a journal to write to, it tries the task, and takes everything back.
    """

    def __init__(self, options: Options, task: Task, writer: Writer | None) -> None:
        self.first = {
            "options": {
                name: str(value) if isinstance(value, Path) else value
                for name, value in encode(replace(options, schema=None)).items()
            },
            "task": encode(task),
            "batch": writer.number if writer is not None else None,
        }
        self.locks = (writer.file.fileno(),) if writer is not None else ()
        self.process: subprocess.Popen[bytes] | None = None
        self.stopping = False

    def take_turn(self, turn: Turn) -> SchemaResult | None:
        """Return what became of a schema; None when the worker was asked to stop on the way."""
        try:
            process = self._running()
            _say(process.stdin, encode(turn))
            assert process.stdout is not None
            line = process.stdout.readline()
        except OSError:
            line = b""
        if line:
            result: SchemaResult = decode(SchemaResult, json.loads(line))
            return result
        code = self._ended()
        if self.stopping:
            return None
        how = f"signal {-code}" if code < 0 else f"status {code}"
        left = "its journal tells what is in" if self.locks else "nothing of it is in"
        return SchemaResult(turn.schema, "failed", f"The process that worked on it ended with {how}; {left}.")

    def interrupt(self) -> None:
        """Ask the process to roll back what it is at, and to end."""
        self.stopping = True
        if self.process is not None and self.process.poll() is None:
            with contextlib.suppress(OSError):
                self.process.send_signal(signal.SIGINT)

    def stop(self, since: float) -> None:
        """Let the process end, and wait for it; kill it when it takes too long, reckoned from a monotonic time."""
        self.stopping = True
        process = self.process
        if process is None:
            return
        with contextlib.suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(max(1.0, since + GRACE_SECONDS - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _running(self) -> subprocess.Popen[bytes]:
        """Return the process, started if there is none."""
        if self.process is None:
            package = str(Path(__file__).resolve().parents[2])
            paths = [path for path in (os.environ.get("PYTHONPATH"), package) if path]
            self.process = subprocess.Popen(
                [sys.executable, "-c", BEGINNING],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=self.locks,
            )
            _say(self.process.stdin, self.first)
        return self.process

    def _ended(self) -> int:
        """Return the status of a process that says nothing any more; the next turn has a new one."""
        process, self.process = self.process, None
        if process is None:
            return 0
        for end in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):
                if end is not None:
                    end.close()
        return process.wait()


def _say(stream: IO[bytes] | None, line: dict[str, Any]) -> None:
    """Write a line to a process. Raises OSError when it is gone."""
    assert stream is not None
    stream.write(json.dumps(line).encode() + b"\n")
    stream.flush()
