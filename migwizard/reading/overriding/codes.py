"""What becomes of operations of which the state does not tell everything: kept at their place, or left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.migrations import operations as ops
from django.db.migrations.migration import Migration

from ...core.graph import Key, MigrationFile
from ...core.plan import Question
from ...core.sources.override import Code
from .rows import why_not_only_moving

KEEP, DROP = "keep", "drop"

PLAIN = ("AddIndexConcurrently", "RemoveIndexConcurrently", "AddConstraintNotValid", "ValidateConstraint")
"""Operations of django.contrib.postgres that do nothing to an empty table but what the state says."""


class WrongAnswer(Exception):
    """An answer that is none of the choices, in one sentence."""


def codes(
    files: Mapping[Key, MigrationFile],
    migrations: Mapping[Key, Migration],
    nodes: Sequence[Key],
    answers: Mapping[str, str],
) -> tuple[Code, ...]:
    """Return what becomes of each such operation of some migrations, in the order of application.

    What only moves rows is left out, as it does nothing to an empty table; but once something before it may have made
    rows it stays, as everything of which nobody knows that it can be spared.
    """
    found: list[Code] = []
    for key in nodes:
        for index, operation in enumerate(migrations[key].operations):
            if is_plain(operation):
                continue
            kept, why = fate(operation, key[0], any(code.kept for code in found))
            code = Code(key, index, files[key].operations[index].description, kept, why)
            found.append(decided(code, answers) if can_be_dropped(operation) else code)
    return tuple(found)


def can_be_dropped(operation: Any) -> bool:
    """Tell whether what an operation does to the state is known apart from what it does to the database."""
    return isinstance(operation, ops.RunPython | ops.RunSQL | ops.SeparateDatabaseAndState)


def is_plain(operation: Any) -> bool:
    """Tell whether the state says everything that an operation does."""
    module = type(operation).__module__
    if type(operation).__name__ in PLAIN and module.startswith("django.contrib.postgres."):
        return True
    special = (ops.RunPython, ops.RunSQL, ops.SeparateDatabaseAndState)
    return module.startswith("django.db.") and not isinstance(operation, special)


def fate(operation: Any, app: str, after_rows: bool) -> tuple[bool, str]:
    """Return whether an operation is kept, and why, in one sentence."""
    if getattr(operation, "elidable", False):
        return False, "It is marked as elidable."
    if isinstance(operation, ops.SeparateDatabaseAndState):
        return True, "What it does to the database is another thing than what it does to the state."
    reason = why_not_only_moving(operation, app)
    if reason:
        return True, f"It may do more than move rows: {reason}."
    if after_rows:
        return True, "It moves rows, and something before it may have made some."
    return False, "It only moves rows, and there are none in a new table."


def decided(code: Code, answers: Mapping[str, str]) -> Code:
    """Return the fate of an operation as the answers have it."""
    answer = answers.get(code.question)
    if answer is None or answer == (KEEP if code.kept else DROP):
        return code
    if answer not in (KEEP, DROP):
        raise WrongAnswer(f"--set {code.question} takes {KEEP} or {DROP}, not {answer}.")
    return Code(code.key, code.index, code.description, answer == KEEP, "So it was decided.")


def questions(found: Sequence[Code], migrations: Mapping[Key, Migration]) -> tuple[Question, ...]:
    """Return what may be decided otherwise; an operation of a class of its own is always kept."""
    asked = []
    for code in found:
        operation = migrations[code.key].operations[code.index]
        if not can_be_dropped(operation):
            continue
        what = f"{code.key[1]}, operation {code.index + 1} ({code.description})"
        text = f"{code.why} Keep or drop {what}?"
        asked.append(Question(code.question, text, (KEEP, DROP), KEEP if code.kept else DROP))
    return tuple(asked)


__all__ = ["WrongAnswer", "codes", "questions"]
