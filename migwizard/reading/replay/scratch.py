"""The scratch databases of a replay: one for every alias of DATABASES, gone when the process ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Mapping
from typing import Any

from ...databases.scratches import is_alive, machine, scratch_name
from .guard import Guard, file_of
from .mssql import MicrosoftServer
from .server import ReplayRefused, Server, backend_of
from .staging import Entry, live_databases, load_settings, replace_databases, turn_inwards

FOLDER = "migwizard-scratch-"

SERVERS: Mapping[str, type[Server] | type[MicrosoftServer]] = {
    "postgresql": Server,
    "microsoft": MicrosoftServer,
}
"""How a database is made on a server, by `connection.vendor`."""

ADMINISTRATION = {"postgresql": "postgres", "microsoft": "master"}
"""The database that is always there."""


class Scratch:
    """What every alias stands for during a replay.

    SQLite has its scratch database in a temporary folder and not in memory, so that a thread, or code that connects
    by the settings, finds the same database. On a server it is a database of its own on the same one, made when
    it is first needed; two aliases of one live database share one. An alias of any other vendor, unless it is the one
    that is replayed, gets an empty SQLite database.

    Args:
        alias: whose migrations are replayed.
        shadow: the alias on whose server its scratch database is made, if not its own.
    """

    def __init__(self, alias: str, shadow: str | None, guard: Guard) -> None:
        self.alias = alias
        self.shadow = shadow or alias
        self.guard = guard
        self.folder = ""
        self.live: Mapping[str, Entry] = {}
        self.entries: dict[str, Entry] = {}
        self.servers: dict[str, tuple[Server | MicrosoftServer, str]] = {}
        self.created: list[str] = []

    def stage(self) -> None:
        """Load the settings and turn every alias to its scratch database.

        Raises:
            ReplayRefused: when there is no such alias, or no scratch database for its vendor.
        """
        settings = load_settings()
        self.live = live_databases(settings)
        for alias in (self.alias, self.shadow):
            if alias not in self.live:
                raise ReplayRefused(f"There is no database {alias!r} in DATABASES.")
        files = (
            file_of(entry.get("NAME") or "") for entry in self.live.values() if _vendor(entry) == "sqlite"
        )
        self.guard.close_files([path for path in files if path is not None])
        self.guard.close_databases(
            [str(entry.get("NAME") or "") for entry in self.live.values() if _vendor(entry) == "microsoft"]
        )
        _sweep_folders()
        self.folder = tempfile.mkdtemp(prefix=f"{FOLDER}{machine()}-{os.getpid()}-")
        self.guard.before_connecting = self.ensure
        for alias in sorted(self.live, key=lambda alias: alias != self.alias):
            self.entries[alias] = self._entry(alias)
        replace_databases(settings, self.entries)
        turn_inwards(settings)

    def _entry(self, alias: str) -> Entry:
        replayed = alias == self.alias
        source = self.live[self.shadow if replayed else alias]
        vendor = _vendor(source)
        if replayed and vendor != _vendor(self.live[alias]):
            raise ReplayRefused(f"The databases {alias!r} and {self.shadow!r} are not of the same kind.")
        common = {"CONN_MAX_AGE": None if replayed else 0, "CONN_HEALTH_CHECKS": False}
        if vendor in SERVERS:
            options = {key: value for key, value in (source.get("OPTIONS") or {}).items() if key != "pool"}
            entry = {**source, **common, "OPTIONS": options}
            return {**entry, "NAME": self._database(alias, entry, vendor)}
        if vendor == "sqlite":
            return {**source, **common, "NAME": os.path.join(self.folder, f"{_plain(alias)}.sqlite3")}
        if replayed:
            raise ReplayRefused(f"Migrations cannot be replayed on {source.get('ENGINE')}.")
        name = os.path.join(self.folder, f"{_plain(alias)}.sqlite3")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": name}

    def _database(self, alias: str, entry: Entry, vendor: str) -> str:
        """Return the name of the scratch database of an alias on a server."""
        for other, known in self.live.items():
            if other in self.entries and _address(known) == _address(self.live[alias]):
                return str(self.entries[other]["NAME"])
        name = f"{scratch_name()}_{len(self.servers)}"
        like = self.live[self.shadow if alias == self.alias else alias].get("NAME")
        server = SERVERS[vendor](_complete(entry), self.guard)
        self.servers[name] = (server, str(like or ADMINISTRATION[vendor]))
        self.guard.databases.add(name)
        return name

    def create(self) -> None:
        """Make the scratch database of the replayed alias."""
        name = str(self.entries[self.alias]["NAME"])
        if name in self.servers:
            self.ensure(name)

    def create_schemas(self) -> None:
        """Make the schemas that the search path names; where the backend needs the apps, not before they are there."""
        from django.core.exceptions import AppRegistryNotReady

        name = str(self.entries[self.alias]["NAME"])
        if name in self.servers and isinstance(self.servers[name][0], Server):
            with contextlib.suppress(AppRegistryNotReady):
                self._create_schemas()

    def ensure(self, name: str) -> None:
        """Make the scratch database `name`, unless it is there."""
        if name in self.servers and name not in self.created:
            server, like = self.servers[name]
            self.created.append(name)
            server.create(name, like)

    def renew(self) -> None:
        """Empty the scratch database of the replayed alias."""
        from django.db import connections

        connections[self.alias].close()
        del connections[self.alias]
        name = str(self.entries[self.alias]["NAME"])
        if name in self.servers:
            server, like = self.servers[name]
            server.drop(name, like)
            self.created.remove(name)
        else:
            for suffix in ("", "-journal", "-wal", "-shm"):
                with contextlib.suppress(OSError):
                    os.remove(name + suffix)
        self.create()
        self.create_schemas()

    def _create_schemas(self) -> None:
        from django.db import connections

        with connections[self.alias].cursor() as cursor:
            cursor.execute("SHOW search_path")
            for name in re.findall(r'"((?:[^"]|"")+)"|([^\s,"]+)', cursor.fetchone()[0]):
                schema = name[0] or name[1]
                if schema not in ("$user", "pg_catalog", "pg_temp"):
                    quoted = schema if name[0] else schema.replace('"', '""')
                    cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{quoted}"')

    def remove(self) -> None:
        """Drop every scratch database. Never raises: what is left over is swept up by the next replay."""
        for name in self.created:
            server, like = self.servers[name]
            with contextlib.suppress(Exception):
                server.drop(name, like)
        self.created.clear()
        if self.folder:
            shutil.rmtree(self.folder, ignore_errors=True)


def _vendor(entry: Entry) -> str:
    """Return `connection.vendor` for an entry of DATABASES; empty when its driver is not here."""
    if not entry.get("ENGINE"):
        return ""
    try:
        return str(backend_of(entry).DatabaseWrapper.vendor)
    except (
        Exception
    ):  # A driver that is missing fails in its own way, and only matters for the replayed alias.
        return ""


def _address(entry: Entry) -> tuple[str, ...]:
    return tuple(str(entry.get(part) or "") for part in ("ENGINE", "HOST", "PORT", "NAME"))


def _complete(entry: Entry) -> Entry:
    """Return an entry of DATABASES with every key that Django's connections read."""
    from django.db.utils import ConnectionHandler

    settings: Any = ConnectionHandler({"default": dict(entry)}).settings
    return dict(settings["default"])


def _plain(alias: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in alias)


def _sweep_folders() -> None:
    """Remove the temporary folders of replays of this machine that were killed."""
    pattern = re.compile(re.escape(f"{FOLDER}{machine()}-") + r"([0-9]+)-.*")
    for name in os.listdir(tempfile.gettempdir()):
        match = pattern.fullmatch(name)
        if match and not is_alive(int(match[1])):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)
