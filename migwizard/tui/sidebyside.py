"""One migration in the SQL of several servers: the key that steps through them."""

from __future__ import annotations

from migwizard.core.dialects.sql import InDialect
from migwizard.core.graph import Key

from .dialects import first_of, next_of
from .past import Past


class SideBySide(Past):
    """What the key does that shows a migration in other dialects."""

    def action_dialect(self) -> None:
        """Show the selected migration for the connected server; on that page, for the next one."""
        if self.still_reading(self.action_dialect):
            return
        here = self.page == "dialect" and not self.in_ledger
        if here and self.dialect is not None:
            self.show_dialect(self.dialect[0], next_of(self.dialect[1]))
            return
        key = self.migration_in_view()
        if key is None or self.reading is None:
            self.say("No migration is selected; 0 goes to the ledger.")
        elif key not in self.reading.situation.graph.files:
            self.say("This migration has no file, so nobody knows what it would run.")
        else:
            database = self.reading.situation.database
            self.show_dialect(key, first_of(database.vendor, database.version))

    def migration_in_view(self) -> Key | None:
        """Return the migration of the plan in view, or the one that is selected."""
        plan = self.plan if self.page == "sql" and not self.in_ledger and self.statement is None else None
        steps = plan.steps if plan is not None else ()
        of_plan = next((step.migration for step in steps if step.migration is not None), None)
        selected = of_plan or self.selected_key()
        return selected if selected is not None and selected[1] else None

    def show_dialect(self, key: Key, name: str) -> None:
        """Show a migration for one server; have it written if it was not yet."""
        self.dialect = (key, name)
        if self.page == "dialect" and not self.in_ledger:
            self.show_page("dialect")
        else:
            self.enter_page("dialect")
        subject = f"{key[0]} {key[1]} {name}"
        if self.dialect not in self.written and subject not in self.sql_asked:
            self.sql_asked[subject] = self.dialect
            self.ask("sql", *key, (name,), subject=subject)

    def dialect_in_view(self) -> InDialect | None:
        """Return what was written of the migration in view."""
        found = self.written.get(self.dialect) if self.dialect is not None else None
        return found if isinstance(found, InDialect) else None
