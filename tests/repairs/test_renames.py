"""Former names are given back with everything in them, whatever keeps a column from getting another name."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Snapshot, Table
from migwizard.core.schema.renaming import Rename
from migwizard.repairs.renames import rename_steps

TABLE = Table(
    "shop_order",
    (Column("id", "int", False), Column("remark", "nvarchar(9)", True)),
    (Constraint("primary", "", ("id",)), Constraint("check", "", ("remark",), "([remark]<>N'')")),
    (
        Index("u", (IndexPart("remark"),), True, "([remark] IS NOT NULL)"),
        Index("i", (IndexPart("remark"),)),
    ),
)
BARE = replace(TABLE, constraints=TABLE.constraints[:1], indexes=TABLE.indexes[1:])


def steps(vendor: str, tables_before: dict[str, Any]) -> list[Any]:
    """Return the steps after a column and its table were given other names."""
    situation: Any = SimpleNamespace(
        live=Snapshot("dbo", {"shop_order": TABLE}), database=SimpleNamespace(vendor=vendor, schema="dbo")
    )
    entry: Any = SimpleNamespace(
        renames=(Rename("shop_purchase", "shop_order", (("note", "remark"),)),), tables_before=tables_before
    )
    return list(rename_steps(situation, entry))


RENAMED = (
    "EXEC sp_rename N'[dbo].[shop_order]', N'shop_purchase', N'OBJECT'",
    "EXEC sp_rename N'[dbo].[shop_purchase].[remark]', N'note', N'COLUMN'",
)


def test_sql_server_takes_texts_that_name_a_column_away_before():
    first, second = steps("microsoft", {"shop_purchase": TABLE})
    assert first.tables == (("shop_order", BARE),)
    assert first.why == "Take away for a moment what keeps columns of shop_order from getting another name."
    assert second.sql == RENAMED
    assert second.why == (
        "Give shop_order (shop_purchase), shop_order.remark (note) the former name back; what is in it stays."
    )


def test_nothing_is_taken_away_that_would_not_come_back():
    (only,) = steps("microsoft", {})
    assert only.sql == RENAMED


def test_other_servers_rewrite_what_names_a_column():
    (only,) = steps("postgresql", {"shop_purchase": TABLE})
    assert only.sql == (
        'ALTER TABLE "dbo"."shop_order" RENAME TO "shop_purchase"',
        'ALTER TABLE "dbo"."shop_purchase" RENAME COLUMN "remark" TO "note"',
    )
