"""Text that leaves the screen: into the clipboard, or into a file."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

MOST_OSC = 74_000
"""Characters that terminals take in one OSC 52 sequence (base64 makes 100,000 bytes of 74,994)."""


def copy(text: str, environ: Mapping[str, str], osc: Callable[[str], None], folder: Path) -> str:
    """Copy a text, and return the sentence that says where it went.

    Inside tmux its own buffer takes it, and passes it on to the terminal (`-w`, tmux 3.2); elsewhere OSC 52 asks the
    terminal, which works over SSH. What is too long for that is written to a file.
    """
    if environ.get("TMUX") and shutil.which("tmux"):
        try:
            subprocess.run(
                ["tmux", "load-buffer", "-w", "-"],
                input=text.encode("utf-8", "replace"),
                check=True,
                timeout=5,
                capture_output=True,
            )
        except (OSError, subprocess.SubprocessError):
            pass
        else:
            return "Copied into tmux's buffer (prefix ] pastes it) and to the terminal's clipboard."
    if len(text) <= MOST_OSC and environ.get("TERM") not in ("linux", "vt100", "vt220"):
        osc(text)
        return "Copied to the clipboard, if this terminal lets programs do that (OSC 52); w writes a file."
    path = free_name(folder, "copied", ".txt")
    write(text, path)
    return f"This terminal has no clipboard for that; it is in {path}."


def free_name(folder: Path, name: str, suffix: str) -> Path:
    """Return the path of a file that is not there yet."""
    stem = "migwizard-" + (re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60] or "plan")
    paths = (folder / f"{stem}{f'-{number}' if number else ''}{suffix}" for number in (0, *range(2, 1000)))
    return next((path for path in paths if not os.path.lexists(path)), folder / f"{stem}{suffix}")


def write(text: str, path: Path, *, over: bool = False) -> None:
    """Write a text into a file: a new one, unless it is said that one may be written over.

    Raises:
        OSError: when it cannot be written, or is there already.
    """
    with open(path, "w" if over else "x", encoding="utf-8", errors="backslashreplace") as file:
        file.write(text)
