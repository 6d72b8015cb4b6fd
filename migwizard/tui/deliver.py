"""Text that leaves the screen: into the clipboard, or into a file."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from migwizard.core.plan import Plan

from .safe import safe

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
    path = save(text, folder, "copied", ".txt")
    return f"This terminal has no clipboard for that; it is in {path}."


def save(text: str, folder: Path, name: str, suffix: str) -> Path:
    """Write a text into a new file, never over one that is there, and return its path."""
    stem = "migwizard-" + (re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.")[:60] or "plan")
    for number in range(1, 1000):
        path = folder / f"{stem}{f'-{number}' if number > 1 else ''}{suffix}"
        try:
            with open(path, "x", encoding="utf-8", errors="backslashreplace") as file:
                file.write(text)
        except FileExistsError:
            continue
        return path
    raise FileExistsError(f"{folder / stem}{suffix} and 998 more are there already")


def script(plan: Plan, database: str) -> str:
    """Return a plan as an SQL script that can be run by hand, each step under its reason."""
    lines = [f"-- {safe(plan.title)} ({plan.safety})", f"-- for the database {safe(database)}"]
    if plan.fingerprint:
        lines.append(
            f"-- made from the situation {safe(plan.fingerprint)}; anything that changed since makes it stale"
        )
    lines += [f"-- risk: {safe(risk)}" for risk in plan.risks]
    if plan.refusal:
        lines.append(f"-- migwizard refuses to run this: {safe(plan.refusal)}")
    for number, step in enumerate(plan.steps, 1):
        lines += ["", f"-- {number}. {safe(step.why)}"]
        if step.path:
            lines.append(
                f"-- a file, not SQL: {'delete' if step.content is None else 'write'} {safe(step.path)}"
            )
        lines += [f"-- {safe(part)}" for part in step.note.splitlines()]
        lines += [ended(statement) for statement in step.sql]
        if step.undo:
            lines.append(f"-- undo: {safe(step.undo)}")
    return "\n".join(lines) + "\n"


def ended(statement: str) -> str:
    """Return a statement with its semicolon, on a line of its own where a comment would swallow it."""
    text = statement.rstrip().rstrip(";")
    return text + ("\n;" if "--" in text.rpartition("\n")[2] else ";")
