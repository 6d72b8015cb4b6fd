from __future__ import annotations

from migwizard.core.dialects.rehearsed import Event
from migwizard.diagnoses import missing_identity

from .ahead import MSSQL, column, only


def test_an_autofield_without_identity_is_an_error():
    finding = only(missing_identity, MSSQL, Event("lacks-identity", "shop_order", column("id", "int")))
    assert finding.severity == "error"
    assert finding.summary == (
        "shop.0002_note adds the AutoField shop_order.id without IDENTITY, so the server will give it no values."
    )
    assert (finding.subject.table, finding.subject.column) == ("shop_order", "id")
