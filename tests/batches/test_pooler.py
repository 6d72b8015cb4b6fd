"""Behind PgBouncer, which gives every transaction another session of the server, nothing lands in another schema."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.batches import clinic
from tests.batches.clinic import Clinic
from tests.running.kit import connected
from tests.servers import required

POOLER = """
[databases]
* = host={HOST} port={PORT} user={USER} password={PASSWORD}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 3
query_wait_timeout = 20
"""
QUICK = """
    from django.contrib.postgres.operations import AddIndexConcurrently
    from django.db import migrations, models


    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("records", "0004_paid")]
        operations = [AddIndexConcurrently("patient", models.Index(fields=["name"], name="quick"))]
"""


def answers(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def pooled(tmp_path: Path, new_database: Callable[..., Any], twelve: Any) -> Iterator[Clinic]:
    """A clinic whose project goes through PgBouncer, in transaction mode."""
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        assert not required("pgbouncer"), "pgbouncer is not installed"
        pytest.skip("pgbouncer is not installed")
    entry = new_database(template=twelve, tcp=True)
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = tmp_path / "pgbouncer.ini"
    settings.write_text(POOLER.format(**entry, port=port))
    account = ["-u", "nobody"] if os.geteuid() == 0 else []
    pooler = subprocess.Popen([program, "-q", *account, settings], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not answers(port):
            assert pooler.poll() is None, "pgbouncer does not start"
            assert time.monotonic() < deadline, "pgbouncer does not answer"
            time.sleep(0.05)
        yield Clinic(clinic.project(tmp_path / "clinic", {**entry, "PORT": str(port)}), entry)
    finally:
        pooler.kill()
        pooler.wait()


def test_what_others_left_in_the_sessions_leads_nowhere(pooled: Clinic) -> None:
    column, records, half, ghost, gone = ("clinic02", "clinic05", "clinic07", "clinic09", "clinic11")
    pooled.damage(column, records, half, ghost, gone)
    before = {name: pooled.state(name) for name in ("public", "clinic01", "clinic12")}
    good = pooled.shape("clinic01")
    with ExitStack() as strangers:
        # Each has a session of the server to itself until it ends, and leaves it in the schema of a healthy tenant.
        sessions = [strangers.enter_context(connected(pooled.project.databases["default"])) for _ in range(3)]
        for session in sessions:
            session.execute("BEGIN")
            session.execute("SET search_path = clinic12, public")
        for session in sessions:
            session.execute("COMMIT")
    assert pooled.migwizard("tenants", "--format", "json").json["tenants"] == 12
    outcome = pooled.migwizard(
        "repair", "--all", "--all-schemas", "--allow", "careful", "--jobs", "2", "--yes", "--format", "json"
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    done = {one["schema"]: one["outcome"] for one in outcome.json["schemas"]}
    assert done == dict.fromkeys((column, records, half, ghost, gone), "done")
    assert [pooled.shape(name) == good for name in done] == [True] * 5
    assert {name: pooled.state(name) for name in before} == before
    assert pooled.migwizard("check", "--all-schemas", "--fail-on", "info").code == 0


def test_what_no_transaction_may_hold_is_refused(pooled: Clinic) -> None:
    pooled.project.write({"records/migrations/0005_quick.py": QUICK})
    before = pooled.state("clinic01")
    outcome = pooled.migwizard("repair", "migrate", "records", "--schema", "clinic01", "--yes")
    assert outcome.code == 1
    assert outcome.stdout.startswith(
        "refused: Steps that no transaction may hold are not run through a pooler such as PgBouncer: each may end up in"
        " another session of the server, with another search path. Connect to the server itself for this plan."
    )
    assert pooled.state("clinic01") == before
