"""Migrates a project one migration at a time and reads it after each: nothing may ever be wrong.

Run as `python -m tests.stages ROOT [--every N] [--no-replay]` with the project's environment; prints what it finds,
and exits with 1 if that is anything.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from migwizard.core.situation import Situation
from migwizard.diagnoses import diagnose
from migwizard.reading.options import Options
from migwizard.reading.reader import Reader


def complaints(situation: Situation, replayed: bool) -> list[str]:
    """Everything that a user would be told of, and every difference that claims to be certain."""
    found = [
        f"{finding.id}: {finding.summary}" for finding in diagnose(situation) if finding.severity != "info"
    ]
    if replayed and situation.compared != "replayed":
        found.append(f"not replayed: {situation.why_not}")
    found += [f"{drift}" for drift in situation.drifts if drift.confirmed]
    found += [
        f"{row.key} is {row.state}"
        for row in situation.migrations
        if row.confirmed and row.state not in ("applied", "pending")
    ]
    return found


def migrate_and_read(
    root: Path, every: int, replayed: bool, effects_file: Path | None
) -> tuple[int, list[str]]:
    """Migrate an empty database and read it on the way; return how often it was read, and all complaints."""
    reader = Reader(Options(root=root, replay=replayed, replay_file=effects_file))
    reader.open()
    reader.connect()
    if effects_file is not None:
        assert replayed
    elif replayed:
        effects, why = reader.replay(reader.graph(()), lambda stage, done, total: None)
        assert effects is not None, why
    else:
        reader.known_effects = lambda graph: (None, "not asked for")  # type: ignore[method-assign]
    # Models that changed have nothing to do with the stage, and cost more than all the rest.
    reader._model_changes = lambda graph: ((), "")  # type: ignore[method-assign]
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(reader.connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    state: Any = executor._create_project_state(with_applied_migrations=True)
    found = [f"empty: {text}" for text in complaints(reader.read(fresh_replay=False), replayed)]
    executor.recorder.ensure_schema()
    reads = 1
    for number, (migration, _) in enumerate(plan, 1):
        state = executor.apply_migration(state, migration)
        if number % every == 0 or number == len(plan):
            reads += 1
            where = f"{number} {migration.app_label}.{migration.name}"
            new = [f"{where}: {text}" for text in complaints(reader.read(fresh_replay=False), replayed)]
            found += new
            for text in new:
                print(text, flush=True)
    return reads, found


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--no-replay", action="store_true")
    parser.add_argument("--replay", type=Path, metavar="FILE")
    arguments = parser.parse_args()
    reads, found = migrate_and_read(
        arguments.root, arguments.every, not arguments.no_replay, arguments.replay
    )
    print(f"read {reads} times, {len(found)} complaints")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
