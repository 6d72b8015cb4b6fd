"""What a measurement is, and how commands are timed."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.projects import Project

SLOW = 20.0
"""Seconds from which on something is measured once."""


@dataclass(frozen=True)
class Measurement:
    """One line of the table: what was measured, and what it may be."""

    name: str
    measured: float
    limit: float
    unit: str
    at_least: bool = False
    """Whether the limit is the least that is wanted, rather than the most."""
    detail: str = ""
    """What the number was made of."""

    @property
    def good(self) -> bool:
        """Whether the limit is kept."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


class CannotMeasure(Exception):
    """A command failed, so that its time means nothing; the text says how."""


@dataclass(frozen=True)
class Run:
    """One run of a command: how long it took, and the most memory that it had at once."""

    seconds: float
    cpu: float
    """Seconds of a processor, which say more than the clock where other programs run too."""
    megabytes: float
    stdout: str

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s (CPU {self.cpu:.2f})"


def run(
    project: Project,
    *command: str,
    codes: Sequence[int] = (0,),
    fresh_cache: bool = False,
    **environment: str,
) -> Run:
    """Run a command in a project's folder, and wait for it.

    `codes` are the exit statuses that mean success. With `fresh_cache` it finds no cache of an earlier run.
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        # Byte code is written, as it is in any project: without it, both sides would spend their time compiling.
        variables = {**project.process_environment(), "PYTHONDONTWRITEBYTECODE": "", **environment}
        if fresh_cache:
            variables["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        start = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=project.root, env=variables, stdin=subprocess.DEVNULL, stdout=out, stderr=err
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        stdout, stderr = out.read().decode(errors="replace"), err.read().decode(errors="replace")
        if process.returncode not in codes:
            lines = (stderr.strip() or stdout.strip()).splitlines()[-3:]
            said = " / ".join(line.strip() for line in lines)
            raise CannotMeasure(f"`{' '.join(command[1:])}` ended with {process.returncode}: {said}")
        return Run(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, stdout)


def manage(project: Project, *arguments: str) -> Callable[[], Run]:
    """A function that runs a command of `manage.py`."""
    return lambda: run(project, sys.executable, "manage.py", *arguments)


def migwizard(project: Project, *arguments: str, fresh_cache: bool = False) -> Callable[[], Run]:
    """A function that runs a command of migwizard."""
    return lambda: run(project, sys.executable, "-m", "migwizard", *arguments, fresh_cache=fresh_cache)


def medians(*functions: Callable[[], Run]) -> tuple[Run, ...]:
    """The median run of each function: each warmed up once, then all in turn three times (once, the slow ones).

    In turn, so that what else the machine does meets all of them.
    """
    warm = [function() for function in functions]
    runs: list[list[Run]] = [[] for _ in functions]
    for turn in range(3):
        for position, function in enumerate(functions):
            if turn == 0 or warm[position].seconds <= SLOW:
                runs[position].append(function())
    return tuple(_median(some) for some in runs)


def _median(runs: Sequence[Run]) -> Run:
    return Run(
        statistics.median(run.seconds for run in runs),
        statistics.median(run.cpu for run in runs),
        max(run.megabytes for run in runs),
        runs[-1].stdout,
    )
