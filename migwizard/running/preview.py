"""The SQL of a plan's operations, as exactly as it can be known without running them here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from django.db import DatabaseError

from .. import databases
from ..core.finding import Safety
from ..core.plan import Plan, Step
from ..core.schema import Snapshot
from ..core.situation import Situation
from ..core.tenants.from_zero import from_zero
from ..reading.connected import CannotRead
from ..reading.reader import Reader
from . import history
from .capture import Capture
from .demands import Demands
from .losing import counted, lost_views, of_opaque, of_tables, once, uncounted
from .losses import is_opaque, known_columns, losses
from .operations import Stage
from .pending import with_pending
from .shapes import with_shapes
from .watch import Watch


def with_sql(reader: Reader, situation: Situation, plan: Plan) -> Plan:
    """Return the plan with the SQL of its operations filled in.

    On SQLite the operations run in an in-memory copy of the schema, so the SQL is what will be executed. Elsewhere
    the schema editor collects it against the live catalogue; where a statement depends on what an earlier step makes,
    a note says so. What receivers of the signals do is not known before.
    """
    if plan.anew:
        situation = from_zero(situation)
    plan = replace(plan, steps=with_record_sql(reader, plan, situation.database.history_table))
    plan = with_shapes(reader, situation, plan)
    watch = Watch()
    demands = Demands(situation.live.tables if situation.live is not None else {}, watch)
    plan = with_pending(reader, with_operations(reader, situation, plan, watch, demands), demands)
    loses = (
        *plan.loses,
        *of_tables(situation.live, plan.steps),
        *watch.found,
        *of_opaque(situation, plan.steps),
    )
    return with_losses(reader, situation, replace(plan, loses=once(loses)))


def with_losses(reader: Reader, situation: Situation, plan: Plan) -> Plan:
    """Return the plan with what it loses counted."""
    if not plan.loses:
        return plan
    views = lost_views(situation, plan.loses)
    if views:
        plan = replace(plan, safety="destructive", risks=(*plan.risks, *views))
    try:
        with reader.moment():
            return counted(reader.connection, plan)
    except CannotRead:
        return uncounted(plan)


def with_operations(reader: Reader, situation: Situation, plan: Plan, watch: Watch, demands: Demands) -> Plan:
    """Return the plan with the SQL of its operations; `watch` notes what goes, `demands` what rows must be like."""
    if not any(is_operation(step) for step in plan.steps):
        return plan
    with stand_in(reader) as connection:
        stage = Stage(situation, plan, reader.files.migrations, connection)
        known, copied = known_columns(stage), tables(connection)
        steps: list[Step] = []
        changed: set[str] = set()
        sheet: Sheet | None = None
        for index, step in enumerate(plan.steps):
            demands.turn_to(step, code_of(reader, situation, step))
            if not is_operation(step):
                steps.append(step)
                changed |= {name for name, _ in step.tables}
                if copied is not None and step.kind == "sql":
                    run_in_copy(connection, step)
                continue
            if sheet is None:
                sheet = Sheet(connection)
                watch.install(sheet.editor)
                demands.install(sheet.editor)
            note_validation(reader, stage, step, demands)
            step = render(reader, stage, sheet, step, changed)
            changed |= tables_of(situation, step)
            following = plan.steps[index + 1] if index + 1 < len(plan.steps) else None
            if following is None or not is_operation(following) or following.migration != step.migration:
                step = replace(step, sql=(*step.sql, *sheet.deferred()))
                sheet = None
            steps.append(step)
        plan = replace(plan, steps=tuple(steps))
        if copied is None:
            return plan
        said = [sql for step in steps if is_opaque(situation, step) for sql in step.sql]
        lost = losses(situation, known, copied, tables(connection) or copied, said)
    safety: Safety = "destructive" if lost else plan.safety
    return replace(plan, safety=safety, risks=(*plan.risks, *lost))


def note_validation(reader: Reader, stage: Stage, step: Step, demands: Demands) -> None:
    """Note a ValidateConstraint, of which the schema editor hears nothing but its SQL."""
    if step.migration is None or step.operation is None or step.backwards:
        return
    operation: Any = reader.files.migrations[step.migration].operations[step.operation]
    if type(operation).__name__ == "ValidateConstraint":
        # A model that the state does not have is told when the operation itself is rendered.
        with suppress(LookupError):
            model = stage.model((step.migration[0], operation.model_name.lower()))
            demands.validate(model, operation.name)


def code_of(reader: Reader, situation: Situation, step: Step) -> Any:
    """Return the operation of a step if no state tells what it does, or None."""
    if step.migration is None or step.operation is None or not is_opaque(situation, step):
        return None
    return reader.files.migrations[step.migration].operations[step.operation]


def run_in_copy(connection: Any, step: Step) -> None:
    """Give an in-memory copy of the schema what a step makes, for the operations after it."""
    with suppress(DatabaseError), connection.cursor() as cursor:
        for statement in step.sql:
            cursor.execute(statement, None)


def tables(connection: Any) -> Snapshot | None:
    """Return the schema of an in-memory copy; None elsewhere, where nothing has run."""
    return databases.of(connection).snapshot() if connection.vendor == "sqlite" else None


def is_operation(step: Step) -> bool:
    """Tell whether a step runs an operation of a migration."""
    return step.kind == "operation" and not step.signal


def tables_of(situation: Situation, step: Step) -> set[str]:
    """Return the tables that the operation of a step changes."""
    row = situation.truth(step.migration) if step.migration is not None else None
    truths = row.operations if row is not None else ()
    return {name for truth in truths if truth.index == step.operation for name in truth.tables}


def with_record_sql(reader: Reader, plan: Plan, history_table: bool) -> tuple[Step, ...]:
    """Return the steps, those of kind `record` with the statements that they will run here."""
    steps = []
    for step in plan.steps:
        if step.kind == "record":
            before = () if history_table else history.table(reader.connection)
            step = replace(step, sql=(*before, history.shown(reader.connection, step)))
            history_table = True
        steps.append(step)
    return tuple(steps)


class Sheet:
    """The SQL of one migration: a schema editor that only collects it, or, in an in-memory copy, one that runs it."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.collects = connection.vendor != "sqlite"
        # One for the whole migration, as when it runs: a later operation may rename or remove what is deferred.
        self.editor = connection.schema_editor(collect_sql=self.collects, atomic=False)
        self.editor.deferred_sql = []
        if self.collects:
            databases.of(connection).answer(self.editor)
        self.asked: set[str] = set()
        """Tables whose constraints were looked up in the live catalogue."""

    @contextmanager
    def writing(self) -> Iterator[list[str]]:
        """Yield a list that holds, at the end, what was collected or executed inside."""
        found: list[str] = []
        capture = Capture(self.connection)
        begun = len(self.editor.collected_sql) if self.collects else 0
        with capture.installed(), self.watched():
            yield found
        statements = self.editor.collected_sql[begun:] if self.collects else [ran.sql for ran in capture.ran]
        found += [terminated(str(one)) for one in statements if not str(one).startswith("--")]

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Note which tables the schema editor looks up."""
        introspection = self.connection.introspection
        real = introspection.get_constraints

        def noted(cursor: Any, table: str) -> Any:
            self.asked.add(table)
            return real(cursor, table)

        introspection.get_constraints = noted
        try:
            yield
        finally:
            introspection.get_constraints = real

    def deferred(self) -> tuple[str, ...]:
        """Return what the schema editor leaves for the end of the migration."""
        if self.collects:
            return tuple(terminated(str(statement)) for statement in self.editor.deferred_sql)
        with suppress(DatabaseError), self.writing() as found:
            for statement in self.editor.deferred_sql:
                self.editor.execute(statement, None)
        return tuple(found)


def render(reader: Reader, stage: Stage, sheet: Sheet, step: Step, changed: set[str]) -> Step:
    """Return one operation's step with its SQL; `changed` are the tables that earlier steps change."""
    key, index = step.migration, step.operation
    if key is None or index is None:
        return step
    operation = reader.files.migrations[key].operations[index]
    if getattr(operation, "reduces_to_sql", True) is False:
        stage.follow(key, index, step.backwards)
        return step
    sheet.asked.clear()
    try:
        with sheet.writing() as found:
            stage.run(key, index, sheet.editor, backwards=step.backwards)
    except Exception as error:
        return noted(
            step,
            "The SQL depends on an earlier step and is known only once that has run "
            f"({type(error).__name__}: {error}).",
        )
    unsure = sorted(sheet.asked & changed) if sheet.collects else []
    if unsure:
        step = noted(
            step,
            f"An earlier step changes {', '.join(unsure)}, whose constraints were looked up as they are now; "
            "this SQL is certain only once that has run.",
        )
    return replace(step, sql=tuple(found))


def noted(step: Step, note: str) -> Step:
    """Return a step with one more note."""
    return replace(step, note="\n".join(part for part in (step.note, note) if part))


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
