"""A batch that is killed in the middle is told, and goes on with what is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from tests.batches.clinic import Clinic
from tests.batches.conftest import TWELVE

ALL = ("repair", "--all", "--all-schemas", "--allow", "careful", "--yes")
SLOW = """
        import time

        from django.apps import AppConfig
        from django.db.models.signals import post_migrate


        def linger(using, **kwargs):
            from django.db import connections

            if connections[using].schema_name == "clinic03":
                time.sleep(60)


        class RecordsConfig(AppConfig):
            name = "records"
            default_auto_field = "django.db.models.BigAutoField"

            def ready(self):
                import os

                if os.environ.get("LINGER"):
                    post_migrate.connect(linger, sender=self)
"""


@pytest.fixture
def lacking(small: Clinic) -> Clinic:
    """Twelve tenants, of which the first four lack a column; the third takes long to be repaired, when asked to."""
    small.project.write({"records/apps.py": SLOW})
    for name in TWELVE[:4]:
        small.run("ALTER TABLE records_visit DROP COLUMN paid", schema=name)
    return small


def started(clinic: Clinic, *arguments: str) -> subprocess.Popen[str]:
    """Start `migwizard` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "migwizard", *arguments],
        cwd=clinic.project.root,
        env=clinic.project.process_environment() | {"LINGER": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def lingers(clinic: Clinic) -> bool:
    """Tell whether the third tenant is being repaired."""
    found = clinic.run(
        "SELECT 1 FROM pg_locks l JOIN pg_class c ON c.oid = l.relation"
        " JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'clinic03' AND c.relname = 'records_visit' AND l.mode = 'AccessExclusiveLock'"
    )
    return bool(found)


def test_killed_in_the_middle_it_is_told_and_goes_on(lacking):
    shape = lacking.shape("clinic12")
    process = started(lacking, *ALL)
    wait_until(lambda: lingers(lacking), "the third tenant never had its turn")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    wait_until(lambda: not lingers(lacking), "the server did not roll back")

    assert lacking.shape("clinic02") == shape
    assert lacking.shape("clinic03") != shape
    listed = lacking.migwizard("journal").stdout
    assert "batch-1" in listed
    assert "interrupted  repair --all: 2 of 4 schemas" in listed
    found = lacking.migwizard("check", "--format", "json").json["findings"][0]
    assert found["id"] == "unfinished-repair:batch-1"
    assert found["summary"] == (
        "batch-1 (repair --all) was interrupted: 2 of 4 schemas have not had their turn."
    )
    assert found["evidence"][1] == "without a turn: clinic03 and clinic04"
    done = {name: lacking.state(name) for name in ("clinic01", "clinic02")}

    outcome = lacking.migwizard("repair", "resume", "batch-1", "--yes", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert outcome.json["outcome"] == "done"
    assert {one["schema"]: one["outcome"] for one in outcome.json["schemas"]} == dict.fromkeys(
        TWELVE[:4], "done"
    )
    assert [lacking.shape(name) for name in TWELVE[:4]] == [shape] * 4
    assert {name: lacking.state(name) for name in ("clinic01", "clinic02")} == done, (
        "what was done stays as it is"
    )

    ended = lacking.migwizard("repair", "resume", "batch-1", "--yes")
    assert ended.code == 2
    assert ended.stderr.strip() == "migwizard: batch-1 is not interrupted: every schema has had its turn."


def test_a_batch_that_runs_is_not_gone_on_with(lacking):
    process = started(lacking, *ALL)
    wait_until(lambda: lingers(lacking), "the third tenant never had its turn")
    outcome = lacking.migwizard("repair", "resume", "batch-1", "--yes")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert outcome.code == 2
    assert outcome.stderr.strip() == "migwizard: Batch 1 is still running."


def test_an_interrupt_rolls_back_the_one_at_work_and_keeps_the_rest(lacking):
    shape = lacking.shape("clinic12")
    process = started(lacking, *ALL, "--jobs", "2")
    wait_until(lambda: lingers(lacking), "the third tenant never had its turn")
    wait_until(lambda: lacking.shape("clinic04") == shape, "the other worker did not go on")
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert [lacking.shape(name) == shape for name in TWELVE[:4]] == [True, True, False, True]
    outcome = lacking.migwizard("repair", "resume", "batch-1", "--yes", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert [lacking.shape(name) for name in TWELVE[:4]] == [shape] * 4
