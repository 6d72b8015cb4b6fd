"""Changes of files as unified diffs."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff

NOWHERE = "/dev/null"
"""What stands in a diff for a file that is not there."""
NO_END = "\\ No newline at end of file"


def unified(path: str, former: str | None, content: str | None) -> tuple[str, ...]:
    """Return a change of a file as the lines of a unified diff, without their ends; no line when nothing changes.

    Args:
        path: the file, as it stands in the diff's head.
        former: what the file holds before, None where there is none.
        content: what it holds afterwards, None where there is none.
    """
    if former == content:
        return ()
    before = NOWHERE if former is None else path
    after = NOWHERE if content is None else path
    lines = unified_diff(_lines(former or ""), _lines(content or ""), before, after)
    # An empty file that comes or goes has no line that could differ.
    return tuple(_parted(lines)) or (f"--- {before}", f"+++ {after}")


def _lines(text: str) -> list[str]:
    """Return a text's lines with their ends; only a newline ends one, as in every tool that applies a diff."""
    lines = [f"{line}\n" for line in text.split("\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _parted(lines: Iterator[str]) -> Iterator[str]:
    """Yield lines without their ends, and a line of its own where a file has none."""
    for line in lines:
        yield line.removesuffix("\n")
        if not line.endswith("\n"):
            yield NO_END
