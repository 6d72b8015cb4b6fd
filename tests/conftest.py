"""Databases for the tests. A server that is missing is a skip that says so, or a failure if it is required."""

from __future__ import annotations

import compileall
import os
import re
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mariadb import MariaDB, start_mariadb
from tests.mssql import SQLServer
from tests.projects import HERE as PROJECTS
from tests.projects import REPOSITORY, Outcome, Project, fifteen_project
from tests.servers import PostgreSQL, ServerMissing, Servers, postgresql_ids, required

Entry = dict[str, Any]


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_servers_key] = Servers()
    if not hasattr(config, "workerinput"):
        # Hundreds of processes follow, which write no byte code: each would compile what it imports for itself.
        compileall.compile_dir(REPOSITORY / "migwizard", rx=re.compile(r"/lessons/[^/]+/"), quiet=2)
        compileall.compile_dir(REPOSITORY / "tests", rx=re.compile(r"/tests/projects/[^/]+/"), quiet=2)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker a core and one more for the whole suite, each with servers of its own; none for named files.

    What waits, for a lock or a terminal, leaves its core to the one more.
    """
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return min(len(os.sched_getaffinity(0)) + 1, MOST_WORKERS) if whole else 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one fifteen-app database on one worker, where it is migrated and replayed once.

    They come first, as nothing that takes so long should be left at the end for one worker alone.
    """
    items.sort(key=lambda item: "fifteen_way" not in getattr(item, "fixturenames", ()))
    for item in items:
        if "fifteen_way" in getattr(item, "fixturenames", ()):
            parameters = vars(item)["callspec"].params.values()
            kind = next(one for one in parameters if one in ("sqlite", *postgresql_ids()))
            item.add_marker(pytest.mark.xdist_group(f"fifteen-{kind}"))


def pytest_unconfigure(config: pytest.Config) -> None:
    config.stash[_servers_key].stop()


MOST_WORKERS = 8

_servers_key = pytest.StashKey[Servers]()


@pytest.fixture(scope="session")
def postgresql_servers(pytestconfig: pytest.Config) -> Callable[[str], PostgreSQL]:
    """A function from an id of `tests.servers.postgresql_ids()` to the running server."""

    def server(id: str) -> PostgreSQL:
        try:
            return pytestconfig.stash[_servers_key].get(id)
        except ServerMissing as error:
            if required(id):
                pytest.fail(f"MIGWIZARD_TEST_REQUIRE asks for {id}: {error}", pytrace=False)
            pytest.skip(str(error))

    return server


@pytest.fixture(scope="session")
def postgresql_server(postgresql_servers: Callable[[str], PostgreSQL]) -> PostgreSQL:
    """PostgreSQL 18."""
    return postgresql_servers("postgresql-18")


@pytest.fixture(scope="session")
def mssql_server() -> SQLServer:
    """The SQL Server that the environment names."""
    try:
        return SQLServer.from_environment()
    except ServerMissing as error:
        if required("mssql"):
            pytest.fail(f"MIGWIZARD_TEST_REQUIRE asks for mssql: {error}", pytrace=False)
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[MariaDB]:
    """The MariaDB of this machine, started for this test run."""
    try:
        server = start_mariadb()
    except ServerMissing as error:
        if required("mariadb"):
            pytest.fail(f"MIGWIZARD_TEST_REQUIRE asks for mariadb: {error}", pytrace=False)
        pytest.skip(str(error))
    yield server
    server.stop()


@pytest.fixture
def mariadb(mariadb_server: MariaDB) -> Iterator[Entry]:
    """An empty database on MariaDB."""
    entry = mariadb_server.create_database()
    yield entry
    mariadb_server.drop_database(entry["NAME"])


@pytest.fixture
def new_database(
    tmp_path: Path, postgresql_servers: Callable[[str], PostgreSQL], request: pytest.FixtureRequest
) -> Iterator[Callable[..., Entry]]:
    """A function that makes a database and returns its entry of DATABASES; what it made goes with the test.

    `new_database(kind="postgresql", template=None, tcp=False)`: `kind` is "sqlite", "postgresql" (which is 18), an id
    of `postgresql_ids()` or "mssql"; `template` is the entry of a database of the same kind to copy, to which nobody
    may be connected (none on SQL Server); `tcp` gives an entry with a port and a password instead of a socket.
    """
    made: list[tuple[PostgreSQL | SQLServer, str]] = []

    def create(kind: str = "postgresql", *, template: Entry | None = None, tcp: bool = False) -> Entry:
        if kind == "sqlite":
            return _sqlite_database(tmp_path, template)
        if kind == "mssql":
            assert template is None
            other: SQLServer = request.getfixturevalue("mssql_server")
            entry = other.create_database()
            made.append((other, entry["NAME"]))
            return entry
        server = postgresql_servers("postgresql-18" if kind == "postgresql" else kind)
        entry = server.create_database(template=template["NAME"] if template else "template0", tcp=tcp)
        made.append((server, entry["NAME"]))
        return entry

    yield create
    for server, name in made:
        server.drop_database(name)


