from __future__ import annotations

from migwizard.diagnoses import overlong_values

from .ahead import crowd, only


def test_sqlite_keeps_them_without_a_word():
    finding = only(
        overlong_values, None, vendor="sqlite", crowds=(crowd("overlong", 2, "varchar(3)", "long"),)
    )
    assert finding.severity == "warning"
    assert finding.summary == (
        "shop.0002_note makes shop_order.note varchar(3); 2 rows of it are longer, and SQLite keeps it as it is."
    )


def test_postgresql_refuses_them_or_cuts_them_off():
    finding = only(
        overlong_values, None, vendor="postgresql", crowds=(crowd("overlong", 1, "varchar(3)", "long"),)
    )
    assert finding.severity == "error"
    assert finding.evidence[2] == "error 22001: value too long for type varchar(3)"
    finding = only(
        overlong_values, None, vendor="postgresql", crowds=(crowd("cut", 1, "varchar(3)", "long"),)
    )
    assert finding.severity == "warning"
    assert finding.summary.endswith("and PostgreSQL cuts off what is too long, without an error.")
