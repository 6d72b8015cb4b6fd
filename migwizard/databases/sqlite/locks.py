"""The one-repairer lock of SQLite, and who holds SQLite's own locks.

The lock is one of `flock` on an empty file in the machine's folder for temporary files, which all users share, named
after the device and inode of the database. It ends with its process, however that ends. A file beside the database
would stay there after a kill -9; and the database itself must not be opened: a process that closes any descriptor of a
file loses all its record locks on it, which are SQLite's (https://sqlite.org/howtocorrupt.html, 2.2).
"""

from __future__ import annotations

import os
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from .. import processes
from ..base import printable
from ..concurrency import AnotherRepair

SHARED_FOLDER = Path("/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir())
"""Not TMPDIR, which may be another one for each user."""

TRIES = 20

# From "Locking-Style VFSes" in os.h and "walLockBytes" in wal.c of SQLite's sources. Of a database, the byte PENDING,
# RESERVED, and 510 for readers; of its -shm file, the byte of the writer.
PENDING_BYTE, RESERVED_BYTE, SHARED_BYTES = 0x40000000, 0x40000001, range(0x40000002, 0x40000002 + 510)
WAL_WRITE_BYTE, WAL_READ_BYTES = 120, range(123, 128)


def identity(path: Path) -> tuple[int, int] | None:
    """Return device and inode of a file; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def lock_file(database: Path) -> Path | None:
    """Return the file whose lock is that of repairing a database; None where there is no such database."""
    known = identity(database)
    if known is None:
        return None
    return SHARED_FOLDER / f"migwizard-{sha256(repr(known).encode()).hexdigest()[:16]}.lock"


@contextmanager
def exclusive(database: Path) -> Iterator[None]:
    """Hold the lock of repairing a database; raises AnotherRepair, which names who holds it.

    Where the file cannot be made or opened, or the system has no `flock`, SQLite's own lock for writing must do.
    """
    path = lock_file(database)
    descriptor = take(path) if path is not None else None
    if path is None or descriptor is None:
        yield
        return
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, processes.ourselves().encode(), 0)
        yield
    finally:
        # While we hold it: whoever has opened it meanwhile sees that it is not the one of this name any more.
        with suppress(OSError):
            os.ftruncate(descriptor, 0)
            path.unlink()
        os.close(descriptor)


def holder(database: Path) -> str | None:
    """Return who holds the lock of repairing a database; None when nobody does."""
    path = lock_file(database)
    try:
        descriptor = take(path) if path is not None and path.exists() else None
    except AnotherRepair as error:
        return str(error)
    if descriptor is not None:
        os.close(descriptor)
    return None


def take(path: Path) -> int | None:
    """Open and lock a file, and return its descriptor; None where that is impossible. Raises AnotherRepair."""
    if sys.platform == "win32":
        return None
    import fcntl

    for _ in range(TRIES):
        try:
            descriptor = opened(path)
        except OSError:
            return None
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            status = os.fstat(descriptor)
            if identity(path) == (status.st_dev, status.st_ino):
                return descriptor
        except BlockingIOError:
            said = printable(os.pread(descriptor, 300, 0).decode(errors="replace"))
            if said:
                os.close(descriptor)
                raise AnotherRepair(said) from None
            # Somebody only looks whether it is taken, or has just begun and not yet said who it is.
            time.sleep(0.02)
        except OSError:
            os.close(descriptor)
            return None
        os.close(descriptor)
    raise AnotherRepair("another process")


def opened(path: Path) -> int:
    """Open a lock file that any user may open; make it where there is none. Raises OSError."""
    flags = os.O_RDWR | os.O_NOFOLLOW
    try:
        # Without O_CREAT: in a folder that all may write to, Linux refuses that for a file of another user
        # (fs.protected_regular).
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        try:
            descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return opened(path)
        os.fchmod(descriptor, 0o666)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is not a file.")
    return descriptor


def users(database: Path) -> dict[int, str]:
    """Return the processes that hold a lock of SQLite on a database, and its mode in SQLite's words, ours aside."""
    files = identity(database), identity(Path(f"{database}-shm"))
    found: dict[int, str] = {}
    for process, file, write, byte in processes.file_locks({one for one in files if one is not None}):
        if file == files[0] and files[1] is not None and not write:
            # With a write-ahead log, every connection holds this one all the time.
            continue
        mode = mode_of(write, byte, log=file != files[0])
        if process != os.getpid() and mode and found.get(process) != "RESERVED":
            found[process] = mode
    return found


def mode_of(write: bool, byte: int, *, log: bool) -> str:
    """Return what a record lock of SQLite stands for; empty for those that keep nobody waiting."""
    if log:
        return "RESERVED" if write and byte == WAL_WRITE_BYTE else "SHARED" if byte in WAL_READ_BYTES else ""
    if write:
        return "RESERVED" if byte in (PENDING_BYTE, RESERVED_BYTE) or byte in SHARED_BYTES else ""
    return "SHARED" if byte in SHARED_BYTES else ""
