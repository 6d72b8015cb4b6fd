"""Captures statements as they are executed, with their time and rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import databases
from ..core.plan import Ran
from .traces import Traces


class Capture:
    """Notes every statement that a connection executes, for as long as it is installed."""

    def __init__(self, connection: Any, heard: Callable[[Ran], None] | None = None) -> None:
        self.connection = connection
        self.database = databases.of(connection)
        self.heard = heard
        self.ran: list[Ran] = []
        self.step: int | None = None
        """Index of the step that is running; None before the first."""
        self.traces: Traces | None = None
        """Asked after each statement what it locked, where that is wanted."""
        self.asking = False

    def __call__(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        """Run one statement; the form is that of `connection.execute_wrapper`."""
        if self.asking or self.turns_only(sql):
            return execute(sql, params, many, context)
        begun = time.perf_counter()
        result = execute(sql, params, many, context)
        cursor = context["cursor"]
        rows = getattr(cursor, "rowcount", None)
        self.database.finish(cursor, str(sql))
        seconds = time.perf_counter() - begun
        if rows == 0 and self.connection.vendor == "sqlite" and getattr(cursor, "description", None):
            # SQLite counts the rows of a RETURNING only once they are fetched.
            rows = None
        entry = Ran(
            shown(self.database, cursor, sql, params, many),
            seconds,
            rows if rows is not None and rows >= 0 else None,
            self.step or 0,
        )
        if not (self.database.results_wait and getattr(cursor, "description", None)):
            entry = self.traced(entry)
        self.ran.append(entry)
        if self.heard is not None:
            self.heard(entry)
        return result

    def turns_only(self, sql: Any) -> bool:
        """Tell whether a statement is the one that django-tenants runs with each cursor, always the same."""
        return hasattr(self.connection, "set_tenant") and str(sql).startswith("SET search_path = ")

    def traced(self, ran: Ran) -> Ran:
        """Return a statement with what it locked; the questions themselves are not noted."""
        if self.traces is None:
            return ran
        self.asking = True
        try:
            return self.traces.of(ran)
        finally:
            self.asking = False

    @contextmanager
    def installed(self) -> Iterator[Capture]:
        """Note everything that is executed inside."""
        with self.connection.execute_wrapper(self):
            yield self


def shown(database: databases.Database, cursor: Any, sql: Any, params: Any, many: bool) -> str:
    """Return a statement with its parameters in place, as it is shown and logged."""
    if params is None or many:
        return str(sql)
    try:
        return database.shown(getattr(cursor, "cursor", cursor), sql, params)
    except Exception:
        return f"{sql} -- {len(params)} parameters that cannot be shown"
