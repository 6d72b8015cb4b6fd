"""What SQLite loses when it rebuilds a table: its schema editor makes the new one from the model's state alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..core.plan import Plan, Step
from ..core.schema import Snapshot, Table, table_key
from ..core.situation import Situation
from .operations import Stage

OPAQUE = ("sql", "python", "separate", "custom")
"""Kinds of operations that may mean to remove what no state knows of."""

Known = Mapping[str, frozenset[str]]
"""The columns that the state has, by table."""


def known_columns(stage: Stage) -> Known:
    """Return the columns of every table as the state has them; none where no table is ever rebuilt."""
    if stage.connection.vendor != "sqlite":
        return {}
    # Of a copy: the state goes on, and would render anew with each operation what is rendered once.
    apps: Any = stage.state.clone().apps
    found: dict[str, frozenset[str]] = {}
    for model in apps.get_models(include_auto_created=True):
        table = table_key(model._meta.db_table)
        columns = {field.column for field in model._meta.local_concrete_fields}
        found[table] = found.get(table, frozenset()) | columns
    return found


def losses(
    situation: Situation, known: Known, before: Snapshot, after: Snapshot, said: Sequence[str]
) -> tuple[str, ...]:
    """Return, one sentence a table, what is gone that no state has and no operation spoke of.

    Args:
        situation: what was read before; its drifts name the indexes and triggers that no state has.
        known: the columns that the state had before.
        before: the tables before.
        after: the tables afterwards.
        said: the statements of operations that may mean to remove such things.
    """
    found = []
    for name, table in before.tables.items():
        rebuilt = after.tables.get(name)
        if rebuilt is None or name not in known:
            continue
        gone = [
            f"{kind} {thing}"
            for kind, thing in hidden(situation, table, known[name])
            if thing not in names(rebuilt, kind) and not mentioned(thing, said)
        ]
        if gone:
            found.append(
                f"SQLite rebuilds {name}, and what no migration's state has is lost: {', '.join(gone)}."
            )
    return tuple(found)


def hidden(situation: Situation, table: Table, known: frozenset[str]) -> Iterable[tuple[str, str]]:
    """Yield (kind, name) of what a table has and no state knows of."""
    for column in table.columns:
        if column.name not in known:
            yield "column", column.name
    for drift in situation.drifts:
        if drift.table == table.name and drift.kind in ("index-unknown", "trigger-unknown") and drift.name:
            yield drift.kind.removesuffix("-unknown"), drift.name


def names(table: Table, kind: str) -> set[str]:
    """Return the names of a table's columns, indexes or triggers."""
    things: Mapping[str, Sequence[Any]] = {
        "column": table.columns,
        "index": table.indexes,
        "trigger": table.triggers,
    }
    return {thing.name for thing in things[kind]}


def mentioned(name: str, said: Iterable[str]) -> bool:
    """Tell whether a statement names something."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)", re.IGNORECASE)
    return any(word.search(statement) for statement in said)


def is_opaque(situation: Situation, step: Step) -> bool:
    """Tell whether a step runs an operation whose effect no state tells."""
    if step.migration is None or step.operation is None:
        return False
    return situation.graph.files[step.migration].operations[step.operation].kind in OPAQUE


def unannounced(plan: Plan, found: Iterable[str]) -> tuple[str, ...]:
    """Return the losses that the plan did not tell."""
    return tuple(sentence for sentence in found if sentence not in plan.risks)
