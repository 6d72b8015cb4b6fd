"""Which table a `db_table` means, in whichever way it names a schema."""

from __future__ import annotations

import pytest

from migwizard.core.schema import place_of, table_key


@pytest.mark.parametrize(
    ("db_table", "place", "key"),
    [
        ("item", None, "item"),
        ("sales.item", None, "sales.item"),
        ('"item"', None, "item"),
        ('sales"."item', ("sales", "item"), "sales.item"),
        ('"sales"."item"', ("sales", "item"), "sales.item"),
        ("sales].[item", ("sales", "item"), "sales.item"),
        ("[sales].[item]", ("sales", "item"), "sales.item"),
        ("[item]", None, "[item]"),
        ('a.b"."c d', ("a.b", "c d"), "a.b.c d"),
        ('"."', None, "."),
        ("].[", None, "].["),
    ],
)
def test_places(db_table: str, place: tuple[str, str] | None, key: str):
    assert place_of(db_table) == place
    assert table_key(db_table) == key


def test_the_schema_that_was_read_is_not_named():
    assert table_key('sales"."item', "sales") == "item"
    assert table_key("[sales].[item]", "sales") == "item"
