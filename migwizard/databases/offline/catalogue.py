"""A catalogue that exists only here: what the statements of schema editors have made, without any server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from ...core.dialects.rehearsed import Event, Member, RehearsedColumn
from .columns import check, definition, inline, reference, type_of
from .tokens import Cursor, Words


class OnlyTheServerKnows(Exception):
    """Something that cannot be answered without a server: the end of a sentence about what is needed."""


@dataclass(slots=True)
class Layout:
    """One table, as the statements so far have made it."""

    columns: dict[str, RehearsedColumn] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)

    def copy(self) -> Layout:
        """Return a copy that can change without this one."""
        return Layout(dict(self.columns), dict(self.members))

    def dependents(self, column: str) -> tuple[Member, ...]:
        """Return what depends on a column."""
        return tuple(member for member in self.members.values() if column in member.touches)

    def computed(self, column: str, words: Words) -> tuple[str, ...]:
        """Return the generated columns that are computed from a column."""
        return tuple(
            c.name for c in self.columns.values() if c.computed and column in words.names(c.computed)
        )


class Catalogue:
    """The tables of one rehearsal; it hears each statement, and tells what that does."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.words = Words(vendor)
        self.tables: dict[str, Layout] = {}
        self.fresh: set[str] = set()
        """Tables that the present migration makes."""

    def layout(self, table: str) -> Layout:
        """Return a table.

        Raises:
            OnlyTheServerKnows: when no statement has made it.
        """
        if table not in self.tables:
            raise OnlyTheServerKnows(f"how the constraints of {table} are called")
        return self.tables[table]

    def hear(self, sql: str) -> tuple[Event, ...]:
        """Note what some statements do; those that are none of a schema editor's change nothing here."""
        events: list[Event] = []
        for statement in self.words.statements(sql):
            events += self._hear(statement)
        return tuple(events)

    def _hear(self, sql: str) -> Iterator[Event]:
        if sql.strip() == "None":
            yield Event("breaks", "", text=sql)
            return
        cursor = Cursor(self.words.of(sql), self.words.joint)
        if cursor.take("CREATE"):
            unique = cursor.take("UNIQUE")
            if not unique and cursor.take("TABLE"):
                yield from self._create_table(cursor)
            elif cursor.seek("INDEX"):
                yield from self._create_index(cursor, unique)
        elif cursor.take("ALTER", "TABLE"):
            table = cursor.name() or ""
            for part in self.words.items(sql[cursor.end :]):
                inner = Cursor(self.words.of(part), self.words.joint)
                yield from self._alter(table, inner, sql)
        elif cursor.take("ALTER", "INDEX"):
            self._rename_member(None, cursor.name(), cursor)
        elif cursor.take("RENAME", "TABLE"):
            old = cursor.name()
            cursor.take("TO")
            self._rename_table(old, cursor.name())
        elif cursor.take("EXEC", "SP_RENAME"):
            yield from self._sp_rename(cursor, sql)
        elif cursor.take("DROP", "INDEX"):
            self._drop_index(cursor)
        elif cursor.seek("DROP", "TABLE"):
            cursor.take("IF", "EXISTS")
            self.tables.pop(cursor.name() or "", None)

    # What makes something.

    def _create_table(self, cursor: Cursor) -> Iterator[Event]:
        cursor.take("IF", "NOT", "EXISTS")
        table = cursor.name() or ""
        layout = self.tables[table] = Layout()
        self.fresh.add(table)
        members: list[Member] = []
        for item in self.words.items(cursor.group() or ""):
            inner = Cursor(self.words.of(item), self.words.joint)
            constraint = self._constraint(table, inner)
            if constraint is not None:
                members.append(constraint)
                continue
            made = definition(inner.name() or "", inner, table, self.words, self.vendor)
            layout.columns[made.column.name] = made.column
            members += made.members
            yield Event("adds-column", table, made.column, new=True)
        for member in members:
            yield from self._make(table, member, True)

    def _constraint(self, table: str, cursor: Cursor) -> Member | None:
        """Return the constraint that is defined next, or None where it is a column."""
        begun = cursor.at
        name = (cursor.name() or "") if cursor.take("CONSTRAINT") else ""
        if cursor.take("UNIQUE"):
            cursor.take("NULLS", "NOT", "DISTINCT")
            return inline(table, self.words.names(cursor.group() or ""), "unique", name, self.vendor)
        if cursor.take("PRIMARY", "KEY"):
            return inline(table, self.words.names(cursor.group() or ""), "primary", name, self.vendor)
        if cursor.take("CHECK"):
            return check(table, cursor.group() or "", name, self.words, self.vendor)
        if cursor.take("FOREIGN", "KEY"):
            columns = self.words.names(cursor.group() or "")
            cursor.take("REFERENCES")
            return reference(columns, name, cursor, self.words)
        if name and cursor.take("EXCLUDE"):
            names = tuple(n for token in cursor.rest() for n in self.words.names(f"({token.value})"))
            return Member(name, "index", names)
        cursor.at = begun
        return None

    def _make(self, table: str, member: Member, new: bool | None = None) -> Iterator[Event]:
        layout = self.tables.get(table)
        if layout is None:
            return
        layout.members[member.name] = member
        known = layout.columns
        parts = tuple(known.get(name) or RehearsedColumn(name, "") for name in member.columns)
        target = None
        if member.references is not None and member.references[0] in self.tables:
            target = self.tables[member.references[0]].columns.get(member.references[1])
        cycle = self._cycle(table, member) if member.cascades else ()
        made_new = table in self.fresh if new is None else new
        yield Event("makes", table, member=member, parts=parts, target=target, cycle=cycle, new=made_new)

    def _cycle(self, table: str, member: Member) -> tuple[str, ...]:
        """Return the tables by which one row could be reached twice if this foreign key cascades."""
        assert member.references is not None
        arrows: dict[str, list[str]] = {}
        for child, layout in self.tables.items():
            for one in layout.members.values():
                if one.cascades and one.references is not None:
                    arrows.setdefault(one.references[0], []).append(child)
        paths: list[tuple[str, ...]] = []

        def walk(path: tuple[str, ...]) -> None:
            for child in arrows.get(path[-1], ()):
                if child in path:
                    paths.append((*path, child))
                elif len(path) < 30 and len(paths) < 100:
                    if child == table:
                        paths.append((*path, child))
                    walk((*path, child))

        starts = {member.references[0], *self._above(member.references[0], arrows)}
        for start in sorted(starts):
            paths.clear()
            walk((start,))
            circles = [path for path in paths if path[-1] in path[:-1]]
            twice = [path for path in paths if path[-1] == table and path not in circles]
            if circles or len(twice) > 1:
                return (circles or twice)[0]
        return ()

    def _above(self, table: str, arrows: dict[str, list[str]]) -> set[str]:
        found: set[str] = set()
        front = {table}
        while front:
            front = {parent for parent, kids in arrows.items() if front & set(kids)} - found
            found |= front
        return found

    def _create_index(self, cursor: Cursor, unique: bool) -> Iterator[Event]:
        cursor.take("CONCURRENTLY")
        cursor.take("IF", "NOT", "EXISTS")
        name = cursor.name() or ""
        cursor.take("ON")
        table = cursor.name() or ""
        if cursor.take("USING"):
            cursor.name()
        inside = cursor.group() or ""
        also: tuple[str, ...] = ()
        condition = ""
        if cursor.seek("INCLUDE"):
            also = self.words.names(cursor.group() or "")
        if cursor.seek("WHERE"):
            rest = " ".join(
                f"({one.value})" if one.kind == "group" else self._written(one.kind, one.value)
                for one in cursor.rest()
            )
            condition = rest
            also = (*also, *self.words.names(rest))
        columns = self.words.names(inside)
        if not columns:
            columns = tuple(word.split()[0] for word in self.words.items(inside))
        yield from self._make(
            table, Member(name, "index", columns, unique=unique, condition=condition, also=also)
        )

    def _written(self, kind: str, value: str) -> str:
        return f"{self.words.opening}{value}{self.words.closing}" if kind == "name" else value

    # What changes something.

    def _alter(self, table: str, cursor: Cursor, sql: str) -> Iterator[Event]:
        layout = self.tables.get(table)
        if layout is None:
            return
        if cursor.take("ADD"):
            yield from self._add(table, layout, cursor, sql)
        elif cursor.take("ALTER", "COLUMN") or cursor.take("MODIFY"):
            yield from self._alter_column(table, layout, cursor, sql)
        elif cursor.take("CHANGE"):
            old, new = cursor.name(), cursor.name()
            yield from self._rename_column(table, layout, old, new, sql)
        elif cursor.take("RENAME", "COLUMN"):
            old = cursor.name()
            cursor.take("TO")
            yield from self._rename_column(table, layout, old, cursor.name(), sql)
        elif cursor.take("RENAME", "INDEX") or cursor.take("RENAME", "CONSTRAINT"):
            self._rename_member(layout, cursor.name(), cursor)
        elif cursor.take("RENAME", "TO"):
            self._rename_table(table, cursor.name())
        elif cursor.take("DROP"):
            yield from self._drop(table, layout, cursor, sql)

    def _add(self, table: str, layout: Layout, cursor: Cursor, sql: str) -> Iterator[Event]:
        if cursor.take("DEFAULT"):
            if cursor.seek("FOR"):
                column = cursor.name() or ""
                name = f"<default of {table}.{column}>"
                layout.members[name] = Member(name, "default", (column,), certain=False)
            return
        constraint = self._constraint(table, cursor)
        if constraint is not None:
            yield from self._make(table, constraint)
            return
        cursor.take("COLUMN")
        made = definition(cursor.name() or "", cursor, table, self.words, self.vendor)
        layout.columns[made.column.name] = made.column
        if (
            self.vendor == "microsoft"
            and made.column.default
            and not (made.column.identity or made.column.computed)
        ):
            name = f"<default of {table}.{made.column.name}>"
            layout.members[name] = Member(name, "default", (made.column.name,), certain=False)
        yield Event("adds-column", table, made.column, new=table in self.fresh, text=sql)
        for member in made.members:
            yield from self._make(table, member)

    def _alter_column(self, table: str, layout: Layout, cursor: Cursor, sql: str) -> Iterator[Event]:
        name = cursor.name() or ""
        before = layout.columns.get(name)
        if before is None:
            return
        after = before
        if cursor.take("SET", "NOT", "NULL"):
            after = replace(before, nullable=False)
        elif cursor.take("DROP", "NOT", "NULL"):
            after = replace(before, nullable=True)
        elif cursor.take("SET", "DEFAULT"):
            after = replace(before, default=cursor.peek().value.upper() != "NULL")
        elif cursor.take("DROP", "DEFAULT"):
            after = replace(before, default=False)
        elif cursor.take("TYPE") or (cursor.peek().value.upper() not in ("SET", "DROP", "ADD")):
            kind = type_of(cursor)
            nullable = before.nullable
            while not cursor.done:
                if cursor.take("NOT", "NULL"):
                    nullable = False
                elif cursor.take("NULL"):
                    nullable = True
                else:
                    cursor.at += 1
            after = replace(before, type=kind or before.type, nullable=nullable)
        layout.columns[name] = after
        dependents, computed = layout.dependents(name), layout.computed(name, self.words)
        yield Event(
            "alters-column",
            table,
            after,
            before,
            parts=tuple(layout.columns.values()),
            dependents=dependents,
            computed=computed,
            new=table in self.fresh,
            text=sql,
        )

    def _rename_column(
        self, table: str, layout: Layout, old: str | None, new: str | None, sql: str
    ) -> Iterator[Event]:
        if old is None or new is None or old not in layout.columns:
            return
        before = layout.columns[old]
        after = replace(before, name=new)
        dependents, computed = layout.dependents(old), layout.computed(old, self.words)
        layout.columns = {new if name == old else name: c for name, c in layout.columns.items()}
        layout.columns[new] = after
        layout.members = {
            name: replace(
                one,
                columns=tuple(new if c == old else c for c in one.columns),
                also=tuple(new if c == old else c for c in one.also),
                condition=one.condition.replace(self._written("name", old), self._written("name", new)),
            )
            for name, one in layout.members.items()
        }
        for other in self.tables.values():
            for name, one in other.members.items():
                if one.references == (table, old):
                    other.members[name] = replace(one, references=(table, new))
        yield Event(
            "renames-column", table, after, before, dependents=dependents, computed=computed, text=sql
        )

    def _sp_rename(self, cursor: Cursor, sql: str) -> Iterator[Event]:
        what = cursor.peek()
        cursor.at += 1
        new = None
        if what.kind == "text":
            place = Cursor(self.words.of(what.value.strip("'")), "\0").name() or ""
            table, _, column = place.rpartition("\0")
            table = table.replace("\0", self.words.joint)
            cursor.at += cursor.peek().value == ","
            new = cursor.name()
            layout = self.tables.get(table)
            if layout is not None and column in layout.members:
                self._rename_member(layout, column, cursor, new)
            elif layout is not None:
                yield from self._rename_column(table, layout, column, new, sql)
            return
        cursor.at -= 1
        old = cursor.name()
        cursor.at += cursor.peek().value == ","
        self._rename_table(old, cursor.name())

    def _rename_table(self, old: str | None, new: str | None) -> None:
        if old in self.tables and new:
            self.tables[new] = self.tables.pop(old)
            self.fresh = {new if name == old else name for name in self.fresh}
            for layout in self.tables.values():
                for name, one in layout.members.items():
                    if one.references is not None and one.references[0] == old:
                        layout.members[name] = replace(one, references=(new, one.references[1]))

    def _rename_member(
        self, layout: Layout | None, old: str | None, cursor: Cursor, new: str | None = None
    ) -> None:
        if new is None:
            cursor.take("RENAME")
            cursor.take("TO")
            new = cursor.name()
        layouts = [layout] if layout is not None else list(self.tables.values())
        for one in layouts:
            if old in one.members and old is not None and new:
                one.members[new] = replace(one.members.pop(old), name=new)

    # What takes something away.

    def _drop(self, table: str, layout: Layout, cursor: Cursor, sql: str) -> Iterator[Event]:
        if cursor.take("PRIMARY", "KEY"):
            for name in [name for name, one in layout.members.items() if one.kind == "primary"]:
                del layout.members[name]
            return
        if not cursor.take("COLUMN"):
            for word in (("CONSTRAINT",), ("INDEX",), ("FOREIGN", "KEY"), ("CHECK",)):
                if cursor.take(*word):
                    break
            else:
                return
            cursor.take("IF", "EXISTS")
            name = cursor.name() or ""
            gone = layout.members.get(name)
            if gone is not None and self.vendor == "mysql" and self._brings_index(table, gone):
                layout.members[name] = Member(name, "index", gone.columns)
            else:
                layout.members.pop(name, None)
            return
        cursor.take("IF", "EXISTS")
        name = cursor.name() or ""
        before = layout.columns.pop(name, None)
        if before is not None:
            dependents = layout.dependents(name)
            computed = layout.computed(name, self.words)
            for one in dependents:
                del layout.members[one.name]
            yield Event(
                "drops-column", table, before=before, dependents=dependents, computed=computed, text=sql
            )

    def _drop_index(self, cursor: Cursor) -> None:
        cursor.take("CONCURRENTLY")
        cursor.take("IF", "EXISTS")
        name = cursor.name() or ""
        table = cursor.name() if cursor.take("ON") else None
        for key, layout in self.tables.items():
            if table in (None, key):
                layout.members.pop(name, None)

    def _brings_index(self, table: str, member: Member) -> bool:
        """Tell whether InnoDB made an index for a foreign key, which it does where none begins with its column."""
        return member.kind == "foreign" and not any(
            other.columns[:1] == member.columns[:1]
            for other in self.tables[table].members.values()
            if other.kind in ("primary", "unique", "index")
        )

    # What introspection asks.

    def constraints(self, table: str) -> dict[str, dict[str, Any]]:
        """Return the constraints of a table as `DatabaseIntrospection.get_constraints` of this vendor does.

        Raises:
            OnlyTheServerKnows: when no statement has made the table.
        """
        found: dict[str, dict[str, Any]] = {}
        for member in self.layout(table).members.values():
            if member.kind == "default" and self.vendor != "microsoft":
                continue
            unique = member.unique or member.kind in ("primary", "unique")
            indexed = member.kind == "index" or (
                self.vendor == "mysql"
                and (member.kind in ("primary", "unique") or self._brings_index(table, member))
            )
            found[member.name] = {
                "columns": list(member.columns),
                "primary_key": member.kind == "primary",
                "unique": unique,
                "unique_constraint": member.kind == "unique",
                "foreign_key": member.references,
                "check": member.kind == "check",
                "index": indexed,
                "default": member.kind == "default",
                "orders": ["ASC"] * len(member.columns) if indexed else [],
                "type": "idx" if indexed else None,
                "definition": member.condition or None,
                "options": None,
            }
        return found
