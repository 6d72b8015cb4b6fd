"""The statements that bring one column of PostgreSQL from one shape to another."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from migwizard.core.schema import Column
from migwizard.core.schema.names import quoted

from .definitions import Facts, column_definition, literal, serial_type
from .expressions import expression, sound

NEXTVAL = re.compile(r"nextval\('(?P<sequence>(?:[^']|'')*)'::regclass\)", re.DOTALL)

STRINGS = ("text", "character varying", "character", "citext", "name")
NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
MOMENTS = ("date", "timestamp without time zone", "timestamp with time zone")
DOCUMENTS = ("json", "jsonb")
FAMILIES = (STRINGS, NUMBERS, MOMENTS, DOCUMENTS)

LONGEST_NAME = 63
"""Bytes of a name, unless the server was compiled otherwise."""


def retyped(live: Column, target: Column) -> bool:
    """Tell whether the column needs another type or collation."""
    return (live.type, live.collation) != (target.type, target.collation)


def through_another(facts: Facts, live: Column, target: Column) -> bool:
    """Tell whether a column that is computed can become an ordinary one only by a copy of it."""
    if not live.generated or target.generated:
        return False
    return live.generated.startswith("virtual") or facts.version < 130000


def recreated(live: Column, target: Column) -> bool:
    """Tell whether a column must be dropped and made again: nothing else gives it another expression."""
    if not target.generated:
        return False
    return live.generated != target.generated or retyped(live, target)


def add_column(facts: Facts, table: str, column: Column, fill: str | None) -> Iterator[str]:
    """Yield the statements that add a column, `fill` being its value in the rows that are there."""
    start = f"ALTER TABLE {facts.table(table)}"
    filled = fill is not None and not column.generated and not column.identity
    yield f"{start} ADD COLUMN {column_definition(facts, column, literal(fill or '') if filled else None)}"
    if filled:
        yield f"{start} ALTER COLUMN {quoted(column.name)} {_default(column)}"
    if column.nullable and column.identity == "serial":
        yield f"{start} ALTER COLUMN {quoted(column.name)} DROP NOT NULL"
    yield from comment(facts, table, Column(column.name, "", True), column)


def alter_column(facts: Facts, table: str, live: Column, target: Column, fill: str | None) -> Iterator[str]:
    """Yield the statements for one column that stays."""
    start = f"ALTER TABLE {facts.table(table)}"
    alter = f"{start} ALTER COLUMN {quoted(live.name)}"
    if live.generated and not target.generated:
        if through_another(facts, live, target):
            yield from _copied(facts, table, live)
            live = Column(live.name, live.type, True, collation=live.collation)
        else:
            yield f"{alter} DROP EXPRESSION"
    if live.identity and live.identity != target.identity:
        yield from _stop_numbering(facts, table, live, target)
        live = replace(live, identity="", default=target.default if _keeps(target) else None)
    if retyped(live, target):
        if live.default is not None:
            yield f"{alter} DROP DEFAULT"
            live = replace(live, default=None)
        yield f"{alter} {_type(facts, live, target)}"
        if live.identity == "serial" and (table, live.name) in facts.sequences:
            yield f"ALTER SEQUENCE {facts.sequences[table, live.name]} AS {sound(target.type)}"
    if live.default != target.default and not target.identity:
        yield f"{alter} {_default(target)}"
    yield from _nullability(facts, table, live, target, fill)
    if target.identity and live.identity != target.identity:
        yield from _start_numbering(facts, table, live, target)
    yield from comment(facts, table, live, target)


def _default(column: Column) -> str:
    return "DROP DEFAULT" if column.default is None else f"SET DEFAULT {expression(column.default)}"


def _nullability(facts: Facts, table: str, live: Column, target: Column, fill: str | None) -> Iterator[str]:
    if live.nullable == target.nullable:
        return
    name = quoted(live.name)
    if fill is not None and not target.nullable:
        yield f"UPDATE {facts.table(table)} SET {name} = {literal(fill)} WHERE {name} IS NULL"
        # A deferred check of these rows would forbid every ALTER TABLE that follows (55006).
        yield "SET CONSTRAINTS ALL IMMEDIATE"
        yield "SET CONSTRAINTS ALL DEFERRED"
    verb = "DROP" if target.nullable else "SET"
    yield f"ALTER TABLE {facts.table(table)} ALTER COLUMN {name} {verb} NOT NULL"


def comment(facts: Facts, table: str, live: Column, target: Column) -> Iterator[str]:
    """Yield the statement for a column's comment, if it is another one."""
    if (live.comment or None) != (target.comment or None):
        text = literal(target.comment) if target.comment else "NULL"
        yield f"COMMENT ON COLUMN {facts.table(table)}.{quoted(live.name)} IS {text}"


