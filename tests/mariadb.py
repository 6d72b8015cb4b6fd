"""A private MariaDB server for the tests, from the machine's package: its data are in a temporary folder."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import ServerMissing, quick_folder

# As in tests.servers: the server goes when the tests' end of the pipe is closed, however they end.
WATCHDOG = """
"$@" >log 2>&1 &
server=$!
cat >/dev/null
kill -KILL "$server" 2>/dev/null
wait "$server"
folder=$PWD
cd /tmp && rm -rf "$folder"
"""

OPTIONS = (
    "--skip-networking",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-buffer-pool-size=32M",
    "--innodb-doublewrite=0",
    "--skip-log-bin",
    "--character-set-server=utf8mb4",
)


@dataclass
class MariaDB:
    """One running MariaDB server, reached by its socket alone."""

    folder: Path
    watchdog: subprocess.Popen[bytes]

    @property
    def socket(self) -> str:
        """The path of its socket."""
        return str(self.folder / "socket")

    def connect(self, name: str | None = None) -> Any:
        """An autocommitting PyMySQL connection."""
        import pymysql

        return pymysql.connect(unix_socket=self.socket, user="root", database=name, autocommit=True)

    def execute(self, sql: str, name: str | None = None) -> tuple[Any, ...]:
        """Executes one statement and returns its rows."""
        connection = self.connect(name)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                return tuple(cursor.fetchall())
        finally:
            connection.close()

    def create_database(self, charset: str = "utf8mb4") -> dict[str, Any]:
        """An empty database with a new random name, as an entry of DATABASES."""
        name = f"test_{secrets.token_hex(6)}"
        self.execute(f"CREATE DATABASE `{name}` CHARACTER SET {charset}")
        options = {"unix_socket": self.socket}
        return {"ENGINE": "django.db.backends.mysql", "NAME": name, "USER": "root", "OPTIONS": options}

    def drop_database(self, name: str) -> None:
        """Drops a database."""
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")

    def stop(self) -> None:
        """Stops the server and removes all that it had."""
        assert self.watchdog.stdin is not None
        self.watchdog.stdin.close()
        self.watchdog.wait(timeout=30)


def start_mariadb() -> MariaDB:
    """Starts the MariaDB that is installed. Raises ServerMissing where there is none, or no driver for it."""
    places = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    server, install = (shutil.which(name, path=places) for name in ("mariadbd", "mariadb-install-db"))
    if server is None or install is None:
        raise ServerMissing("mariadb is not on this machine (apt-get install mariadb-server)")
    try:
        import pymysql  # noqa: F401
    except ImportError as error:
        raise ServerMissing("there is no driver for mariadb (pip install PyMySQL)") from error
    folder = Path(tempfile.mkdtemp(prefix="migwizard-my-", dir=quick_folder()))
    user = pwd.getpwuid(os.geteuid()).pw_name
    common = ("--no-defaults", f"--datadir={folder / 'data'}", f"--user={user}")
    try:
        done = subprocess.run(
            [install, *common, "--auth-root-authentication-method=normal", "--skip-test-db"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise ServerMissing(f"mariadb does not start: {done.stdout}{done.stderr}")
        command = [server, *common, f"--socket={folder / 'socket'}", f"--pid-file={folder / 'pid'}", *OPTIONS]
        watchdog = subprocess.Popen(
            ["sh", "-c", WATCHDOG, "sh", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            start_new_session=True,
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    made = MariaDB(folder, watchdog)
    _wait_until_ready(made)
    return made


def _wait_until_ready(server: MariaDB) -> None:
    """Returns when the server takes connections. Raises ServerMissing, with its log, when it does not."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.watchdog.poll() is None:
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(server.socket) == 0:
                return
        time.sleep(0.1)
    log = (server.folder / "log").read_text() if (server.folder / "log").exists() else ""
    server.stop()
    raise ServerMissing(f"mariadb does not start: {log[-2000:]}")
