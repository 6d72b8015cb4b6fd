"""The steps that plans are expected to consist of, as the driver of tests/running prints them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

Step = dict[str, Any]

PRE: Step = {
    "kind": "operation",
    "why": "Tell the apps that migrations are about to run, as migrate does (pre_migrate).",
    "note": "Receivers of the signal run; what they do is known only then.",
    "signal": "pre_migrate",
    "undo": "Rolled back with the transaction.",
}
POST: Step = {
    "kind": "operation",
    "why": "Make content types and permissions for new models, as migrate does (post_migrate).",
    "note": "Receivers of the signal run; what they do is known only then.",
    "signal": "post_migrate",
    "undo": "Rolled back with the transaction; afterwards the rows are harmless.",
}


def record(name: str, why: str, command: str = "") -> Step:
    """The step that writes the record of `app.migration`."""
    app, migration = name.split(".")
    values = f"VALUES ('{app}', '{migration}', CURRENT_TIMESTAMP)"
    return {
        "kind": "record",
        "why": why,
        "sql": [f'INSERT INTO "django_migrations" ("app", "name", "applied") {values}'],
        "migration": [app, migration],
        "record": "insert",
        "undo": f"Delete the row again: unfake {app} {migration}",
        "command": command or f"manage.py migrate --fake {app} {migration}",
    }


def proved(name: str, command: str = "") -> Step:
    """The step that writes the record of a migration which the schema proves."""
    return record(name, f"The schema has everything that {name} makes.", command)


def forgotten(name: str, why: str, applied: str, command: str) -> Step:
    """The step that deletes the record of `app.migration`."""
    app, migration = name.split(".")
    values = f"VALUES ('{app}', '{migration}', '{applied}')"
    return {
        "kind": "record",
        "why": why,
        "sql": [f'DELETE FROM "django_migrations" WHERE "app" = \'{app}\' AND "name" = \'{migration}\''],
        "migration": [app, migration],
        "record": "delete",
        "undo": f"INSERT INTO django_migrations (app, name, applied) {values}",
        "command": command,
    }


def operation(name: str, index: int, why: str, sql: list[str], command: str = "", **more: Any) -> Step:
    """The step that runs an operation of `app.migration`."""
    app, migration = name.split(".")
    return {
        "kind": "operation",
        "why": why,
        "sql": sql,
        "migration": [app, migration],
        "operation": index,
        "undo": "Rolled back with the transaction; afterwards only by the operation's reverse.",
        "command": command or f"manage.py migrate {app} {migration}",
        **more,
    }


def write_files(plan: dict[str, Any]) -> None:
    """Carry out a plan's steps on files by hand, as its execution does."""
    for step in plan["steps"]:
        if step["kind"] == "file":
            path = Path(step["path"])
            former = path.read_bytes().decode() if path.exists() else None
            assert former == step.get("former"), path
            if step.get("content") is None:
                path.unlink()
            else:
                path.write_bytes(step["content"].encode())
