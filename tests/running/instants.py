"""The instants of an execution at which its process can end so that something else is left behind.

Each line of the journal is an instant before it, one in the midst of it and one after it; so is each file that is
written beside, renamed or removed. Where two instants follow each other and nothing between them outlives the process
(all of it is in a transaction that the server rolls back), only the second one `counts`.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings

from migwizard.running import files
from migwizard.running.journal import entries
from tests.running.standing import standing

TORN = ("entry", "committing", "committed", "end", "undone_by")
"""Lines of which the midst counts, besides those of steps that no transaction holds."""


class Instants:
    """Goes through the instants of what is executed from now on, and ends the process at one of them."""

    def __init__(self, connection: Any, last: str = "") -> None:
        self.connection = connection
        self.last = last
        """The name of the instant at which the process is killed; empty to go through all."""
        self.names: list[str] = []
        self.counting: list[str] = []
        """The names of those that count."""
        self.standings: dict[str, Any] = {}
        """What is committed, by the number of steps that are."""
        self.done = 0
        self._hook_journal()
        self._hook(files, "stage", lambda change, number: f"writing beside {Path(change.path).name}")
        self._hook(files, "discard", lambda change, number: f"clearing beside {Path(change.path).name}")
        # What else the process does with files is not about what these instants are of: a lock file of SQLite's.
        own = vars(files)["os"] = SimpleNamespace(**vars(os))
        self._hook(own, "fchmod", lambda *given: "flushing what is beside")
        self._hook(own, "replace", lambda source, target: f"renaming {Path(target).name}")
        self._hook(own, "unlink", lambda path: f"removing {Path(path).name}")

    def reach(self, name: str, counts: bool = True) -> bool:
        """Note an instant, and tell whether it is the last one."""
        times = sum(known.partition(" again")[0] == name for known in self.names)
        name += " again" * times
        self.names.append(name)
        if counts:
            self.counting.append(name)
        return name == self.last

    def pass_by(self, name: str, counts: bool = True) -> None:
        """Note an instant, and end the process at the last one."""
        if self.reach(name, counts):
            die()

    def _hook(self, owner: Any, function: str, name: Callable[..., str]) -> None:
        real = getattr(owner, function)

        def hooked(*arguments: Any) -> Any:
            self.pass_by(f"before {name(*arguments)}")
            return real(*arguments)

        setattr(owner, function, hooked)

    def _hook_journal(self) -> None:
        real = entries.Writer.write

        def write(writer: entries.Writer, line: dict[str, Any]) -> None:
            name, alone = name_of(line), not self.connection.in_atomic_block
            of_alone = alone and name.startswith(("begin", "done"))
            self.pass_by(f"before {name}", alone or not self._is_as_on_sqlite(name))
            if self.reach(f"in the midst of {name}", of_alone or name in TORN):
                text = json.dumps(line).encode()
                writer.file.write(text[: len(text) // 2])
                writer.file.flush()
                die()
            real(writer, line)
            if not self.last:
                self._look(line, alone)
            # What comes next is the commit, or a step that commits by itself, or nothing.
            self.pass_by(f"after {name}", of_alone or name in ("committing", "end", "undone_by"))

        entries.Writer.write = write  # type: ignore[method-assign]

    def _is_as_on_sqlite(self, name: str) -> bool:
        """Tell whether nothing but the journal's last line tells an instant from the one before.

        Both lie between the same two steps, and the journal is the same on every database: SQLite is the faster one.
        """
        return self.connection.vendor != "sqlite" and name.startswith("begin") and name != "begin 0"

    def _look(self, line: dict[str, Any], alone: bool) -> None:
        """Note what is committed, after a line that says that something is."""
        if "done" in line:
            self.done = int(line["done"]) + 1
        if ("done" in line and alone) or "committed" in line:
            self.standings[str(self.done)] = standing(settings.DATABASES["default"])


def name_of(line: dict[str, Any]) -> str:
    """What a line of the journal is called."""
    if "entry" in line:
        return "entry"
    if "begin" in line or "done" in line:
        return " ".join(f"{name} {line[name]}" for name in ("begin", "done") if name in line)
    return str(next(iter(line)))


def die() -> None:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)
