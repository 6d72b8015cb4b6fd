"""The log: every statement that this process ran on the database, reads included."""

from __future__ import annotations

from migwizard.core.plan import Ran

from .lines import Lines
from .look import Look
from .safe import Spans, clip
from .sql import one_line


class Log(Lines):
    """One line a statement, the last at the end; Enter shows one in full."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.all: tuple[Ran, ...] = ()
        self.ran: tuple[Ran, ...] = ()
        self.filter = ""

    def show(self, ran: tuple[Ran, ...]) -> None:
        """Show the statements; who looks at the last one keeps looking at the last one."""
        at_end = self.cursor >= len(self.ran) - 1
        self.all = ran
        self.gather()
        self.renew(len(self.ran) - 1 if at_end else self.cursor)

    def gather(self) -> None:
        """List the statements that the filter lets through."""
        self.ran = (
            tuple(ran for ran in self.all if self.filter in ran.sql.lower()) if self.filter else self.all
        )

    def narrow(self, text: str) -> None:
        """Show only statements that hold a text; all with the empty one."""
        self.filter = text.lower()
        self.gather()
        self.renew(len(self.ran) - 1)

    def chosen(self) -> Ran | None:
        """Return the selected statement."""
        return self.ran[self.cursor] if self.cursor < len(self.ran) else None

    def count(self) -> int:
        """Return the number of statements; one line says that there is none."""
        return len(self.ran) or 1

    def position(self) -> str:
        """Return where the cursor is."""
        return super().position() if self.ran else ""

    def words(self, index: int) -> str:
        """Return a statement."""
        return self.ran[index].sql if self.ran else ""

    def name_of(self, index: int) -> str:
        """Return a statement's number."""
        return str(index) if self.ran else ""

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return a statement in one line, after its time and rows."""
        if not self.ran:
            return (("No statement has been run yet.", "quiet"),)
        ran = self.ran[index]
        rows = f"{ran.rows:>6}" if ran.rows is not None and ran.rows >= 0 else " " * 6
        left = f"{ran.seconds:7.3f} s {rows}  "
        return (
            (left, "quiet"),
            (clip(one_line(ran.sql, max(20, width)), width - len(left), self.look.glyphs.cut), "plain"),
        )
