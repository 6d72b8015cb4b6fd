"""The SQL that defines columns, constraints, indexes and tables of SQL Server."""

from __future__ import annotations

import re
from collections.abc import Sequence

from migwizard.core.schema import Column, Constraint, Index, Table, Trigger
from migwizard.core.schema.names import bracketed

from ..altering import actions
from ..base import CannotAlter
from .conversions import sound_type
from .expressions import enclosed, sound
from .facts import Facts, essence

COLLATION = re.compile(r"\w+")

TRIGGER = re.compile(r"(?:\s|--[^\n]*(?:\n|$)|/\*.*?\*/)*CREATE\s+(?:OR\s+ALTER\s+)?TRIGGER\b", re.I | re.S)

KINDS = {
    "": "INDEX",
    "clustered": "CLUSTERED INDEX",
    "nonclustered columnstore": "NONCLUSTERED COLUMNSTORE INDEX",
    "clustered columnstore": "CLUSTERED COLUMNSTORE INDEX",
}
"""How each kind of index is made whose definition a snapshot tells; no other kind can be."""


def listed(names: Sequence[str]) -> str:
    """Return names in brackets with commas between them."""
    return ", ".join(map(bracketed, names))


def typed(column: Column) -> str:
    """Return the type of a column with its collation, and whether it may be NULL."""
    parts = [sound_type(column.type)]
    if column.collation:
        if COLLATION.fullmatch(column.collation) is None:
            raise CannotAlter(f"This is no collation: {column.collation[:200]!r}.")
        parts.append(f"COLLATE {column.collation}")
    parts.append("NULL" if column.nullable else "NOT NULL")
    return " ".join(parts)


def column_definition(column: Column) -> str:
    """Return the definition of a column, without its default.

    Raises:
        CannotAlter: when it is one that no statement makes by itself.
    """
    if column.generated:
        kind, _, expression = column.generated.partition(" ")
        if not expression.startswith("("):
            raise CannotAlter(f"Column {column.name} is that of a temporal table.")
        stored = kind == "stored"
        return (
            f"{bracketed(column.name)} AS {enclosed(expression)}"
            f"{' PERSISTED' if stored else ''}{' NOT NULL' if stored and not column.nullable else ''}"
        )
    identity = " IDENTITY(1,1)" if column.identity else ""
    type_and_rest = typed(column)
    if identity:
        type_and_rest = f"{sound_type(column.type)}{identity} {'NULL' if column.nullable else 'NOT NULL'}"
    return f"{bracketed(column.name)} {type_and_rest}"


def default_of(column: Column) -> str:
    """Return a column's default as it follows its definition; empty without one."""
    return (
        f" DEFAULT {enclosed(column.default)}" if column.default is not None and not column.identity else ""
    )


def constraint_definition(facts: Facts, key: str, table: Table, one: Constraint) -> str:
    """Return a constraint of a table, with its name where it has one."""
    name = f"CONSTRAINT {bracketed(one.name)} " if one.name else ""
    if one.kind == "check":
        return f"{name}CHECK {enclosed(one.definition)}"
    if one.kind == "foreign":
        other, columns = one.references or ("", ())
        parts = [f"FOREIGN KEY ({listed(one.columns)}) REFERENCES {facts.table(other)} ({listed(columns)})"]
        return name + " ".join((*parts, *actions(one.on_delete, one.on_update, "")))
    if one.kind not in ("primary", "unique"):
        raise CannotAlter(f"SQL Server has no {one.kind} constraints.")
    kind = "PRIMARY KEY" if one.kind == "primary" else "UNIQUE"
    return f"{name}{kind}{_order(facts, key, table, one)} ({listed(one.columns)})"


def _order(facts: Facts, key: str, table: Table, one: Constraint) -> str:
    """Return whether the rows shall be in the order of a key, where that is not what the server does by itself."""
    usual = one.kind == "primary"
    taken = any(index.method.startswith("clustered") for index in table.indexes)
    wanted = facts.clustered.get((key, essence(one)), usual) and not taken
    if wanted == usual:
        return ""
    return " CLUSTERED" if wanted else " NONCLUSTERED"


def add_constraint(facts: Facts, table: Table, one: Constraint) -> str:
    """Return the statement that adds a constraint; one that nobody trusts is not checked against the rows."""
    start = f"ALTER TABLE {facts.table(table.name)}"
    if one.kind in ("check", "foreign") and not one.validated:
        start += " WITH NOCHECK"
    return f"{start} ADD {constraint_definition(facts, table.name, table, one)}"


def create_index(facts: Facts, key: str, index: Index) -> str:
    """Return the statement that makes an index.

    Raises:
        CannotAlter: when it is of a kind of which the snapshot does not tell all.
    """
    if index.method not in KINDS:
        raise CannotAlter(f"Index {index.name} on {key} is {index.method}, and is left as it is.")
    if any(part.column is None for part in index.parts):
        raise CannotAlter(f"Index {index.name} on {key} has an expression, which SQL Server does not index.")
    parts = ["CREATE UNIQUE" if index.unique else "CREATE", KINDS[index.method], bracketed(index.name), "ON"]
    parts.append(facts.table(key))
    if index.method != "clustered columnstore":
        keys = (f"{bracketed(part.column or '')}{' DESC' if part.descending else ''}" for part in index.parts)
        parts.append(f"({', '.join(keys)})")
    if index.include:
        parts.append(f"INCLUDE ({listed(index.include)})")
    if index.condition:
        parts.append(f"WHERE {sound(index.condition)}")
    if index.options:
        if index.options != "ignore_dup_key=on":
            raise CannotAlter(
                f"Index {index.name} on {key} has options that are not known: {index.options!r}."
            )
        parts.append("WITH (IGNORE_DUP_KEY = ON)")
    return " ".join(parts)


def create_trigger(trigger: Trigger) -> str:
    """Return the statement that makes a trigger, which is all that its batch holds.

    Raises:
        CannotAlter: when the user may not see it, or it is none.
    """
    if TRIGGER.match(trigger.definition) is None:
        raise CannotAlter(f"This is no trigger: {trigger.definition[:200]!r}.")
    return trigger.definition


def create_table(facts: Facts, table: Table, called: str | None = None) -> str:
    """Return the statement that makes a table, perhaps by another name, without constraints of the table."""
    parts = [f"{column_definition(column)}{default_of(column)}" for column in table.columns]
    place = facts.beside(table.name, called) if called else facts.table(table.name)
    return f"CREATE TABLE {place} ({', '.join(parts)})"


def rename(place: str, name: str, kind: str) -> str:
    """Return the call that gives something another name; `place` is written in SQL."""
    doubled = place.replace("'", "''"), name.replace("'", "''")
    return f"EXEC sp_rename N'{doubled[0]}', N'{doubled[1]}', N'{kind}'"
