"""tenants-behind: some tenants are not migrated as far as others."""

from __future__ import annotations

from dataclasses import replace

from migwizard.core.finding import Subject
from migwizard.core.tenants import Holding
from migwizard.diagnoses.tenants_behind import find
from tests.diagnoses.build import key
from tests.diagnoses.tenants import ALL, seen

LATER = ("users.0003_name",)


def test_those_that_lack_the_same_are_one_finding():
    situation = seen({"acme": (), "bolt": LATER, "cask": LATER, "dune": ("users.0002_phone", *LATER)})
    first, second = sorted(find(situation), key=lambda finding: finding.id, reverse=True)
    assert (first.id, first.severity) == ("tenants-behind:users.0003_name", "error")
    assert first.subject == Subject("users", "0003_name")
    assert first.summary == "2 tenants are behind: they lack users.0003_name."
    assert first.evidence == (
        "2 schemas: bolt and cask",
        "users (1): 0003_name",
        "public records more, so showmigrations shows more as applied",
        "1 tenant is further: acme",
    )
    assert second.id == "tenants-behind:users.0002_phone"
    assert second.subject == Subject("users", "0002_phone", schema="dune")
    assert second.summary == "The tenant dune is behind: it lacks users.0002_phone and users.0003_name."
    assert "3 tenants are further: acme, bolt and cask" in second.evidence


def test_what_no_schema_has_yet_is_merely_pending():
    situation = seen({"acme": LATER, "bolt": LATER}, public=ALL - {key(LATER[0])})
    (finding,) = find(situation)
    assert (finding.severity, finding.summary) == (
        "info",
        "2 tenants are behind: they lack users.0003_name.",
    )


def test_a_gap_is_told():
    (finding,) = find(seen({"acme": (), "bolt": ("users.0002_phone",)}))
    assert "users.0002_phone is not recorded, but a later migration of the app is" in finding.evidence


def test_apps_without_tables_in_tenants_leave_nobody_behind():
    assert find(seen({"acme": (), "bolt": ("customers.0001_initial",)})) == ()


def test_a_schema_without_a_history_and_one_that_cannot_be_read_are_told():
    torn = Holding(None, unreadable="The lock was not granted in time.")
    first, second = find(seen({"acme": (), "bare": Holding(None), "torn": torn}))
    assert (first.id, first.severity, first.subject.schema) == ("tenants-behind:no-history", "error", "bare")
    assert first.summary == (
        "The tenant bare has a schema without django_migrations, so nothing says how far it is migrated."
    )
    assert (second.id, second.severity) == ("tenants-behind:*", "warning")
    assert second.summary == "The history of 1 tenant could not be read."
    assert second.evidence == ("torn: The lock was not granted in time.",)


def test_equal_tenants_or_none_at_all_are_well():
    situation = seen({"acme": (), "bolt": ()})
    assert find(situation) == ()
    assert find(replace(situation, overview=None)) == ()
