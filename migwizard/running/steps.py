"""Runs the steps of a plan on the connection, one after the other; transactions and journal are not its business."""

from __future__ import annotations

import sys
from typing import Any

from django.apps import apps as global_apps
from django.core.management.base import OutputWrapper
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal

from ..core.plan import Plan, Step
from ..core.situation import Situation
from ..reading.reader import Reader
from ..reading.receivers import import_management, post_migrate_apps
from . import history
from .operations import Stage
from .tenant_signals import TENANT_SIGNALS, send_for_tenant


class RowGone(Exception):
    """A history row that a step changes is not there; the text says which, in one sentence."""


class Steps:
    """The state that lives from one step of a plan to the next: the project state, and an open schema editor."""

    def __init__(self, reader: Reader, situation: Situation, plan: Plan) -> None:
        self.reader = reader
        self.connection: Any = reader.connection
        self.plan = plan
        self.stage = (
            Stage(situation, plan, reader.files.migrations, reader.connection) if runs(plan) else None
        )
        self.history_table = situation.database.history_table
        self.editor: Any = None
        self.edits: tuple[str, str] | None = None
        """The migration that the schema editor was opened for."""

    def run(self, index: int) -> None:
        """Run one step. Raises whatever the database, a migration or a receiver raises."""
        step = self.plan.steps[index]
        if step.kind == "operation" and step.signal:
            self.send(step)
        elif step.kind == "operation" and step.migration is not None and step.operation is not None:
            self.operate(step.migration, step.operation, {"backwards": True} if step.backwards else {})
        elif step.kind == "record":
            self.write_record(step)
        elif step.kind == "sql":
            if step.tables and index:
                self.settle_triggers()
            with self.connection.cursor() as cursor:
                for statement in step.sql:
                    cursor.execute(statement, None)

    def turn_to(self, index: int) -> None:
        """Bring the migration of the step before to its end, if the next one is of another."""
        step = self.plan.steps[index]
        if self.edits is not None and (step.kind != "operation" or step.migration != self.edits):
            self.close_editor()

    def operate(self, key: tuple[str, str], index: int, direction: dict[str, Any]) -> None:
        """Run an operation; one schema editor serves a whole migration, as in `migrate`."""
        assert self.stage is not None
        if self.editor is None:
            self.settle_triggers()
            self.editor = self.connection.schema_editor(atomic=False)
            self.editor.__enter__()
            self.edits = key
        self.stage.run(key, index, self.editor, **direction)

    def finish(self) -> None:
        """Run what is left to the end."""
        if self.editor is not None:
            self.close_editor()

    def abandon(self) -> None:
        """Forget what was left to the end, after a failure."""
        if self.editor is not None:
            self.editor.deferred_sql.clear()

    def close_editor(self) -> None:
        """Run what the schema editor deferred to the end of the migration."""
        editor, self.editor, self.edits = self.editor, None, None
        editor.__exit__(None, None, None)
        self.settle_triggers()

    def settle_triggers(self) -> None:
        """Let deferred constraints fire now: rows changed before would make the next ALTER TABLE fail (55006)."""
        if self.connection.vendor == "postgresql" and self.connection.in_atomic_block:
            with self.connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    def send(self, step: Step) -> None:
        """Send a signal as `migrate` does."""
        if step.signal in TENANT_SIGNALS:
            send_for_tenant(self.reader, step.signal)
            return
        alias = self.connection.alias
        chain = self.stage.chain.items() if self.stage is not None else ()
        backwards = {one.migration for one in self.plan.steps if one.backwards}
        plan = [(migration, key in backwards) for key, migration in chain]
        import_management()
        # Receivers are given what they may write to; wherever prints go, that goes.
        given: Any = {"stdout": OutputWrapper(sys.stdout), "plan": plan}
        if step.signal == "pre_migrate":
            emit_pre_migrate_signal(0, False, alias, apps=global_apps, **given)
            return
        state_apps = post_migrate_apps(self.stage.state.clone()) if self.stage is not None else global_apps
        emit_post_migrate_signal(0, False, alias, apps=state_apps, **given)

    def write_record(self, step: Step) -> None:
        """Insert, delete or rename a history row; where there is no table it is made first, as the recorder would."""
        with self.connection.cursor() as cursor:
            if not self.history_table:
                for sql in history.table(self.connection):
                    cursor.execute(sql)
                self.history_table = True
            sql, values = history.statement(self.connection, step)
            cursor.execute(sql, values)
            if step.record != "insert" and cursor.rowcount == 0:
                raise RowGone(f"the row of {'.'.join(step.migration or ())} is not there any more.")


def runs(plan: Plan) -> bool:
    """Tell whether a plan runs operations."""
    return any(step.kind == "operation" for step in plan.steps)


def changes_data(plan: Plan) -> bool:
    """Tell whether a plan changes more than files and history rows, which no foreign key can hang on."""
    return any(step.kind in ("operation", "sql") for step in plan.steps)
