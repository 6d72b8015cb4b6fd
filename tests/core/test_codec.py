from __future__ import annotations

import json
from dataclasses import fields, replace
from typing import Any

import pytest

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Table, Trigger
from migwizard.core.schema.codec import Decoder, decode_effects, decode_table, encode
from migwizard.core.truths.effects import Effects, MigrationEffects, OperationEffect, TableChange

ID = Column("id", "bigint", False, identity="identity")
NAME = Column(
    'naïve "name"\n', "character varying(30)", True, "'x'::text", "", "stored lower(x)", "de-x-icu", "it's"
)
FOREIGN = Constraint(
    "foreign",
    "shop_fk",
    ("a", "b"),
    references=("shop_order", ("id", "no")),
    on_delete="cascade",
    deferrable="deferred",
)
FULL = Constraint(
    "unique", "u", ("a",), "def", None, "", "set null", "deferrable", False, False, ("x", "y"), False
)
PLAIN = Index("shop_i", (IndexPart("a"),))
ODD = Index(
    "odd",
    (IndexPart("a", None, True, "first", "text_pattern_ops", "C"), IndexPart(None, "lower(b)")),
    True,
    "(a > 1)",
    ("c", "d"),
    "gin",
    False,
    False,
    "fillfactor=70",
)
TABLE = Table(
    "audit.log",
    (ID, NAME),
    (FOREIGN, FULL),
    (PLAIN, ODD),
    (Trigger("t", "CREATE TRIGGER t"),),
    "foreign",
    "note",
)


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(encode(value)))


@pytest.mark.parametrize(
    "table",
    [
        TABLE,
        Table("bare", ()),
        Table("one", (ID,)),
        Table("indexed", (ID,), (), (PLAIN,)),
        Table("commented", (ID,), comment=""),
    ],
    ids=lambda table: table.name,
)
def test_a_table_comes_back_as_it_was(table: Table) -> None:
    back = decode_table(through_json(table))
    assert back == table
    assert repr(back) == repr(table), "types, which equality leaves out"
    assert hash(back) == hash(table)


def test_what_belongs_to_one_database_is_left_out() -> None:
    seen = replace(TABLE, rows=7, definition="CREATE TABLE t (id bigint)")
    back = decode_table(through_json(seen))
    assert (back, back.rows, back.definition) == (TABLE, None, "")


def test_every_field_of_every_structure_is_set_in_the_example() -> None:
    """Or the round trip would say nothing about a field that was added later."""
    examples = {
        Table: [TABLE],
        Column: [ID, NAME],
        Constraint: [FOREIGN, FULL],
        Index: [ODD],
        IndexPart: list(ODD.parts),
        Trigger: list(TABLE.triggers),
    }
    for kind, values in examples.items():
        for field in (one for one in fields(kind) if one.compare):
            assert any(getattr(value, field.name) != field.default for value in values), (
                f"{kind.__name__}.{field.name}"
            )


def test_effects_come_back_as_they_were() -> None:
    key = ("shop", "0001_initial")
    effects = Effects(
        (
            MigrationEffects(
                key,
                (
                    OperationEffect(key, 0, (TableChange(None, "audit.log", TABLE),)),
                    OperationEffect(key, 1, (TableChange("a", "b", TABLE, (("x", "y"), ("v", "w"))),)),
                    OperationEffect(key, 2, (TableChange("b", None, None),)),
                    OperationEffect(key, 3),
                ),
            ),
            MigrationEffects(("shop", "0002"), ()),
        ),
        "it failed",
        ("shop", "0003"),
        (TableChange(None, "one", Table("one", (ID,))),),
    )
    back = decode_effects(through_json(effects))
    assert back == effects
    assert repr(back) == repr(effects)
    assert decode_effects(through_json(Effects(()))) == Effects(())
    assert decode_effects(through_json(Effects((), "no"))) == Effects((), "no")


def test_equal_columns_are_one_object() -> None:
    decoder = Decoder()
    first, second = decoder.table(through_json(TABLE)), decoder.table(through_json(TABLE))
    assert first.columns[1] is second.columns[1]
    assert first.indexes[1] is second.indexes[1]


def test_defaults_at_the_end_are_not_written() -> None:
    assert encode(ID) == ["id", "bigint", False, None, "identity"]
    assert encode(Table("t", (Column("a", "int", True),))) == ["t", [["a", "int", True]]]


def test_false_is_not_taken_for_an_equal_default() -> None:
    index = Index("i", (IndexPart("a"),), unique=False, valid=True)
    assert decode_table(through_json(Table("t", (), (), (index,)))).indexes == (index,)
