"""Statements and queries for the tests of the databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

HOSTILE = (
    'a"b',
    "x]; drop table y; --",
    "[/]",
    "new\nline",
    "UPPER Case",
    "tab\tand \x1b[31mred",
    "it's",
    "100%s",
    "back\\slash",
    "a.b",
    "données",
    "check (",
)
"""Names that a careless program stumbles over."""


def execute(connection: Any, *statements: str) -> None:
    """Run statements as they are."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, None)


def value(connection: Any, query: str) -> Any:
    """Return the first column of the first row."""
    with connection.cursor() as cursor:
        cursor.execute(query, None)
        row = cursor.fetchone()
    return row[0] if row else None


def quoted(name: str) -> str:
    """Return a name in double quotes."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def statements_of(connection: Any) -> Iterator[list[str]]:
    """Yield a list that fills with the statements which run inside."""
    seen: list[str] = []

    def note(run: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        seen.append(str(sql))
        return run(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen
