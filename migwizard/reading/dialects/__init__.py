"""One migration in the SQL of several servers, written without connecting to any of them, by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ...core.dialects.sql import InDialect, Obstruction, WrittenOperation
from ...core.graph import Key
from ...core.situation import ProjectInfo
from ..ahead import answers_of, dialect_of
from .servers import NAMES, SERVERS, name_of, server_named

__all__ = ["NAMES", "SERVERS", "CannotWrite", "connected_name", "server_named", "write"]

SECONDS = 180


class CannotWrite(Exception):
    """The SQL cannot be told, for the reason given in one sentence."""


def connected_name(connection: Any) -> str | None:
    """Return which of the servers a live connection is to; None for one that is none of them."""
    if connection.vendor == "mysql":
        return "mariadb" if connection.mysql_is_mariadb else "mysql"
    found = {server.vendor: name for name, server in SERVERS.items() if server.vendor != "mysql"}
    return found.get(connection.vendor)


def write(
    project: ProjectInfo, connection: Any, key: Key, names: Sequence[str], recorded: Collection[Key]
) -> tuple[InDialect, ...]:
    """Return a migration in the SQL of some servers, in that order.

    The server of the live connection is told in its own version, the others in those that `SERVERS` states.

    Raises:
        CannotWrite: when the process fails.
    """
    request = {
        "root": project.root,
        "settings": project.settings,
        "alias": connection.alias,
        "key": key,
        "dialects": list(names),
        "recorded": sorted(recorded),
        "live": live(connection, names),
        "sys_path": [entry or project.root for entry in sys.path],
    }
    package = str(Path(__file__).resolve().parents[3])
    paths = [path for path in (os.environ.get("PYTHONPATH"), package) if path]
    try:
        done = subprocess.run(
            [sys.executable, "-m", f"{__name__}.worker"],
            cwd=project.root,
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join(paths),
                "DJANGO_SETTINGS_MODULE": project.settings,
            },
            input=json.dumps(request) + "\n",
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise CannotWrite(f"The SQL was not written within {SECONDS} seconds.") from None
    if done.returncode or not done.stdout:
        raise CannotWrite(f"The SQL cannot be written: {last_line(done.stderr)}.")
    return tuple(map(read, json.loads(done.stdout)))


def live(connection: Any, names: Collection[str]) -> Mapping[str, Any]:
    """Return what is known of the server of the live connection, if its dialect is asked for."""
    name = connected_name(connection)
    if name is None or name not in names:
        return {}
    dialect = dialect_of(connection)
    assert name_of(dialect) == name
    return {name: {"dialect": asdict(dialect), "answers": dict(answers_of(connection))}}


def read(value: Mapping[str, Any]) -> InDialect:
    """Return what the process has written."""
    operations = tuple(
        WrittenOperation(
            one["title"],
            tuple(one["sql"]),
            tuple(one["deferred"]),
            one["note"],
            one["source"],
            tuple(Obstruction(**other) for other in one["obstructions"]),
        )
        for one in value["operations"]
    )
    key = (value["key"][0], value["key"][1])
    return InDialect(**{**value, "key": key, "operations": operations})


def last_line(text: str) -> str:
    """Return the last line of what a process said, fit to print."""
    lines = text.strip().splitlines() or ["it ended without a word"]
    return "".join(c if c.isprintable() else " " for c in lines[-1]).rstrip(".")
