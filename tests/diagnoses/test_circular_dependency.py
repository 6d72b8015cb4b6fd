"""Circles in the graph."""

from __future__ import annotations

from migwizard.core.finding import Finding, Subject
from migwizard.diagnoses import diagnose
from migwizard.diagnoses.circular_dependency import find

from .build import chain, ids, key, migration, op, situation


def test_a_circle_is_spelled_out():
    pending = op("no", "it does not exist")
    one = migration("a.0001", "b.0001", pending)
    other = migration("b.0001", "a.0001", pending)
    circle, rest = diagnose(situation([one, other]), strict=True)
    assert circle == Finding(
        "circular-dependency:a.0001,b.0001",
        "circular-dependency",
        "error",
        Subject("a", "0001"),
        "Migrations depend on each other in a circle: a.0001 → b.0001 → a.0001.",
        evidence=("a.0001 depends on b.0001", "b.0001 depends on a.0001"),
    )
    assert (rest.id, rest.repairs) == ("pending-migrations:*", ())


def test_run_before_and_squashes_are_named_as_what_ties_them():
    one = migration("a.0001", "b.0001", run_before=(key("b.0001"),))
    (finding,) = find(situation([one, migration("b.0001")]))
    assert finding.evidence == (
        "a.0001 depends on b.0001",
        "a.0001 says that it must run before b.0001",
    )


def test_a_circle_through_a_squash():
    squash = migration("a.0001_squashed_0002", "", replaces=(key("a.0001"), key("a.0002")))
    files = [squash, migration("a.0001"), migration("b.0001", "a.0001"), migration("a.0002", "a.0001 b.0001")]
    (finding,) = find(situation(files))
    assert finding.summary == (
        "Migrations depend on each other in a circle: a.0001_squashed_0002 → b.0001 → a.0001_squashed_0002."
    )
    assert finding.evidence == (
        "a.0001_squashed_0002 depends on b.0001 through a squashed migration, or as an app's first or last",
        "b.0001 depends on a.0001_squashed_0002 through a squashed migration, or as an app's first or last",
    )


def test_squashes_that_replace_each_other():
    one = migration("a.0001_s", replaces=(key("a.0002_s"),))
    other = migration("a.0002_s", replaces=(key("a.0001_s"),))
    (finding,) = find(situation([one, other]))
    assert (
        finding.summary
        == "Squashed migrations replace each other in a circle: a.0001_s → a.0002_s → a.0001_s."
    )
    assert finding.evidence == ("a.0001_s replaces a.0002_s", "a.0002_s replaces a.0001_s")


def test_each_circle_has_its_own_id():
    files = [
        migration("a.0001", "b.0001 c.0001"),
        migration("b.0001", "a.0001"),
        migration("c.0001", "a.0001"),
    ]
    assert ids(find(situation(files))) == [
        "circular-dependency:a.0001,b.0001",
        "circular-dependency:a.0001,c.0001",
    ]


def test_a_chain_is_no_circle():
    assert find(situation(chain("a.0001", "a.0002"))) == ()
