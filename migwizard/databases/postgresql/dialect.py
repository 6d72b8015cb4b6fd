"""How small things are said in the SQL of PostgreSQL."""

from __future__ import annotations

import re

from migwizard.core.schema import Column

from ..standard import DoubleQuotes
from .fitting import unfit

WRITTEN = {"varchar": "character varying", "char": "character"}
"""How the catalogue prints types that Django calls otherwise."""


class PostgreSQLDialect(DoubleQuotes):
    """The SQL of PostgreSQL."""

    def unfit(self, old: Column, new: Column) -> str:
        """Return the condition of values that another type does not take; empty where nobody can say in advance."""
        return unfit(old, new, int(getattr(self.connection, "pg_version")))  # noqa: B009 - the stubs know the base class only

    def catalogue_type(self, db_type: str) -> str:
        """Return a type of Django's as the catalogue prints it."""
        return re.sub(r"^(varchar|char)\b", lambda found: WRITTEN[found[1]], db_type)
