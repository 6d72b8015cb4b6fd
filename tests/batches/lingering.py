"""A run over many tenants that lingers in one of them, so that it can be stopped in the midst of it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable

from tests.batches.clinic import Clinic

FILES = {
    "records/apps.py": """
        import time

        from django.apps import AppConfig
        from django.db.models.signals import post_migrate


        def linger(using, **kwargs):
            import os

            from django.db import connections

            if connections[using].schema_name == os.environ["LINGER"]:
                time.sleep(60)


        class RecordsConfig(AppConfig):
            name = "records"
            default_auto_field = "django.db.models.BigAutoField"

            def ready(self):
                import os

                if os.environ.get("LINGER"):
                    post_migrate.connect(linger, sender=self)
    """
}
"""What a project needs to linger when it is asked to."""


def started(clinic: Clinic, schema: str, *arguments: str) -> subprocess.Popen[str]:
    """Start `migwizard` in a process group of its own, and return once it lingers in a schema."""
    process = subprocess.Popen(
        [sys.executable, "-m", "migwizard", *arguments],
        cwd=clinic.project.root,
        env=clinic.project.process_environment() | {"LINGER": schema},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: lingers(clinic, schema), f"{schema} never had its turn")
    return process


def killed(clinic: Clinic, schema: str, process: subprocess.Popen[str]) -> None:
    """Kill what lingers in a schema, and wait until the server has noticed."""
    process.send_signal(signal.SIGKILL)
    process.communicate()
    wait_until(lambda: not lingers(clinic, schema), "the server did not roll back")


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def lingers(clinic: Clinic, schema: str) -> bool:
    """Tell whether a tenant is being repaired, with its statements run and nothing committed."""
    found = clinic.run(
        "SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        f" WHERE n.nspname = '{schema}' AND c.relname LIKE 'records%' AND l.mode = 'AccessExclusiveLock'"
    )
    return bool(found)
