"""The database panel: the tables of what is selected, live against expected; below, who is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from migwizard.core.schema import Column, Constraint, Index, Table
from migwizard.core.session import Session
from migwizard.core.situation import Compared, Drift, MigrationTruth, Situation

from .blocks import GAP, Block, Blocks, line, paragraph
from .connected import busy, connected, locking
from .look import Look
from .principals import principals
from .safe import Span, Spans, clip, fit
from .words import dotted, plural

SOURCES: Mapping[Compared, str] = {
    "replayed": "expected: the migrations replayed from zero",
    "modelled": "expected: modelled from the migrations' state",
    "no": "the schema was not compared",
}


@dataclass(frozen=True, slots=True)
class Compare:
    """One line of a table: what is there, what should be, and the differences that core found between them."""

    name: str
    live: str
    expected: str
    drifts: tuple[Drift, ...]


class Database(Blocks):
    """Live tables beside expected ones. What differs is what core says; nothing is compared here."""

    def __init__(self, look: Look, *, id: str | None = None) -> None:
        super().__init__(look, id=id)
        self.counts: dict[str, int | None] = {}
        self.tables: tuple[str, ...] = ()
        self.situation: Situation | None = None
        self.subject = ""
        self.places: dict[str, int] = {}
        """The block of each table."""
        self.sessions: tuple[Session, ...] | None = None
        """Who else is connected; None until that is known."""

    def display_tables(self, situation: Situation | None, subject: str, tables: Iterable[str]) -> None:
        """Show some tables of a situation."""
        self.tables = tuple(dict.fromkeys(tables))
        self.situation, self.subject = situation, subject
        if situation is None:
            self.show([paragraph("The schema has not been read yet.", "quiet")])
            return
        blocks = [line((subject, "heading"), (f"  {SOURCES[situation.compared]}", "quiet"))]
        if situation.why_not:
            blocks.append(paragraph(situation.why_not, "quiet"))
        if self.sessions is not None:
            blocks.append(connected(self.sessions))
        if not self.tables:
            blocks.append(paragraph("No operation here touches a table.", "quiet"))
        self.places = {}
        drifts: dict[str, list[Drift]] = {}
        for drift in situation.drifts:
            drifts.setdefault(drift.table, []).append(drift)
        for name in self.tables:
            live = situation.live.tables.get(name) if situation.live else None
            expected = situation.expected.get(name)
            blocks.append(GAP)
            self.places[name] = len(blocks)
            blocks.append(self.table_block(name, live, expected, drifts.get(name, []), situation))
        if busy(self.sessions or ()):
            blocks += [GAP, locking(self.sessions or (), self.look)]
        if situation.rights is not None and situation.rights.principals:
            blocks += [GAP, principals(situation.rights, situation.database.vendor, self.look)]
        self.show(blocks)

    def show_sessions(self, sessions: tuple[Session, ...]) -> None:
        """Show who else is connected, unless that is what is shown."""
        if sessions != self.sessions:
            self.sessions = sessions
            self.display_tables(self.situation, self.subject, self.tables)

    def count_rows(self, table: str, number: int | None) -> None:
        """Note how many rows a table has, and send only the line that says so again."""
        self.counts[table] = number
        if table not in self.tables or self.situation is None:
            return
        block = self.places[table]
        if lines := self.built.get(block):
            lines[0] = self.table_title(table, self.situation)
            self.redraw(self.line_of(block))

    def table_block(
        self, name: str, live: Table | None, expected: Table | None, drifts: list[Drift], situation: Situation
    ) -> Block:
        """Return the block of one table."""

        def build(width: int) -> list[Spans]:
            lines = [self.table_title(name, situation)]
            lines += self.whole_table(drifts, width)
            for title, compared in (
                ("columns", columns(live, expected, drifts)),
                ("constraints", constraints(live, expected, drifts)),
                ("indexes", indexes(live, expected, drifts)),
            ):
                if compared:
                    lines += self.section(title, compared, width, compared_at_all=situation.compared != "no")
            return lines

        return Block(build)

    def table_title(self, name: str, situation: Situation) -> Spans:
        """Return the line with a table's name, whether it is there, and how many rows it has."""
        live = situation.live.tables.get(name) if situation.live else None
        title: Span = (f"table {name}", "strong")
        if situation.live is None:
            return (title, ("  not read", "quiet"))
        kinds = {drift.kind for drift in situation.drifts if drift.table == name}
        if live is None:
            word = (
                ("  missing", "differs") if "table-missing" in kinds else ("  not in the database", "quiet")
            )
            return (title, word)
        count = self.counts.get(name)
        count = live.rows if count is None else count
        rows = f"  {plural(count, 'row')}" if count is not None else ""
        unknown = "  no migration makes it" if "table-unknown" in kinds else ""
        return (title, (rows, "quiet"), (unknown, "warning"))

    def whole_table(self, drifts: list[Drift], width: int) -> list[Spans]:
        """Return differences that no line below shows: of the table itself, its triggers and comments."""
        sign = self.look.glyphs.differs
        return [
            ((f"  {sign} ", "differs"), (clip(said(drift), width - 4, self.look.glyphs.cut), "plain"))
            for drift in drifts
            if drift.kind.startswith(("table-", "trigger-"))
        ]

    def section(
        self, title: str, compared: list[Compare], width: int, *, compared_at_all: bool
    ) -> list[Spans]:
        """Return columns, constraints or indexes: name, live, and the expectation where it is another one."""
        cut = self.look.glyphs.cut
        longest = max(len(row.name) for row in compared)
        name_width = max(8, min(longest, width // 3))
        lines: list[Spans] = [((f"  {title}", "quiet"),)]
        for row in compared:
            room = width - name_width - 6
            differs = bool(row.drifts)
            sign = self.look.glyphs.differs if differs else " "
            live = row.live or ("missing" if differs else f"missing; expected: {row.expected}")
            style = "plain" if row.live or not compared_at_all else "differs" if differs else "quiet"
            lines.append(
                (
                    (fit(f"  {sign}", 4), "differs"),
                    (fit(row.name, name_width, cut) + "  ", "strong" if differs else "plain"),
                    (clip(live, room, cut), style),
                )
            )
            indent = " " * (name_width + 6)
            for drift in row.drifts:
                expected = drift.expected or "nothing of the kind"
                lines.append(
                    ((indent, "plain"), (clip(f"expected: {expected}{doubt(drift)}", room, cut), "differs"))
                )
        return lines


def doubt(drift: Drift) -> str:
    """Return what keeps a difference from being certain."""
    if drift.confirmed:
        return ""
    by = ", ".join(dotted(key) for key in drift.explained_by)
    return f" (unconfirmed{': may come from ' + by if by else ''})"


def said(drift: Drift) -> str:
    """Return a difference in words."""
    name = f" {drift.name}" if drift.name else ""
    parts = [f"{drift.kind.replace('-', ' ')}{name}"]
    if drift.live:
        parts.append(f"live: {drift.live}")
    if drift.expected:
        parts.append(f"expected: {drift.expected}")
    return "; ".join(parts) + doubt(drift)


def columns(live: Table | None, expected: Table | None, drifts: list[Drift]) -> list[Compare]:
    """Return the columns that are there or should be, in the order of the live table."""
    there = {column.name: column for column in live.columns} if live else {}
    wanted = {column.name: column for column in expected.columns} if expected else {}
    return [
        Compare(
            name,
            column_text(there.get(name)),
            column_text(wanted.get(name)),
            tuple(drift for drift in drifts if drift.column == name and drift.kind.startswith("column-")),
        )
        for name in dict.fromkeys((*there, *wanted))
    ]


def column_text(column: Column | None) -> str:
    """Return a column in the words of SQL."""
    if column is None:
        return ""
    parts = [column.type, "null" if column.nullable else "not null"]
    if column.identity:
        parts.append(column.identity)
    if column.default is not None:
        parts.append(f"default {column.default}")
    if column.generated:
        parts.append(f"generated {column.generated}")
    if column.collation:
        parts.append(f"collate {column.collation}")
    return " ".join(parts)


def by_name(
    live: Mapping[str, str], expected: Mapping[str, str], drifts: list[Drift], kinds: tuple[str, ...]
) -> list[Compare]:
    """Return named things of two tables, each with the differences that name it, then the unnamed differences."""
    relevant = [drift for drift in drifts if drift.kind.startswith(kinds)]
    used: set[int] = set()
    rows = []
    for name, text in live.items():
        mine = tuple(drift for drift in relevant if drift.name == name)
        used |= {id(drift) for drift in mine}
        rows.append(Compare(name or "(no name)", text, expected.get(name, ""), mine))
    for drift in relevant:
        if id(drift) not in used:
            rows.append(Compare(drift.name or drift.kind, drift.live, drift.expected, (drift,)))
    return rows


def constraints(live: Table | None, expected: Table | None, drifts: list[Drift]) -> list[Compare]:
    """Return the constraints that are there, and those that are missing."""
    kinds = ("primary-key-", "unique-", "check-", "foreign-key-", "exclusion-", "constraint-")
    there = {constraint_name(item): constraint_text(item) for item in live.constraints} if live else {}
    wanted = (
        {constraint_name(item): constraint_text(item) for item in expected.constraints} if expected else {}
    )
    return by_name(there, wanted, drifts, kinds)


def constraint_name(constraint: Constraint) -> str:
    """Return a constraint's name; what it is, where the server gave it none."""
    return constraint.name or f"{constraint.kind} ({', '.join(constraint.columns)})"


def constraint_text(constraint: Constraint) -> str:
    """Return a constraint in the words of SQL."""
    kind = {"primary": "primary key", "foreign": "foreign key", "exclude": "exclude"}.get(
        constraint.kind, constraint.kind
    )
    parts = [kind]
    if constraint.columns and constraint.kind != "check":
        parts.append(f"({', '.join(constraint.columns)})")
    if constraint.definition:
        parts.append(constraint.definition)
    if constraint.references:
        parts.append(f"references {constraint.references[0]} ({', '.join(constraint.references[1])})")
    if constraint.on_delete:
        parts.append(f"on delete {constraint.on_delete}")
    if not constraint.validated:
        parts.append("not validated")
    return " ".join(parts)


def indexes(live: Table | None, expected: Table | None, drifts: list[Drift]) -> list[Compare]:
    """Return the indexes that are there, and those that are missing."""
    there = {index.name: index_text(index) for index in live.indexes} if live else {}
    wanted = {index.name: index_text(index) for index in expected.indexes} if expected else {}
    return by_name(there, wanted, drifts, ("index-",))


def index_text(index: Index) -> str:
    """Return an index in the words of SQL."""
    keys = ", ".join(
        (part.column or part.expression or "") + (" desc" if part.descending else "") for part in index.parts
    )
    parts = ["unique" if index.unique else "", index.method, f"({keys})"]
    if index.condition:
        parts.append(f"where {index.condition}")
    if not index.valid:
        parts.append("INVALID")
    return " ".join(part for part in parts if part)


def tables_of(truths: Iterable[MigrationTruth]) -> tuple[str, ...]:
    """Return the tables that some migrations' operations change, each once, in their order."""
    return tuple(
        dict.fromkeys(
            table for truth in truths for operation in truth.operations for table in operation.tables
        )
    )
