"""A migration in the SQL of several servers, side by side, as text."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.dialects.sql import InDialect, WrittenOperation
from .safe import visible, visible_lines

DEEPEST = 4
"""Blanks at the beginning of a line."""


def text(found: Sequence[InDialect]) -> str:
    """Return a migration in each dialect; all but the statements are comments of SQL."""
    return "\n\n".join("\n".join(_dialect(one)) for one in found)


def _dialect(one: InDialect) -> list[str]:
    by = f", by {one.backend}" if one.backend else ""
    here = " (this database)" if one.connected else ""
    lines = [f"-- {visible('.'.join(one.key))} on {one.title}{by}{here}"]
    if one.missing:
        return [*lines, f"-- {visible(one.missing)}"]
    if not one.atomic:
        lines.append("-- atomic = False: no transaction holds these statements together.")
    if not one.operations:
        lines.append("-- It has no operations.")
    for number, operation in enumerate(one.operations, 1):
        lines += ["", f"-- {number}. {visible(operation.title)}", *_operation(operation)]
    deferred = [statement for operation in one.operations for statement in operation.deferred]
    if deferred:
        lines += ["", "-- At the end of the migration"]
    return [*lines, *_statements(deferred)]


def _operation(operation: WrittenOperation) -> list[str]:
    lines = []
    for obstruction in operation.obstructions:
        lines.append(f"-- {obstruction.severity}: {visible(obstruction.summary)} ({obstruction.finding})")
        lines.append(f"--   {visible(obstruction.way)}")
    if operation.note:
        lines.append(f"-- {visible(operation.note)}")
    lines += [f"--   | {line}" for line in visible_lines(operation.source).splitlines()]
    lines += _statements(operation.sql)
    if not operation.sql and not operation.deferred and not operation.note:
        lines.append("-- Nothing changes in the database.")
    return lines


def _statements(statements: Sequence[str]) -> list[str]:
    """Return the lines of statements."""
    from .formatting import formatted

    return [line for statement in statements for line in _statement(formatted(statement))]


def _statement(text: str) -> list[str]:
    """Return the lines of a statement, none far to the right: sqlparse indents a table's columns by forty."""
    lines = (line for line in visible_lines(text).splitlines() if line.strip())
    return [" " * min(DEEPEST, len(line) - len(line.lstrip())) + line.lstrip() for line in lines]
