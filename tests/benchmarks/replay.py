"""The replay of the project of well-known apps, against its own `manage.py migrate` from zero.

    python -m tests.benchmarks.replay

Each side starts with an empty database and without a cache, in a process of its own that imports the project.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.projects import Project, fifteen_project
from tests.servers import ServerMissing

from .measure import CannotMeasure, Measurement, Run, run
from .places import Places

RATIO, CACHED_SECONDS, ONE_MORE = 1.3, 1.0, 1.0
DRIVER = (sys.executable, "-m", "tests.reading.replay.driver")

MORE = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "{last}")]
    operations = [
        migrations.CreateModel(
            "OneMore", [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9))]
        )
    ]
"""


def replay(places: Places) -> Iterator[Measurement]:
    """Whole, cached, and with one migration more, on SQLite and PostgreSQL."""
    for kind in ("sqlite", "postgresql"):
        project = _project(places, kind)
        # The mean of one migrate before and one after: what else the machine does meets both sides.
        before = _migrate(project)
        replayed, whole = _replayed(project, "replay")
        migrated = (before + _migrate(_project(places, kind))) / 2
        total = len(whole["progress"]) - 1
        yield Measurement(
            f"replay, {total} migrations, {kind}: times as long as migrate",
            whole["seconds"] / migrated,
            RATIO,
            "x",
            detail=f"{whole['seconds']:.1f} s against {migrated:.1f} s, {replayed.megabytes:.0f} MB",
        )
        _, cached = _replayed(project, "cached")
        if cached["effects"] != whole["effects"]:
            raise CannotMeasure(f"the cached effects of {kind} are not those that were replayed")
        yield Measurement(f"replay, cached, {kind}", cached["seconds"], CACHED_SECONDS, "s")
        _add_migration(project)
        more, grown = _replayed(project, "replay")
        ran = sum(key is not None for _, _, key in grown["progress"])
        yield Measurement(
            f"replay, one migration more, {kind}: migrations run",
            ran,
            ONE_MORE,
            "",
            detail=f"{more.seconds:.1f} s",
        )


def _project(places: Places, kind: str) -> Project:
    root = places.folder / f"replay-{kind}-{secrets.token_hex(4)}" / "project"
    entry: dict[str, Any]
    if kind == "postgresql":
        entry = places.postgresql().create_database()
    else:
        entry = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(root.parent / "live.sqlite3")}
    return fifteen_project(root, entry)


def _migrate(project: Project) -> float:
    """Return the seconds that `migrate` takes from zero."""
    return run(project, sys.executable, "manage.py", "migrate", "--verbosity", "0").seconds


def _replayed(project: Project, command: str) -> tuple[Run, Any]:
    done = run(project, *DRIVER, command)
    answer = json.loads(done.stdout)
    if answer.get("error") or not answer["effects"] or (len(answer["effects"]) > 1 and answer["effects"][1]):
        raise CannotMeasure(f"the replay failed: {answer.get('error') or answer['effects'][1:2]}")
    return done, answer


def _add_migration(project: Project) -> None:
    folder: Path = project.root / "shop" / "migrations"
    last = max(path.stem for path in folder.glob("[0-9]*.py"))
    project.write({"shop/migrations/9999_one_more.py": MORE.format(last=last)})


def main() -> int:
    """Run the benchmark and print what was measured; the exit status is 1 when a limit is broken."""
    good = True
    with Places() as places:
        try:
            for each in replay(places):
                print(
                    f"{each.name}: {each.measured:.2f} {each.unit} (at most {each.limit}) {each.detail}",
                    flush=True,
                )
                good = good and each.good
        except (CannotMeasure, ServerMissing) as error:
            print(f"not measured: {error}")
            good = False
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
