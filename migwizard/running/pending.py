"""Rows in the way of operations that a plan runs: told as risks, because nothing of the plan has run yet."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from django.db import DatabaseError

from ..core.finding import Safety
from ..core.plan import Plan
from ..core.schema import Table
from ..core.schema.names import quoted
from ..core.session import listed
from ..databases.base import printable
from ..reading.connected import CannotRead
from ..reading.reader import Reader
from .demands import Demand, Demands
from .obstacles import LOCK_SECONDS, STATEMENT_SECONDS, Obstacle, find, said, written

EFFECTS = {
    "fails": "fails on that",
    "cuts": "cuts off what is too long, without an error",
    "blanks": "adds that column although it is there, and puts its default in place of what it holds",
}


def with_pending(reader: Reader, plan: Plan, demands: Demands) -> Plan:
    """Return the plan with a risk for each demand that rows which are there now do not meet.

    All questions together have the time that one statement has: a preview must not keep anybody waiting for long.
    """
    plan = with_columns(plan, demands)
    if not demands.found or plan.refusal:
        return plan
    risks: dict[str, None] = {}
    safety: Safety = plan.safety
    end = time.monotonic() + STATEMENT_SECONDS
    try:
        with reader.moment():
            for demand in demands.found:
                found = ask(reader, demand, end - time.monotonic())
                if found is not None:
                    risks[in_words(demand, found)] = None
                    safety = "destructive" if demand.effect == "cuts" else safety
    except CannotRead:
        return plan
    return replace(plan, safety=safety, risks=(*plan.risks, *risks))


def with_columns(plan: Plan, demands: Demands) -> Plan:
    """Return the plan with the columns that it adds although they are there."""
    risks = [
        f"Column {printable(f'{loss.table}.{loss.column}')} is there already; {'.'.join(key)} fails on that."
        for loss, key in demands.in_the_way.items()
    ]
    return replace(plan, loses=(*plan.loses, *demands.blanked), risks=(*plan.risks, *risks))


def ask(reader: Reader, demand: Demand, seconds: float) -> Obstacle | None:
    """Return the rows that do not meet a demand; what cannot be counted in time is said as well."""
    connection, table, search = reader.connection, demand.table, demand.search
    uncounted = Obstacle(
        f"It could not be counted in time whether {said(search, 'some rows', 2)}.", counted=False
    )
    if seconds < 1:
        return uncounted
    try:
        reader.database.guard_timeouts(LOCK_SECONDS, seconds)
        if demand.points is not None:
            search = replace(search, condition=orphaned(connection, table, *demand.points))
        found = find(connection, written(connection, {}, table, table)[table.name], table, search)
    except DatabaseError as error:
        # A question that the server does not understand is none: only the operation itself can tell.
        return uncounted if reader.database.waited_too_long(error) else None
    return found if found is not None and found.rows >= demand.least else None


def orphaned(connection: Any, table: Table, column: str, parent: str, key: str) -> str:
    """Return the condition of rows whose value in a column is not one of another table's."""
    other = replace(table, name=parent)
    there = written(connection, {}, other, other)[parent]
    own = quoted(column)
    found = f"SELECT 1 FROM {there} parent WHERE parent.{quoted(key)} = child.{own}"
    return f"{own} IS NOT NULL AND NOT EXISTS ({found})"


def in_words(demand: Demand, found: Obstacle) -> str:
    """Return what an operation of a migration would meet."""
    text, name = f"{found.text[:1].upper()}{found.text[1:]}", ".".join(demand.key)
    who = f"taking back {name}" if demand.backwards else name
    if not found.counted:
        return f"{text} On them {who} {EFFECTS[demand.effect]}."
    others = [".".join(key) for key in demand.after if key != demand.key]
    unless = f", unless {listed(others)} changes them before" if others else ""
    return f"{text}; {who} {EFFECTS[demand.effect]}{unless}."
