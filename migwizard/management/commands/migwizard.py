"""`manage.py migwizard …`: the same command line, for projects that have `migwizard` in INSTALLED_APPS."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    """Hands everything after `migwizard` to the command line."""

    help = "Repairs broken Django migrations (see migwizard --help)."
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def run_from_argv(self, argv: list[str]) -> None:
        """Run the command line with the arguments as they were typed, and exit with its status."""
        from migwizard.cli import run

        sys.exit(run(argv[2:]))

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the command line for `call_command("migwizard", …)`."""
        from migwizard.cli import run

        run([str(argument) for argument in args])
