"""What `migrate` does around its migrations, as steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core.plan import Step
from ..core.situation import Situation
from .base import dotted, record_step

PRE = Step(
    "operation",
    "Tell the apps that migrations are about to run, as migrate does (pre_migrate).",
    signal="pre_migrate",
    note="Receivers of the signal run; what they do is known only then.",
    undo="Rolled back with the transaction.",
)
RENAMES = "Where django.contrib.contenttypes is installed, a renamed model's content type is renamed with it."
POST = Step(
    "operation",
    "Make content types and permissions for new models, as migrate does (post_migrate).",
    signal="post_migrate",
    note="Receivers of the signal run; what they do is known only then.",
    undo="Rolled back with the transaction; afterwards the rows are harmless.",
)

SCHEMA_PRE = Step(
    "operation",
    "Tell the apps that a schema is about to be migrated, as migrate_schemas does (schema_pre_migration).",
    signal="schema_pre_migration",
    note="Receivers of the signal run; what they do is known only then.",
    undo="Rolled back with the transaction.",
)
SCHEMA_MIGRATED = Step(
    "operation",
    "Tell the apps that the schema is migrated, as migrate_schemas does (schema_migrated).",
    signal="schema_migrated",
    note="Receivers of the signal run, in the public schema; what they do is known only then.",
    undo="Rolled back with the transaction; afterwards what receivers did stays.",
)
SYNCED = Step(
    "operation",
    "Tell the apps that the tenant has its schema, as saving a new tenant does (post_schema_sync).",
    signal="post_schema_sync",
    note="Receivers of the signal run, in the public schema; what they do is known only then.",
    undo="Rolled back with the transaction; afterwards what receivers did stays.",
)


def around(situation: Situation, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the steps with the signals around them and the squashes that they complete."""
    whole = (*steps, *squashes(situation, steps))
    if not any(step.kind == "operation" for step in steps):
        return whole
    pre = replace(PRE, note=f"{PRE.note} {RENAMES}") if renames(situation, steps) else PRE
    if situation.tenant is not None:
        return (SCHEMA_PRE, pre, *whole, POST, SCHEMA_MIGRATED)
    return (pre, *whole, POST)


def renames(situation: Situation, steps: Sequence[Step]) -> bool:
    """Tell whether a step renames a model."""
    return any(
        step.migration is not None
        and step.operation is not None
        and situation.graph.files[step.migration].operations[step.operation].name == "RenameModel"
        for step in steps
    )


def squashes(situation: Situation, steps: Sequence[Step]) -> tuple[Step, ...]:
    """Return the rows of squashes that become complete, as `MigrationExecutor.check_replacements` would write them."""
    recorded = set(situation.recorded)
    for step in steps:
        if step.migration is not None and step.record == "insert":
            recorded.add(step.migration)
        elif step.migration is not None and step.record == "delete":
            recorded.discard(step.migration)
    found = []
    for key, file in situation.graph.files.items():
        if file.replaces and key not in recorded and all(old in recorded for old in file.replaces):
            why = f"Everything that {dotted(key)} replaces is applied, so Django records it with them."
            found.append(record_step(key, why, "manage.py migrate"))
    return tuple(found)
