"""SQL as it is shown: formatted by sqlparse, where that makes it easier to read and takes no time."""

from __future__ import annotations

import sqlparse
from sqlparse.exceptions import SQLParseError

SHORT = 160
"""Characters up to which a statement is read more easily as it is: sqlparse gives each column of a list a line."""
LONGEST = 20_000
"""Characters beyond which a statement is shown as it is: formatting takes time that grows with its square."""


def formatted(statement: str) -> str:
    """Return a statement with its clauses on lines of their own; as it is where sqlparse gives up on it."""
    if not SHORT < len(statement) <= LONGEST:
        return statement
    try:
        return str(sqlparse.format(statement, reindent=True)).strip() or statement
    except (SQLParseError, RecursionError):
        return statement
