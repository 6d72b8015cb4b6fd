"""Tables under other names: what several renames come to, what of them is seen, and how tables look afterwards."""

from __future__ import annotations

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Table, Trigger
from migwizard.core.schema.renaming import Rename, backwards, joined, renamed, seen, statements

from .tables import table

ORDER = Rename("shop_order", "shop_purchase", (("note", "remark"),))


def test_renames_that_follow_each_other_come_to_one():
    first = (Rename("a", "b", (("x", "y"),)),)
    assert joined(first, (Rename("b", "c", (("y", "z"), ("p", "q"))),)) == (
        Rename("a", "c", (("x", "z"), ("p", "q"))),
    )
    assert joined((), first) == first
    assert joined(first, backwards(first)) == ()


def test_only_what_gave_way_to_the_other_name_is_seen():
    before = {"shop_order": table("shop_order", "id integer", "note text")}
    after = {"shop_purchase": table("shop_purchase", "id integer", "remark text")}
    assert seen([ORDER], before, after) == (ORDER,)
    assert seen([ORDER], before, {}) == ()
    both = {"shop_purchase": table("shop_purchase", "id integer", "remark text", "note text")}
    assert seen([ORDER], before, both) == (Rename("shop_order", "shop_purchase"),)
    assert seen([ORDER], before, before | after) == ()
    exchanged = [Rename("a", "b"), Rename("b", "a")]
    assert seen(exchanged, {"a": table("a"), "b": table("b")}, {"a": table("a"), "b": table("b")}) == ()


def test_statements_name_the_table_as_it_is_called_by_then_and_trust_no_name():
    assert list(statements([ORDER], "public")) == [
        'ALTER TABLE "public"."shop_order" RENAME TO "shop_purchase"',
        'ALTER TABLE "public"."shop_purchase" RENAME COLUMN "note" TO "remark"',
    ]
    assert list(statements([Rename('a"; --', "b")], "")) == ['ALTER TABLE "a""; --" RENAME TO "b"']


def test_sql_server_renames_by_its_procedure_and_trusts_no_name():
    assert list(statements([ORDER], "dbo", "microsoft")) == [
        "EXEC sp_rename N'[dbo].[shop_order]', N'shop_purchase', N'OBJECT'",
        "EXEC sp_rename N'[dbo].[shop_purchase].[note]', N'remark', N'COLUMN'",
    ]
    assert list(statements([Rename("a]'; --", "a]'; --", (("b]'", "c]'"),))], "", "microsoft")) == [
        "EXEC sp_rename N'[a]]''; --].[b]]'']', N'c]''', N'COLUMN'",
    ]


def test_everything_that_names_a_table_or_a_column_follows():
    order = Table(
        "shop_order",
        (Column("id", "integer", False), Column("note", "text", True)),
        (Constraint("check", "short", ("note",), "(length(note) < 9 AND notebook)"),),
        (Index("by_note", (IndexPart("note"), IndexPart(None, "lower(note)")), condition="note <> ''"),),
        (Trigger("t", "CREATE TRIGGER t AFTER UPDATE OF note ON shop_order BEGIN SELECT 1; END"),),
    )
    line = Table(
        "shop_line",
        (Column("order_id", "integer", False),),
        (Constraint("foreign", "fk", ("order_id",), references=("shop_order", ("note",))),),
    )
    found = renamed({"shop_order": order, "shop_line": line, "gone": None}, [ORDER])
    assert list(found) == ["shop_purchase", "shop_line", "gone"]
    purchase, other = found["shop_purchase"], found["shop_line"]
    assert purchase is not None
    assert other is not None
    assert found["gone"] is None
    assert [column.name for column in purchase.columns] == ["id", "remark"]
    assert purchase.constraints[0].definition == "(length(remark) < 9 AND notebook)"
    assert purchase.indexes[0].parts == (IndexPart("remark"), IndexPart(None, "lower(remark)"))
    assert purchase.indexes[0].condition == "remark <> ''"
    assert purchase.triggers[0].definition.count("remark ON shop_purchase") == 1
    assert other.constraints[0].references == ("shop_purchase", ("remark",))
    assert renamed(found, backwards([ORDER])) == {"shop_order": order, "shop_line": line, "gone": None}
