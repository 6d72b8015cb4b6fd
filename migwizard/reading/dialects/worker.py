"""The process that writes a migration in other dialects: `python -m migwizard.reading.dialects.worker`.

It reads one line of JSON from standard input and writes one to standard output. No connection can be opened in it.
It is a process of its own because backends leave traces: mssql-django changes classes of Django's as soon as it is
imported, and a driver that is not installed gets a stand-in here.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from ...core.dialects.rehearsed import Ahead, Dialect, Rehearsed
from ...core.dialects.sql import InDialect, Obstruction, WrittenOperation
from ...core.dialects.unable import of_operation
from ...core.graph import Graph, Key, Operation
from ...databases.base import printable
from .drivers import stand_in
from .servers import SERVERS, Server


def main() -> None:
    """Answer one request."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    request = json.loads(sys.stdin.readline())
    sys.path[:] = request["sys_path"]
    lock_connections()
    written = [asdict(one) for one in answer(request)]
    channel.write(json.dumps(written))
    channel.flush()
    # Threads and exit handlers of the project are not waited for.
    os._exit(0)


def lock_connections() -> None:
    """Let nobody in this process open a connection."""
    from django.db.backends.base.base import BaseDatabaseWrapper

    from ...databases.offline.catalogue import OnlyTheServerKnows

    def refuse(self: BaseDatabaseWrapper) -> None:
        raise OnlyTheServerKnows("what an open connection would tell")

    BaseDatabaseWrapper.connect = refuse  # type: ignore[method-assign]


def answer(request: Mapping[str, Any]) -> Iterable[InDialect]:
    """Yield a migration in each of the dialects that were asked for."""
    from ..files import read_files
    from ..project import load

    project = load(Path(request["root"]), request["settings"])
    files = read_files(project)
    key: Key = (request["key"][0], request["key"][1])
    graph, full = graphs(files, request["recorded"])
    graph = graph if key in graph.nodes else full
    for name in request["dialects"]:
        server = SERVERS[name]
        live = request["live"].get(name)
        yield written(name, server, live, key, graph, files.migrations, request["alias"])


def graphs(files: Any, recorded: Iterable[Iterable[str]]) -> tuple[Graph, Graph]:
    """Return the graph that Django uses here, and one in which no squash stands for anything."""
    from ...core.graph.build import build

    known = {(app, name) for app, name in recorded}
    plain = {key: replace(file, replaces=()) for key, file in files.files.items()}
    return build(files.files, known, files.unmigrated), build(plain, known, files.unmigrated)


def written(
    name: str,
    server: Server,
    live: Mapping[str, Any] | None,
    key: Key,
    graph: Graph,
    migrations: Mapping[Key, Any],
    alias: str,
) -> InDialect:
    """Return one migration in the SQL of one server; `live` says what is known of the one that is connected."""
    dialect, answers = server.dialect, dict(server.answers)
    if live is not None:
        dialect = Dialect(**{**live["dialect"], "version": tuple(live["dialect"]["version"])})
        answers.update(live["answers"])
    found = InDialect(key, name, dialect.title, dialect.backend, live is not None)
    try:
        connection = opened(server, answers, alias)
    except ModuleNotFoundError as error:
        what = f"{server.package or error.name} is not installed, which writes the SQL of {dialect.title}"
        how = f" (pip install {server.package})" if server.package else ""
        return replace(found, missing=f"{what}{how}.")
    except Exception as error:
        why = f"{type(error).__name__}: {printable(str(error))}"
        return replace(found, missing=f"The backend of {dialect.title} cannot be loaded ({why}).")
    dialect = completed(dialect, connection)
    file = graph.files[key]
    operations = tuple(
        told(dialect, one, file.operations[one.operation])
        for one in rehearse(key, graph, migrations, connection)
    )
    return replace(
        found, title=dialect.title, backend=dialect.backend, operations=operations, atomic=file.atomic
    )


def opened(server: Server, answers: Mapping[str, Any], alias: str) -> Any:
    """Return the offline connection of a server, known to everybody by the alias."""
    from django.db import connections

    from ...databases.offline.connection import offline
    from ...databases.offline.editor import standard

    stands_in = stand_in(server.vendor) if server.vendor != "sqlite" else False
    wrapper = import_module(server.module).DatabaseWrapper
    quote = standard if stands_in and server.vendor == "postgresql" else None
    settings = connections.settings[alias]
    connection = offline(wrapper, alias, answers, {"TIME_ZONE": settings.get("TIME_ZONE")}, quote)
    connection.calls_defaults = True
    connections[alias] = connection
    return connection


def completed(dialect: Dialect, connection: Any) -> Dialect:
    """Return a dialect with what only the installed backend tells."""
    from ..ahead import dialect_of, microsoft

    if dialect.name == "microsoft":
        return microsoft(dialect.version[0])
    return dialect_of(connection) if dialect.name == "sqlite" else dialect


def rehearse(key: Key, graph: Graph, migrations: Mapping[Key, Any], connection: Any) -> tuple[Rehearsed, ...]:
    """Return what the operations of one migration would run after all that it depends on."""
    from ..rehearsal import Rehearsal

    before = graph.ancestors(key)
    rehearsal = Rehearsal(graph, migrations, connection, foreign=True)
    return tuple(rehearsal.run((key,), before, only=frozenset((key, *before))))


def told(dialect: Dialect, one: Rehearsed, operation: Operation) -> WrittenOperation:
    """Return an operation's SQL with what its server cannot do of it."""
    source = operation.source if operation.runs_code else ""
    ahead = Ahead(dialect, (one,))
    found = tuple(
        Obstruction(
            trouble.name, trouble.severity, f"{one.key[0]}.{one.key[1]} {trouble.summary}", trouble.way
        )
        for trouble in of_operation(dialect, one, ahead)
    )
    return WrittenOperation(one.title, one.sql, one.deferred, one.note, source, found)


if __name__ == "__main__":
    main()
