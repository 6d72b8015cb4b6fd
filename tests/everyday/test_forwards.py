"""Pending migrations that rename, run and taken back with everything in the tables."""

from __future__ import annotations

import pytest

from tests.everyday.kit import found, repair, state, undo
from tests.repairs.branching import add

pytest_plugins = ["tests.running.fixtures"]

COLUMNS = (
    'migrations.RenameField("order", "note", "remark"), migrations.RenameField("customer", "name", "called")'
)
RENAMES = {
    "columns": COLUMNS,
    "table": 'migrations.AlterModelTable("order", "orders")',
    "both": f'{COLUMNS}, migrations.RenameModel("Order", "Purchase")',
}


@pytest.mark.parametrize("operations", RENAMES.values(), ids=RENAMES)
def test_what_was_renamed_comes_back_with_its_rows(shop, operations):
    add(shop, "0005_names", operations)
    before = state(shop)
    done = repair(shop, "pending-migrations:*")
    assert done.json["loses"] == []
    assert "pending-migrations:*" not in found(shop)
    assert state(shop).rows != before.rows
    undo(shop, 1)
    assert state(shop).without("auth_permission").unlike(before.without("auth_permission")) == []
