"""Places of a shop in its way: the database, the files and the journal, kept and brought back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.servers import PostgreSQL

from .kit import Shop, files_of


@dataclass(frozen=True)
class Scene:
    """A state of a shop that can be brought back."""

    files: dict[str, bytes]
    folder: Path
    """The journals, and the database of SQLite."""
    database: str
    """Name of the copy of a database of PostgreSQL."""


class Scenes:
    """Keeps states of one shop, to which nobody is connected when one is kept or brought back."""

    def __init__(self, shop: Shop, server: Callable[[], PostgreSQL], folder: Path) -> None:
        self.shop = shop
        self.server = server
        self.folder = folder
        self.kept = 0

    @property
    def state(self) -> Path:
        """Where the shop's journals are."""
        return self.shop.project.root.parent / f"{self.shop.project.root.name}-home" / "state"

    def keep(self) -> Scene:
        """Keep the state as it is now."""
        self.kept += 1
        folder = self.folder / f"scene{self.kept}"
        copy_tree(self.state, folder / "state")
        database = ""
        if self.shop.sqlite:
            shutil.copyfile(self.shop.entry["NAME"], folder / "database")
        else:
            database = self.server().create_database(template=self.shop.entry["NAME"])["NAME"]
        return Scene(files_of(self.shop.project), folder, database)

    def bring_back(self, scene: Scene, *, database: bool = True) -> None:
        """Bring a state back; the database can be left out if it has not been changed."""
        copy_tree(scene.folder / "state", self.state)
        root = self.shop.project.root
        for name in files_of(self.shop.project).keys() - scene.files.keys():
            (root / name).unlink()
        for name, content in scene.files.items():
            path = root / name
            if not path.exists() or path.read_bytes() != content:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        if not database:
            return
        if self.shop.sqlite:
            shutil.copyfile(scene.folder / "database", self.shop.entry["NAME"])
            return
        name = self.shop.entry["NAME"]
        with self.server().connect() as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
            connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{scene.database}"')

    def forget(self, scene: Scene) -> None:
        """Remove what was kept."""
        shutil.rmtree(scene.folder)
        if scene.database:
            self.server().drop_database(scene.database)

    def wait(self) -> None:
        """Return once the server has rolled back what a process that was killed had begun."""
        if self.shop.sqlite:
            return
        others = (
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'"
        )
        deadline = time.monotonic() + 30
        with self.server().connect() as connection:
            while connection.execute(others, [self.shop.entry["NAME"]]).fetchone() != (0,):
                assert time.monotonic() < deadline, "the server goes on for a process that is gone"
                time.sleep(0.002)


def copy_tree(source: Path, target: Path) -> Any:
    """Make a folder the same as another, which need not be there."""
    shutil.rmtree(target, ignore_errors=True)
    if source.exists():
        return shutil.copytree(source, target)
    return target.mkdir(parents=True)
