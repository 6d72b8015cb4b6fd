"""The cache of replays: one line a migration, appended and flushed as soon as the migration has run.

A line knows the *place* it was run at, which stands for everything that ran before it. So one file holds the replays
of several branches: a chain is followed from the start as long as there is a next line whose migration is wanted.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ... import __version__
from ...core.graph import Graph, Key
from ...core.schema.codec import FORMAT as CODEC_FORMAT
from ...core.schema.codec import Decoder, encode
from ...core.truths.effects import Effects, MigrationEffects, OperationEffect, TableChange
from .statements import Group

FORMAT = f"{__version__}.1.{CODEC_FORMAT}"
"""Versions may read a catalogue's texts in other words, so what one has read is not compared by another."""
START = ""
"""The place before the first migration."""
LARGEST = 64 * 2**20
"""Bytes from which on a file is reduced to the one chain that is in use."""


@dataclass(frozen=True, slots=True)
class Salt:
    """What decides, beside the migration files, what migrations do to a database."""

    vendor: str
    version: int
    """Major version of the server."""
    django: str
    settings: tuple[tuple[str, str], ...]
    """Settings that migrations read, by name."""
    kind: str = ""
    """With django-tenants, the kind of schema: which tables it gets is for the router to say."""

    @property
    def text(self) -> str:
        """Everything, as it goes into a cache key."""
        kind = [self.kind] if self.kind else []
        return json.dumps([FORMAT, self.vendor, self.version, self.django, self.settings, *kind])


def salt(connection: Any) -> Salt:
    """Return the salt of the loaded project and a connection to the server on which it is replayed."""
    import django
    from django.conf import settings

    names = {
        "AUTH_USER_MODEL",
        "DEFAULT_AUTO_FIELD",
        "DEFAULT_TABLESPACE",
        "DEFAULT_INDEX_TABLESPACE",
        "USE_TZ",
    }
    names |= {
        name for name in dir(settings) if name.endswith("_MODEL") and isinstance(getattr(settings, name), str)
    }
    values = {name: str(getattr(settings, name, "")) for name in names}
    for name in ("SHARED_APPS", "TENANT_APPS", "TENANT_TYPES"):
        if hasattr(settings, name):
            values[name] = repr(getattr(settings, name))
    values["DATABASE_ROUTERS"] = " ".join(_router(router) for router in settings.DATABASE_ROUTERS)
    return Salt(
        connection.vendor, major_version(connection), django.get_version(), tuple(sorted(values.items()))
    )


def major_version(connection: Any) -> int:
    """Return the server's major version; SQLite counts as 3, whatever library is used."""
    if connection.vendor == "postgresql":
        return int(connection.pg_version) // 10000
    if connection.vendor == "microsoft":
        return int(connection.sql_server_version)
    return int(connection.get_database_version()[0])


def _router(router: Any) -> str:
    """Return a router's name and the digest of its module."""
    import importlib
    import sys

    path = router if isinstance(router, str) else f"{type(router).__module__}.{type(router).__name__}"
    module = path.rpartition(".")[0]
    try:
        importlib.import_module(module)
        source = Path(str(sys.modules[module].__file__)).read_bytes()
    except Exception:  # A router that cannot be imported stops the replay itself, with a reason.
        return str(path)
    return f"{path}:{hashlib.sha256(source).hexdigest()}"


def cache_keys(graph: Graph, salt: str) -> dict[Key, str]:
    """Return a key for every node: it changes with its file, with those of all that it depends on, and with `salt`."""
    keys: dict[Key, str] = {}
    for node in graph.nodes:
        parents = sorted(keys[parent] for parent in graph.parents.get(node, ()) if parent in keys)
        content = json.dumps([FORMAT, salt, *node, graph.files[node].digest, parents])
        keys[node] = hashlib.sha256(content.encode()).hexdigest()
    return keys


