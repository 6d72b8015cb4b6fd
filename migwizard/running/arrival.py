"""Opens a new connection after a default schema was changed, and says in which schema it is."""

from __future__ import annotations

from dataclasses import replace

from ..core.plan import Plan, Report
from ..databases.base import printable
from ..reading.connected import CannotRead
from ..reading.reader import Reader


def arrived(reader: Reader, report: Report) -> Report:
    """Return the report with what a new connection says, which from then on is the reader's own.

    The one that made the change keeps the schema that it was opened with, and would read another than the application.
    """
    plan = report.plan
    if report.dry or report.outcome != "done" or not moves(plan):
        return report
    try:
        reconnect(reader)
        schema = reader.arrival()
    except CannotRead as error:
        return replace(
            report,
            outcome="failed",
            message=f"{report.message} But a new connection failed: {error}{undo(report)}",
        )
    if plan.arrives is None:
        return report
    if schema == printable(plan.arrives):
        return replace(report, message=f"{report.message} A new connection is in {schema}.")
    where = f"in {schema}" if schema else "in no schema"
    said = (
        f"{report.message} But a new connection is still {where}, not in {plan.arrives}: a pooler that keeps its own"
        f" connections must be restarted, or the settings choose the schema.{undo(report)}"
    )
    return replace(report, outcome="failed", message=said)


def moves(plan: Plan) -> bool:
    """Tell whether a plan changes where connections are, or what they may do."""
    return any(step.changes for step in plan.steps)


def reconnect(reader: Reader) -> None:
    """Open the reader's connection anew, past a pool that would give back the one that was closed.

    Raises:
        CannotRead: when the server refuses.
    """
    connection = reader.connection
    connection.close()
    if hasattr(connection, "close_pool"):
        connection.close_pool()
    reader.connect()


def undo(report: Report) -> str:
    """Return how the change is taken back, as a sentence; empty where it is in no journal."""
    return f" migwizard undo {report.journal} takes it back." if report.journal is not None else ""
