"""The words of a CREATE TABLE: whether they make a table, and what of them stands behind its name."""

from __future__ import annotations

from dataclasses import replace

from django.db import DatabaseError
from django.db.backends.base.base import BaseDatabaseWrapper

from migwizard.core.schema import Table

from .snapshot import Reading, read_schema
from .tokens import TOKEN, name_of, tokenize


def makes(scratch: BaseDatabaseWrapper, table: Table) -> bool:
    """Tell whether a table's definition makes it as it is, indexes and triggers aside, by trying it out.

    `scratch` is a connection to a database that has no table of that name, and loses what it gets.
    """
    tokens = tokenize(table.definition)
    if [token.word for token in tokens[:2]] != ["CREATE", "TABLE"] or len(tokens) < 4:
        return False
    name = name_of(tokens[2])
    with scratch.cursor() as cursor:
        try:
            cursor.execute(table.definition)
        except DatabaseError:
            # It may use a function or a collation that the project gives to its own connections.
            return False
        version = tuple(map(int, scratch.Database.sqlite_version_info))  # type: ignore[attr-defined]
        (made,) = read_schema(Reading(cursor, version, "main", "", [name]))
    return replace(table, indexes=(), triggers=()) == replace(made, name=table.name)


def behind_name(definition: str) -> str:
    """Return what stands behind the name in a CREATE TABLE, as it is written."""
    words = [match for match in TOKEN.finditer(definition) if match.lastgroup != "space"]
    return definition[words[2].end() :].lstrip()
