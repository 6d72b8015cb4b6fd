"""Runs in the process of a test's project: replays it as the program would, and prints what came of it as JSON."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from migwizard.core.graph import Graph
from migwizard.core.graph.build import build
from migwizard.core.schema.codec import encode
from migwizard.reading import replay as replays
from migwizard.reading.files import read_files
from migwizard.reading.project import load


def project_graph() -> tuple[Any, Graph]:
    """Load the project in the current folder."""
    project = load(Path.cwd())
    files = read_files(project)
    return project, build(files.files, set(), files.unmigrated)


def main() -> None:
    """`replay [again]`, `cached`, `write FILE` or `load FILE`; MIGWIZARD_TEST_SHADOW, _STOP_AFTER, _ALIAS say how."""
    from django.db import connections

    command, *rest = sys.argv[1:]
    project, graph = project_graph()
    shadow = os.environ.get("MIGWIZARD_TEST_SHADOW")
    stop_after = os.environ.get("MIGWIZARD_TEST_STOP_AFTER")
    connection = connections[os.environ.get("MIGWIZARD_TEST_ALIAS", "default")]
    target = replays.target(
        Path(project.info.root),
        project.info.settings,
        connection,
        shadow=connections[shadow] if shadow else None,
    )
    connections.close_all()
    cancel = threading.Event()
    seen: list[Any] = []

    def progress(done: int, total: int, key: Any) -> None:
        seen.append([done, total, key])
        print(json.dumps(seen[-1]), file=sys.stderr, flush=True)
        if stop_after is not None and done >= int(stop_after):
            cancel.set()

    answer: dict[str, Any] = {"file": str(target.file)}
    start = time.perf_counter()
    try:
        if command == "replay":
            effects = replays.replay(target, graph, progress=progress, cancel=cancel, again=bool(rest))
        elif command == "cached":
            effects = replays.cached_effects(target, graph)
        elif command == "write":
            effects = replays.write_file(Path(rest[0]), target, graph)
        else:
            effects = replays.load_file(Path(rest[0]), graph, target.salt)
        answer["seconds"] = time.perf_counter() - start
        answer["effects"] = None if effects is None else encode(effects)
    except (replays.ReplayRefused, replays.ReplayCancelled) as error:
        answer["error"] = f"{type(error).__name__}: {error}"
    print(json.dumps({**answer, "progress": seen}))


if __name__ == "__main__":
    main()
