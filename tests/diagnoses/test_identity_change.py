from __future__ import annotations

from dataclasses import replace

from migwizard.core.dialects.rehearsed import Event
from migwizard.diagnoses import identity_change

from .ahead import MSSQL, column, only, pending

TEXT = "NotImplementedError: the backend doesn't support altering from AutoField to IntegerField."


def test_a_change_to_or_from_an_autofield_is_an_error():
    finding = only(identity_change, MSSQL, Event("refuses", "shop_order", column("id", ""), text=TEXT))
    assert finding.severity == "error"
    assert finding.summary == (
        "shop.0002_note cannot run on SQL Server: it changes shop_order.id to or from an AutoField."
    )
    assert finding.evidence[1:3] == (
        "SQL Server cannot give a column IDENTITY that is there already, nor take it away",
        f"mssql-django 2.0 raises {TEXT}",
    )
    assert "CreateModel" in finding.evidence[3]


def test_what_else_is_refused_is_not():
    event = Event("refuses", "", text="NotImplementedError: The backend does not support OR conditions")
    assert identity_change.find(pending(MSSQL, event)) == ()


def test_an_override_is_offered_for_an_installed_app_and_not_for_the_projects_own():
    event = Event("refuses", "", text=TEXT)
    assert identity_change.find(pending(MSSQL, event))[0].repairs == ()
    path = "/srv/shop/.venv/lib/python3.12/site-packages/shop/migrations/0002_note.py"
    made = pending(MSSQL, event)
    file = replace(made.graph.files["shop", "0002_note"], path=path)
    files = {**made.graph.files, file.key: file}
    project = replace(made.project, own_apps=frozenset())
    installed = replace(made, graph=replace(made.graph, files=files), project=project)
    (finding,) = identity_change.find(installed)
    (offer,) = finding.repairs
    assert (offer.name, offer.safety, offer.recommended) == ("squash-override", "careful", True)
    assert offer.title == "Give shop migrations of the project's own, which this database can run"
