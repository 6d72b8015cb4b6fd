"""Follows what schema editors do to live tables, to tell what goes."""

from __future__ import annotations

from typing import Any

from ..core.plan import Loss
from ..core.schema import table_key

FOLLOWED = ("create_model", "delete_model", "alter_db_table", "add_field", "remove_field", "alter_field")
"""Methods of a schema editor that make, rename or remove tables and columns."""


class Watch:
    """Notes which tables and columns of the live schema go while schema editors run a plan's operations.

    What the plan itself has made before is none of them, and what it has renamed before is noted under the name that
    it has now. SQLite's editor drops and renames tables to rebuild them, and those that hold the pairs of a
    many-to-many field to give them another name; there nothing is lost.
    """

    def __init__(self) -> None:
        self.found: dict[Loss, None] = {}
        self.tables: dict[str, str | None] = {}
        """Live names of the tables that were renamed or made, None for those that were made."""
        self.columns: dict[tuple[str, str], str | None] = {}
        """Live names of the columns that were renamed or made, by live table and present name."""
        self.rebuilding = 0
        self.keeping = 0

    def install(self, editor: Any) -> None:
        """Follow what a schema editor does from now on."""
        for name in FOLLOWED:
            setattr(editor, name, self._noting(getattr(editor, name), getattr(self, f"_{name}")))
        editor.alter_field = self._marking(editor.alter_field, "keeping")
        editor._alter_many_to_many = self._marking(
            self._noting(editor._alter_many_to_many, self._alter_many_to_many), "keeping"
        )
        if hasattr(editor, "_remake_table"):
            editor._remake_table = self._marking(editor._remake_table, "rebuilding")

    def _noting(self, real: Any, note: Any) -> Any:
        def noted(*arguments: Any, **options: Any) -> Any:
            if not self.rebuilding:
                note(*arguments, **options)
            return real(*arguments, **options)

        return noted

    def _marking(self, real: Any, mark: str) -> Any:
        def marked(*arguments: Any, **options: Any) -> Any:
            setattr(self, mark, getattr(self, mark) + 1)
            try:
                return real(*arguments, **options)
            finally:
                setattr(self, mark, getattr(self, mark) - 1)

        return marked

    def table(self, model: Any) -> str | None:
        """Return the live name of a model's table, or None where the plan has made it."""
        name = table_key(model._meta.db_table)
        return self.tables.get(name, name)

    def _create_model(self, model: Any) -> None:
        if not self.keeping:
            self.tables[table_key(model._meta.db_table)] = None

    def _delete_model(self, model: Any, **_: Any) -> None:
        name = self.table(model)
        if name is not None and not self.keeping:
            self.found[Loss(name)] = None

    def _alter_db_table(self, model: Any, old_db_table: str, new_db_table: str, **_: Any) -> None:
        if not self.keeping:
            self._move(old_db_table, new_db_table)

    def _move(self, old: str, new: str) -> None:
        former, name = table_key(old), table_key(new)
        if former != name:
            self.tables[name] = self.tables.get(former, former)
            self.tables[former] = None

    def _add_field(self, model: Any, field: Any) -> None:
        table = self.table(model)
        if table is not None and field.column is not None:
            self.columns[table, field.column] = None

    def _remove_field(self, model: Any, field: Any) -> None:
        table = self.table(model)
        if table is None or not stored(field):
            return
        column = self.columns.get((table, field.column), field.column)
        self.columns[table, field.column] = None
        if column is not None:
            self.found[Loss(table, column)] = None

    def _alter_field(self, model: Any, old_field: Any, new_field: Any, *_: Any, **__: Any) -> None:
        table, old, new = self.table(model), old_field.column, new_field.column
        if table is not None and old != new and old is not None:
            self.columns[table, new] = self.columns.get((table, old), old)
            self.columns[table, old] = None

    def _alter_many_to_many(self, model: Any, old_field: Any, new_field: Any, *_: Any, **__: Any) -> None:
        former, later = (field.remote_field.through._meta.db_table for field in (old_field, new_field))
        self._move(former, later)


def stored(field: Any) -> bool:
    """Tell whether a field has a column of its own, whose values nothing else tells."""
    if getattr(field, "generated", False) or getattr(field, "many_to_many", False):
        return False
    return getattr(field, "column", None) is not None
