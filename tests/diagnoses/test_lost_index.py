from __future__ import annotations

from migwizard.core.dialects.rehearsed import Event, Member
from migwizard.diagnoses import lost_index

from .ahead import MSSQL, only


def test_a_rule_that_goes_is_a_warning_that_names_it():
    member = Member("one_verified", "index", ("email",), unique=True, condition="[verified] = 1")
    finding = only(lost_index, MSSQL, Event("loses", "shop_order", member=member))
    assert finding.severity == "warning"
    assert finding.summary == (
        "shop.0002_note takes the unique index one_verified away from shop_order on SQL Server, without an error."
        " Duplicates can be written from then on."
    )
    assert finding.evidence[1] == (
        "mssql-django 2.0 drops it with the others before it alters the column, and does not make it again"
    )
