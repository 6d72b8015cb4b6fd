from __future__ import annotations

from migwizard.core.dialects.rehearsed import Event
from migwizard.diagnoses import refused_operation

from .ahead import MSSQL, only


def test_what_the_backend_refuses_is_told_with_what_it_says():
    event = Event("refuses", "", text="NotImplementedError: The backend does not support OR conditions")
    finding = only(refused_operation, MSSQL, event)
    assert finding.severity == "error"
    assert finding.summary == "shop.0002_note cannot run on SQL Server 2022: the backend refuses it."
    assert finding.evidence[1] == (
        "mssql-django 2.0 raises NotImplementedError: The backend does not support OR conditions"
    )
