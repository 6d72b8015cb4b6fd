"""The SQL of steps that say only what shape tables shall have, made from the shape that they have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..core.plan import Plan, Step
from ..core.schema import Table
from ..core.schema.renaming import renamed
from ..core.situation import Situation
from ..databases import CannotAlter
from ..databases.base import printable
from ..reading.connected import CannotRead
from ..reading.reader import Reader
from .obstacles import with_obstacles


def gives_shapes(step: Step) -> bool:
    """Tell whether a step says what shape tables shall have."""
    return step.kind == "sql" and bool(step.tables)


def with_shapes(reader: Reader, situation: Situation, plan: Plan) -> Plan:
    """Return the plan with the statements of its steps that give tables another shape, or why they cannot be made.

    Each step begins with what the steps before it leave. Rows that are in the way refuse the plan too.
    """
    if plan.refusal or not any(map(gives_shapes, plan.steps)):
        return plan
    if situation.live is None:
        return replace(plan, refusal=f"The schema was not read: {situation.why_not}")
    tables: dict[str, Table] = dict(situation.live.tables)
    steps: list[Step] = []
    try:
        with reader.moment():
            for step in plan.steps:
                tables = {
                    name: table for name, table in renamed(tables, step.renames).items() if table is not None
                }
                if gives_shapes(step):
                    step = replace(step, sql=statements(reader, situation, tables, step))
                    after(tables, step)
                steps.append(step)
            return with_obstacles(reader, situation, replace(plan, steps=tuple(steps)))
    except CannotAlter as error:
        return replace(plan, refusal=printable(str(error)))
    except CannotRead as error:
        return replace(plan, refusal=str(error))


def statements(
    reader: Reader, situation: Situation, tables: Mapping[str, Table], step: Step
) -> tuple[str, ...]:
    """Return the statements of one step."""
    views = situation.live.views if situation.live is not None else ()
    return reader.database.alter(tables, step.tables, step.fills, views)


def after(tables: dict[str, Table], step: Step) -> None:
    """Change tables into what a step leaves."""
    for name, target in step.tables:
        tables.pop(name, None)
        if target is not None:
            tables[name] = target
