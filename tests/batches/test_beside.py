"""What public tells of a tenant is repaired in that tenant, and written down there."""

from __future__ import annotations

from tests.batches.clinic import Clinic

FINDING = "tenant-schema-missing:clinic04"


def test_a_tenant_without_a_schema_gets_one_from_the_finding_of_public(small: Clinic) -> None:
    small.run("DROP SCHEMA clinic04 CASCADE")
    before = small.state("public")
    tried = small.migwizard("dry-run", FINDING)
    assert tried.code == 0, tried.stdout + tried.stderr
    outcome = small.migwizard("repair", FINDING, "--yes", "--format", "json")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert outcome.json["outcome"] == "done"
    assert small.shape("clinic04") == small.shape("clinic01")
    assert small.state("public") == before
    assert small.migwizard("check", "--schema", "clinic04").code == 0
    (entry,) = small.migwizard("journal", "--schema", "clinic04", "--format", "json").json["journal"]
    assert entry["repair"] == "create-schema"
    assert entry["database"].endswith("#clinic04")


def test_nothing_but_that_is_planned_where_there_is_no_schema(small: Clinic) -> None:
    small.run("DROP SCHEMA clinic04 CASCADE")
    for action in (("migrate",), ("fake", "records"), ("fake-initial",)):
        outcome = small.migwizard("repair", *action, "--schema", "clinic04", "--yes")
        assert outcome.code == 1, outcome.stdout
    assert small.run("SELECT 1 FROM pg_namespace WHERE nspname = 'clinic04'") == []
