"""Fixtures of the tests that write: `kind`, `library` and `shop`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.projects import copy_project
from tests.running.kit import Library, Shop


@pytest.fixture(params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest) -> str:
    """The kind of database: SQLite, and PostgreSQL 18."""
    return str(request.param)


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory, postgresql_servers: Callable[[str], Any]) -> Library:
    """Databases of the project `library`, migrated once."""

    def create(kind: str) -> dict[str, Any]:
        if kind == "sqlite":
            path = tmp_path_factory.mktemp("library") / "db.sqlite3"
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path)}
        entry: dict[str, Any] = postgresql_servers("postgresql-18").create_database()
        return entry

    return Library(create)


@pytest.fixture
def new_shop(
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    library: Library,
    new_database: Callable[..., dict[str, Any]],
) -> Callable[..., Shop]:
    """A function from a kind of database, and the names of files with their texts, to a shop with them.

    With `empty=True` its database is empty.
    """

    def make(kind: str, files: dict[str, str] | None = None, *, empty: bool = False, **options: Any) -> Shop:
        template = None if empty else library.template(kind, tmp_path_factory.mktemp("migrated") / "library")
        entry = new_database(kind, template=template, **options)
        project = copy_project("library", tmp_path / f"shop{len(list(tmp_path.iterdir()))}", entry)
        project.write(files or {})
        return Shop(project, entry)

    return make


@pytest.fixture
def shop(kind: str, new_shop: Callable[..., Shop]) -> Shop:
    """A shop on SQLite, and one on PostgreSQL."""
    return new_shop(kind)
