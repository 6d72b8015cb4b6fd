"""The base of every list and text on the screen: a view that builds only the lines which are visible."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from .look import Look
from .safe import Span, Spans, fit, safe

GUTTER = 2
"""Cells at the left of each line for the cursor and the mark."""


class Lines(ScrollView):
    """A scrolling list of items, each `tall` lines high, drawn line by line with Textual's line API.

    A subclass says how many items there are (`count`), how one looks (`draw`) and, for the filter, what it says
    (`words`). Nothing is built for an item that is out of view, so that 5,000 cost no more than 20. The list takes
    no focus of its own: the screen sends it the keys, because Textual repaints too much when a focus moves.
    """

    DEFAULT_CSS = "Lines { overflow: hidden hidden; height: 1fr; width: 1fr; }"

    can_focus = False
    tall = 1
    has_cursor = True

    class Moved(Message):
        """The cursor went to another item."""

        def __init__(self, lines: Lines) -> None:
            super().__init__()
            self.lines = lines

        @property
        def control(self) -> Lines:
            """The list that it happened in."""
            return self.lines

    class Sized(Message):
        """The view got its size, or another one."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.look = look
        self.cursor = 0
        self.active = False
        self.sought = ""
        self.marked: set[str] = set()

    # What a subclass says about its items.

    def count(self) -> int:
        """Return the number of items."""
        return 0

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return one line of an item, without its gutter, in at most `width` cells."""
        raise NotImplementedError

    def words(self, index: int) -> str:
        """Return what a search looks at in an item."""
        return ""

    def name_of(self, index: int) -> str:
        """Return what identifies an item while the list is drawn anew; the empty string cannot be marked."""
        return ""

    def related(self, index: int) -> Span:
        """Return a sign for the gutter of an item that has to do with the selected one."""
        return ("", "plain")

    # Drawing.

    def render_line(self, y: int) -> Strip:
        """Return one visible line as a strip exactly as wide as the view."""
        width = self.size.width
        index, line = divmod(y + self.scroll_offset.y, self.tall)
        if width <= 0 or not 0 <= index < self.count():
            return Strip.blank(max(0, width))
        if not self.has_cursor:
            return self.strip(self.draw(index, line, width), width)
        spans = (*self.edge(index, line), *self.draw(index, line, width - GUTTER))
        if index == self.cursor:
            return self.strip(spans, width, "cursor" if self.active else "cursor.idle")
        return self.strip(spans, width)

    def edge(self, index: int, line: int) -> Spans:
        """Return the two cells before an item: the cursor or a relation, and the mark."""
        glyphs = self.look.glyphs
        if line:
            return ((" " * GUTTER, "plain"),)
        sign = (glyphs.cursor, "strong") if index == self.cursor else self.related(index)
        name = self.name_of(index)
        mark = glyphs.mark if name and name in self.marked else ""
        return ((fit(sign[0], 1), sign[1]), (fit(mark, 1), "strong"))

    def strip(self, spans: Spans, width: int, over: str = "") -> Strip:
        """Turn spans into a strip; whatever came from outside is made harmless here, for all views at once.

        `over` is a style for the whole line, in place of those of its spans.
        """
        ascii_only = self.look.ascii
        style = self.look.style
        segments = [
            Segment(safe(text, ascii_only), style(over or name) or Style.null())
            for text, name in spans
            if text
        ]
        filler = style(over) if over == "cursor" else Style.null()
        return Strip(self.sought_shown(segments)).adjust_cell_length(width, filler)

    def sought_shown(self, segments: list[Segment]) -> list[Segment]:
        """Return the segments with the sought text set apart."""
        if not self.sought:
            return segments
        found: list[Segment] = []
        match = self.look.style("match")
        size = len(self.sought)
        for text, style, _control in segments:
            start, low = 0, text.lower()
            # Case folding changes the length of a few characters; then positions would be wrong.
            while len(low) == len(text) and (at := low.find(self.sought, start)) >= 0:
                found.append(Segment(text[start:at], style))
                found.append(Segment(text[at : at + size], (style or Style.null()) + match))
                start = at + size
            found.append(Segment(text[start:], style))
        return found

    # Contents, cursor and scrolling.

    def renew(self, cursor: int | None = None) -> None:
        """Draw everything again, after the items changed."""
        last = max(0, self.count() - 1)
        self.cursor = min(max(0, self.cursor if cursor is None else cursor), last)
        size = Size(self.size.width, self.count() * self.tall)
        if size != self.virtual_size:
            self.virtual_size = size
        self.reveal()
        self.refresh(self.size.region)

    def go(self, index: int) -> None:
        """Move the cursor to an item, and scroll as little as possible to show it."""
        index = min(max(0, index), max(0, self.count() - 1))
        if index == self.cursor:
            return
        before, self.cursor = self.cursor, index
        if not self.reveal():
            self.redraw(before)
            self.redraw(index)
        self.post_message(self.Moved(self))

    def redraw(self, index: int, width: int = 0) -> None:
        """Send one item again, or only its first `width` cells."""
        top = index * self.tall - self.scroll_offset.y
        if -self.tall < top < self.size.height:
            self.refresh(Region(0, max(0, top), width or self.size.width, self.tall))

    def reveal(self) -> bool:
        """Scroll so that the cursor is in view; say whether that was necessary."""
        height = self.size.height
        if not self.has_cursor or height <= 0:
            return False
        top, first = self.scroll_offset.y, self.cursor * self.tall
        # A third of the view at once: scrolling sends the whole list again, so it should be rare.
        more = height // 3 // self.tall * self.tall
        if first < top:
            return self.scroll_lines(max(0, first - more))
        if first + self.tall > top + height:
            return self.scroll_lines(first + self.tall - height + more)
        return False

    def scroll_lines(self, top: int) -> bool:
        """Scroll so that line `top` is the first one; say whether anything moved."""
        before = self.scroll_offset.y
        self.scroll_to(y=min(top, self.bottom()), animate=False, force=True, immediate=True)
        return self.scroll_offset.y != before

    def bottom(self) -> int:
        """Return the first line to show when the view is at its end."""
        return max(0, self.count() * self.tall - self.size.height)

    def step(self, items: int) -> None:
        """Move by items: the cursor where there is one, else the view."""
        if self.has_cursor:
            self.go(self.cursor + items)
        else:
            self.scroll_lines(max(0, self.scroll_offset.y + items))

    def page(self, pages: float) -> None:
        """Move by a part of the height of the view."""
        self.step(int(pages * max(1, self.size.height // self.tall)) or (1 if pages > 0 else -1))

    def ends(self, last: bool) -> None:
        """Move to the first or the last item."""
        self.step(self.count() + self.size.height if last else -self.count() - self.size.height)

    def position(self) -> str:
        """Return where the cursor is, for the line above the view."""
        count = self.count()
        if not self.has_cursor:
            height = self.size.height
            if count <= height:
                return ""
            return f"{min(count, self.scroll_offset.y + height)}/{count}"
        return f"{self.cursor + 1}/{count}" if count else ""

    # Searching and marking.

    def seek(self, text: str) -> None:
        """Set the text that is looked for and shown; the empty text ends the search."""
        self.sought = text.lower()
        self.refresh(self.size.region)

    def next_match(self, step: int) -> bool:
        """Go to the next item that holds the sought text, around the end; say whether there is one."""
        count = self.count()
        for distance in range(1, count + 1):
            index = (self.cursor + step * distance) % count
            if self.sought in self.words(index).lower():
                self.go(index)
                return True
        return False

    def toggle_mark(self) -> None:
        """Mark the item at the cursor, or take the mark off, and go on to the next."""
        if name := self.name_of(self.cursor) if self.count() else "":
            self.marked ^= {name}
            self.redraw(self.cursor)
            self.step(1)

    def invert_marks(self) -> None:
        """Mark the listed items that are not marked, and take the marks off the others."""
        self.marked ^= {name for index in range(self.count()) if (name := self.name_of(index))}
        self.refresh(self.size.region)

    def chosen_words(self) -> list[str]:
        """Return the words of the marked items, or of the one at the cursor, for copying."""
        marked = [index for index in range(self.count()) if self.name_of(index) in self.marked]
        return [
            self.words(index) for index in marked or range(self.cursor, min(self.cursor + 1, self.count()))
        ]

    # Textual's own events.

    def on_resize(self, event: events.Resize) -> None:
        """Keep the cursor in view when the size changes; Textual itself draws what the new size uncovers."""
        self.scroll_lines(min(self.scroll_offset.y, self.bottom()))
        self.reveal()
        self.post_message(self.Sized())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll with the wheel, where the mouse was asked for."""
        self.step(3)
        event.stop()

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll with the wheel, where the mouse was asked for."""
        self.step(-3)
        event.stop()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the item that was clicked, where the mouse was asked for."""
        if self.has_cursor:
            self.go((event.y + self.scroll_offset.y) // self.tall)
