"""Definitions of columns, as Django's schema editors write them, taken apart."""

from __future__ import annotations

from dataclasses import dataclass

from ...core.dialects.rehearsed import Member, RehearsedColumn
from .tokens import Cursor, Words

ENDS = {
    *(
        "NOT",
        "NULL",
        "DEFAULT",
        "PRIMARY",
        "UNIQUE",
        "CHECK",
        "CONSTRAINT",
        "REFERENCES",
        "GENERATED",
        "IDENTITY",
    ),
    *("COLLATE", "COMMENT", "AUTO_INCREMENT", "AUTOINCREMENT", "AS", "ON", "WITH", "TABLESPACE", "USING"),
}
"""Words that end the type of a column."""
FILLED = ("DEFAULT", "IDENTITY", "AUTO_INCREMENT", "AUTOINCREMENT", "GENERATED")
NUMBERED = ("IDENTITY", "AUTO_INCREMENT", "AUTOINCREMENT")


@dataclass(frozen=True, slots=True)
class Definition:
    """A column, and what its definition makes beside it."""

    column: RehearsedColumn
    members: tuple[Member, ...] = ()


def type_of(cursor: Cursor) -> str:
    """Return the type that comes next, in lower case and without blanks around its length."""
    parts: list[str] = []
    while not cursor.done:
        token = cursor.peek()
        upper = token.value.upper()
        if token.kind == "word" and upper in ENDS:
            following = cursor.tokens[cursor.at + 1 : cursor.at + 2]
            if upper != "WITH" or not following or following[0].value.upper() != "TIME":
                break
        if token.kind == "group" and parts:
            parts[-1] += f"({token.value.replace(' ', '').lower()})"
        elif token.kind == "mark" and parts:
            parts[-1] += token.value
        elif token.kind in ("word", "name"):
            parts.append(token.value.lower())
        else:
            break
        cursor.at += 1
    return " ".join(parts)


def definition(name: str, cursor: Cursor, table: str, words: Words, vendor: str) -> Definition:
    """Return what the rest of a column's definition says."""
    kind = type_of(cursor)
    nullable, computed, constraint = True, "", ""
    serial = kind.endswith("serial")
    default, identity = serial, serial
    members: list[Member] = []
    while not cursor.done:
        if cursor.take("NOT", "NULL"):
            nullable = False
        elif cursor.take("PRIMARY", "KEY"):
            nullable = False
            members.append(inline(table, (name,), "primary", constraint, vendor))
        elif cursor.take("UNIQUE"):
            members.append(inline(table, (name,), "unique", constraint, vendor))
        elif cursor.take("CHECK"):
            text = cursor.group() or ""
            members.append(check(table, text, constraint, words, vendor, name))
        elif cursor.take("REFERENCES"):
            members.append(reference((name,), constraint, cursor, words))
        elif cursor.take("CONSTRAINT"):
            constraint = cursor.name() or ""
        elif cursor.take("AS") or cursor.take("GENERATED", "ALWAYS", "AS"):
            computed = cursor.group() or computed
            default = default or bool(computed)
        else:
            word = cursor.peek().value.upper() if cursor.peek().kind == "word" else ""
            default = default or word in FILLED
            identity = identity or word in NUMBERED
            cursor.at += 1
    column = RehearsedColumn(name, kind, nullable, default or identity, identity, computed)
    return Definition(column, tuple(members))


def inline(table: str, columns: tuple[str, ...], kind: str, name: str, vendor: str) -> Member:
    """Return a primary key or unique constraint that a definition makes, named as the server names it."""
    primary = kind == "primary"
    certain = bool(name) or vendor != "microsoft"
    if not name and vendor == "postgresql":
        name = "_".join((cut(table, columns if not primary else ()), "pkey" if primary else "key"))
    elif not name and vendor == "mysql":
        name = "PRIMARY" if primary else columns[0]
    elif not name:
        what = "primary key" if primary else f"unique constraint on {', '.join(columns)}"
        name = f"<{what} of {table}>"
    return Member(name, "primary" if primary else "unique", columns, unique=True, certain=certain)


def cut(table: str, columns: tuple[str, ...]) -> str:
    """Return the beginning of a name that PostgreSQL gives itself, as `makeObjectName` cuts it to fit."""
    first, second = table.rpartition('"."')[2], "_".join(columns)
    room = 63 - (len("_key") if columns else len("_pkey")) - bool(columns)
    while len(first.encode()) + len(second.encode()) > room:
        if len(first.encode()) >= len(second.encode()):
            first = first[:-1]
        else:
            second = second[:-1]
    return f"{first}_{second}" if columns else first


def check(table: str, text: str, name: str, words: Words, vendor: str, column: str = "") -> Member:
    """Return a check; one without a name is called as the server calls it."""
    named = bool(name)
    mentioned = tuple(dict.fromkeys((*((column,) if column else ()), *words.names(text))))
    if not name and vendor == "postgresql":
        name = f"{cut(table, (column,))}_check"
    elif not name:
        name = column if vendor == "mysql" else f"<check of {table}.{column}>"
    return Member(name, "check", mentioned, condition=text, certain=named or vendor == "postgresql")


def reference(columns: tuple[str, ...], name: str, cursor: Cursor, words: Words) -> Member:
    """Return the foreign key whose target comes next."""
    table = cursor.name() or ""
    inside = cursor.group() or ""
    target = (*words.names(inside), inside.strip())[0]
    cascades = False
    while cursor.take("ON", "DELETE") or cursor.take("ON", "UPDATE"):
        cascades = cascades or cursor.peek().value.upper() in ("CASCADE", "SET")
        cursor.at += 1
    return Member(name, "foreign", columns, references=(table, target), cascades=cascades)
