from __future__ import annotations

from migwizard.diagnoses import uncastable_values

from .ahead import crowd, only


def test_sqlite_keeps_them_without_a_word():
    rows = crowd("uncastable", 2, "integer", "XL", "S")
    finding = only(uncastable_values, None, vendor="sqlite", crowds=(rows,))
    assert finding.severity == "warning"
    assert finding.summary == (
        "shop.0002_note makes shop_order.note integer; 2 rows of it hold something else, and SQLite keeps it without an"
        " error."
    )
    assert finding.evidence[1] == "for example 'XL', 'S'"


def test_postgresql_refuses_them_unless_code_changes_them_before():
    finding = only(
        uncastable_values, None, vendor="postgresql", crowds=(crowd("uncastable", 1, "integer", "XL"),)
    )
    assert finding.severity == "error"
    assert finding.summary == (
        "shop.0002_note makes shop_order.note integer; 1 row of it holds something else, and the server refuses it."
    )
    cleaned = crowd("uncastable", 1, "integer", "XL", unless=(("shop", "0002_note"),))
    finding = only(uncastable_values, None, vendor="postgresql", crowds=(cleaned,))
    assert finding.severity == "warning"
    assert finding.evidence[2] == "unless the code of shop.0002_note changes these rows before"
