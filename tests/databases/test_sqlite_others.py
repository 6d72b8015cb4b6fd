"""Who else is at work on SQLite: processes of this machine, and the lock of a repair, which leaves nothing behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError

from migwizard.core.locks import rewritten
from migwizard.databases import AnotherRepair, of, processes
from migwizard.databases.sqlite import locks
from tests.projects import REPOSITORY

from .statements import execute

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no flock")

ME = processes.user_name(os.getuid())
TIME = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC"

OPEN = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[-1], isolation_level=None)
"""
HOLD = """
import sys
from pathlib import Path
from migwizard.databases.sqlite.locks import exclusive
held = exclusive(Path(sys.argv[-1]))
held.__enter__()
"""


@contextmanager
def process(code: str, *arguments: str, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A Python process that runs some code, and then waits for the end of this block."""
    child = subprocess.Popen(
        [sys.executable, "-c", f"{code}\nprint('ready', flush=True)\nsys.stdin.read()", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        **options,
    )
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        yield child
    finally:
        child.communicate(timeout=30)


def file_of(connection: Any) -> Path:
    return Path(connection.settings_dict["NAME"])


def lock_of(connection: Any) -> Path:
    path = locks.lock_file(file_of(connection))
    assert path is not None
    return path


def held(number: int) -> str:
    """What is said of a process that holds the lock of a repair, as a pattern."""
    return rf"{re.escape(processes.whose())} \(process {number}, migwizard, since {TIME}\)"


def refusal(database: Any) -> str:
    with pytest.raises(AnotherRepair) as caught, database.repairing():
        pass
    return str(caught.value)


def test_a_second_repair_is_refused_and_told_who_is_first(sqlite):
    database = of(sqlite)
    assert database.try_lock("migwizard") is None
    with process(HOLD, str(file_of(sqlite))) as other:
        assert re.fullmatch(held(other.pid), refusal(database))
        assert re.fullmatch(held(other.pid), str(database.try_lock("migwizard")))
        link = file_of(sqlite).with_name("link")
        link.symlink_to(file_of(sqlite))
        assert locks.holder(link) == refusal(database)
    with database.repairing(several=True):
        assert database.try_lock("migwizard") is None
        assert re.fullmatch(held(os.getpid()), str(locks.holder(file_of(sqlite))))
    assert not lock_of(sqlite).exists()
    assert database.try_lock("migwizard") is None


def test_the_lock_ends_with_its_process_and_leaves_nothing_beside_the_database(sqlite):
    names = sorted(file_of(sqlite).parent.iterdir())
    with process(HOLD, str(file_of(sqlite))) as other:
        assert sorted(file_of(sqlite).parent.iterdir()) == names
        other.send_signal(signal.SIGKILL)
        other.wait(30)
    assert lock_of(sqlite).exists()
    with of(sqlite).repairing():
        assert sorted(file_of(sqlite).parent.iterdir()) == names
    assert not lock_of(sqlite).exists()


def test_the_lock_is_one_for_all_users(sqlite):
    if os.getuid() != 0:
        pytest.skip("only root can be somebody else")
    folder = Path(tempfile.mkdtemp(dir=locks.SHARED_FOLDER))
    folder.chmod(0o777)
    path = folder / "db.sqlite3"
    shutil.copyfile(file_of(sqlite), path)
    try:
        with locks.exclusive(path):
            said = as_nobody(path)
            assert re.fullmatch(held(os.getpid()), said)
        lock = locks.lock_file(path)
        assert lock is not None
        assert not lock.exists()
        assert as_nobody(path) == "free"
        # As a kill -9 of somebody else would leave it.
        lock.touch()
        os.chown(lock, 65534, 65534)
        with locks.exclusive(path):
            assert re.fullmatch(held(os.getpid()), as_nobody(path))
    finally:
        shutil.rmtree(folder)


def as_nobody(path: Path) -> str:
    """What another user is told who wants to repair a database."""
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        said = "failed"
        try:
            os.setuid(65534)
            with locks.exclusive(path):
                said = "free"
        except AnotherRepair as error:
            said = str(error)
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.close(writing)
    os.waitpid(child, 0)
    with os.fdopen(reading) as file:
        return file.read()


def test_a_lock_file_that_is_none_or_cannot_be_opened_keeps_nobody_from_repairing(sqlite, monkeypatch):
    lock = lock_of(sqlite)
    target = file_of(sqlite).with_name("target")
    target.write_text("precious")
    lock.symlink_to(target)
    with of(sqlite).repairing():
        assert target.read_text() == "precious"
    assert lock.is_symlink()
    lock.unlink()
    lock.mkdir()
    with of(sqlite).repairing():
        pass
    lock.rmdir()
    monkeypatch.setattr(locks, "SHARED_FOLDER", Path("/no/such/folder"))
    with of(sqlite).repairing():
        pass


def test_what_a_lock_file_says_cannot_act(sqlite):
    hostile = "import fcntl, sys; f = open(sys.argv[-1], 'w'); fcntl.flock(f, fcntl.LOCK_EX);"
    with process(f"{hostile} f.write('a\\x1b[31m\\nb\\x00' + 'c' * 1000); f.flush()", str(lock_of(sqlite))):
        said = refusal(of(sqlite))
    assert said.startswith("a [31m b c")
    assert len(said) <= 300
    assert said.isprintable()


def test_a_database_in_memory_belongs_to_its_process_alone(connect):
    database = of(connect({"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}))
    with database.repairing():
        assert database.try_lock("migwizard") is None
    assert (database.others_at_work(["t"]), database.sessions(), database.blockers()) == ((), (), "")


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux says who holds a lock")
@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_who_writes_is_named(sqlite, mode):
    execute(sqlite, f"PRAGMA journal_mode = {mode}", "CREATE TABLE t (id integer)")
    database = of(sqlite)
    with process(f"{OPEN}\nconnection.execute('SELECT * FROM t').fetchall()", str(file_of(sqlite))) as idle:
        assert database.others_at_work(["t"]) == ()
        assert [(one.process, one.who, one.state) for one in database.sessions()] == [
            (idle.pid, ME, "connected")
        ]
        with process(f"{OPEN}\nconnection.execute('BEGIN IMMEDIATE')", str(file_of(sqlite))) as other:
            who = rf"{ME} \(process {other.pid}, {re.escape(processes.program(other.pid))}, since {TIME}\)"
            assert re.fullmatch(who + " is writing to it", database.blockers())
            (sentence,) = database.others_at_work(["t"])
            assert re.fullmatch(who + r" is writing to this database\.", sentence)
            first, second = database.sessions()
            assert (first.process, first.state, first.holds) == (
                other.pid, "writing", ((file_of(sqlite).name, "RESERVED"),)
            )  # fmt: skip
            assert (second.process, second.state) == (idle.pid, "connected")
    assert (database.blockers(), database.sessions()) == ("", ())


@pytest.mark.skipif(not Path("/proc/locks").exists(), reason="only Linux says who holds a lock")
def test_who_reads_is_named(sqlite):
    execute(sqlite, "CREATE TABLE t (id integer)", "INSERT INTO t VALUES (1)")
    code = f"{OPEN}\nconnection.execute('BEGIN'); connection.execute('SELECT * FROM t').fetchall()"
    with process(code, str(file_of(sqlite))) as other:
        assert re.fullmatch(rf"{ME} \(process {other.pid}, .*\) is reading it", of(sqlite).blockers())
        assert of(sqlite).others_at_work(["t"]) == ()
        (one,) = of(sqlite).sessions()
        assert (one.process, one.state, one.holds) == (
            other.pid, "reading", ((file_of(sqlite).name, "SHARED"),)
        )  # fmt: skip


REBUILD = (
    "CREATE TABLE new (id integer, n); INSERT INTO new SELECT id, 1 FROM t; DROP TABLE t;"
    " ALTER TABLE new RENAME TO t"
)


@pytest.mark.parametrize(
    ("statements", "tables"),
    [(REBUILD, ("t",)), ("ALTER TABLE t ADD COLUMN n", ()), ("CREATE TABLE v (id); DROP TABLE u", ())],
)
def test_tables_that_were_rebuilt_are_known(sqlite, statements, tables):
    execute(sqlite, "CREATE TABLE u (id integer)", "CREATE TABLE t (id integer)", "BEGIN")
    before = of(sqlite).storage()
    execute(sqlite, *statements.split("; "))
    assert rewritten(before, of(sqlite).storage()) == tables
    assert of(sqlite).locks_held() is None
    execute(sqlite, "ROLLBACK", "PRAGMA auto_vacuum = FULL", "VACUUM")
    assert of(sqlite).storage() == {}


@pytest.mark.parametrize(
    ("line", "words", "migrating"),
    [
        (["/venv/bin/python", "-W", "error", "manage.py", "migrate", "--database=x"], "manage.py migrate", True),
        (["python3.12", "-m", "django", "migrate_schemas"], "django migrate_schemas", True),
        (["/venv/bin/python", "/venv/bin/django-admin", "migrate"], "django-admin migrate", True),
        (["./manage.py", "migrate"], "manage.py migrate", True),
        (["python", "manage.py", "migwizard", "repair", "migrate"], "manage.py migwizard", False),
        (["python", "-m", "migwizard", "repair", "migrate"], "migwizard repair", False),
        (["python", "-c", "import x", "migrate"], "python", False),
        (["gunicorn", "--password=x", "shop.wsgi"], "gunicorn", False),
        (["python", "manage.py", "--password=x"], "manage.py", False),
        (["vi", "migrate"], "vi", False),
        (["a\x1b[31mb"], "a [31mb", False),
        (["python"], "python", False),
        ([], "", False),
    ],
)  # fmt: skip
def test_what_a_process_runs_is_told_without_its_arguments(line, words, migrating):
    assert processes.in_words(line) == words
    assert bool(line and processes.migrates(line)) is migrating


def test_processes_that_cannot_be_seen_are_not_described(monkeypatch):
    assert re.fullmatch(rf"{ME} \(process {os.getpid()}, .*since {TIME}\)", processes.described(os.getpid()))
    monkeypatch.setattr(processes, "PROC", Path("/no/such/folder"))
    assert list(processes.processes()) == []
    assert processes.described(4711) == "somebody (process 4711)"
    assert processes.file_locks({(1, 2)}) == ()
    assert processes.migrating_project("/") == ()
    assert processes.user_name(4294967290) == "user 4294967290"


def test_a_view_in_the_way_is_named(sqlite):
    with sqlite.cursor() as cursor:
        cursor.execute("CREATE TABLE a (id integer)")
        cursor.execute('CREATE VIEW "v: 1" AS SELECT id FROM a')
        cursor.execute("DROP TABLE a")
        cursor.execute("CREATE TABLE b (id integer)")
        with pytest.raises(OperationalError) as error:
            cursor.execute("ALTER TABLE b RENAME TO c")
    assert of(sqlite).explain_error(error.value) == (
        "The view v: 1 asks for a table that is made anew here, which SQLite does not allow (no such table: main.a). "
        "Drop the view first, and make it again afterwards."
    )
