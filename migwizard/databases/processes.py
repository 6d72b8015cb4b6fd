"""Processes of this machine, as Linux shows them below /proc; where there is no such thing, nothing is known of them.

Of the processes of other users only some of it can be read. Command lines are never shown whole: they may hold
passwords.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from migwizard.core.session import named

from .base import printable

PROC = Path("/proc")
MIGRATES = ("migrate", "migrate_schemas")
"""Commands of Django, and of django-tenants, that apply migrations."""
LONGEST = 60


def processes() -> Iterator[int]:
    """Yield the numbers of all processes but this one."""
    try:
        names = os.listdir(PROC)
    except OSError:
        return
    yield from (int(name) for name in names if name.isdigit() and int(name) != os.getpid())


def whose() -> str:
    """Return whose process this is: user and host, as `deploy@web1`."""
    return f"{user_name(os.geteuid() if hasattr(os, 'geteuid') else None)}@{printable(socket.gethostname())}"


def ourselves() -> str:
    """Return this process in words, for others to read."""
    return named(whose(), os.getpid(), "migwizard", since=moment(time.time()))


def described(process: int) -> str:
    """Return a process in words: `deploy (process 4711, manage.py migrate, since …)`."""
    return named(owner(process), process, program(process), since=begun(process))


def owner(process: int) -> str:
    """Return the user that a process runs as; empty where it is gone or cannot be seen."""
    try:
        return user_name((PROC / str(process)).stat().st_uid)
    except OSError:
        return ""


def user_name(number: int | None) -> str:
    """Return the name of a user of this machine; the number itself where it has none, as in some containers."""
    try:
        import pwd

        return printable(pwd.getpwuid(number).pw_name) if number is not None else "somebody"
    except (ImportError, KeyError):
        return f"user {number}"


def arguments(process: int) -> list[str]:
    """Return the command line of a process; empty where it is gone or cannot be seen."""
    try:
        line = (PROC / str(process) / "cmdline").read_bytes()
    except OSError:
        return []
    return os.fsdecode(line).rstrip("\0").split("\0") if line else []


def program(process: int) -> str:
    """Return what a process runs, without its arguments: `manage.py migrate`, `gunicorn`, `celery worker`."""
    return in_words(arguments(process))


def in_words(line: list[str]) -> str:
    """Return the program of a command line, and the command of it where it is one of Python's."""
    if not line:
        return ""
    script = behind_python(line)
    if not script:
        return printable(os.path.basename(line[0]))[:LONGEST]
    words = [os.path.basename(script[0]), *(word for word in script[1:2] if not word.startswith("-"))]
    return printable(" ".join(words))[:LONGEST]


def behind_python(line: list[str]) -> list[str]:
    """Return the script or module of an interpreter's command line, with its arguments; empty for other programs."""
    if not line or not os.path.basename(line[0]).lower().startswith(("python", "pypy")):
        return line if line and line[0].endswith(".py") else []
    rest = line[1:]
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option == "-c":
            return []
        if option == "-m":
            return rest
        if option in ("-W", "-X"):
            del rest[:1]
    return rest


def migrates(line: list[str]) -> bool:
    """Tell whether a command line is that of `manage.py migrate`, in any of its forms."""
    script = behind_python(line) or line
    if len(script) < 2 or script[1] not in MIGRATES:
        return False
    return os.path.basename(script[0]) in ("django-admin", "django") or script[0].endswith(".py")


def migrating_project(project: str) -> tuple[int, ...]:
    """Return the processes that run `manage.py migrate` in a project, whichever database that is for."""
    found = []
    for process in processes():
        line = arguments(process)
        if migrates(line) and project_of(process, line) == os.path.realpath(project):
            found.append(process)
    return tuple(sorted(found))


def project_of(process: int, line: list[str]) -> str:
    """Return the folder of the manage.py that a process runs, or else the one that it runs in; empty if unknown."""
    try:
        folder = os.readlink(PROC / str(process) / "cwd")
    except OSError:
        return ""
    script = (behind_python(line) or line)[0]
    if script.endswith(".py"):
        return os.path.dirname(os.path.realpath(os.path.join(folder, script)))
    return os.path.realpath(folder)


def opened(process: int, files: set[tuple[int, int]]) -> bool:
    """Tell whether a process is seen to have one of some files open, given by device and inode."""
    folder = PROC / str(process) / "fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    for name in names:
        try:
            status = os.stat(folder / name)
        except OSError:
            continue
        if (status.st_dev, status.st_ino) in files:
            return True
    return False


def file_locks(files: set[tuple[int, int]]) -> tuple[tuple[int, tuple[int, int], bool, int], ...]:
    """Return the record locks on some files: process, file, whether it is one for writing, and its first byte.

    Source: proc_locks(5). Locks of processes in other containers are not among them.
    """
    try:
        lines = (PROC / "locks").read_text().splitlines()
    except OSError:
        return ()
    found = []
    for words in (line.split() for line in lines):
        # A line with an arrow is one that waits.
        if len(words) != 8 or words[1] not in ("POSIX", "OFDLCK"):
            continue
        major, minor, inode = words[5].split(":")
        file = (os.makedev(int(major, 16), int(minor, 16)), int(inode))
        if file in files and int(words[4]) > 0:
            found.append((int(words[4]), file, words[3] == "WRITE", int(words[6])))
    return tuple(found)


def begun(process: int) -> str:
    """Return when a process began; empty where it is gone or cannot be seen."""
    try:
        # The program's name, in parentheses, may hold spaces. Field 22, in ticks since the machine started.
        fields = (PROC / str(process) / "stat").read_text(errors="replace").rpartition(")")[2].split()
        started = next(
            int(line.split()[1])
            for line in (PROC / "stat").read_text().splitlines()
            if line.startswith("btime")
        )
        return moment(started + int(fields[19]) / os.sysconf("SC_CLK_TCK"))
    except (OSError, IndexError, ValueError, StopIteration):
        return ""


def moment(seconds: float) -> str:
    """Return a point in time as it is shown."""
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
