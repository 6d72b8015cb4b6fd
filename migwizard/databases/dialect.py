"""How small things are said in the SQL of a database, with standard SQL for a vendor of which nothing is known."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from migwizard.core.schema import Column


class Dialect:
    """What is written differently from one vendor to the next."""

    connection: BaseDatabaseWrapper

    def quoted(self, name: str) -> str:
        """Return a name as an identifier; Django's `quote_name` takes one that holds quotes for quoted already."""
        return str(self.connection.ops.quote_name(name))

    def literal(self, value: object) -> str:
        """Return a value as it is shown in a statement."""
        return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"

    def shown(self, cursor: Any, sql: str, params: Any) -> str:
        """Return a statement with its parameters in place, as it is shown and logged."""
        return str(self.connection.ops.last_executed_query(cursor, sql, params))

    def answer(self, editor: Any) -> None:
        """Let a schema editor that only collects statements know what it asks the server for."""

    def now(self, *, with_zone: bool) -> str:
        """Return the expression for this moment, as Django would write it into a DateTimeField."""
        return "CURRENT_TIMESTAMP"

    def moment(self, value: datetime) -> tuple[str, Any]:
        """Return the place for a moment in a statement, and the parameter that goes there."""
        return "%s", self.connection.ops.adapt_datetimefield_value(value)

    def first(self, number: int, columns: str, rest: str) -> str:
        """Return the query for the first rows; `rest` begins with FROM."""
        return f"SELECT {columns} {rest} LIMIT {number}"

    def with_given_id(self, table: str, sql: str) -> str:
        """Return a statement that inserts rows with ids of their own; `table` is quoted."""
        return sql

    def unfit(self, old: Column, new: Column) -> str:
        """Return the condition of values that another type does not take; empty where nobody can say in advance."""
        return ""

    def catalogue_type(self, db_type: str) -> str:
        """Return a type of Django's as the catalogue prints it."""
        return db_type
