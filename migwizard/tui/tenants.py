"""The tenants of a project in groups that hold the same: how far each app is, the outliers first."""

from __future__ import annotations

from migwizard.core.tenants import Group, Overview
from migwizard.core.tenants.words import headline, oddities
from migwizard.report.tenants import cell, telling_apps

from .lines import Lines
from .look import Look
from .safe import Spans, clip, fit
from .words import plural

NAME = 26
"""Cells of the column with the schemas' names."""
APP = 16
"""Cells of the column of one app, with its name."""
SAID = 24
"""Cells that are kept for what is said of a group, before apps get columns."""


class Tenants(Lines):
    """One line a group of schemas, with those of an unfolded group below it."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.overview: Overview | None = None
        self.apps: tuple[str, ...] = ()
        self.open: set[str] = set()
        """The groups that are unfolded, by the schema that stands for each."""
        self.rows: tuple[tuple[Group, str], ...] = ()
        """A group with the name of one of its schemas, or with none in the line of the group itself."""
        self.filter = ""

    def show(self, overview: Overview) -> None:
        """Show other tenants; the selected one stays selected."""
        chosen = self.chosen_row()
        self.overview, self.apps = overview, telling_apps(overview)
        known = {tenant.schema for tenant in overview.tenants}
        self.marked = {name for name in self.marked if name in known}
        self.gather()
        at = next((n for n, row in enumerate(self.rows) if chosen and names_of(row) == names_of(chosen)), 0)
        self.renew(at)

    def gather(self) -> None:
        """List the groups, and the schemas of those that are unfolded, as far as the filter lets them through."""
        rows: list[tuple[Group, str]] = []
        for group in self.overview.groups if self.overview else ():
            found = tuple(name for name in group.schemas if self.filter in name.lower())
            if self.filter and not found and self.filter not in headline(group).lower():
                continue
            rows.append((group, ""))
            unfolded = group.representative in self.open or (self.filter and len(found) < len(group.schemas))
            if unfolded and len(group.schemas) > 1:
                rows += [(group, name) for name in found or group.schemas]
        self.rows = tuple(rows)

    def narrow(self, text: str) -> None:
        """Show only schemas whose name, or what is said of their group, holds a text; all with the empty one."""
        self.filter = text.lower()
        self.gather()
        self.renew(0)

    def fold(self, close: bool | None = None) -> None:
        """Fold or unfold the selected group; without a choice, whichever it is not."""
        row = self.chosen_row()
        if row is None:
            return
        name = row[0].representative
        if close is None:
            close = name in self.open
        (self.open.discard if close else self.open.add)(name)
        self.gather()
        self.renew(self.rows.index((row[0], "")))

    def chosen_row(self) -> tuple[Group, str] | None:
        """Return the group and the schema at the cursor."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def schema(self) -> str:
        """Return the one schema that is at the cursor; empty for a group of several."""
        row = self.chosen_row()
        if row is None:
            return ""
        group, name = row
        return name or (group.schemas[0] if len(group.schemas) == 1 else "")

    def chosen(self) -> tuple[str, ...]:
        """Return the marked schemas, or those at the cursor, in the order of the list."""
        groups = self.overview.groups if self.overview else ()
        every = tuple(name for group in groups for name in group.schemas)
        row = self.chosen_row()
        return tuple(name for name in every if name in self.marked) or (names_of(row) if row else ())

    def toggle_mark(self) -> None:
        """Mark the schemas at the cursor, or take their marks off where all have one, and go on to the next row."""
        row = self.chosen_row()
        if row is None:
            return
        names = set(names_of(row))
        self.marked = self.marked - names if names <= self.marked else self.marked | names
        self.refresh(self.size.region)
        self.step(1)

    def invert_marks(self) -> None:
        """Mark the listed schemas that are not marked, and take the marks off the others."""
        self.marked ^= {name for row in self.rows for name in self.listed(row)}
        self.refresh(self.size.region)

    def listed(self, row: tuple[Group, str]) -> tuple[str, ...]:
        """Return the schemas of a group that the filter lets through; a schema in a row of its own is one of these."""
        group, name = row
        if name:
            return ()
        found = tuple(one for one in group.schemas if self.filter in one.lower())
        return found or group.schemas

    def count(self) -> int:
        """Return the number of rows; one line says that there is none."""
        return len(self.rows) or 1

    def words(self, index: int) -> str:
        """Return a row in one line."""
        if not self.rows:
            return ""
        group, name = self.rows[index]
        return f"{name or ', '.join(group.schemas)}: {headline(group)}"

    def name_of(self, index: int) -> str:
        """Return a schema of the row, if all of its schemas are marked or none is."""
        if not self.rows:
            return ""
        names = names_of(self.rows[index])
        return names[0] if set(names) <= self.marked or not self.marked & set(names) else ""

    def position(self) -> str:
        """Return how many schemas there are, and how many are marked."""
        if self.overview is None:
            return ""
        total = sum(len(group.schemas) for group in self.overview.groups)
        return f"{len(self.marked):,} marked" if self.marked else f"{total:,}"

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return the line of a group, or of one of its schemas."""
        del line
        cut = self.look.glyphs.cut
        if not self.rows:
            return ((clip(self.nothing(), width, cut), "quiet"),)
        group, name = self.rows[index]
        if name:
            return ((clip(f"      {name}", width, cut), "plain"),)
        style = "error" if oddities(group) else "ok"
        count = f"{len(group.schemas):>5,} "
        left = fit(clip(", ".join(group.schemas[:3]), NAME - 1, cut), NAME)
        room = max(0, width - len(count) - NAME - SAID) // APP
        shown = self.apps[:room]
        states = ((app, cell(self.overview, group, app) if self.overview else "") for app in shown)
        cells = "".join(fit(clip(f"{app} {at}" if at else "", APP - 1, cut), APP) for app, at in states)
        said = clip(headline(group), max(0, width - len(count) - NAME - len(cells)), cut)
        return ((count, "strong"), (left, "plain"), (cells, "quiet"), (said, style))

    def nothing(self) -> str:
        """Return the sentence for an empty list."""
        if self.overview is None:
            return "The tenants are being read."
        if self.overview.why_not:
            return self.overview.why_not
        total = sum(len(group.schemas) for group in self.overview.groups)
        return f"None of {plural(total, 'schema')} holds the text."


def names_of(row: tuple[Group, str]) -> tuple[str, ...]:
    """Return the schemas that a row stands for."""
    group, name = row
    return (name,) if name else group.schemas
