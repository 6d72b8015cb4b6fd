"""history-elsewhere, on SQL Server and on PostgreSQL."""

from __future__ import annotations

import pytest

from migwizard.core.rights.principals import History
from migwizard.diagnoses.history_elsewhere import find

from .build import ids
from .rights import entra, role

OURS = History("old", (("contenttypes", "0001"), ("shop", "0001"), ("shop", "0002")), 3)


def test_django_looks_into_another_schema():
    (finding,) = find(role(histories=(OURS,)))
    assert (finding.id, finding.severity) == ("history-elsewhere:old", "error")
    assert finding.summary == "The history is in schema old, but Django looks for it in public."
    assert finding.evidence == (
        "old.django_migrations has 3 records, 1 of them of migrations of this project",
        'the search_path is "$user", public',
    )


def test_schema_to_inspect_is_another_than_the_default():
    there = {"histories": (History("sales", None, 3),), "uses_history": True}
    (finding,) = find(entra(schema="dbo", wanted="dbo", inspected="sales", recorded="shop.0001", **there))
    assert finding.summary == (
        "Django finds the history in schema sales, but would make tables in schema dbo."
    )
    assert finding.evidence == ("SCHEMA_TO_INSPECT is sales, and SCHEMA_NAME() is dbo",)
    assert [one.title for one in finding.repairs] == ["Let MicrosoftEntraGroupName work in sales"]


def test_schema_to_inspect_leads_away_from_the_history():
    there = History("dbo", OURS.keys, 3)
    (finding,) = find(entra(schema="dbo", wanted="dbo", inspected="sales", histories=(there,)))
    assert finding.summary == "The history is in schema dbo, but Django looks for it in sales."
    assert finding.evidence[-1] == "SCHEMA_TO_INSPECT is sales"


def test_one_that_may_not_be_read_is_a_warning():
    (finding,) = find(role(histories=(History("old", None, 40),)))
    assert finding.severity == "warning"
    assert finding.summary == "There is no history in schema public, but one in old that shop may not read."
    assert finding.evidence[0] == "old.django_migrations has 40 records"


def test_two_of_which_the_other_has_more():
    both = {"histories": (History("public", (), 0), OURS), "uses_history": True}
    (finding,) = find(role(recorded="blog.0001", **both))
    assert (finding.severity, finding.repairs) == ("warning", ())
    assert finding.summary == (
        "There is a second history in schema old, with 1 migration of this project that the one in public lacks."
    )
    assert find(role(recorded="blog.0001 shop.0001", **both)) == ()


@pytest.mark.parametrize(
    "history",
    [
        History("old", (("blog", "0001"),), 1),
        History("old", (("shop", "0099"),), 1),
        History("old", (), 0),
    ],
    ids=["an installed app's", "another project's", "empty"],
)
def test_what_is_not_this_projects_is_not_meant(history: History):
    assert find(role(histories=(history,))) == ()


def test_tenants_have_each_their_own():
    assert find(role(histories=(OURS,), tenants=True)) == ()


def test_without_any_schema_the_missing_one_is_the_cause():
    assert ids(find(entra(histories=(OURS,)))) == []