def _copied(facts: Facts, table: str, live: Column) -> Iterator[str]:
    """Yield the statements that replace a computed column by an ordinary one with the same values."""
    start, other = f"ALTER TABLE {facts.table(table)}", quoted("migwizard_copy")
    plain = Column("migwizard_copy", live.type, True, collation=live.collation)
    yield f"{start} ADD COLUMN {column_definition(facts, plain)}"
    yield f"UPDATE {facts.table(table)} SET {other} = {quoted(live.name)}"
    yield f"{start} DROP COLUMN {quoted(live.name)}"
    yield f"{start} RENAME COLUMN {other} TO {quoted(live.name)}"


def _type(facts: Facts, live: Column, target: Column) -> str:
    collation = f" COLLATE {facts.collation(target.collation)}" if target.collation else ""
    using = _cast(quoted(live.name), live.type, target.type)
    return f"TYPE {sound(target.type)}{collation}{f' USING {using}' if using else ''}"


def _cast(name: str, live: str, target: str) -> str:
    """Return how the values are cast; nothing where an assignment does it.

    An assignment refuses a value that is too long, where an explicit cast would cut it off.
    """
    old, new = base_type(live), base_type(target)
    if old == new or new in STRINGS or any(old in family and new in family for family in FAMILIES):
        return ""
    if new == "boolean" and old in NUMBERS:
        return f"{name}::integer::boolean"
    if old == "boolean" and new in NUMBERS:
        return f"{name}::integer::{target}"
    # Through text there is a cast between any two types; whether a value survives it, the server says.
    return f"{name}::{target}" if old in STRINGS else f"{name}::text::{target}"


def base_type(type_: str) -> str:
    """Return a type without what limits it: `character varying(30)` is a `character varying`."""
    return re.sub(r"\(\d+(,\s*-?\d+)?\)", "", type_)


def _keeps(target: Column) -> bool:
    """Tell whether the column's default shall go on taking numbers from a sequence."""
    return sequence_of(target.default) is not None


def sequence_of(default: str | None) -> str | None:
    """Return the sequence, as it is written in SQL, of which a default is the next number; else None."""
    found = NEXTVAL.fullmatch(default or "")
    return sound(found["sequence"].replace("''", "'")) if found is not None else None


def _stop_numbering(facts: Facts, table: str, live: Column, target: Column) -> Iterator[str]:
    alter = f"ALTER TABLE {facts.table(table)} ALTER COLUMN {quoted(live.name)}"
    if live.identity == "identity":
        yield f"{alter} DROP IDENTITY"
        if _keeps(target):
            yield f"{alter} {_default(target)}"
        return
    sequence = facts.sequences.get((table, live.name))
    yield f"{alter} {_default(target) if _keeps(target) else 'DROP DEFAULT'}"
    if sequence is not None:
        goes_on = sequence == sequence_of(target.default)
        yield f"ALTER SEQUENCE {sequence} OWNED BY NONE" if goes_on else f"DROP SEQUENCE {sequence}"


def _start_numbering(facts: Facts, table: str, live: Column, target: Column) -> Iterator[str]:
    place = f"{facts.table(table)}.{quoted(target.name)}"
    alter = f"ALTER TABLE {facts.table(table)} ALTER COLUMN {quoted(target.name)}"
    former, usual = sequence_of(live.default), f"{table}_{target.name}_seq"
    if target.identity == "identity":
        if live.default is not None:
            yield f"{alter} DROP DEFAULT"
        yield f"{alter} ADD GENERATED BY DEFAULT AS IDENTITY"
    elif former in (usual, quoted(usual)):
        # Its own sequence, which lost its owner. One of another name may number other tables too.
        yield f"ALTER SEQUENCE {former} OWNED BY {place}"
    else:
        serial_type(target)
        sequence = facts.beside(table, _free_name(facts, f"{table}_{target.name}"))
        yield f"CREATE SEQUENCE {sequence} AS {sound(target.type)} OWNED BY {place}"
        yield f"{alter} SET DEFAULT nextval({literal(sequence)}::regclass)"
    yield past_the_last(facts, table, target.name)


def past_the_last(facts: Facts, table: str, column: str) -> str:
    """Return the statement after which a column's sequence gives numbers that no row has."""
    relation, name = facts.table(table), quoted(column)
    return (
        f"SELECT setval(pg_get_serial_sequence({literal(relation)}, {literal(column)}), "
        f"greatest(coalesce(max({name}), 0) + 1, 1), false) FROM {relation}"
    )


def _free_name(facts: Facts, wanted: str) -> str:
    """Return a name for a sequence that nothing has yet."""
    for number in range(1, 10_000):
        end = "_seq" if number == 1 else f"_seq{number}"
        start = wanted.encode()[: LONGEST_NAME - len(end)].decode(errors="ignore")
        if start + end not in facts.taken:
            return start + end
    raise AssertionError("ten thousand sequences of one column")
