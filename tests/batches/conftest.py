"""Fixtures of the tests over many schemas."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.batches import clinic
from tests.batches.clinic import Clinic

TWELVE = tuple(f"clinic{number:02}" for number in range(1, 13))
BROKEN = ("clinic02", "clinic05", "clinic07", "clinic09", "clinic11")


@pytest.fixture(scope="session")
def twelve(tmp_path_factory: pytest.TempPathFactory, postgresql_servers: Callable[[str], Any]) -> Any:
    """The entry of a database with twelve tenants, to be copied."""
    pytest.importorskip("django_tenants")
    entry = postgresql_servers("postgresql-18").create_database()
    clinic.with_tenants(clinic.project(tmp_path_factory.mktemp("clinic") / "project", entry), TWELVE)
    return entry


@pytest.fixture
def new_clinic(tmp_path: Path, new_database: Callable[..., Any]) -> Callable[..., Clinic]:
    """A function from the names of tenants to a clinic with them, on a database of its own."""
    pytest.importorskip("django_tenants")

    def make(*names: str, types: dict[str, str] | None = None, settings: str = "", **files: str) -> Clinic:
        entry = new_database()
        made = clinic.project(tmp_path / "clinic", entry, settings, **files)
        if names:
            clinic.with_tenants(made, names, types)
        return Clinic(made, entry)

    return make


@pytest.fixture
def small(tmp_path: Path, new_database: Callable[..., Any], twelve: Any) -> Clinic:
    """A clinic with twelve tenants."""
    entry = new_database(template=twelve)
    return Clinic(clinic.project(tmp_path / "clinic", entry), entry)


@pytest.fixture
def broken(small: Clinic) -> Clinic:
    """Twelve tenants, of which five are broken, each in its own way."""
    small.damage(*BROKEN)
    return small
