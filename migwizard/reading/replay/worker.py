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

from ...core.graph import Key
from ...core.schema.names import quoted
from .cache import Cache, Entry, place_after
from .chain import Chain, MigrationFailed, Node, RebuildFailed
from .guard import Guard
from .scratch import Scratch
from .server import ReplayRefused


@dataclass(frozen=True, slots=True)
class Stage:
    """One schema of the scratch database, and the migrations to run in it, in their order."""

    nodes: tuple[Node, ...]
    schema: str = ""
    """Name of the schema, with django-tenants; else the connection's own."""
    type: str = ""
    """Type of its tenant, where there are several."""

    @property
    def wanted(self) -> dict[Key, str]:
        """The migrations with their cache keys."""
        return {node.key: node.cache_key for node in self.nodes}


@dataclass(frozen=True, slots=True)
class Request:
    """What to replay, as it comes on standard input."""

    alias: str
    shadow: str | None
    stages: tuple[Stage, ...]
    """One after the other; the effects are those in the last one."""
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
            tuple(
                Stage(
                    tuple(Node((app, name), cache_key) for app, name, cache_key in stage["nodes"]),
                    stage["schema"],
                    stage["type"],
                )
                for stage in values["stages"]
            ),
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
        self.scratch.create_schemas()
        django.setup()
        self.scratch.create_schemas()
        import_management()
        # What is loaded now stays; the collector need not look through it again for each model that is rendered.
        gc.freeze()

    def _connected(self, sender: object, connection: Any, **kwargs: object) -> None:
        self.guard.watch(connection)
        if connection.vendor == "sqlite" and connection.connection is not None:
            # Nobody needs a scratch database after a power failure.
            connection.connection.execute("PRAGMA synchronous = OFF")

    def _replay(self) -> None:
        self.cache.reduce([node.cache_key for stage in self.request.stages for node in stage.nodes])
        for number, stage in enumerate(self.request.stages):
            self._turn_to(stage)
            if not self._replay_stage(number, stage):
                return

    def _replay_stage(self, number: int, stage: Stage) -> bool:
        """Replay one stage; return whether it came to its end."""
        known = self.cache.chain(stage.wanted, statements=True)
        try:
            whole, done = self._run(stage, known.entries, known.place)
        except RebuildFailed:
            self._again(number)
            whole, done = self._run(stage, [], "")
        if not whole:
            self._again(number)
            _, done = self._run(stage, [], "", thorough=True)
        return done

    def _again(self, number: int) -> None:
        """Forget a stage, and bring a new scratch database to where it begins."""
        self.cache.forget(set(self.request.stages[number].wanted.values()))
        self.scratch.renew()
        for stage in self.request.stages[:number]:
            self._turn_to(stage)
            known = self.cache.chain(stage.wanted, statements=True)
            self._run(stage, known.entries, known.place)
        self._turn_to(self.request.stages[number])

    def _turn_to(self, stage: Stage) -> None:
        """Turn the connection to the schema of a stage, as django-tenants does; make it where it is not there."""
        from django.db import connections

        connection: Any = connections[self.request.alias]
        if not stage.schema or not hasattr(connection, "set_schema"):
            return
        with self.guard.running(), connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {quoted(stage.schema)}")
        connection.set_schema(stage.schema, **({"tenant_type": stage.type} if stage.type else {}))

    def _run(
        self, stage: Stage, entries: Sequence[Entry], place: str, *, thorough: bool = False
    ) -> tuple[bool, bool]:
        """Run what is not in the cache; return whether every change was noticed, and whether it came to its end."""
        request = self.request
        chain = Chain(request.alias, stage.nodes, request.unmigrated, self.guard, thorough=thorough)
        chain.start()
        chain.rebuild(entries)
        ran = {entry.key for entry in entries}
        total = len(stage.nodes)
        self.channel.send("progress", done=len(ran), total=total, key=None)
        for node in stage.nodes:
            if node.key in ran:
                continue
            try:
                entry = chain.run(node)
            except MigrationFailed as error:
                self.cache.append_failure(place, node.cache_key, str(error))
                if stage is not request.stages[-1]:
                    self.channel.send("failed", reason=f"{'.'.join(node.key)} in {stage.schema}: {error}")
                return True, False
            self.cache.append_migration(place, entry)
            place = place_after(place, node.cache_key)
            ran.add(node.key)
            self.channel.send("progress", done=len(ran), total=total, key=list(node.key))
        if chain.overlooked() and not thorough:
            return False, False
        self._finish(chain, place)
        return True, True

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
