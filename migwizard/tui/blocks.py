"""A long text made of blocks, each built when it first comes into view."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from textual import events
from textual.geometry import Size
from textual.widget import Widget

from .lines import Lines
from .look import Look
from .safe import Spans, folded, wrap

SHORT = 100
"""Blocks that may all be built at once, so that the length of the text is known from the beginning."""

Build = Callable[[int], list[Spans]]


@dataclass(frozen=True, slots=True)
class Block:
    """A piece of a text: `build(width)` gives its lines, at least one."""

    build: Build
    words: str = ""
    """What it says, for blocks that are costly to build; a search builds those only that may hold its text."""


def paragraph(text: str, style: str = "plain", indent: str = "") -> Block:
    """Return a block of wrapped text in one style."""
    return Block(lambda width: [((line, style),) for line in wrap(text, width, indent)])


def entry(left: str, text: str, width: int) -> Block:
    """Return a block with a word at the left, and wrapped text beside it."""

    def build(room: int) -> list[Spans]:
        first, *others = wrap(text, room - width)
        lines: list[Spans] = [((f"{left:<{width}}", "strong"), (first, "plain"))]
        return lines + [((" " * width + other, "plain"),) for other in others]

    return Block(build)


def line(*spans: tuple[str, str]) -> Block:
    """Return a block of one line in several styles; what does not fit goes on below."""
    return Block(lambda width: folded(spans, width))


GAP = line(("", "plain"))


class Blocks(Lines):
    """A text without a cursor, whose blocks are built as they are reached.

    A plan may have ten thousand statements, and formatting one takes a millisecond: so a block counts as one line
    until it is seen. What is above the first visible line never changes its height, so nothing jumps.
    """

    has_cursor = False

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.blocks: tuple[Block, ...] = ()
        self.built: dict[int, list[Spans]] = {}
        self.rows: list[tuple[int, int]] = []
        self.built_for = 0
        self.wanted = 0

    def show(self, blocks: Iterable[Block], *, at: int = 0) -> None:
        """Show other blocks, from block `at` on; a number after the last one shows the end."""
        self.blocks = tuple(blocks)
        self.rebuild(0)
        self.renew()
        self.wanted = at
        if at >= len(self.blocks) > 0:
            self.ends(last=True)
        else:
            self.scroll_lines(self.line_of(at))

    def append(self, blocks: Iterable[Block]) -> None:
        """Show more blocks at the end; who looks at the end keeps looking at it."""
        at_end = self.scroll_offset.y >= self.bottom()
        first = len(self.blocks)
        self.blocks += tuple(blocks)
        self.rows += [(index, 0) for index in range(first, len(self.blocks))]
        self.complete(self.scroll_offset.y)
        self.renew()
        if at_end:
            self.ends(last=True)

    def line_of(self, block: int) -> int:
        """Return the first line of a block, as far as the blocks before it are built."""
        return next((number for number, row in enumerate(self.rows) if row == (block, 0)), 0)

    def rebuild(self, top: int) -> None:
        """Forget the lines of all blocks, because the text or the width changed, and build those from line `top`."""
        self.built = {}
        self.rows = [(index, 0) for index in range(len(self.blocks))]
        self.built_for = self.extent.width
        self.complete(top)

    def complete(self, top: int) -> bool:
        """Build the blocks from line `top` to the lower edge, all of a short text; say whether any was not yet."""
        height = self.extent.height
        if len(self.blocks) <= SHORT:
            top, height = 0, sys.maxsize
        if self.extent.width <= 0:
            return False
        new = False
        at = max(0, min(top, len(self.rows) - 1))
        while at < min(len(self.rows), top + height):
            index, part = self.rows[at]
            if index not in self.built:
                lines = self.built[index] = self.blocks[index].build(self.room) or [()]
                self.rows[at : at + 1] = [(index, number) for number in range(len(lines))]
                new, part = True, 0
            at += len(self.built[index]) - part
        return new

    def scroll_lines(self, top: int) -> bool:
        """Scroll, after building what comes into view; near the end that moves as it is built."""
        while self.complete(min(top, self.bottom())):
            self.renew()
        return super().scroll_lines(top)

    def ends(self, last: bool) -> None:
        """Move to the beginning or the end, as far as the end moves when it is built."""
        while last and self.complete(self.bottom()):
            self.renew()
        super().ends(last)

    @property
    def room(self) -> int:
        """Cells that a line of text may take; one at each side stays free."""
        return max(1, self.extent.width - 2)

    @property
    def extent(self) -> Size:
        """The view's size; before it was ever shown, that of its container, so that it need not be drawn twice."""
        container = self.parent
        return self.size or (container.size if isinstance(container, Widget) else self.size)

    def count(self) -> int:
        """Return the number of lines known so far."""
        return len(self.rows)

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return one line of the text."""
        block, part = self.rows[index]
        lines = self.built.get(block)
        return ((" ", "plain"), *lines[part]) if lines and part < len(lines) else ()

    def words(self, index: int) -> str:
        """Return the text of one line."""
        return "".join(text for text, _style in self.draw(index, 0, self.size.width))

    def next_match(self, step: int) -> bool:
        """Scroll to the next line that holds the sought text; blocks that may hold it are built for that."""
        for index, block in enumerate(self.blocks):
            if index not in self.built and (not block.words or self.sought in block.words.lower()):
                self.built[index] = block.build(self.room) or [()]
        self.rows = [
            (index, part)
            for index in range(len(self.blocks))
            for part in range(len(self.built.get(index, ((),))))
        ]
        self.renew()
        start, count = self.scroll_offset.y, self.count()
        for distance in range(1, count + 1):
            index = (start + step * distance) % count
            if self.sought in self.words(index).lower():
                self.scroll_lines(index)
                return True
        return False

    def chosen_words(self) -> list[str]:
        """Return the whole text, for copying."""
        return [
            "".join(text for text, _style in spans)
            for index, block in enumerate(self.blocks)
            for spans in self.built.get(index) or block.build(max(40, self.room))
        ]

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the text to the new width, and build what has come into view."""
        if self.size.width != self.built_for and self.size.width:
            top = min(self.scroll_offset.y, len(self.rows) - 1)
            # What was shown before the view had a size begins where it was meant to.
            block = self.rows[top][0] if self.built_for and self.rows else self.wanted
            self.rebuild(0)
            self.renew()
            self.scroll_lines(self.line_of(block))
        else:
            # A higher view begins earlier in the text, where nothing may have been built yet.
            self.scroll_lines(self.scroll_offset.y)
        self.post_message(self.Sized())
