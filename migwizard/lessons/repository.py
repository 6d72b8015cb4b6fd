"""A git repository for a lesson, which knows nothing of the configuration of whoever takes it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

OPTIONS = (
    *("-c", "user.name=Robin Hood"),
    *("-c", "user.email=robin@example.org"),
    *("-c", "init.defaultBranch=main"),
    *("-c", "commit.gpgSign=false"),
    *("-c", "core.autocrlf=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "gc.auto=0"),
)


class NoRepository(Exception):
    """There can be no repository here, for the reason given in one sentence."""


def make(root: Path) -> None:
    """Make a repository in a folder, which leaves out what runs there make.

    Raises:
        NoRepository: when git is not installed, or refuses.
    """
    _git(root, "init", "--quiet", "--template=")
    exclude = root / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("__pycache__/\n*.sqlite3*\n", encoding="utf-8")


def commit(root: Path, message: str, date: str) -> None:
    """Commit everything as it is; `date` is one that git understands.

    Raises:
        NoRepository: when git refuses.
    """
    _git(root, "add", "--all")
    _git(root, "commit", "--quiet", "--message", message, date=date)


def _git(root: Path, *arguments: str, date: str = "") -> None:
    program = shutil.which("git")
    if program is None:
        raise NoRepository("git is not installed, which this lesson needs.")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    if date:
        environment |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    done = subprocess.run(
        [program, *OPTIONS, *arguments],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise NoRepository(f"git says: {said}")
