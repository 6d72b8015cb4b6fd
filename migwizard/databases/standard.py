"""What PostgreSQL and SQLite have in common."""

from __future__ import annotations

from migwizard.core.schema.names import quoted

from .dialect import Dialect


class DoubleQuotes(Dialect):
    """Names stand in double quotes, as in the SQL standard."""

    def quoted(self, name: str) -> str:
        """Return a name in double quotes."""
        return quoted(name)
