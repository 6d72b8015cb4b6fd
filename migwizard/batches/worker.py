"""The process of a worker: it takes schemas from standard input, a line each, and answers what became of each.

It ends with its standard input, so that nobody has to be there any more to end it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import IO, Any

from ..core.tenants.batch import SchemaResult, Task
from ..reading.options import Options
from ..running.journal.form import decode, encode
from ..workbench import CannotRun, Workbench
from .trying import try_turn
from .turn import Turn, take_turn

PATHS = ("root", "replay_file")
"""Options that are paths."""


def main() -> int:
    """Give the schemas that are named on standard input their turns, and return the exit status."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What the project prints must not end up among the answers.
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    first = json.loads(sys.stdin.buffer.readline())
    bench = opened(first)
    task: Task = decode(Task, first["task"])
    give_turn = take_turn if first["batch"] is not None else try_turn
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        # From here on, what is in the works is rolled back first.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for line in sys.stdin.buffer:
            turn: Turn = decode(Turn, json.loads(line))
            result = bench if isinstance(bench, str) else give_turn(bench, turn, task)
            if isinstance(result, str):
                result = SchemaResult(turn.schema, "refused", result)
            answer(answers, encode(result))
    except (KeyboardInterrupt, BrokenPipeError):
        # The turn that was interrupted is rolled back; it has no answer.
        return 130
    return 0


def opened(first: dict[str, Any]) -> Workbench | str:
    """Return an open workbench, or why there is none."""
    given: dict[str, Any] = {
        name: Path(value) if name in PATHS and value is not None else value
        for name, value in first["options"].items()
    }
    bench = Workbench(Options(**given))
    bench.batch = first["batch"]
    try:
        bench.open()
    except CannotRun as error:
        return str(error)
    return bench


def answer(stream: IO[bytes], line: dict[str, Any]) -> None:
    """Write a line."""
    stream.write(json.dumps(line).encode() + b"\n")
    stream.flush()
