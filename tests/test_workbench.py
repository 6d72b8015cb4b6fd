"""The door to everything: what is offered on a selection, and how running work is stopped from another thread."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from migwizard import lessons

ROOT = Path(__file__).parents[1]

OFFERED = """
import json, sys
from pathlib import Path
from migwizard.reading.options import Options
from migwizard.workbench import Workbench

bench = Workbench(Options(root=Path(sys.argv[1]), settings="config.settings"))
bench.open()
bench.read(replay=False)
found = {
    name: {
        offer.name: [offer.arguments, offer.takes, offer.wanting, offer.impossible]
        for offer in bench.actions(key, None)
    }
    for name, key in (("migration", ("shop", "0003_order_note")), ("app", ("shop", "")), ("nothing", None))
}
print(json.dumps(found))
"""

CUT_SHORT = """
import sys, threading, time
from pathlib import Path
from migwizard.reading.options import Options
from migwizard.workbench import Workbench

bench = Workbench(Options(root=Path(sys.argv[1]), settings="config.settings"))
bench.open()
from django.db import OperationalError, transaction

endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
threading.Timer(0.5, bench.cancel).start()
begun = time.monotonic()
try:
    with transaction.atomic(), bench.reader.connection.cursor() as cursor:
        cursor.execute("CREATE TABLE left_behind (i integer)")
        cursor.execute(endless)
except OperationalError as error:
    print(error, bench.stop.is_set(), time.monotonic() - begun < 10)
print("left_behind" in bench.reader.connection.introspection.table_names())
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lessons.make("fake-gone-wrong", tmp_path_factory.mktemp("bench") / "shop")


def run(code: str, project: Path) -> str:
    """Return what a process of its own prints: Django is set up for one project in a process."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(project)], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_actions_are_offered_with_what_the_selection_gives(project: Path) -> None:
    found: dict[str, dict[str, Any]] = json.loads(run(OFFERED, project))
    migration, app, nothing = found["migration"], found["app"], found["nothing"]
    assert migration["unfake"][:3] == [["shop", "0003_order_note"], "APP MIGRATION", False]
    assert app["unfake"] == [["shop"], "APP MIGRATION", True, ""]
    assert nothing["unfake"] == [[], "APP MIGRATION", True, ""]
    assert app["fake"][0] == ["shop"]
    assert not app["fake"][2]
    assert migration["undo"] == [[], "NUMBER", True, ""], "no number is guessed from a migration"
    assert migration["prune"] == [["shop"], "[APP]", False, "There is no record without a file."]


def test_a_running_statement_is_cut_short_and_its_transaction_rolled_back(project: Path) -> None:
    assert run(CUT_SHORT, project) == "interrupted True True\nFalse\n"
