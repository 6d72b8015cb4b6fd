from __future__ import annotations

from migwizard.core.dialects.rehearsed import Event, Member
from migwizard.diagnoses import implicit_default

from .ahead import MARIADB, MYSQL, column, crowd, makes, only, pending

ADDS = Event("adds-empty", "shop_order", column("note", "integer"))


def test_rows_get_a_value_that_nobody_chose():
    finding = only(implicit_default, MARIADB, ADDS, crowds=(crowd("any", 3),))
    assert finding.severity == "warning"
    assert finding.summary == (
        "shop.0002_note adds shop_order.note, which must not be NULL and has no default; MariaDB 11.4 gives the 3 rows"
        " of shop_order a value that nobody chose: 0."
    )
    assert finding.evidence[1:3] == (
        "shop_order.note is integer NOT NULL",
        "MariaDB 11.4 reports no error, in strict mode neither",
    )


def test_no_row_no_harm():
    assert implicit_default.find(pending(MARIADB, ADDS, crowds=(crowd("any", 0),))) == ()
    new = Event("adds-empty", "shop_order", column("note", "integer"), new=True)
    assert implicit_default.find(pending(MARIADB, new)) == ()


def test_a_foreign_key_fails_on_it_and_a_unique_field_with_two_rows():
    points = makes(Member("fk", "foreign", references=("x", "id")), column("note", "integer"))
    finding = only(implicit_default, MYSQL, ADDS, points, crowds=(crowd("any", 1),))
    assert (finding.severity, finding.evidence[2]) == ("error", "error 1452")
    rule = makes(Member("note", "unique", unique=True), column("note", "integer"))
    finding = only(implicit_default, MYSQL, ADDS, rule, crowds=(crowd("any", 2),))
    assert (finding.severity, finding.evidence[2]) == ("error", "error 1062")
    assert only(implicit_default, MYSQL, ADDS, rule, crowds=(crowd("any", 1),)).severity == "warning"
