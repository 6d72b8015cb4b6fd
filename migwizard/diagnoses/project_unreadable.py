"""The project cannot be loaded: its settings or one of its apps fails to import.

## What it finds
Errors that are raised when the settings are imported, or by `django.setup()`.

## Why it matters
No command of Django works. The migration graph is still drawn, from the files alone, without importing
them; but what a migration does is then unknown, and apps that only the settings know of may be missing.

## Example
`ModuleNotFoundError: No module named 'shop.payments'` in `shop/apps.py`, since the module was moved.

## How it is repaired
Correct what the error names. If it is an environment variable or a password that is not set in this
shell, set it (often the service has an environment file). If a package is missing, migwizard may run in
another virtual environment than the project.
"""

from __future__ import annotations

from ..core.finding import Finding, Subject
from ..core.situation import Situation
from .base import Info, finding_id, plural, sentence

INFO = Info("project-unreadable", "error", "The project cannot be loaded")


def find(situation: Situation) -> tuple[Finding, ...]:
    """Return one finding with all errors of the project, or none."""
    errors = situation.project.errors
    if not errors:
        return ()
    settings = situation.project.settings or "the settings"
    unread = sum(file.error is not None for file in situation.graph.files.values())
    return (
        Finding(
            finding_id(INFO, situation.project.settings or "settings"),
            INFO.name,
            INFO.severity,
            Subject(),
            f"The project cannot be loaded with {settings}: {sentence(errors[0])}",
            evidence=(
                *errors[1:],
                f"the project is in {situation.project.root}",
                *(
                    (f"{plural(unread, 'migration file')} could only be read without importing",)
                    if unread
                    else ()
                ),
            ),
        ),
    )
