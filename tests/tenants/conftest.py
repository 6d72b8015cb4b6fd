"""A database with tenants, migrated once and copied for each test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project, copy_project
from tests.servers import PostgreSQL
from tests.tenants import kit

OWED = "model-changes:django_celery_beat"
"""A package of the project owes its migrations to a Django that is newer than it is."""

USERS = "tenant-app-split:users-in-public:people"
"""What is told of the project `rental` as it is."""

MAKE = """
from tenancy.models import Client
for name, type in (("s1", "shop"), ("s2", "shop"), ("c1", "clinic")):
    Client(schema_name=name, type=type).save(verbosity=0)
"""
TENANTS = ("acme", "bolt", "cask", "dune", "echo", "fern")


@dataclass(frozen=True)
class Place:
    """A project with tenants, and its database."""

    project: Project
    entry: dict[str, Any]

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        return kit.execute(self.entry, *statements)

    def findings(self, *arguments: str) -> list[tuple[str, str, Any]]:
        """Severity, id and schema of everything that `check` finds."""
        outcome = self.project.migwizard("check", "--format", "json", *arguments)
        assert outcome.code in (0, 1), outcome.stderr
        return [
            (one["severity"], one["id"], one.get("schemas") or one["subject"]["schema"])
            for one in outcome.json["findings"]
            if one["id"] != OWED
        ]


@pytest.fixture(autouse=True)
def needs_django_tenants() -> None:
    """Every test here is skipped where django-tenants is not installed."""
    pytest.importorskip("django_tenants")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory, postgresql_server: PostgreSQL) -> dict[str, Any]:
    """The repaired project `accreditation`, migrated by django-tenants, with copies of its one tenant."""
    pytest.importorskip("django_tenants")
    pytest.importorskip("django_celery_beat")
    entry = postgresql_server.create_database()
    project = kit.article(tmp_path_factory.mktemp("tenants") / "project", entry, repaired=True)
    kit.done(project.manage("migrate_schemas", "--shared"))
    kit.done(
        project.python(
            "from tenants.models import Tenant; Tenant(schema_name='acme', name='a').save(verbosity=0)"
        )
    )
    kit.copies(entry, "acme", TENANTS[1:], kit.ROW)
    return entry


@pytest.fixture
def place(tmp_path: Path, new_database: Callable[..., Any], migrated: dict[str, Any]) -> Place:
    """A copy of that database, of one's own, with six tenants that are equal."""
    entry = new_database("postgresql-18", template=migrated)
    return Place(kit.article(tmp_path / "project", entry, repaired=True), entry)


def rental(root: Path, entry: Any) -> Project:
    return copy_project("rental", root, kit.tenants_entry(entry))


@pytest.fixture(scope="session")
def rented(tmp_path_factory: pytest.TempPathFactory, postgresql_server: PostgreSQL) -> dict[str, Any]:
    """The project `rental`, migrated by django-tenants, with three tenants of two types."""
    pytest.importorskip("django_tenants")
    entry = postgresql_server.create_database()
    project = rental(tmp_path_factory.mktemp("rental") / "project", entry)
    kit.execute(entry, "CREATE SCHEMA common")
    kit.done(project.manage("migrate_schemas", "--shared"))
    kit.done(project.python(MAKE))
    return entry


@pytest.fixture
def types(tmp_path: Path, new_database: Callable[..., Any], rented: dict[str, Any]) -> Place:
    """A copy of that database, of one's own."""
    entry = new_database("postgresql-18", template=rented)
    return Place(rental(tmp_path / "project", entry), entry)
