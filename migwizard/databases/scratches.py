"""What scratch databases are called, and which of them somebody has left behind."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import secrets
import time

PREFIX = "migwizard_scratch_"
STALE_SECONDS = 24 * 3600
NAME = re.compile(PREFIX + r"([0-9a-f]{8})_([0-9]+)_([0-9a-f]+)_[0-9a-f]+(_[0-9]+)?")


def machine() -> str:
    """Return what tells the processes of this machine (and container) from those of another with the same ids."""
    parts = [os.uname().nodename]
    with contextlib.suppress(OSError):
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as boot:
            parts.append(boot.read().strip())
        parts.append(str(os.stat("/proc/self/ns/pid").st_ino))
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:8]


def scratch_name() -> str:
    """Return a new name for a scratch database, from which can be told later whether its maker still lives."""
    return f"{PREFIX}{machine()}_{os.getpid()}_{int(time.time()):x}_{secrets.token_hex(4)}"


def is_alive(pid: int) -> bool:
    """Return whether a process of that id runs on this machine."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def is_left_behind(name: str, *, used: bool) -> bool:
    """Return whether the maker of a scratch database is gone: a process of this machine, or anybody after a day.

    Args:
        name: of any database.
        used: whether somebody is connected to it.
    """
    match = NAME.fullmatch(name)
    if match is None:
        return False
    ours = match[1] == machine()
    old = time.time() - int(match[3], 16) > STALE_SECONDS
    return (ours and not is_alive(int(match[2]))) or (old and not used)
