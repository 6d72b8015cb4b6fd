"""How small things are said in Transact-SQL."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from migwizard.core.schema import Column
from migwizard.core.schema.names import bracketed

from ..dialect import Dialect
from ..fitting import limits_of
from .conversions import BINARIES, BYTES, UNICODE, base_type, holds_all, sound_type
from .types import text

CALLED = {"double precision": "float", "integer": "int", "decimal": "numeric"}
"""Types that Django calls otherwise than the catalogue."""

DEFAULT_OF = re.compile(r"t\.name = N?'((?:[^']|'')*)' AND c\.name = N?'((?:[^']|'')*)'", re.DOTALL)
"""Table and column in the question that mssql-django asks for the name of a default."""

MOMENTS = ("datetime2", "datetimeoffset", "time")
MOST_DIGITS = 7
"""Digits of a fraction of a second, where the type says nothing."""


class MicrosoftDialect(Dialect):
    """Transact-SQL."""

    def quoted(self, name: str) -> str:
        """Return a name in brackets."""
        return bracketed(name)

    def literal(self, value: object) -> str:
        """Return a value as it is shown in a statement."""
        if value is None:
            return "NULL"
        if isinstance(value, (bool, int, float, Decimal)):
            return str(int(value) if isinstance(value, bool) else value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return f"0x{bytes(value).hex()}"
        if isinstance(value, datetime):
            return text(value.isoformat(" "))
        return text(value.isoformat() if isinstance(value, (date, time)) else str(value))

    def shown(self, cursor: Any, sql: str, params: Any) -> str:
        """Return a statement with its parameters in place; mssql-django's own answer leaves the quotes out."""
        return sql % tuple(map(self.literal, params)) if params else sql

    def answer(self, editor: Any) -> None:
        """Let a schema editor that only collects statements know the names of the defaults that it drops.

        mssql-django asks for them by a statement like any other, and takes the column's name when it gets no answer. A
        default that an earlier statement would have made has no name yet.
        """
        collect = editor.execute

        def execute(sql: Any, params: Any = (), has_result: bool = False) -> Any:
            if not has_result:
                return collect(sql, params)
            with self.connection.cursor() as cursor:
                cursor.execute(str(sql), params or None)
                found = cursor.fetchall()
            named = DEFAULT_OF.search(str(sql))
            return found or [(f"<default of {'.'.join(named.groups())}>",)] if named is not None else found

        editor.execute = execute

    def now(self, *, with_zone: bool) -> str:
        """Return the expression for this moment: CURRENT_TIMESTAMP would be the server's local time, without a zone."""
        # In UTC, for a column of datetime2 as well, from which Django takes it to be that.
        return "SWITCHOFFSET(SYSDATETIMEOFFSET(), '+00:00')" if with_zone else "SYSDATETIME()"

    def moment(self, value: datetime) -> tuple[str, Any]:
        """Return the place for a moment in a statement, and the parameter that goes there.

        As a text: what a driver binds may have lost the fraction of a second, or the zone.
        """
        kind = "datetimeoffset" if value.tzinfo is not None else "datetime2"
        return f"CAST(%s AS {kind})", value.isoformat(" ")

    def first(self, number: int, columns: str, rest: str) -> str:
        """Return the query for the first rows; `rest` begins with FROM."""
        return f"SELECT TOP {number} {columns} {rest}"

    def with_given_id(self, table: str, sql: str) -> str:
        """Return a statement that inserts rows with ids of their own, where the server numbers them too.

        It is one batch, at whose end the setting is as before, also when the statement fails.
        """
        numbers = (
            "IF EXISTS (SELECT 1 FROM sys.columns"
            f" WHERE object_id = OBJECT_ID({text(table)}) AND is_identity = 1)"
        )
        return f"{numbers} SET IDENTITY_INSERT {table} ON; {sql}; {numbers} SET IDENTITY_INSERT {table} OFF"

    def unfit(self, old: Column, new: Column) -> str:
        """Return the condition of values that another type does not take."""
        if old.type == new.type or holds_all(old.type, new.type):
            return ""
        name, after, limits = bracketed(old.name), base_type(new.type), limits_of(new.type)
        if after in BYTES:
            if not limits:
                return ""
            # Blanks at the end are cut off without an error.
            kind = "nvarchar(max)" if after in UNICODE else "varchar(max)"
            size = limits[0] * BYTES[after]
            if after in BINARIES:
                return f"DATALENGTH({name}) > {size}"
            return f"DATALENGTH(RTRIM(CAST({name} AS {kind}))) > {size}"
        return f"{name} IS NOT NULL AND TRY_CONVERT({sound_type(new.type)}, {name}) IS NULL"

    def catalogue_type(self, db_type: str) -> str:
        """Return a type of Django's as the catalogue prints it: `numeric(8, 2)` is `numeric(8,2)`."""
        found = re.sub(r"\s*,\s*", ",", db_type.lower().strip())
        found = re.sub(r"\s+identity\b.*$", "", found)
        name, _, rest = found.partition("(")
        name = CALLED.get(name.strip(), name.strip())
        if name in MOMENTS and not rest:
            return f"{name}({MOST_DIGITS})"
        return f"{name}({rest}" if rest else name
