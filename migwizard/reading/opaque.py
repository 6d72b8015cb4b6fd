"""Operations that may change the schema without the state knowing how, and the tables that they may change."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.migrations import operations as ops
from django.db.migrations.operations.base import Operation

from .tracker import Tracker

DDL = re.compile(
    r"\b(alter|create|drop|rename|do|execute|call|perform|comment|reindex|select|set\s+schema)\b",
    re.IGNORECASE,
)
PYTHON_DDL = re.compile(
    r"schema_editor\.(?!connection\b)\w+|\bcursor\b|\.execute\w*\(|\bRunSQL\b|call_command|\bdb\.connection\b",
    re.IGNORECASE,
)


def is_opaque(operation: Operation) -> bool:
    """Tell whether an operation may change the schema without the state knowing how."""
    if isinstance(operation, ops.RunSQL):
        return bool(DDL.search(sql_text(operation)))
    if isinstance(operation, ops.RunPython):
        return bool(PYTHON_DDL.search(python_text(operation)))
    if isinstance(operation, ops.SeparateDatabaseAndState):
        return bool(operation.state_operations) or bool(operation.database_operations)
    return not type(operation).__module__.startswith("django.")


def sql_text(operation: Any, *, backwards: bool = False) -> str:
    """Return the SQL of a RunSQL as one text."""
    sql = operation.reverse_sql if backwards else operation.sql
    parts = sql if isinstance(sql, list | tuple) else [sql]
    return "\n".join(str(part[0] if isinstance(part, list | tuple) else part) for part in parts)


def python_text(operation: Any, *, backwards: bool = False) -> str:
    """Return the source of a RunPython's function and of the functions it calls in the same module."""
    import inspect

    code = operation.reverse_code if backwards else operation.code
    try:
        text = inspect.getsource(code)
        module = inspect.getmodule(code)
    except (OSError, TypeError):
        return "schema_editor.unknown"
    for name in set(re.findall(r"\b(\w+)\s*\(", text)):
        helper = getattr(module, name, None)
        if inspect.isfunction(helper) and helper is not code:
            try:
                text += inspect.getsource(helper)
            except (OSError, TypeError):
                text += "schema_editor.unknown"
    return text


def mentioned(operation: Operation, known: Iterable[str], tracker: Tracker, app_label: str) -> set[str]:
    """Return the tables that an opaque operation may have changed."""
    known = set(known)
    if isinstance(operation, ops.RunSQL):
        words = {word.lower() for word in re.findall(r"\w+", sql_text(operation))}
        return {name for name in known if name.rpartition(".")[2].lower() in words}
    own = {name for place, (name, _) in tracker.places.items() if place[0] == app_label}
    if isinstance(operation, ops.RunPython):
        text = python_text(operation)
        words = {word.lower() for word in re.findall(r"\w+", text)}
        by_model = {
            name for place, (name, _) in tracker.places.items() if place[1] in words and place[0] in words
        }
        return own | by_model | {name for name in known if name.lower() in words}
    if isinstance(operation, ops.SeparateDatabaseAndState):
        found: set[str] = set()
        for inner in operation.database_operations:
            if is_opaque(inner):
                found |= mentioned(inner, known, tracker, app_label)
        return found
    return own


@dataclass(frozen=True, slots=True)
class Code:
    """What an opaque operation runs, in lower case, as far as its source tells."""

    app_label: str
    """The app that the operation is of."""
    sql: str = ""
    python: str = ""
    unknown: bool = False
    """Whether it is an operation of another kind than Django's own."""

    def may_change_rows(self, app_label: str, model: str, table: str) -> bool:
        """Tell whether it may change the rows of a model."""
        name = table.rpartition(".")[2].lower()
        if name in self.sql or (self.unknown and self.app_label == app_label):
            return True
        words = set(re.findall(r"\w+", self.python))
        if not words or self.app_label != app_label:
            return name in words or {app_label, model} <= words
        # Code that does not ask for models by their names has them from elsewhere; and a row that is deleted takes
        # those along that point to it.
        return model in self.python or name in words or "get_model" not in words or "delete" in words


def code_of(operation: Operation, app_label: str, *, backwards: bool = False) -> Code:
    """Return what an opaque operation runs, or what it runs when it is taken back."""
    if isinstance(operation, ops.SeparateDatabaseAndState):
        parts = [code_of(one, app_label, backwards=backwards) for one in operation.database_operations]
        return Code(
            app_label,
            "\n".join(one.sql for one in parts),
            "\n".join(one.python for one in parts).strip(),
            any(one.unknown for one in parts),
        )
    if isinstance(operation, ops.RunSQL):
        return Code(app_label, sql=sql_text(operation, backwards=backwards).lower())
    if isinstance(operation, ops.RunPython):
        return Code(app_label, python=python_text(operation, backwards=backwards).lower())
    return Code(app_label, unknown=not type(operation).__module__.startswith("django."))
