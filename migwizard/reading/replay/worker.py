"""The process of a replay: `python -m migwizard.reading.replay.worker`, started by `replay`, never by hand.

It reads one line of JSON from standard input, and takes the end of standard input for the end of its parent. It
writes its results to the cache, and its events, a line of JSON each, to standard output, which the project's code
cannot reach.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from .cache import Cache, Entry, place_after
from .chain import Chain, MigrationFailed, Node, RebuildFailed
from .guard import Guard
from .scratch import Scratch
from .server import ReplayRefused


@dataclass(frozen=True, slots=True)
class Request:
    """What to replay, as it comes on standard input."""

    alias: str
    shadow: str | None
    nodes: tuple[Node, ...]
    unmigrated: tuple[str, ...]
    cache: Path
    sys_path: tuple[str, ...]

    @classmethod
    def from_line(cls, line: str) -> Request:
        """Return the request that a line of JSON holds."""
        values = json.loads(line)
        return cls(
            values["alias"],
            values["shadow"],
            tuple(Node((app, name), cache_key) for app, name, cache_key in values["nodes"]),
            tuple(values["unmigrated"]),
            Path(values["cache"]),
            tuple(values["sys_path"]),
        )


class Channel:
    """The way back to the parent, out of reach of whoever prints something."""

    def __init__(self) -> None:
        self._stream: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def send(self, event: str, **values: object) -> None:
        """Send one event; a parent that is gone is no reason to fail."""
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(json.dumps({"event": event, **values}) + "\n")
            self._stream.flush()


class Worker:
    """One replay, from the request to the removal of its scratch databases."""

    def __init__(self, request: Request, channel: Channel) -> None:
        self.request = request
        self.channel = channel
        self.guard = Guard()
        self.scratch = Scratch(request.alias, request.shadow, self.guard)
        self.cache = Cache(request.cache)
        self._leaving = threading.Lock()

    def leave(self, status: int) -> None:
        """End the process at once, but not without removing the scratch databases."""
        if self._leaving.acquire(blocking=False):
            self.scratch.remove()
            os._exit(status)

    def work(self) -> None:
        """Replay, and tell how it went."""
        try:
            self._stage()
            self._replay()
            self.channel.send("finished")
        except ReplayRefused as error:
            self.channel.send("refused", reason=str(error))
        except Exception as error:
            self.channel.send("refused", reason=f"{type(error).__name__}: {error}")
            raise

    def _stage(self) -> None:
        """Put up the guard and the scratch databases, then let the project's apps in."""
        import django
        from django.db.backends.signals import connection_created

        from ..receivers import import_management

        self.guard.install()
        self.scratch.stage()
        connection_created.connect(self._connected, weak=False)
        self.scratch.create()
        django.setup()
        import_management()
        # What is loaded now stays; the collector need not look through it again for each model that is rendered.
        gc.freeze()

    def _connected(self, sender: object, connection: Any, **kwargs: object) -> None:
        self.guard.watch(connection)
        if connection.vendor == "sqlite" and connection.connection is not None:
            # Nobody needs a scratch database after a power failure.
            connection.connection.execute("PRAGMA synchronous = OFF")

    def _replay(self) -> None:
        wanted = {node.key: node.cache_key for node in self.request.nodes}
        self.cache.reduce(wanted)
        known = self.cache.chain(wanted, statements=True)
        try:
            done = self._run(known.entries, known.place)
        except RebuildFailed:
            self.cache.forget(set(wanted.values()))
            self.scratch.renew()
            done = self._run([], "")
        if not done:
            self.cache.forget(set(wanted.values()))
            self.scratch.renew()
            self._run([], "", thorough=True)

    def _run(self, entries: Sequence[Entry], place: str, *, thorough: bool = False) -> bool:
        """Run what is not in the cache; return whether every change of the schema was noticed."""
        request = self.request
        chain = Chain(request.alias, request.nodes, request.unmigrated, self.guard, thorough=thorough)
        chain.start()
        chain.rebuild(entries)
        ran = {entry.key for entry in entries}
        total = len(request.nodes)
        self.channel.send("progress", done=len(ran), total=total, key=None)
        for node in request.nodes:
            if node.key in ran:
                continue
            try:
                entry = chain.run(node)
            except MigrationFailed as error:
                self.cache.append_failure(place, node.cache_key, str(error))
                return True
            self.cache.append_migration(place, entry)
            place = place_after(place, node.cache_key)
            ran.add(node.key)
            self.channel.send("progress", done=len(ran), total=total, key=list(node.key))
        if chain.overlooked() and not thorough:
            return False
        self._finish(chain, place)
        return True

    def _finish(self, chain: Chain, place: str) -> None:
        try:
            self.cache.append_signals(place, chain.finish())
        except MigrationFailed as error:
            self.channel.send("failed", reason=str(error))


def _watch_parent(worker: Worker) -> None:
    """Leave when the parent closes our standard input, or is gone."""
    with contextlib.suppress(OSError, ValueError):
        while os.read(0, 4096):
            pass
    worker.leave(3)


def main() -> None:
    """Do one replay."""
    channel = Channel()
    request = Request.from_line(sys.stdin.readline())
    sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115
    sys.path[:] = request.sys_path
    worker = Worker(request, channel)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda number, frame: worker.leave(128 + number))
    threading.Thread(target=_watch_parent, args=(worker,), daemon=True).start()
    try:
        worker.work()
    except BaseException:
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        worker.leave(1)
    # Threads and exit handlers of the project are not waited for.
    worker.leave(0)


if __name__ == "__main__":
    main()
