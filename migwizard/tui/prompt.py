"""One line to type in, in place of the key bar: a filter, an action's name, or the confirmation of a run."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from .look import Look
from .safe import clip, safe

LEAST_TYPED = 12
"""Cells that a question leaves free for what is typed."""
LONGEST = 500
"""Characters that can be typed; nothing on this screen is longer."""


class Prompt(Widget):
    """A question and what is typed after it. The cursor is a block that does not blink, for that costs bytes.

    It takes no focus: a focus moves only after keys that were typed ahead have gone elsewhere. The application hands
    it each key while it is open.
    """

    DEFAULT_CSS = "Prompt { height: 1; width: 1fr; }"
    can_focus = False

    class Changed(Message):
        """Something was typed."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    class Done(Message):
        """Enter was pressed (`text`), or the question was left (`text` is None)."""

        def __init__(self, purpose: str, text: str | None) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.look = look
        self.purpose = ""
        self.question = ""
        self.text = ""
        self.choices: tuple[str, ...] = ()
        self.single = False
        self.open = False
        """Whether it waits for keys."""

    def ask(self, purpose: str, question: str, *, single: bool = False, text: str = "") -> None:
        """Ask something; with `single`, one key is the answer; `text` is there to be changed."""
        self.purpose, self.question, self.text, self.single = purpose, question, text, single
        self.choices, self.open = (), True
        self.refresh()

    def offer(self, choices: Sequence[str]) -> None:
        """Offer words that Tab completes."""
        self.choices = tuple(choices)
        self.refresh()

    def fitting(self) -> list[str]:
        """Return the offered words that begin with what was typed, then those that hold it."""
        begun = [word for word in self.choices if word.startswith(self.text)]
        return begun + [word for word in self.choices if self.text in word and word not in begun]

    def leave(self, text: str | None) -> None:
        """End the question with an answer or without."""
        self.open = False
        self.post_message(self.Done(self.purpose, text))

    def take_key(self, event: events.Key) -> None:
        """Take every key, so that none reaches the screen behind."""
        event.stop()
        event.prevent_default()
        key = event.key
        if key == "escape" or key == "ctrl+c":
            self.leave(None)
        elif self.single:
            self.leave(event.character or "")
        elif key == "enter":
            self.leave(self.text)
        elif key == "tab":
            if fitting := self.fitting():
                self.change(fitting[0] + " ")
        elif key in ("backspace", "ctrl+h"):
            if self.text:
                self.change(self.text[:-1])
            else:
                self.leave(None)
        elif key == "ctrl+u":
            self.change("")
        elif key == "ctrl+w":
            before, blank, _word = self.text.rstrip().rpartition(" ")
            self.change(before + blank)
        elif event.character and event.is_printable and len(self.text) < LONGEST:
            self.change(self.text + event.character)

    def take_paste(self, event: events.Paste) -> None:
        """Take the first line of what is pasted, except where typing is the point."""
        event.stop()
        if not self.single and self.purpose not in ("name", "many-name"):
            pasted = "".join(character for character in event.text.split("\n")[0] if character.isprintable())
            self.change((self.text + pasted)[:LONGEST])

    def change(self, text: str) -> None:
        """Set what is typed."""
        self.text = text
        self.refresh()
        self.post_message(self.Changed(self.purpose, text))

    def render_line(self, y: int) -> Strip:
        """Return the question, the end of what was typed, the cursor, and what could be meant."""
        style = self.look.style
        width, ascii_only = self.size.width, self.look.ascii
        question = clip(
            self.question, max(8, width - (3 if self.single else LEAST_TYPED)), self.look.glyphs.cut
        )
        room = max(1, width - cell_len(question) - 3)
        typed = safe(self.text, ascii_only)
        typed = typed[-room:] if len(typed) > room else typed
        segments = [
            Segment(question + " ", style("strong")),
            Segment(typed, style("plain")),
            Segment(" ", style("cursor")),
        ]
        if self.choices and not self.text.endswith(" "):
            words = f" {self.look.glyphs.dot} ".join(self.fitting()) or "none of this name"
            rest = width - cell_len(question) - cell_len(typed) - 4
            segments.append(Segment("  " + clip(words, rest, self.look.glyphs.cut), style("quiet")))
        return Strip(segments).adjust_cell_length(width)
