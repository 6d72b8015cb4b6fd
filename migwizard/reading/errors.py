"""What went wrong in somebody else's code, as one sentence that is safe to show."""

from __future__ import annotations

import importlib
import os
import re
import traceback
import unicodedata
from pathlib import Path

LONGEST = 400
"""Characters of an exception's message that are shown; some quote a whole page."""

_URL_PASSWORD = re.compile(r"(://[^\s:/@'\"]*):[^\s'\"]*@")
_NAMED_SECRET = re.compile(
    r"(?i)\b(password|passwd|pwd|secret|token)(['\"]?\s*[=:]\s*)('[^']*'|\"[^\"]*\"|[^\s,;)]+)"
)
_SECRET_NAME = re.compile(r"(?i)pass|pwd|secret|token|key|_url$|dsn|credential")


_NOWHERE = ("<", str(Path(__file__).parent), str(Path(importlib.__file__).parent))
"""What the names of files begin with that say nothing of the error: those that only ran the code."""


def clean(text: str) -> str:
    """Return `text` on one line, without control characters or others that a terminal might obey."""
    if text.isprintable():
        return text.strip()
    visible = (" " if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") else c for c in text)
    return " ".join("".join(visible).split())


def mask(text: str) -> str:
    """Return `text` without what looks like a password: in a URL, after its name, or in the environment."""
    for name, value in os.environ.items():
        if len(value) >= 6 and _SECRET_NAME.search(name):
            text = text.replace(value, "***")
    return _NAMED_SECRET.sub(r"\1\2***", _URL_PASSWORD.sub(r"\1:***@", text))


def describe(error: BaseException, root: Path | None = None) -> str:
    """Return an exception as `Type: message (file:line)`, the file relative to `root` where it lies below.

    The place is the last one in the project's own code, if the error came through it.
    """
    try:
        message = error.msg if isinstance(error, SyntaxError) else str(error)
    except Exception:
        message = ""
    # Both: a secret may hold what cleaning takes out.
    message = mask(clean(mask(message or "")))
    if len(message) > LONGEST:
        message = message[:LONGEST] + "…"
    text = f"{type(error).__name__}: {message}" if message else type(error).__name__
    place = where(error, root)
    return f"{text} ({place})" if place else text


def where(error: BaseException, root: Path | None = None) -> str:
    """Return `file:line` of an exception, or an empty text where it has none."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{relative(error.filename, root)}:{error.lineno or 1}"
    frames = traceback.extract_tb(error.__traceback__)
    real = [frame for frame in frames if not frame.filename.startswith(_NOWHERE)]
    if not real:
        return ""
    own = [frame for frame in real if root and is_own(frame.filename, root)]
    last = own[-1] if own else real[-1]
    return f"{relative(last.filename, root)}:{last.lineno}"


def is_own(path: str, root: Path) -> bool:
    """Return whether a path is the project's own: below its root, and in no virtual environment there."""
    try:
        inside = Path(os.path.realpath(path)).relative_to(root)
    except ValueError:
        return False
    if {"site-packages", "dist-packages"} & set(inside.parts):
        return False
    return not any((root / parent / "pyvenv.cfg").exists() for parent in inside.parents)


def relative(path: str, root: Path | None) -> str:
    """Return a path as it is shown: relative to the project where it lies inside."""
    try:
        shown = str(Path(path).relative_to(root)) if root else path
    except ValueError:
        shown = path
    return clean(shown)
