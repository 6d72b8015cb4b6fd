"""What MySQL and MariaDB cannot do, or do wrong without a word; where the two differ, which of them is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from .rehearsed import Ahead, Dialect, Event, Member, Rehearsed, RehearsedColumn
from .rules import Rule, refusals, said

TEXT = re.compile(r"^(tiny|medium|long)?(text|blob)$|^json$")
KEY_BYTES = 3072
"""What a key of InnoDB can take, since MySQL 5.7 and MariaDB 10.2; 767 in a table of row format COMPACT."""
HASHES = (10, 4)
"""The version of MariaDB since which a unique rule may be longer than a key."""


def rules(dialect: Dialect, operation: Rehearsed, event: Event, ahead: Ahead | None) -> Iterator[Rule]:
    """Yield what goes wrong at one event of a rehearsal on MySQL or MariaDB."""
    if event.kind == "refuses":
        yield from refusals(dialect, event)
    elif event.kind == "breaks":
        yield broken(dialect, operation)
    elif event.kind == "adds-empty" and event.column is not None and not event.new:
        yield from implicit_default(dialect, operation, event, event.column, ahead)
    elif event.kind == "makes" and event.member is not None:
        if event.member.kind == "foreign":
            yield from type_mismatch(dialect, event, event.member)
        elif event.member.kind != "check":
            yield from of_key(dialect, event, event.member)
    elif event.kind == "alters-column" and event.before and event.column:
        yield from of_keys_of(dialect, event) if event.before.type != event.column.type else ()


def broken(dialect: Dialect, operation: Rehearsed) -> Rule:
    """Return that Django writes a statement that is none."""
    tables = [event.table for event in operation.events if event.kind == "adds-column"]
    table = tables[0] if tables else None
    return Rule(
        "broken-statement",
        "error",
        table,
        None,
        f"cannot run on {dialect.title}: Django executes the word None as a statement there, for a constraint that it"
        " leaves out.",
        (
            "a model with a db_default and a UniqueConstraint that has a condition is made in one operation",
            "error 1064: You have an error in your SQL syntax, near 'None'",
            f"DDL is not transactional on {dialect.title.split()[0]}: the table stays, half made",
        ),
        "Take the UniqueConstraint out of the CreateModel operation, and add it by an AddConstraint operation after it;"
        " or leave the db_default out.",
    )


def implicit_default(
    dialect: Dialect, operation: Rehearsed, event: Event, column: RehearsedColumn, ahead: Ahead | None
) -> Iterator[Rule]:
    """Yield that rows which are there get 0 or an empty text, because nobody says what they shall have."""
    rows = rows_of(operation, event, ahead)
    if rows == 0:
        return
    place = f"{event.table}.{column.name}"
    many = (
        "the rows that are there"
        if rows is None
        else f"the {rows:,} rows of {event.table}"
        if rows > 1
        else (f"the one row of {event.table}")
    )
    points = any(
        one.member is not None and one.member.kind == "foreign" and column.name in one.member.columns
        for one in operation.events
    )
    differs = (rows or 0) > 1 and any(
        one.member is not None and one.member.kind == "unique" and one.member.columns == (column.name,)
        for one in operation.events
    )
    error = "error 1452" if points else "error 1062" if differs else ""
    fails = f"fails on {many}" if error else f"gives {many} a value that nobody chose: {empty(column.type)}"
    yield Rule(
        "implicit-default",
        "error" if error and rows is not None else "warning",
        event.table,
        column.name,
        f"adds {place}, which must not be NULL and has no default; {dialect.title} {fails}.",
        (
            f"{place} is {column.type} NOT NULL",
            error or f"{dialect.title} reports no error, in strict mode neither",
        ),
        "Give the AddField operation a default with preserve_default=False, as makemigrations does; or add the field"
        " with null=True, fill it, and alter it afterwards.",
    )


def rows_of(operation: Rehearsed, event: Event, ahead: Ahead | None) -> int | None:
    """Return how many rows a table has, or None where they were not counted."""
    for crowd in ahead.crowds if ahead is not None else ():
        if crowd.kind == "any" and (crowd.key, crowd.table) == (operation.key, event.table):
            return crowd.rows
    return None


def empty(kind: str) -> str:
    """Return what MySQL writes where nothing is said."""
    if kind.startswith(("date", "timestamp", "time")):
        return "a date of zeros"
    if kind.startswith(("varchar", "char", "longtext", "text", "longblob", "json")):
        return "an empty text"
    return "0"


def plain(kind: str) -> str:
    """Return a type without what makes no difference to a foreign key."""
    kind = re.sub(r"\b(int|bigint|smallint|tinyint|mediumint)\(\d+\)", r"\1", kind)
    return re.sub(r"^integer\b", "int", kind)


def type_mismatch(dialect: Dialect, event: Event, member: Member) -> Iterator[Rule]:
    """Yield that a foreign key points to a column of another type."""
    if not event.parts or event.target is None or not event.target.type or not event.parts[0].type:
        return
    part, target = event.parts[0], event.target
    strings = all(kind.startswith(("varchar", "char")) for kind in (part.type, target.type))
    if plain(part.type) == plain(target.type) or strings:
        return
    assert member.references is not None
    there = f"{member.references[0]}.{target.name}"
    error = (
        "error 1005 (errno 150): Foreign key constraint is incorrectly formed"
        if dialect.name == "mariadb"
        else f"error 3780: Referencing column '{part.name}' and referenced column '{target.name}' in foreign key"
        f" constraint '{member.name}' are incompatible"
    )
    yield Rule(
        "foreign-key-type-mismatch",
        "error",
        event.table,
        part.name,
        f"cannot run on {dialect.title}: {event.table}.{part.name} is {part.type}, and points to {there}, which is"
        f" {target.type}.",
        (f"it makes the {said(member)}", error),
        f"Bring {there} to {part.type} first: by an AlterField operation that also changes the database, after the"
        " foreign keys that point to it have been removed, and with them added again afterwards.",
    )


def of_keys_of(dialect: Dialect, event: Event) -> Iterator[Rule]:
    """Yield what is wrong with the keys that a column is part of, once it has another type."""
    for member in event.dependents:
        if member.kind in ("primary", "unique", "index"):
            parts = tuple(part for name in member.columns for part in event.parts if part.name == name)
            yield from of_key(dialect, replace(event, parts=parts), member)


def of_key(dialect: Dialect, event: Event, member: Member) -> Iterator[Rule]:
    """Yield that a key is on a column without a length, or too long."""
    texts = [part for part in event.parts if TEXT.match(part.type)]
    maria = dialect.name == "mariadb" and dialect.version >= HASHES
    primary = member.kind == "primary"
    if maria and not primary and (member.unique or member.kind == "unique"):
        # MariaDB keeps a hash of what is too long for a unique rule.
        return
    if texts and (primary or not maria):
        yield unindexable(dialect, event, member, texts[0])
        return
    if maria and len(event.parts) == 1 and not primary:
        # An index on one column has only the beginning of what is too long.
        return
    most = sum(bytes_of(part, dialect) for part in event.parts)
    if most > KEY_BYTES:
        yield too_long(dialect, event, member, most)


def unindexable(dialect: Dialect, event: Event, member: Member, part: RehearsedColumn) -> Rule:
    """Return that a key is on a column that can be one only in part."""
    json = part.type == "json" and dialect.name == "mysql"
    error = (
        f"error 3152: JSON column '{part.name}' supports indexing only via generated columns"
        if json
        else f"error 1170: BLOB/TEXT column '{part.name}' used in key specification without a key length"
    )
    return Rule(
        "unindexable-column",
        "error",
        event.table,
        part.name,
        f"cannot run on {dialect.title}: {event.table}.{part.name} is {part.type}, which cannot be a key.",
        (f"it makes the {said(member)} on {', '.join(member.columns)}", error),
        "In a migration of your own that has not been applied anywhere, make the field a CharField with a max_length,"
        " or leave the index and unique=True out. For another package's migration, the project can have its own"
        " migrations for that app (MIGRATION_MODULES).",
    )


def bytes_of(part: RehearsedColumn, dialect: Dialect) -> int:
    """Return how many bytes of a key a column takes at most."""
    found = re.fullmatch(r"(var)?char\((\d+)\)", part.type)
    if found:
        return int(found[2]) * dialect.character_bytes
    if TEXT.match(part.type):
        return KEY_BYTES
    found = re.fullmatch(r"varbinary\((\d+)\)", part.type)
    return int(found[1]) if found else 8


def too_long(dialect: Dialect, event: Event, member: Member, most: int) -> Rule:
    """Return that a key takes more bytes than InnoDB has for one."""
    return Rule(
        "key-too-long",
        "error",
        event.table,
        event.parts[0].name if len(event.parts) == 1 else None,
        f"cannot run on {dialect.title}: it makes a key of {most} bytes on {event.table}, and {KEY_BYTES} are the"
        " most.",
        (
            f"it makes the {said(member)} on {', '.join(member.columns)}, with {dialect.character_bytes} bytes a"
            " character",
            f"error 1071: Specified key was too long; max key length is {KEY_BYTES} bytes",
        ),
        f"Give the fields a smaller max_length: at most {KEY_BYTES // dialect.character_bytes} characters together.",
    )
