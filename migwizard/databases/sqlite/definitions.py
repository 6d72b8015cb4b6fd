"""The SQL that defines columns, constraints, indexes and tables of SQLite."""

from __future__ import annotations

import re
from collections.abc import Collection

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Table
from migwizard.core.schema.names import quoted

from ..altering import actions, listed
from ..base import CannotAlter
from .ddl import COLUMN_CONSTRAINTS
from .tokens import tokenize

PLAIN_TYPE = re.compile(r"[a-z][\w ]*(\([-+]?\w+(,[-+]?\w+)?\))?( [a-z ]+)?")


def place(schema: str, name: str) -> str:
    """Return something as it is written in SQL; it is in `main` unless a schema is given."""
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def type_of(column: Column) -> str:
    """Return a declared type, in quotes where it would otherwise be read as something else."""
    words = {token.word for token in tokenize(column.type)}
    if PLAIN_TYPE.fullmatch(column.type) and words.isdisjoint(COLUMN_CONSTRAINTS):
        return column.type
    return quoted(column.type) if column.type else ""


def default_of(text: str) -> str:
    """Return a default as it stands behind DEFAULT: one token as it is, anything else in parentheses."""
    tokens = tokenize(text)
    signed = len(tokens) == 2 and tokens[0].is_symbol("-", "+") and tokens[1].kind == "number"
    return text if len(tokens) == 1 or signed else f"({text})"


def literal(column: Column, value: str) -> str:
    """Return the literal for a value of a column; words for truth are numbers here."""
    if column.type == "bool" and value.lower() in ("true", "false"):
        return "1" if value.lower() == "true" else "0"
    return "'" + value.replace("'", "''") + "'"


def numbered(table: Table) -> Column | None:
    """Return the column that is another name of the rows' numbers, or None."""
    key = next((one.columns for one in table.constraints if one.kind == "primary"), ())
    column = table.column(key[0]) if len(key) == 1 else None
    return column if column is not None and column.type == "integer" else None


def column_definition(column: Column, inline: Collection[Constraint] = ()) -> str:
    """Return the definition of a column, with the constraints that are part of it."""
    parts = [quoted(column.name), type_of(column)]
    if not column.nullable:
        parts.append("NOT NULL")
    parts += [constraint_definition(one, column) for one in inline]
    if column.default is not None:
        parts.append(f"DEFAULT {default_of(column.default)}")
    if column.collation:
        parts.append(f"COLLATE {quoted(column.collation)}")
    if column.generated:
        kind, _, expression = column.generated.partition(" ")
        parts.append(f"GENERATED ALWAYS AS ({expression}) {'STORED' if kind == 'stored' else 'VIRTUAL'}")
    return " ".join(part for part in parts if part)


def constraint_definition(one: Constraint, column: Column | None = None) -> str:
    """Return a constraint with its name, if it has one: of a table, or of the column that it is part of."""
    parts = [f"CONSTRAINT {quoted(one.name)}"] if one.name else []
    if one.kind == "exclude":
        raise CannotAlter("SQLite has no exclusion constraints.")
    if one.kind == "check":
        parts.append(f"CHECK ({one.definition})")
    elif one.kind == "foreign":
        parts.append(_references(one, column is not None))
    elif column is not None:
        parts.append("PRIMARY KEY AUTOINCREMENT" if column.identity == "autoincrement" else "PRIMARY KEY")
    else:
        parts.append(f"{'PRIMARY KEY' if one.kind == 'primary' else 'UNIQUE'} ({listed(one.columns)})")
    parts += actions(one.on_delete, one.on_update, one.deferrable)
    return " ".join(parts)


def _references(one: Constraint, inline: bool) -> str:
    table, columns = one.references or ("", ())
    own = "" if inline else f"FOREIGN KEY ({listed(one.columns)}) "
    return f"{own}REFERENCES {quoted(table)}" + (f" ({listed(columns)})" if columns else "")


def create_table(table: Table, as_name: str, options: str) -> str:
    """Return the statement that makes a table under a name; `options` are what stands behind its parentheses."""
    if not table.columns:
        raise CannotAlter(f"Table {table.name} would have no columns.")
    inline = next(
        (
            one
            for one in table.constraints
            if one.kind == "primary" and len(one.columns) == 1 and _counts(table, one)
        ),
        None,
    )
    parts = [
        column_definition(
            column, (inline,) if inline is not None and inline.columns == (column.name,) else ()
        )
        for column in table.columns
    ]
    parts += [constraint_definition(one) for one in table.constraints if one is not inline]
    return f"CREATE TABLE {as_name} ({', '.join(parts)}){f' {options}' if options else ''}"


def _counts(table: Table, key: Constraint) -> bool:
    column = table.column(key.columns[0])
    return column is not None and column.identity == "autoincrement"


def create_index(schema: str, table: str, index: Index) -> str:
    """Return the statement that makes an index."""
    unique = "UNIQUE " if index.unique else ""
    parts = ", ".join(map(_part, index.parts))
    where = f" WHERE {index.condition}" if index.condition else ""
    return f"CREATE {unique}INDEX {place(schema, index.name)} ON {quoted(table)} ({parts}){where}"


def _part(part: IndexPart) -> str:
    words = [quoted(part.column) if part.column is not None else f"({part.expression})"]
    if part.collation:
        words.append(f"COLLATE {quoted(part.collation)}")
    if part.descending:
        words.append("DESC")
    return " ".join(words)
