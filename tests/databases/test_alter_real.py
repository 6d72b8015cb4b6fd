"""The tables of fifteen real apps, changed in one property after the other and in many at once, and back."""

from __future__ import annotations

import random
from typing import Any

import pytest

from migwizard.core.schema import Table
from migwizard.databases import of
from tests.extent import ALL

from .altering import alter, differences, rows
from .mutations import mutations

SEED = 20_240_229


@pytest.fixture(params=["sqlite", "postgresql-18"])
def real(request: pytest.FixtureRequest, connect: Any, new_database: Any, fifteen_template: Any) -> Any:
    """A connection to a migrated database with content types, permissions and history."""
    kind = request.param
    return connect(new_database(kind, template=fifteen_template(kind)))


def test_one_property_at_a_time_and_many_at_once(real):
    snapshot = of(real).snapshot()
    tables = snapshot.tables
    viewed = {name for view in snapshot.views for name, _ in view.depends_on}
    chance = random.Random(SEED)
    possible = {
        name: list(mutations(table, real.vendor)) for name, table in tables.items() if name not in viewed
    }
    kept = {name: rows(real, name, names_of(table)) for name, table in tables.items()}
    for _ in range(4 if ALL else 2):
        chosen = [(name, chance.choice(found)) for name, found in possible.items() if found]
        for number in range(0, 30, 3):
            there_and_back(real, tables, chosen[number : number + 1])
        there_and_back(real, tables, chosen)
    assert kept == {name: rows(real, name, names_of(table)) for name, table in tables.items()}
    assert sum(map(len, kept.values())) > 300


def there_and_back(connection: Any, tables: dict[str, Table], chosen: list[tuple[str, Table]]) -> None:
    """Bring tables to other shapes, look, and bring them back."""
    alter(connection, chosen)
    assert differences(connection, {**tables, **dict(chosen)}) == []
    alter(connection, [(name, tables[name]) for name, _ in chosen])
    assert differences(connection, tables) == []


def names_of(table: Table) -> list[str]:
    """Return the names of a table's columns."""
    return [column.name for column in table.columns]