def place_after(place: str, key: str) -> str:
    """Return the place after the migration with that cache key ran at `place`."""
    return hashlib.sha256(f"{place} {key}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Entry:
    """One migration that was replayed."""

    key: Key
    cache_key: str
    operations: tuple[tuple[TableChange, ...], ...]
    statements: tuple[Group, ...] = ()

    @property
    def effects(self) -> MigrationEffects:
        """The effects of its operations."""
        return MigrationEffects(
            self.key,
            tuple(OperationEffect(self.key, index, changes) for index, changes in enumerate(self.operations)),
        )


@dataclass(slots=True)
class Chain:
    """The migrations that were replayed one after the other, as far as they are still as they were."""

    entries: list[Entry] = field(default_factory=list)
    place: str = START
    signals: tuple[TableChange, ...] | None = None
    """What receivers of signals did after the last entry; None when the replay did not get that far."""
    failure: tuple[Key, str] | None = None
    """The migration that failed after the last entry, and why."""

    def effects(self) -> Effects:
        """Return the chain as effects."""
        failed_at, failure = self.failure or (None, "")
        return Effects(tuple(entry.effects for entry in self.entries), failure, failed_at, self.signals or ())


class Cache:
    """One file of replays."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def chain(self, wanted: Mapping[Key, str], *, statements: bool = False) -> Chain:
        """Return the chain of the wanted migrations, by their cache keys; without statements unless asked for."""
        lines: dict[str, list[Mapping[str, Any]]] = {}
        for line in self._lines():
            lines.setdefault(line["place"], []).append(line)
        keys = {cache_key: key for key, cache_key in wanted.items()}
        found, decoder = Chain(), Decoder()
        while (following := _next(lines.get(found.place, ()), keys)) is not None:
            line = following
            key = keys.pop(line["key"])
            groups = tuple((bool(atomic), tuple(sql)) for atomic, sql in line["sql"]) if statements else ()
            operations = tuple([decoder.changes(changes) for changes in line["operations"]])
            found.entries.append(Entry(key, line["key"], operations, groups))
            found.place = place_after(found.place, line["key"])
        for line in reversed(lines.get(found.place, ())):
            if line["kind"] == "signals" and not keys:
                found.signals = decoder.changes(line["changes"])
                break
            if line["kind"] == "failure" and line["key"] in keys:
                found.failure = (keys[line["key"]], line["text"])
                break
        return found

    def _lines(self) -> Iterator[Mapping[str, Any]]:
        try:
            content = self.path.read_bytes()
        except OSError:
            return
        for text in content.split(b"\n"):
            if not text:
                continue
            try:
                line = json.loads(text)
            except ValueError:  # Cut off when its writer was killed.
                continue
            if isinstance(line, dict) and line.get("format") == FORMAT:
                yield line

    def reduce(self, wanted: Collection[str]) -> None:
        """Leave only the lines of the migrations with these cache keys in a file that has grown too large."""
        try:
            if self.path.stat().st_size <= LARGEST:
                return
        except OSError:
            return
        keys = {"", *wanted}
        lines = [line for line in self._lines() if line["key"] in keys]
        self.replace(lines)

    def forget(self, wanted: Collection[str]) -> None:
        """Take out every line of the migrations with these cache keys."""
        keys = {"", *wanted}
        if not self.path.exists():
            return
        self.replace([line for line in self._lines() if line["key"] not in keys])

    def replace(self, lines: Collection[Mapping[str, Any]]) -> None:
        """Write the whole file anew."""
        beside = self.path.with_suffix(f".{os.getpid()}")
        with _open_private(beside, os.O_TRUNC) as write:
            for line in lines:
                write(_dump(line))
        beside.replace(self.path)

    def append_migration(self, place: str, entry: Entry) -> None:
        """Add a migration that was run at `place`."""
        self._append(
            {
                "kind": "migration",
                "place": place,
                "key": entry.cache_key,
                "name": list(entry.key),
                "operations": [encode(changes) for changes in entry.operations],
                "sql": entry.statements,
            }
        )

    def append_signals(self, place: str, changes: tuple[TableChange, ...]) -> None:
        """Add what receivers of signals did at `place`, after the last migration."""
        self._append({"kind": "signals", "place": place, "key": "", "changes": encode(changes)})

    def append_failure(self, place: str, key: str, text: str) -> None:
        """Add that the migration with that cache key failed at `place`."""
        self._append({"kind": "failure", "place": place, "key": key, "text": text})

    def _append(self, line: Mapping[str, Any]) -> None:
        with _open_private(self.path, os.O_APPEND) as write:
            write((b"" if _ends_with_newline(self.path) else b"\n") + _dump({"format": FORMAT, **line}))


def _next(lines: Collection[Mapping[str, Any]], keys: Mapping[str, Key]) -> Mapping[str, Any] | None:
    """Return the latest line with a wanted migration."""
    return next(
        (line for line in reversed(list(lines)) if line["kind"] == "migration" and line["key"] in keys), None
    )


def _dump(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, separators=(",", ":")).encode() + b"\n"


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


@contextmanager
def _open_private(path: Path, mode: int) -> Iterator[Callable[[bytes], None]]:
    """Yield a function that writes to a file which only its owner may read, each time in one system call if it can."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | mode, 0o600)

    def write(content: bytes) -> None:
        while content:
            content = content[os.write(descriptor, content) :]

    try:
        yield write
    finally:
        os.close(descriptor)
