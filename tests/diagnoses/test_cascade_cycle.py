from __future__ import annotations

from migwizard.core.dialects.rehearsed import Member
from migwizard.diagnoses import cascade_cycle

from .ahead import MSSQL, column, makes, only, pending

POINTS = Member("order_fk", "foreign", references=("shop_person", "id"), cascades=True)


def test_a_second_way_is_an_error_that_shows_it():
    way = ("shop_person", "shop_cart", "shop_order")
    finding = only(cascade_cycle, MSSQL, makes(POINTS, column("buyer_id", "int"), cycle=way))
    assert finding.severity == "error"
    assert finding.summary == (
        "shop.0002_note cannot run on SQL Server: the server would come to the same rows twice when it deletes"
        " (shop_person -> shop_cart -> shop_order)."
    )
    assert "error 1785" in finding.evidence[2]


def test_one_way_is_fine():
    assert cascade_cycle.find(pending(MSSQL, makes(POINTS, column("buyer_id", "int")))) == ()
