"""Who else is connected to the database, and what they lock, as the database panel shows it."""

from __future__ import annotations

from collections.abc import Sequence

from migwizard.core.session import Session, listed, named

from .blocks import Block, line
from .look import Look
from .safe import Spans, wrap
from .words import plural

MOST = 20
"""Sessions that are shown one by one: those that somebody waits for come first."""


def connected(sessions: Sequence[Session]) -> Block:
    """Return the line that says how many others are connected, and how many of them lock something."""
    with_locks = len(busy(sessions))
    if not sessions:
        text = "nobody else, as far as can be seen"
    elif not with_locks:
        text = f"{plural(len(sessions), 'other')}; nobody holds a lock"
    else:
        text = f"{plural(len(sessions), 'other')}; {with_locks} with locks, below"
    return line(("connected: ", "quiet"), (text, "warning" if with_locks else "quiet"))


def busy(sessions: Sequence[Session]) -> list[Session]:
    """Return the sessions that hold locks or wait for them."""
    return [one for one in sessions if one.holds or one.waits_for]


def locking(sessions: Sequence[Session], look: Look) -> Block:
    """Return the block that names those that hold or wait for locks, of whom there is at least one."""
    found = busy(sessions)

    def build(width: int) -> list[Spans]:
        lines: list[Spans] = [(("who locks what", "strong"),)]
        for one in found[:MOST]:
            first, *others = wrap(described(one), width - 4)
            sign, style = (look.glyphs.differs, "warning") if one.waits_for else (" ", "plain")
            lines.append(((f"  {sign} ", "warning"), (first, style)))
            lines += [((f"    {other}", style),) for other in others]
        if len(found) > MOST:
            lines.append(((f"    and {len(found) - MOST} more", "quiet"),))
        return lines

    return Block(build)


def described(one: Session) -> str:
    """Return a session with what it holds and for whom it waits, in one sentence."""
    text = named(one.who, one.process, one.program, one.address, one.since)
    held = listed([f"{mode} on {table}" for table, mode in one.holds])
    parts = [
        one.state,
        f"holds {held}" if held else "",
        f"waits for {listed([f'process {process}' for process in one.waits_for])}" if one.waits_for else "",
    ]
    return f"{text}: {', '.join(part for part in parts if part)}"
