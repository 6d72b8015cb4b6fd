"""Lines of the screen that are always there: the status, the panel's tabs, where one is, and the keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from .look import Look
from .safe import Spans, clip, length, safe


class OneLine(Widget):
    """A line of text that is sent again only when it changes."""

    DEFAULT_CSS = "OneLine { height: 1; width: 1fr; }"

    def __init__(self, look: Look, *, id: str | None = None, over: str = "") -> None:
        super().__init__(id=id)
        self.look = look
        self.over = over
        self.spans: Spans = ()

    def put(self, *spans: tuple[str, str]) -> None:
        """Show other text."""
        if spans != self.spans:
            self.spans = spans
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return the line as a strip as wide as the screen."""
        style = self.look.style
        over = style(self.over) if self.over else Style.null()
        ascii_only = self.look.ascii
        segments = [Segment(safe(text, ascii_only), over + style(name)) for text, name in self.spans if text]
        return Strip(segments).adjust_cell_length(self.size.width, over)


class Status(OneLine):
    """The line at the top: which database, as whom; at the right what is wrong, or what is being done."""

    def show(self, where: str, facts: Sequence[str], alarms: Sequence[str]) -> None:
        """Show the place at the left, and alarms and facts at the right; facts go first where there is no room."""
        width, cut = max(1, self.size.width), self.look.glyphs.cut
        dot = f" {self.look.glyphs.dot} "
        kept = list(facts)
        while kept and len(dot.join((*alarms, *kept))) > width * 2 // 3:
            kept.pop()
        loud, soft = dot.join(alarms), dot.join(kept)
        right = length(((loud, ""), (dot if loud and soft else "", ""), (soft, "")))
        left = " " + clip(where, max(0, width - right - 4), cut)
        self.put(
            (left + " " * max(1, width - length(((left, ""),)) - right - 1), "plain"),
            (loud, "strong"),
            (dot if loud and soft else "", "plain"),
            (soft, "plain"),
            (" ", "plain"),
        )


class Tabs(OneLine):
    """The line between ledger and panel: the panels with their numbers, the shown one set apart."""

    def show(self, names: Sequence[str], shown: str, extra: str, position: str) -> None:
        """Show the panels' names; `extra` is a page that is none of them, `position` where one is in it."""
        rule, bar = self.look.glyphs.rule, self.look.glyphs.bar
        spans: list[tuple[str, str]] = [(rule, "quiet")]
        for number, name in enumerate(names, 1):
            if number > 1:
                spans.append((bar, "quiet"))
            here = name.partition(" ")[0] == shown
            text = f" {number} {name} "
            # Brackets, because colour and reverse video do not reach everyone.
            spans.append((f"[{number} {name}]" if here else text, "strong" if here else "plain"))
        if extra:
            spans.append((f"{bar}[{extra}]", "strong"))
        right = f" {position} " if position else ""
        filler = max(0, self.size.width - length(spans) - len(right))
        self.put(*spans, (rule * filler, "quiet"), (right, "quiet"))


class WayLine(OneLine):
    """The line above the keys: where one is on which way, and what Enter does next."""

    def show(self, text: str, enter: str, way: Sequence[str] = (), at: str = "") -> None:
        """Show the whole way where there is room for it, else only the step that one is at."""
        width, glyphs = max(1, self.size.width), self.look.glyphs
        dot = f" {glyphs.dot} "
        after: Spans = ((dot, "quiet"), ("Enter", "key"), (f" {enter}", "plain")) if enter else ()
        said = f"{dot}{text}" if text else ""
        found: list[Spans] = []
        if way:
            steps = f" {glyphs.then} ".join(f"[{step}]" if step == at else step for step in way)
            before, here, behind = steps.partition(f"[{at}]")
            found.append(
                ((f" {before}", "quiet"), (here, "strong"), (behind, "quiet"), (said, "plain"), *after)
            )
            number, colon = list(way).index(at) + 1, f": {text}" if text else ""
            found.append(((f" step {number} of {len(way)}, {at}{colon}", "plain"), *after))
            found.append(((f" {number}/{len(way)} {at}{colon}", "plain"), *after))
        else:
            found.append(((f" {text}", "plain"), *after))
        self.put(*next((spans for spans in found if length(spans) <= width), found[-1]))


@dataclass(frozen=True, slots=True)
class Spot:
    """What the line above the keys says."""

    text: str
    """Where one is; where `way` says it, what else is to be said."""
    enter: str = ""
    """What Enter does; empty where it does nothing."""
    way: tuple[str, ...] = ()
    at: str = ""
    """The step of the way that one is at."""


Hint = tuple[str, str]
"""A key as the user knows it, and one or two words for what it does."""


class KeyBar(OneLine):
    """The keys that matter now; hints are dropped whole where there is no room, and `?` is always the last."""

    def show(self, hints: Sequence[Hint], width: int) -> None:
        """Show hints, the most important first, as far as they fit into `width`."""
        room = width - 1 - len(" ? help")
        spans: list[tuple[str, str]] = []
        for key, word in hints:
            size = len(key) + len(word) + 3
            if size > room:
                break
            room -= size
            spans += [(f" {key}", "key"), (f" {word} ", "plain")]
        self.put(*spans, (" ?", "key"), (" help", "plain"))
