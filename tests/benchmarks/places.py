"""Where the benchmarks run: a temporary folder, projects that are made once a run, and a private PostgreSQL."""

from __future__ import annotations

import tempfile
from pathlib import Path
from types import TracebackType

from tests.projects import Project
from tests.servers import PostgreSQL, Servers

from .synthetic import Shape, synthetic_project

SMALL, MIDDLE, LARGE = Shape(5, 20, 2), Shape(20, 50, 5), Shape(50, 100, 10)
"""100, 1,000 and 5,000 migrations."""
TABLES = {number: Shape(number // 5, 4, 4) for number in (125, 250, 500)}
"""Shapes by their number of tables."""


class Places:
    """The folder and the servers of one run of the benchmarks; all of it goes with the run."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="migwizard-benchmarks-")
        self._servers = Servers()
        self._projects: dict[tuple[Shape, str], Project] = {}

    def __enter__(self) -> Places:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._servers.stop()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """The temporary folder."""
        return Path(self._folder.name)

    def postgresql(self) -> PostgreSQL:
        """PostgreSQL 18. Raises ServerMissing where there is none."""
        return self._servers.get("postgresql-18")

    def project(self, shape: Shape, kind: str = "sqlite") -> Project:
        """A synthetic project with everything applied, on "sqlite" or "postgresql"."""
        if (shape, kind) not in self._projects:
            entry = self.postgresql().create_database() if kind == "postgresql" else None
            root = self.folder / f"{kind}-{shape.total}-{shape.tables}"
            self._projects[shape, kind] = synthetic_project(root, shape, entry)
        return self._projects[shape, kind]
