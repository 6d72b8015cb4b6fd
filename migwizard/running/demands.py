"""What operations demand of the rows that are there, told from what they say to the schema editor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db.migrations.operations.base import Operation
from django.db.models import CheckConstraint, UniqueConstraint

from ..core.graph import Key
from ..core.plan import Loss, Step
from ..core.schema import Column, Table, table_key
from ..core.schema.members import names_any
from ..core.schema.names import quoted
from ..reading.opaque import Code, code_of
from . import fields
from .searches import Search, unique_columns
from .watch import Watch

Effect = Literal["fails", "cuts", "blanks"]
"""What an operation does on rows in its way: it fails, or it cuts off or replaces what they hold, without an error."""


@dataclass(frozen=True, slots=True)
class Demand:
    """A question for rows in the way of one operation, which can be asked before it runs."""

    key: Key
    backwards: bool
    table: Table
    """The table as it is."""
    search: Search
    effect: Effect = "fails"
    least: int = 1
    """How many such rows are in the way."""
    points: tuple[str, str, str] | None = None
    """A column, and the table and the column there, that each of its values must be found in."""
    after: tuple[Key, ...] = ()
    """Migrations of the same app whose code runs before in the plan, and seems to be about something else."""


class Demands:
    """Notes what schema editors demand of rows while they run, or only render, a plan's operations.

    What a plan makes itself is not asked for, nor what its own code (RunPython, RunSQL) may see to before. It asks
    `Watch`, whose notes of an operation are taken after these, by what names tables and columns are known now.
    """

    METHODS = ("add_field", "alter_field", "alter_unique_together", "add_constraint")

    def __init__(self, live: Mapping[str, Table], watch: Watch) -> None:
        self.live = live
        self.watch = watch
        self.found: list[Demand] = []
        self.blanked: dict[Loss, None] = {}
        """Columns that SQLite makes anew, without what they hold."""
        self.in_the_way: dict[Loss, Key] = {}
        """Columns that an operation adds although they are there, so that it fails, and its migration."""
        self.step: Step | None = None
        self.begun: Code | None = None
        """What the step itself runs, if it does not say in advance what comes of it."""
        self.code: list[tuple[Key, Code]] = []
        """What has run before by then, and by which migration."""
        self.gone: set[str] = set()
        """Tables that a step does away with without a schema editor."""
        self.unsure: set[tuple[str, str]] = set()
        """Columns, by their live names, that a step fills, gives other values or drops without a schema editor."""
        self.alike: set[tuple[str, str]] = set()
        """Columns, by live table and present name, that a step makes with the same value in every row."""
        self.adding: Loss | None = None
        """The live column that is just being added."""

    def turn_to(self, step: Step, operation: Operation | None = None) -> None:
        """Say which step comes next; `operation` is its operation if nobody knows what that does to rows."""
        if self.step is not None and self.step.migration is not None and self.begun is not None:
            self.code.append((self.step.migration, self.begun))
        self.step, self.begun = step, None
        if operation is not None and step.migration is not None:
            self.begun = code_of(operation, step.migration[0], backwards=step.backwards)
        for table, column, _ in step.fills:
            self.unsure.add((table, column))
        for name, target in step.tables:
            if target is None:
                self.gone.add(name)
            elif name in self.live:
                left = {column.name for column in target.columns}
                self.unsure |= {(name, one.name) for one in self.live[name].columns if one.name not in left}

    def install(self, editor: Any) -> None:
        """Listen to a schema editor that `Watch` has been installed on."""
        for name in self.METHODS:
            setattr(editor, name, self._noting(editor, getattr(editor, name), getattr(self, f"_{name}")))
        if hasattr(editor, "_remake_table"):
            editor._remake_table = self._remaking(editor, editor._remake_table)

    def _noting(self, editor: Any, real: Any, note: Any) -> Any:
        def noted(*arguments: Any, **options: Any) -> Any:
            if not self.watch.rebuilding:
                note(editor, *arguments, **options)
            return real(*arguments, **options)

        return noted

    def _remaking(self, editor: Any, real: Any) -> Any:
        def remade(model: Any, create_field: Any = None, **options: Any) -> Any:
            if create_field is not None and self.adding is not None:
                # It copies the columns that it knows of, and the one that it adds is none of them.
                self._blank(editor, model, create_field, self.adding)
            return real(model, create_field=create_field, **options)

        return remade

    def table(self, model: Any) -> Table | None:
        """Return the live table of a model, or None where it is not there yet, or no table."""
        table = self.live.get(self.watch.table(model) or "")
        if table is None or table.name in self.gone or table.kind not in ("table", "partitioned"):
            return None
        return table

    def column(self, table: Table, name: str) -> Column | None:
        """Return a column as it is, by its present name; None where it is not there yet or gets other values."""
        live = self.watch.columns.get((table.name, name), name)
        return table.column(live) if live is not None and (table.name, live) not in self.unsure else None

    def _demand(self, model: Any, table: Table, search: Search, **options: Any) -> None:
        if self.step is None or self.step.migration is None:
            return
        if options.get("effect") != "blanks" and self._may_be_changed_before(model):
            return
        before = tuple(dict.fromkeys(key for key, _ in self.code if key[0] == model._meta.app_label))
        self.found.append(
            Demand(self.step.migration, self.step.backwards, table, search, after=before, **options)
        )

    def _may_be_changed_before(self, model: Any) -> bool:
        """Tell whether code that runs before may see to the rows of a model."""
        names = (model._meta.app_label, model._meta.model_name, table_key(model._meta.db_table))
        # One that is made of others may run code before them; any other has just begun.
        own = [self.begun] if self.begun is not None and not self.begun.unknown else []
        return any(code.may_change_rows(*names) for code in (*own, *(code for _, code in self.code)))

    def _add_field(self, editor: Any, model: Any, field: Any, **_: Any) -> None:
        self.adding = None
        table = self.table(model)
        if table is None or not fields.is_stored(field, editor.connection):
            return
        live = self.column(table, field.column)
        filled = fields.is_filled(field, editor.connection)
        if live is not None and self.step is not None:
            self.adding = Loss(table.name, live.name)
            if not self._may_be_changed_before(model):
                self.in_the_way[self.adding] = self.step.migration or ("", "")
            if editor.connection.vendor != "sqlite":
                return
        if not filled and not field.null:
            words = f"{{rows}} of {table.name} would have no {field.column}, which must not be empty"
            self._demand(model, table, Search(table.name, words, "1 = 1"))
        if fields.is_constant(field):
            self.alike.add((table.name, field.column))
            if field.unique:
                self._differ(model, table, [field.column])

    def _blank(self, editor: Any, model: Any, field: Any, column: Loss) -> None:
        """Note that a column which is there is made anew."""
        self.in_the_way.pop(column, None)
        if column.column is not None and (field.null or fields.is_filled(field, editor.connection)):
            self.blanked[column] = None
            words = f"{{rows}} of {column.table} {{have}} a value in {column.column}"
            search = Search(column.table, words, f"{quoted(column.column)} IS NOT NULL")
            self._demand(model, self.live[column.table], search, effect="blanks")

    def _alter_field(
        self, editor: Any, model: Any, old_field: Any, new_field: Any, *_: Any, **__: Any
    ) -> None:
        table = self.table(model)
        if table is None or not all(
            fields.is_stored(field, editor.connection) for field in (old_field, new_field)
        ):
            return
        live = self.column(table, old_field.column)
        if live is None:
            return
        for search, cuts in fields.altered(editor, table, live, old_field, new_field):
            self._demand(model, table, search, effect="cuts" if cuts else "fails")
        if fields.becomes_unique(old_field, new_field):
            self._differ(model, table, [old_field.column])
        self._point(model, table, live, old_field, new_field)
        if old_field.null and not new_field.null and fields.fills_nulls(editor.connection.vendor, new_field):
            self.unsure.add((table.name, live.name))

    def _point(self, model: Any, table: Table, live: Column, old: Any, new: Any) -> None:
        """Note that a column shall point to rows of a table."""
        if not fields.points(new) or (fields.points(old) and self._same_parent(old, new)):
            return
        parent = self.table(new.remote_field.model)
        there = self.column(parent, new.target_field.column) if parent is not None else None
        if parent is None or there is None:
            return
        reference = (parent.name, (there.name,))
        if any(one.columns == (live.name,) and one.references == reference for one in table.constraints):
            return
        words = f"{{rows}} of {table.name} {{point}} to no row of {parent.name} by {live.name}"
        self._demand(model, table, Search(table.name, words), points=(live.name, parent.name, there.name))

    def _same_parent(self, old: Any, new: Any) -> bool:
        """Tell whether two foreign keys point to the same table, perhaps by its former name."""
        former, later = (table_key(field.remote_field.model._meta.db_table) for field in (old, new))
        return former in (later, self.watch.tables.get(later))

    def _alter_unique_together(
        self, _: Any, model: Any, old_unique_together: Any, new_unique_together: Any
    ) -> None:
        table = self.table(model)
        former = {tuple(names) for names in old_unique_together}
        for names in sorted({tuple(names) for names in new_unique_together} - former):
            if table is not None:
                self._differ(model, table, [model._meta.get_field(name).column for name in names])

    def _add_constraint(self, editor: Any, model: Any, constraint: Any) -> None:
        table = self.table(model)
        if table is None:
            return
        if isinstance(constraint, CheckConstraint):
            for sql in self._texts(fields.check_sql(constraint, model, editor), model, table):
                words = f"{{rows}} of {table.name} {{are}} against the check {constraint.name}"
                self._demand(model, table, Search(table.name, words, f"NOT ({sql})"))
        if isinstance(constraint, UniqueConstraint):
            nulls = getattr(constraint, "nulls_distinct", None) is not False
            if constraint.condition is None and not constraint.expressions:
                columns = [model._meta.get_field(name).column for name in constraint.fields]
                self._differ(model, table, columns, nulls)
                return
            parts = fields.unique_sql(constraint, model, editor)
            if parts and len(tuple(self._texts(parts, model, table))) == len(parts):
                condition, *keys = parts
                self._demand(model, table, alike(table, tuple(keys), ", ".join(keys), nulls, condition))

    def validate(self, model: Any, name: str) -> None:
        """Note that rows must keep to a check that was added without a look at them (ValidateConstraint)."""
        table = self.table(model)
        for one in table.constraints if table is not None else ():
            if table is not None and (one.name, one.kind, one.validated) == (name, "check", False):
                words = f"{{rows}} of {table.name} {{are}} against the check {name}"
                self._demand(model, table, Search(table.name, words, f"NOT ({one.definition})"))

    def _texts(self, texts: tuple[str, ...], model: Any, table: Table) -> Iterator[str]:
        """Yield those texts of SQL that are about nothing which is not there as it is called in them."""
        columns = {field.column for field in model._meta.local_concrete_fields}
        other = [name for name in columns if (live := self.column(table, name)) is None or live.name != name]
        yield from (text for text in texts if not names_any(text, other))

    def _differ(self, model: Any, table: Table, columns: list[str], nulls_distinct: bool = True) -> None:
        """Note that no two rows may be alike in some columns, by their present names."""
        there = {name: live.name for name in columns if (live := self.column(table, name)) is not None}
        if any(name not in there and (table.name, name) not in self.alike for name in columns):
            return
        if nulls_distinct and any(set(former) <= set(there.values()) for former in unique_columns(table)):
            return
        if there:
            keys = tuple(map(quoted, there.values()))
            self._demand(model, table, alike(table, keys, ", ".join(there.values()), nulls_distinct))
            return
        words = f"{{rows}} of {table.name} would all have the same {', '.join(columns)}, which must differ"
        self._demand(model, table, Search(table.name, words, "1 = 1"), least=2)


def alike(
    table: Table, keys: tuple[str, ...], shown: str, nulls_distinct: bool, condition: str = ""
) -> Search:
    """Return the search for rows that are alike in some keys, in SQL."""
    conditions = [f"({condition})"] if condition else []
    if nulls_distinct:
        conditions += [f"{key} IS NOT NULL" for key in keys]
    words = f"{{rows}} of {table.name} {{are}} alike in ({shown})"
    if condition:
        words += f" where {condition}"
    return Search(table.name, words, " AND ".join(conditions) or "1 = 1", keys)
