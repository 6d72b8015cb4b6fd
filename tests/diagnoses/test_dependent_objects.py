from __future__ import annotations

from migwizard.core.dialects.rehearsed import Event, Member
from migwizard.diagnoses import dependent_objects

from .ahead import MSSQL, column, only, pending

CHECK = Member("price_positive", "check", ("price",))
RULE = Member("one_price", "unique", ("price",), unique=True)


def alters(before, after, *dependents, **other):
    return Event("alters-column", "shop_order", after, before, dependents=dependents, text="ALTER …", **other)


def test_a_check_keeps_a_column_from_being_altered():
    event = alters(column("price", "numeric(8,2)"), column("price", "numeric(10,2)"), CHECK)
    finding = only(dependent_objects, MSSQL, event)
    assert finding.severity == "error"
    assert finding.summary == (
        "shop.0002_note cannot run on SQL Server: it alters shop_order.price, on which check price_positive depends."
    )
    assert finding.evidence[1:3] == (
        "the backend does not drop it before: ALTER …",
        "errors 5074 and 4922: the object is dependent on the column",
    )
    assert finding.evidence[3].startswith("Remove check price_positive by an operation before this one")


def test_a_rule_hinders_another_type_and_not_null_but_no_longer_text():
    text = column("price", "nvarchar(20)")
    assert dependent_objects.find(pending(MSSQL, alters(text, column("price", "nvarchar(30)"), RULE))) == ()
    only(dependent_objects, MSSQL, alters(text, column("price", "nvarchar(10)"), RULE))
    only(dependent_objects, MSSQL, alters(column("price", "int", True), column("price", "int"), RULE))
    relaxed = only(
        dependent_objects, MSSQL, alters(column("price", "int"), column("price", "int", True), RULE)
    )
    assert relaxed.severity == "warning"
    assert relaxed.summary.startswith("shop.0002_note may fail on SQL Server")


def test_a_default_hinders_another_kind_of_type_alone():
    default = Member("<default>", "default", ("price",), certain=False)
    assert (
        dependent_objects.find(
            pending(MSSQL, alters(column("price", "numeric(8,2)"), column("price", "numeric(10,2)"), default))
        )
        == ()
    )
    finding = only(
        dependent_objects, MSSQL, alters(column("price", "int"), column("price", "bigint"), default)
    )
    assert "on which default on price depends" in finding.summary


def test_a_generated_column_and_a_check_keep_a_column_its_name():
    event = Event(
        "renames-column",
        "shop_order",
        column("cost", "int"),
        column("price", "int"),
        dependents=(RULE, CHECK),
        computed=("total",),
        text="EXEC sp_rename",
    )
    finding = only(dependent_objects, MSSQL, event)
    assert "it renames shop_order.price, on which check price_positive, generated column total depend." in (
        finding.summary
    )
    assert "error 15336: the object participates in enforced dependencies" in finding.evidence


def test_nothing_depends_on_nothing():
    assert (
        dependent_objects.find(pending(MSSQL, alters(column("price", "int"), column("price", "bigint"))))
        == ()
    )
