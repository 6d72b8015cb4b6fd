"""A menu in the panel: the repairs of a finding, or every action on what is selected."""

from __future__ import annotations

from dataclasses import dataclass

from migwizard.core.finding import Safety

from .lines import Lines
from .look import Look
from .safe import Spans, clip
from .words import plural


@dataclass(frozen=True, slots=True)
class Item:
    """Something to choose."""

    name: str
    title: str
    safety: Safety | None = None
    recommended: bool = False
    impossible: str = ""
    """Why it cannot be chosen now; empty when it can."""
    arguments: tuple[str, ...] = ()
    takes: str = ""
    """The arguments of an action, as they are typed."""
    wanting: bool = False
    """Whether arguments are missing that the selection does not give."""
    below: str = ""
    """What stands below the title, where it is not the name."""


class Menu(Lines):
    """Choices, two lines each: what it is and how safe; below, why it is impossible now or what it is called."""

    tall = 2

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.all: tuple[Item, ...] = ()
        self.items: tuple[Item, ...] = ()
        self.filter = ""
        self.nothing = ""
        self.purpose = ""
        """What is chosen: `repairs`, `actions`, `questions` or `answers`."""

    def show(self, items: tuple[Item, ...], nothing: str) -> None:
        """Show other choices, the recommended one selected; `nothing` is said when there is none."""
        self.all, self.nothing = items, nothing
        self.narrow("")
        best = next((index for index, item in enumerate(items) if item.recommended), None)
        possible = next((index for index, item in enumerate(items) if not item.impossible), 0)
        self.renew(possible if best is None else best)

    def narrow(self, text: str) -> None:
        """Show only choices that hold a text; all with the empty one."""
        self.filter = text.lower()
        self.items = tuple(item for item in self.all if self.filter in f"{item.name} {item.title}".lower())
        self.renew(0)

    def item(self) -> Item | None:
        """Return the selected choice."""
        return self.items[self.cursor] if self.cursor < len(self.items) else None

    def count(self) -> int:
        """Return the number of choices; one line says that there is none."""
        return len(self.items) or 1

    def position(self) -> str:
        """Return where the cursor is."""
        return super().position() if self.items else ""

    def words(self, index: int) -> str:
        """Return a choice in one line."""
        item = self.items[index] if self.items else None
        return f"{item.name} {item.title}" if item else ""

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return one of the two lines of a choice."""
        cut = self.look.glyphs.cut
        if not self.items:
            empty = f"None of {plural(len(self.all), 'choice')} holds the text." if self.all else self.nothing
            return ((clip("" if line else empty, width, cut), "quiet"),)
        item = self.items[index]
        if line:
            return (("  " + clip(self.below(item), width - 2, cut), "quiet"),)
        note = f"{item.safety or ''}{', recommended' if item.recommended else ''}"
        sign = self.look.glyphs.no if item.impossible else " "
        title = clip(item.title, width - len(note) - 5, cut)
        return (
            (f"{sign:<2}"[:2], "quiet"),
            (title, "quiet" if item.impossible else "strong"),
            (f"  {note}", "quiet" if item.impossible else item.safety or "plain"),
        )

    def below(self, item: Item) -> str:
        """Return what stands below a choice's title."""
        if item.impossible:
            return f"not now: {item.impossible}"
        if item.wanting:
            return f"asks for {item.takes}"
        return item.below or " ".join((item.name, *item.arguments))
