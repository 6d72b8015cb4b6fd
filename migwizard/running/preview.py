"""The SQL of a plan's operations, as exactly as it can be known without running them here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from django.db import DatabaseError

from ..core.plan import Plan, Step
from ..core.situation import Situation
from ..reading.reader import Reader
from . import history
from .capture import Capture
from .operations import Stage


def with_sql(reader: Reader, situation: Situation, plan: Plan) -> Plan:
    """Return the plan with the SQL of its operations filled in.

    On SQLite the operations run in an in-memory copy of the schema, so the SQL is what will be executed. Elsewhere
    the schema editor collects it against the live catalogue; where a statement depends on what an earlier step makes,
    a note says so.
    """
    plan = replace(plan, steps=tuple(with_record_sql(reader, step) for step in plan.steps))
    if not any(step.kind == "operation" and not step.signal for step in plan.steps):
        return plan
    with stand_in(reader) as connection:
        stage = Stage(situation, plan, reader.files.migrations, connection)
        steps: list[Step] = []
        deferred: list[str] = []
        for index, step in enumerate(plan.steps):
            if step.kind != "operation" or step.signal or step.migration is None or step.operation is None:
                steps.append(step)
                continue
            shown = render(reader, stage, connection, step, deferred)
            following = plan.steps[index + 1] if index + 1 < len(plan.steps) else None
            if following is None or following.kind != "operation" or following.migration != step.migration:
                shown = replace(shown, sql=(*shown.sql, *deferred))
                deferred = []
            steps.append(shown)
    return replace(plan, steps=tuple(steps))


def with_record_sql(reader: Reader, step: Step) -> Step:
    """Return a step of kind `record` with the statement that it will run here."""
    return replace(step, sql=(history.shown(reader.connection, step),)) if step.kind == "record" else step


def render(reader: Reader, stage: Stage, connection: Any, step: Step, deferred: list[str]) -> Step:
    """Return one operation's step with its SQL; what it defers to the end of its migration goes to `deferred`."""
    key, index = step.migration, step.operation
    if key is None or index is None:
        return step
    operation = reader.files.migrations[key].operations[index]
    if getattr(operation, "reduces_to_sql", True) is False:
        operation.state_forwards(key[0], stage.state)
        return step
    collect = connection.vendor != "sqlite"
    capture = Capture(connection)
    editor = connection.schema_editor(collect_sql=collect, atomic=False)
    editor.deferred_sql = []
    try:
        with capture.installed():
            stage.run(key, index, editor)
            direct = len(capture.ran)
            collected = [str(statement) for statement in editor.collected_sql] if collect else []
            late = [str(statement) for statement in editor.deferred_sql]
            if not collect:
                for statement in editor.deferred_sql:
                    editor.execute(statement)
    except Exception as error:
        note = f"The SQL depends on an earlier step and is known only once that has run ({type(error).__name__}: {error})."
        return replace(step, note="\n".join(part for part in (step.note, note) if part))
    if not collect:
        statements = [entry.sql for entry in capture.ran[:direct]]
        deferred += [entry.sql for entry in capture.ran[direct:]]
    else:
        statements = [statement for statement in collected if not statement.startswith("--")]
        deferred += late
    return replace(step, sql=tuple(terminated(statement) for statement in statements))


def terminated(statement: str) -> str:
    """Return a statement without its final semicolon."""
    return statement.rstrip().rstrip(";")


@contextmanager
def stand_in(reader: Reader) -> Iterator[Any]:
    """Yield the connection to render SQL with: an in-memory copy of the schema on SQLite, the live one elsewhere."""
    if reader.connection.vendor != "sqlite":
        yield reader.connection
        return
    with reader.database.create_shadow() as (connection, _):
        with reader.connection.cursor() as cursor:
            cursor.execute(
                "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
                " ORDER BY CASE type WHEN 'table' THEN 0 WHEN 'index' THEN 1 ELSE 2 END, rowid"
            )
            statements = [row[0] for row in cursor.fetchall()]
        with connection.cursor() as cursor:
            for statement in statements:
                # A virtual table brings its own tables along; what cannot be copied is missed only by what needs it.
                with suppress(DatabaseError):
                    cursor.execute(statement, None)
        yield connection
