"""What leaves the screen: into the clipboard, or into a file."""

from __future__ import annotations

import os
from pathlib import Path

from .deliver import copy, free_name, write
from .safe import safe
from .sidebyside import SideBySide


class Output(SideBySide):
    """Copying and saving what is in view."""

    saved_to: Path | None = None
    """The file that is there, while the screen asks whether to write over it."""

    def text_in_view(self) -> tuple[str, str, str]:
        """Return what y and w take: the text, a name for its file, and the file's suffix."""
        if (plan := self.plan_in_view()) is not None and self.page == "sql" and not self.in_ledger:
            # Here and not above: what is not needed for the first picture only delays it.
            from migwizard.report import script

            situation = self.reading.situation if self.reading is not None else None
            vendor = situation.database.vendor if situation is not None else ""
            path = situation.search_path(plan.schema) if situation is not None else ()
            return (script(plan, vendor, path) + "\n", plan.repair, ".sql")
        if self.statement is not None and self.page == "sql":
            return (self.statement + "\n", "statement", ".sql")
        if self.page == "dialect" and not self.in_ledger and (found := self.dialect_in_view()) is not None:
            from migwizard.report import in_dialects

            return (in_dialects((found,)) + "\n", f"{found.key[1]}-{found.name}", ".sql")
        name = "ledger" if self.in_ledger else self.page
        if name == "entry" and self.entry is not None:
            name = f"journal-{self.entry.id}"
        return ("\n".join(safe(line) for line in self.active.chosen_words()) + "\n", name, ".txt")

    def action_copy(self) -> None:
        """Copy the plan, the text, or the rows."""
        text, _name, _suffix = self.text_in_view()
        try:
            self.say(copy(text, os.environ, self.app.copy_to_clipboard, Path.cwd()))
        except OSError as error:
            self.say(f"Could not copy: {error}", "error")

    def action_save(self) -> None:
        """Ask where to write the plan, the text, or the rows."""
        _text, name, suffix = self.text_in_view()
        self.ask_user("save", " write to:", text=str(free_name(Path(), name, suffix)))

    def save_to(self, typed: str | None) -> None:
        """Write what is in view to a file; if there is one of that name, ask first."""
        if not typed or not typed.strip():
            self.say("Nothing was written.")
            return
        path = Path(typed.strip()).expanduser()
        if path.is_file():
            self.saved_to = path
            self.ask_user(
                "overwrite", f" {path} is there. y writes over it, any other key does not:", single=True
            )
        else:
            self.write(path, over=False)

    def save_over(self, confirmed: bool) -> None:
        """Write over a file, if that was confirmed."""
        if confirmed and self.saved_to is not None:
            self.write(self.saved_to, over=True)
        else:
            self.say("Nothing was written.")

    def write(self, path: Path, *, over: bool) -> None:
        """Write what is in view, and say where it is."""
        try:
            write(self.text_in_view()[0], path, over=over)
        except OSError as error:
            self.say(f"Could not write: {error}", "error")
        else:
            self.say(f"Written to {path.absolute()}")
