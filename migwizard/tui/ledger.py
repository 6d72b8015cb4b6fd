"""The ledger: the graph and the three truths, one row a migration, grouped by app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from textual.geometry import Region

from migwizard.core.graph import Key
from migwizard.core.graph.lanes import NODE, as_ascii, lanes
from migwizard.core.situation import MigrationTruth, Situation

from .lines import Lines
from .look import Look
from .safe import Span, Spans, clip, fit, length
from .words import STATE_STYLES, STATE_WORDS, dotted, node_glyph, plural, truth_glyph

WIDE = 72
"""Cells from which the columns have their full names."""
MOST_LANES = 12
"""Cells that the graph may take before names become unreadable."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the ledger: an app's heading, or (with `key`) one of its migrations."""

    app: str
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The widths of the ledger's columns at one width of the screen."""

    name: int
    file: int
    record: int
    schema: int
    state: int

    @classmethod
    def of(cls, width: int) -> Columns:
        """Divide the width: fixed columns at the right, the name takes the rest."""
        file, record, schema, state = (6, 8, 8, 15) if width >= WIDE else (5, 5, 5, 13)
        return cls(max(8, width - file - record - schema - state), file, record, schema, state)


class Ledger(Lines):
    """The list of all migrations with file, record and schema side by side."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.apps: dict[str, list[MigrationTruth]] = {}
        self.truths: dict[Key, MigrationTruth] = {}
        self.dependencies: Mapping[Key, tuple[Key, ...]] = {}
        self.dependents: Mapping[Key, tuple[Key, ...]] = {}
        self.drawn: dict[str, dict[Key, str]] = {}
        self.folded: set[str] = set()
        self.rows: list[Row] = []
        self.places: dict[Key, int] = {}
        self.numbers: dict[Key, int] = {}
        self.filter = ""
        self.neighbours: tuple[frozenset[Key], frozenset[Key]] = (frozenset(), frozenset())

    def show(self, situation: Situation) -> None:
        """Show a situation; the selection and what the user folded stay, apps without surprises begin folded."""
        chosen, known = self.row(), set(self.apps)
        self.apps, self.truths, self.drawn = {}, {}, {}
        for truth in situation.migrations:
            self.apps.setdefault(truth.key[0], []).append(truth)
            self.truths[truth.key] = truth
        self.dependencies, self.dependents = situation.graph.parents, situation.graph.children
        surprising = {
            truth.key[0] for truth in situation.migrations if truth.state not in ("applied", "replaced")
        }
        self.folded |= {app for app in self.apps if app not in known and app not in surprising}
        if len(self.apps) == 1:
            self.folded.clear()
        self.gather()
        self.renew(self.index_of(chosen))
        self.relate()

    def gather(self) -> None:
        """List the rows that are to be seen, given the folded apps and the filter."""
        self.rows = []
        for app in sorted(self.apps):
            wanted = [truth.key for truth in self.apps[app] if self.filter in dotted(truth.key).lower()]
            if not wanted:
                continue
            self.rows.append(Row(app))
            if self.filter or app not in self.folded:
                self.rows.extend(Row(app, key) for key in wanted)
        self.places = {row.key: index for index, row in enumerate(self.rows) if row.key is not None}
        self.numbers = {key: number for number, key in enumerate(self.places, 1)}

    def index_of(self, row: Row | None) -> int:
        """Return where a row is now; the app's heading if it is folded away."""
        if row is None:
            return 0
        if row.key in self.places:
            return self.places[row.key]
        return next((index for index, other in enumerate(self.rows) if other.app >= row.app), 0)

    def row(self) -> Row | None:
        """Return the selected row."""
        return self.rows[self.cursor] if self.cursor < len(self.rows) else None

    def select(self, key: Key) -> None:
        """Go to a migration, unfolding its app; nothing happens for one that is not in the ledger."""
        if key not in self.truths:
            return
        if key not in self.places:
            self.filter = ""
            self.folded.discard(key[0])
            self.gather()
            self.renew(self.cursor)
        self.go(self.places[key])

    def select_app(self, app: str) -> None:
        """Go to the first migration of an app that is not simply applied, else to the app's heading."""
        if app not in self.apps:
            return
        states = ((truth.key, truth.state) for truth in self.apps[app])
        wrong = next((key for key, state in states if state not in ("applied", "replaced")), None)
        if wrong is not None:
            self.select(wrong)
        else:
            self.go(self.index_of(Row(app)))

    def fold(self, close: bool | None = None) -> None:
        """Fold the selected app, unfold it, or (None) the other way round."""
        row = self.row()
        if row is None or self.filter:
            return
        close = row.app not in self.folded if close is None else close
        if close == (row.app in self.folded):
            return
        self.folded ^= {row.app}
        self.gather()
        self.renew(self.index_of(Row(row.app, None if close else row.key)))
        self.relate()
        self.post_message(self.Moved(self))

    def narrow(self, text: str) -> None:
        """Show only migrations whose name holds a text; all with the empty one."""
        row = self.row()
        self.filter = text.lower()
        self.gather()
        first = next((index for index, other in enumerate(self.rows) if other.key), 0)
        kept = row is not None and (row.key in self.places or not self.filter)
        self.renew(self.index_of(row) if kept else first)
        self.relate()
        self.post_message(self.Moved(self))

    def go(self, index: int) -> None:
        """Move the cursor, and with it the signs of what depends on what."""
        super().go(index)
        self.relate()

    def relate(self) -> None:
        """Mark direct dependencies and dependents of the selected migration; only their gutters are sent again."""
        row = self.row()
        key = row.key if row else None
        before = self.neighbours
        if key is None:
            self.neighbours = (frozenset(), frozenset())
        else:
            self.neighbours = (
                frozenset(self.dependencies.get(key, ())),
                frozenset(self.dependents.get(key, ())),
            )
        top, height = self.scroll_offset.y, self.size.height
        for other in (before[0] | before[1]) ^ (self.neighbours[0] | self.neighbours[1]) | (
            (before[0] & self.neighbours[1]) | (before[1] & self.neighbours[0])
        ):
            index = self.places.get(other)
            if index is not None and index != self.cursor and top <= index < top + height:
                self.refresh(Region(0, index - top, 1, 1))

    def related(self, index: int) -> Span:
        """Return the sign of a dependency or a dependent."""
        key = self.rows[index].key
        if key in self.neighbours[0]:
            return (self.look.glyphs.needed, "related")
        if key in self.neighbours[1]:
            return (self.look.glyphs.needs, "related")
        return ("", "plain")

    def count(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def position(self) -> str:
        """Return the number of the selected migration among those that are listed; else how many there are."""
        row = self.row()
        number = self.numbers.get(row.key) if row and row.key else None
        if number:
            return f"{number}/{len(self.numbers)}"
        return str(len(self.numbers) if self.filter else len(self.truths))

    def words(self, index: int) -> str:
        """Return a migration as `app.name`; headings have none, so that n and N pass them by."""
        key = self.rows[index].key
        return dotted(key) if key else ""

    def name_of(self, index: int) -> str:
        """Return a migration's name, for marks."""
        return self.words(index)

    def draw(self, index: int, line: int, width: int) -> Spans:
        """Return a row."""
        row = self.rows[index]
        if row.key is None:
            return self.heading(row.app, width)
        return self.migration(self.truths[row.key], width)

    def heading(self, app: str, width: int) -> Spans:
        """Return an app's heading: how many migrations, and how many in each state that is not `applied`."""
        glyphs = self.look.glyphs
        counts: dict[str, int] = {}
        for truth in self.apps[app]:
            if word := STATE_WORDS[truth.state]:
                counts[word] = counts.get(word, 0) + 1
        rest = plural(len(self.apps[app]), "migration")
        rest += "".join(f", {number} {word}" for word, number in counts.items()) or ", all applied"
        sign = glyphs.folded if app in self.folded and not self.filter else glyphs.unfolded
        name = clip(app, max(4, width - 12), glyphs.cut)
        left = f"{sign} {name}"
        return ((left, "app"), (clip("  " + rest, width - len(left), glyphs.cut), "quiet"))

    def migration(self, truth: MigrationTruth, width: int) -> Spans:
        """Return the row of a migration."""
        columns, glyphs = Columns.of(width), self.look.glyphs
        graph = self.graph_of(truth)
        name = clip(truth.key[1], columns.name - length(graph) - 1, glyphs.cut)
        used = length((*graph, (name, "")))
        foreign = self.foreign(truth.key, columns.name - used - 3)
        gap = columns.name - used - length(((foreign, ""),))
        recorded = glyphs.yes if truth.recorded else glyphs.no
        style = STATE_STYLES[truth.state]
        schema = truth_glyph(truth.schema, self.look) + ("" if truth.confirmed else "?")
        return (
            *graph,
            (name, style if truth.state != "pending" else "plain"),
            ("  " + foreign if foreign else "", "quiet"),
            (" " * (gap - 2 if foreign else gap), "plain"),
            (fit(glyphs.yes if truth.file else glyphs.no, columns.file), "plain" if truth.file else style),
            (fit(recorded, columns.record), "plain" if truth.state == "applied" else style),
            (fit(schema, columns.schema), "plain" if truth.state == "applied" else style),
            (clip(STATE_WORDS[truth.state], columns.state, glyphs.cut), style),
        )

    def graph_of(self, truth: MigrationTruth) -> Spans:
        """Return the lanes of a migration's row, with the sign of its state in place of the node."""
        app = truth.key[0]
        if app not in self.drawn:
            keys = [other.key for other in self.apps[app]]
            rows = lanes(keys, self.dependencies)
            # One width for the whole app, so that its names stand below each other.
            widest = min(MOST_LANES, max(len(row) for row in rows))
            self.drawn[app] = {key: row.ljust(widest) for key, row in zip(keys, rows, strict=True)}
        row = self.drawn[app][truth.key]
        sign, style = node_glyph(truth, self.look)
        before, _node, after = row.partition(NODE)
        if self.look.ascii:
            before, after = as_ascii(before), as_ascii(after)
        if len(row) > MOST_LANES:
            before, after = before[-(MOST_LANES - 1) :], after[: max(0, MOST_LANES - 1 - len(before))]
        return ((before, "quiet"), (sign, style), (after + " ", "quiet"))

    def foreign(self, key: Key, width: int) -> str:
        """Return the other apps' migrations that a migration depends on, as far as they fit."""
        others = [other for other in self.dependencies.get(key, ()) if other[0] != key[0]]
        if not others or width < 8:
            return ""
        shown = f"{self.look.glyphs.foreign} {dotted((others[0][0], others[0][1].partition('_')[0]))}"
        more = f" +{len(others) - 1}" if len(others) > 1 else ""
        return clip(shown, width - len(more), self.look.glyphs.cut) + more

    def place(self) -> str:
        """Return where the cursor is; with the app's name, where its heading is scrolled out of view."""
        row = self.row()
        if self.filter:
            return f"migrations with {self.filter}  {self.position()}"
        if row is None or row.key is None or self.index_of(Row(row.app)) >= self.scroll_offset.y:
            return f"migrations  {self.position()}"
        keys = [truth.key for truth in self.apps[row.app]]
        return f"{row.app}  {keys.index(row.key) + 1}/{len(keys)}"

    def title(self, width: int) -> Spans:
        """Return the line of column names above the list."""
        columns = Columns.of(width - 2)
        record = "record" if width - 2 >= WIDE else "rec."
        schema = "schema" if width - 2 >= WIDE else "sch."
        left = f"  {self.place()}"
        return (
            (fit(left, columns.name + 2, self.look.glyphs.cut), "heading"),
            (
                fit("file", columns.file) + fit(record, columns.record) + fit(schema, columns.schema),
                "heading",
            ),
        )
