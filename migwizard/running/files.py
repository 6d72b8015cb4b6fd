"""Changes files so that a crash leaves each of them whole: written beside, flushed, and renamed after the commit."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ..core.journal import FileChange
from ..core.plan import Step


class FileInTheWay(Exception):
    """A file is not as it was when the plan was made, or cannot be written; the text says so in one sentence."""


def changes(steps: Iterable[Step]) -> tuple[FileChange, ...]:
    """Return what the steps of kind `file` change, one entry a file, in their order."""
    found: dict[str, FileChange] = {}
    for step in steps:
        if step.kind == "file":
            before = found[step.path].former if step.path in found else step.former
            found[step.path] = FileChange(step.path, before, step.content)
    return tuple(found.values())


def content(path: str | Path) -> str | None:
    """Return what a file holds, None where there is none.

    Raises:
        FileInTheWay: when something is there that cannot be read as text.
    """
    try:
        # Not read_text: its line ends would not be those of the file.
        return Path(path).read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise FileInTheWay(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def check(change: FileChange) -> None:
    """Raise FileInTheWay unless a file is still as it was when the plan was made."""
    found = content(change.path)
    if found == change.former:
        return
    if change.former is None:
        raise FileInTheWay(f"{change.path} is there already.")
    what = "is gone" if found is None else "has changed since the plan was made"
    raise FileInTheWay(f"{change.path} {what}.")


def beside(path: str | Path, number: int) -> Path:
    """Return where the new content of a file waits for the commit of execution `number`.

    The name ends in nothing that Python imports.
    """
    real = Path(os.path.realpath(path))
    return real.with_name(f".{real.name}.migwizard-{number}")


def stage(change: FileChange, number: int) -> None:
    """Write a file's new content beside it and flush it to disk.

    Raises:
        FileInTheWay: when the file is not as it was, or its folder cannot be written.
    """
    check(change)
    place = beside(change.path, number)
    try:
        if change.content is None:
            if not os.access(place.parent, os.W_OK):
                raise PermissionError(13, "Permission denied")
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("wb") as file:
            file.write(change.content.encode())
            file.flush()
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(change.path).st_mode))
            os.fsync(file.fileno())
    except OSError as error:
        discard(change, number)
        raise FileInTheWay(f"{change.path} cannot be written: {error.strerror or error}.") from error


def place(change: FileChange, number: int) -> None:
    """Put a file's new content in its place, which is one step of the file system; done already, it does nothing.

    Raises:
        FileInTheWay: when somebody has changed the file meanwhile, or the new content is not there any more.
    """
    found = content(change.path)
    staged = beside(change.path, number)
    if found == change.content:
        discard(change, number)
        return
    if found != change.former:
        raise FileInTheWay(f"{change.path} has changed meanwhile; what was to be written is in {staged}.")
    try:
        if change.content is None:
            os.unlink(change.path)
            _flush(staged.parent)
            remove_empty(staged.parent)
            return
        else:
            if not staged.exists():
                stage(change, number)
            os.replace(staged, os.path.realpath(change.path))
        _flush(staged.parent)
    except OSError as error:
        raise FileInTheWay(f"{change.path} cannot be written: {error.strerror or error}.") from error


def discard(change: FileChange, number: int) -> None:
    """Remove what waits beside a file, and the folders that were made for it alone."""
    staged = beside(change.path, number)
    with suppress(OSError):
        staged.unlink(missing_ok=True)
    if change.former is None and not os.path.exists(change.path):
        remove_empty(staged.parent)


def remove_empty(folder: Path) -> None:
    """Remove a folder in which nothing is left but byte code, and those around it of which the same is true then."""
    with suppress(OSError):
        while all(name == "__pycache__" for name in os.listdir(folder)):
            cache = folder / "__pycache__"
            if cache.exists():
                if not all(name.endswith(".pyc") for name in os.listdir(cache)):
                    return
                shutil.rmtree(cache)
            folder.rmdir()
            folder = folder.parent


def _flush(folder: Path) -> None:
    """Flush a folder's own entries to disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
