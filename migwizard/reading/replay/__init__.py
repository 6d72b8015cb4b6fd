"""The replay: the chain of migrations run from zero in a scratch database, by a process of its own.

What each operation did to the schema is read as it happens, and cached by the content of every migration. Nothing
here runs code of a migration in this process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, BinaryIO

import platformdirs

from ...core.graph import Graph, Key
from ...core.truths.effects import Effects
from .cache import Cache, Salt, cache_keys, salt
from .portable import load_file, write_effects
from .server import ReplayRefused

__all__ = [
    "Progress",
    "ReplayCancelled",
    "ReplayRefused",
    "Target",
    "cached_effects",
    "for_tenants",
    "load_file",
    "replay",
    "target",
    "write_file",
]

Progress = Callable[[int, int, Key | None], None]
"""Called with how many migrations are done, how many there are, and which was the last."""

SCHEMA = "migwizard_tenant"
"""What the schema of a tenant is called in a scratch database."""
POLL_SECONDS = 0.1
GRACE_SECONDS = 15.0


class ReplayCancelled(Exception):
    """The replay was stopped before its end; what it had done is cached."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is replayed, and where.

    `salt` says what decides the effects beside the files; `shadow` is the alias on whose server the scratch database
    is made, if not `alias` itself; `cache` is the folder of the cache.
    """

    root: Path
    settings: str
    alias: str
    salt: Salt
    shadow: str | None = None
    cache: Path | None = None
    before: Target | None = None
    """What has to be there first: the public schema, where it is the schema of a tenant."""
    schema: str = ""
    """With django-tenants, the schema in the scratch database; the type of its tenant, if any, is in `type`."""
    type: str = ""

    @property
    def file(self) -> Path:
        """The file in which replays of this target are cached."""
        what = [str(self.root), self.settings, self.alias, self.shadow, self.salt.vendor, self.salt.version]
        digest = hashlib.sha256(json.dumps(what).encode()).hexdigest()[:24]
        return (self.cache or cache_folder()) / f"{digest}.jsonl"


def target(
    root: Path, settings: str, connection: Any, *, shadow: Any = None, cache: Path | None = None
) -> Target:
    """Return the target of a loaded project.

    Args:
        root: the folder in which the project's code is.
        settings: dotted name of the settings module.
        connection: the Django connection whose migrations are replayed.
        shadow: the connection to the server on which the scratch database is made, if not the same one.
        cache: the folder of the cache, if not the user's.
    """
    place = connection if shadow is None else shadow
    return Target(
        root, settings, connection.alias, salt(place), None if shadow is None else shadow.alias, cache
    )


def for_tenants(whole: Target, kind: str, public: tuple[str, str], type: str = "") -> Target:
    """Return the target for one kind of schema of django-tenants.

    Args:
        whole: the target of the project.
        kind: of the schema.
        public: the kind and the name of the public schema.
        type: of the tenant, where there are several.
    """
    first = replace(whole, salt=replace(whole.salt, kind=public[0]), schema=public[1])
    if kind == public[0]:
        return first
    salted = replace(whole.salt, kind=kind)
    return replace(whole, salt=salted, before=first, schema=SCHEMA, type=type)


def cache_folder() -> Path:
    """Return the folder of the cache."""
    return Path(platformdirs.user_cache_path("migwizard", appauthor=False)) / "replays"


def cached_effects(target: Target, graph: Graph) -> Effects | None:
    """Return the cached effects of the whole graph, or as far as they go if a migration failed; None without them."""
    chain = Cache(target.file).chain(cache_keys(graph, target.salt.text))
    if chain.failure is None and (chain.signals is None or len(chain.entries) < len(graph.nodes)):
        return None
    return chain.effects()


def replay(
    target: Target,
    graph: Graph,
    *,
    progress: Progress = lambda done, total, key: None,
    cancel: threading.Event | None = None,
    again: bool = False,
) -> Effects:
    """Replay what is not cached, and return the effects of the whole graph, or as far as it got when a migration fails.

    A migration that failed is tried again; `again` replays all, whatever is cached.

    Raises:
        ReplayRefused: when there can be no scratch database, or the project cannot be loaded in it.
        ReplayCancelled: when `cancel` was set.
    """
    wanted = cache_keys(graph, target.salt.text)
    if again:
        Cache(target.file).forget(wanted.values())
    elif (known := cached_effects(target, graph)) is not None and not known.failure:
        return known
    with _cache_file(target) as path:
        failure = _run_worker(_request(target, graph, wanted, path), target, progress, cancel)
        effects = Cache(path).chain(wanted).effects()
    if not failure and not effects.failure and len(effects.migrations) < len(wanted):
        raise ReplayRefused("The replay ended before its last migration and did not say why.")
    return replace(effects, failure=effects.failure or failure)


def write_file(path: Path, target: Target, graph: Graph) -> Effects:
    """Write the cached effects to a file that serves elsewhere (`--output`), and return them.

    Raises:
        ReplayRefused: when the graph has not been replayed to its end.
    """
    effects = cached_effects(target, graph)
    if effects is None or effects.failure:
        raise ReplayRefused(
            "The migrations have not been replayed to their end, so there is nothing to write."
        )
    write_effects(path, effects, graph, target.salt)
    return effects


def _request(target: Target, graph: Graph, wanted: Mapping[Key, str], path: Path) -> bytes:
    stages = [_stage(target, graph, wanted)]
    if target.before is not None:
        stages.insert(0, _stage(target.before, graph, cache_keys(graph, target.before.salt.text)))
    request = {
        "alias": target.alias,
        "shadow": target.shadow,
        "stages": stages,
        "unmigrated": sorted(graph.unmigrated),
        "cache": str(path),
        "sys_path": [entry or str(target.root) for entry in sys.path],
    }
    return json.dumps(request).encode() + b"\n"


def _stage(target: Target, graph: Graph, wanted: Mapping[Key, str]) -> dict[str, object]:
    """Return one schema of the scratch database, with the migrations to run in it."""
    nodes = [[*node, wanted[node]] for node in _order(graph)]
    return {"schema": target.schema, "type": target.type, "nodes": nodes}


def _order(graph: Graph) -> Iterator[Key]:
    """Yield the nodes as they are run: those that cannot be imported last, with all that depends on them."""
    broken = {node for node in graph.nodes if graph.files[node].error}
    for node in tuple(broken):
        broken.update(graph.descendants(node))
    yield from (node for node in graph.nodes if node not in broken)
    yield from (node for node in graph.nodes if node in broken)


@contextlib.contextmanager
def _cache_file(target: Target) -> Iterator[Path]:
    """Yield the cache's file, or one for this time only where the cache's folder cannot be written to."""
    try:
        target.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        writable = os.access(target.file.parent, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if writable:
        yield target.file
        return
    with tempfile.TemporaryDirectory(prefix="migwizard-replay-") as folder:
        yield Path(folder) / target.file.name


def _run_worker(request: bytes, target: Target, progress: Progress, cancel: threading.Event | None) -> str:
    """Run the worker to its end; return why it failed, if it did outside of a migration."""
    with tempfile.TemporaryFile() as noise:
        worker = _start(target, noise)
        try:
            assert worker.stdin is not None
            with contextlib.suppress(BrokenPipeError):
                worker.stdin.write(request)
                worker.stdin.flush()
            last = _listen(worker, progress, cancel)
        finally:
            _stop(worker)
        if last.get("event") == "refused":
            raise ReplayRefused(str(last["reason"]))
        if last.get("event") != "finished":
            raise ReplayRefused(f"The process of the replay ended without a word: {_last_line(noise)}")
        return str(last.get("failed", ""))


def _start(target: Target, noise: BinaryIO) -> subprocess.Popen[bytes]:
    package = str(Path(__file__).resolve().parents[3])
    paths = [path for path in (os.environ.get("PYTHONPATH"), package) if path]
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": target.settings,
        "MIGWIZARD_REPLAY": "1",
        "PYTHONPATH": os.pathsep.join(paths),
    }
    return subprocess.Popen(
        [sys.executable, "-m", f"{__name__}.worker"],
        cwd=target.root,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=noise,
    )


def _listen(
    worker: subprocess.Popen[bytes], progress: Progress, cancel: threading.Event | None
) -> Mapping[str, Any]:
    """Pass on the worker's progress until its end; return its last event, with any failure it told before."""
    lines: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        assert worker.stdout is not None
        for line in worker.stdout:
            lines.put(line)
        lines.put(b"")

    threading.Thread(target=read, daemon=True).start()
    last: dict[str, Any] = {}
    while True:
        if cancel is not None and cancel.is_set():
            raise ReplayCancelled("The replay was stopped.")
        try:
            line = lines.get(timeout=POLL_SECONDS)
        except Empty:
            continue
        if not line:
            return last
        event = json.loads(line)
        if event["event"] == "progress":
            key = event["key"]
            progress(event["done"], event["total"], None if key is None else (key[0], key[1]))
        elif event["event"] == "failed":
            last["failed"] = event["reason"]
        else:
            last.update(event)


def _stop(worker: subprocess.Popen[bytes]) -> None:
    """Let the worker go: the end of its standard input tells it to remove its scratch databases and leave."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    with contextlib.suppress(OSError):
        worker.stdin.close()
    deadline = time.monotonic() + GRACE_SECONDS
    while worker.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if worker.poll() is None:
        worker.kill()
    worker.wait()


def _last_line(noise: BinaryIO) -> str:
    noise.seek(0)
    lines = noise.read()[-4000:].decode(errors="replace").strip().splitlines()
    return "".join(c if c.isprintable() else " " for c in lines[-1]) if lines else "it printed nothing"
