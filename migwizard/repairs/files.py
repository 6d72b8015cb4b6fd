"""Steps that write files."""

from __future__ import annotations

from ..core.plan import Step
from ..core.situation import Situation

UNDO = {
    "new": "Delete the file again.",
    "changed": "Write the former text back; it is kept in the journal.",
    "gone": "Write the file again; its text is kept in the journal.",
}


def file_step(path: str, former: str | None, content: str | None, why: str, command: str) -> Step:
    """Return the step that writes, changes or deletes a file."""
    what = "new" if former is None else "gone" if content is None else "changed"
    return Step("file", why, path=path, content=content, former=former, undo=UNDO[what], command=command)


def last_name_step(situation: Situation, app: str, name: str, command: str) -> tuple[Step, ...]:
    """Return the step that keeps the `max_migration.txt` of django-linear-migrations true, where there is one."""
    file = situation.max_migrations.get(app)
    if file is None or file.content == f"{name}\n":
        return ()
    why = f"django-linear-migrations keeps the name of the last migration of {app} in this file."
    return (file_step(file.path, file.content, f"{name}\n", why, command),)