def _sqlite_database(folder: Path, template: Entry | None) -> Entry:
    path = folder / f"{len(list(folder.glob('*.sqlite3')))}.sqlite3"
    if template is None:
        sqlite3.connect(path).close()
    else:
        shutil.copyfile(template["NAME"], path)
    path.touch()
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, new_database: Callable[..., Entry]) -> Entry:
    """An empty database on SQLite, and one on PostgreSQL 18."""
    return new_database(request.param)


@pytest.fixture(params=["sqlite", *postgresql_ids()])
def every_database(request: pytest.FixtureRequest, new_database: Callable[..., Entry]) -> Entry:
    """An empty database on SQLite, and one on each PostgreSQL."""
    return new_database(request.param)


@pytest.fixture(scope="session")
def fifteen_way(
    tmp_path_factory: pytest.TempPathFactory,
    postgresql_servers: Callable[[str], PostgreSQL],
    fifteen_effects: Callable[[str], Path],
) -> Callable[[str], tuple[Project, Outcome]]:
    """A function from a kind of database to the fifteen apps on one that was migrated and read on the way.

    With what `tests.stages` said of it; on SQLite read beside the replay, elsewhere without one.
    """
    gone: dict[str, tuple[Project, Outcome]] = {}

    def way(kind: str) -> tuple[Project, Outcome]:
        if kind not in gone:
            replayed = kind == "sqlite"
            mode = ["--replay", str(fifteen_effects(kind))] if replayed else ["--no-replay"]
            entry = _fifteen_database(kind, tmp_path_factory, postgresql_servers)
            project = fifteen_project(tmp_path_factory.mktemp("fifteen") / "project", entry)
            every = "24" if replayed else "120"
            command = [sys.executable, "-m", "tests.stages", str(project.root), "--every", every, *mode]
            gone[kind] = project, project.run(*command, timeout=600)
        return gone[kind]

    return way


@pytest.fixture(scope="session")
def fifteen_template(fifteen_way: Callable[[str], tuple[Project, Outcome]]) -> Callable[[str], Entry]:
    """A function from a kind of database to one with the fifteen apps migrated and some rows; leave it as it is."""
    migrated: dict[str, Entry] = {}

    def template(kind: str) -> Entry:
        kind = "postgresql-18" if kind == "postgresql" else kind
        if kind not in migrated:
            project, _ = fifteen_way(kind)
            # What is left is to send the signals, for content types and permissions.
            outcome = project.manage("migrate", "--verbosity", "0")
            assert outcome.code == 0, outcome.stderr
            outcome = project.python((PROJECTS / "fifteen" / "rows.py").read_text())
            assert outcome.code == 0, outcome.stderr
            migrated[kind] = dict(project.databases["default"])
        return migrated[kind]

    return template


@pytest.fixture(scope="session")
def fifteen_effects(
    tmp_path_factory: pytest.TempPathFactory, postgresql_servers: Callable[[str], PostgreSQL]
) -> Callable[[str], Path]:
    """A function from a kind of database to a file with the effects of the fifteen-app project, replayed once."""
    replayed: dict[str, Path] = {}

    def effects(kind: str) -> Path:
        if kind not in replayed:
            folder = tmp_path_factory.mktemp("effects")
            entry = _fifteen_database(kind, tmp_path_factory, postgresql_servers)
            project = fifteen_project(folder / "project", entry)
            outcome = project.migwizard("replay", "--output", str(folder / "effects.json"))
            assert outcome.code == 0, outcome.stderr
            replayed[kind] = folder / "effects.json"
        return replayed[kind]

    return effects


def _fifteen_database(
    kind: str, folders: pytest.TempPathFactory, servers: Callable[[str], PostgreSQL]
) -> Entry:
    """An empty database that stays until the end."""
    return (
        _sqlite_database(folders.mktemp("fifteen"), None)
        if kind == "sqlite"
        else servers(kind).create_database()
    )


@pytest.fixture
def fifteen(
    tmp_path: Path, new_database: Callable[..., Entry], fifteen_template: Callable[[str], Entry]
) -> Callable[[str], Project]:
    """A function from a kind of database to a copy of the fifteen-app project on a migrated database of its own."""

    def project(kind: str) -> Project:
        entry = new_database(kind, template=fifteen_template(kind))
        return fifteen_project(tmp_path / "fifteen", entry)

    return project
