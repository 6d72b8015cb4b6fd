"""The statements that a migration executed, so that its scratch database can be made again without running it.

What code does on a driver's own cursor, behind Django's back, is not heard; the schema that comes of a rebuilding is
therefore always compared with what it should be.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

Group = tuple[bool, tuple[str, ...]]
"""Statements that were committed together, and whether they were in a transaction."""

READING = re.compile(
    r"[\s(]*(SELECT|EXPLAIN|SHOW|PRAGMA\s+\w+(\s*\(.*\))?\s*;?\s*$)", re.IGNORECASE | re.DOTALL
)
CONTROL = re.compile(r"\s*(BEGIN|COMMIT|ROLLBACK|START\s+TRANSACTION|END)(\s+\w+)?\s*;?\s*", re.IGNORECASE)


class Recorder:
    """Hears every statement on one connection; keeps those that were committed, with their values in their place."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.groups: list[Group] = []
        self.heard: list[str] = []
        """Every statement since the last `start_operation`, reading ones left out."""
        self.before: Callable[[str], None] = lambda sql: None
        """Called before a statement is executed."""
        self.after: Callable[[str], None] = lambda sql: None
        """Called after a statement was executed."""
        self._open: list[str] = []
        self._paused = 0
        self._attach()

    def _attach(self) -> None:
        """Hear statements, commits and rollbacks of the connection."""
        connection = self.connection
        commit, rollback = connection._commit, connection._rollback

        def committed() -> Any:
            result = commit()
            self._close_group()
            return result

        def rolled_back() -> Any:
            self._open.clear()
            return rollback()

        connection._commit, connection._rollback = committed, rolled_back
        connection.execute_wrappers.append(self._execute)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Do not hear what is executed meanwhile."""
        self._paused += 1
        try:
            yield
        finally:
            self._paused -= 1

    def start_operation(self) -> None:
        """Forget what was heard of the operation before."""
        self.heard.clear()

    def take(self) -> tuple[Group, ...]:
        """Return what was committed since the last time, neighbours of the same kind together."""
        taken: list[Group] = []
        for atomic, statements in self.groups:
            if taken and not atomic and not taken[-1][0]:
                taken[-1] = (False, taken[-1][1] + statements)
            else:
                taken.append((atomic, statements))
        self.groups.clear()
        return tuple(taken)

    def _close_group(self) -> None:
        if self._open:
            self.groups.append((True, tuple(self._open)))
            self._open.clear()

    def _execute(
        self, execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Mapping[str, Any]
    ) -> Any:
        if self._paused:
            return execute(sql, params, many, context)
        text = str(sql)
        if READING.match(text) and not _by_hand():
            return execute(sql, params, many, context)
        if CONTROL.fullmatch(text):
            return execute(sql, params, many, context)
        if many:
            params = list(params)
        self.before(text)
        result = execute(sql, params, many, context)
        self.heard.append(text)
        written = [self._written(text, one) for one in params] if many else [self._written(text, params)]
        if self.connection.in_atomic_block:
            self._open.extend(written)
        else:
            self.groups.append((False, tuple(written)))
        self.after(text)
        return result

    def _written(self, sql: str, params: Any) -> str:
        """Return the statement with its values in their place, as it can be executed without any."""
        if params is None:
            return sql
        operations = self.connection.ops
        if hasattr(operations, "compose_sql"):
            composed: str = operations.compose_sql(sql, params)
            return composed
        if not params:
            return sql % ()
        written: str = operations.last_executed_query(None, sql, params)
        return written


def _by_hand() -> bool:
    """Return whether somebody's own code executes the statement, and not Django's queries or introspection.

    A SELECT of one's own may call a function that changes something; those that Django writes do not.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module == "django.db.backends.base.schema":
            return True
        if frame.f_code.co_name not in ("_statement", "_execute_with_wrappers", "execute"):
            return not module.startswith(("django.db.models.", "django.db.backends.", "migwizard."))
        frame = frame.f_back
    return True


def rebuild(connection: Any, groups: Sequence[Group]) -> None:
    """Execute recorded statements again, in transactions as they were."""
    from django.db import transaction

    for atomic, statements in groups:
        if atomic:
            with transaction.atomic(using=connection.alias):
                _run(connection, statements)
        else:
            _run(connection, statements)


def _run(connection: Any, statements: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
