"""tenant-schema-missing: a tenant has a row, but no schema."""

from __future__ import annotations

from dataclasses import replace

from migwizard.core.finding import Subject
from migwizard.diagnoses.tenant_schema_missing import find
from tests.diagnoses.tenants import PUBLIC, seen, tenant

STOPS = "migrate_schemas stops there with MigrationSchemaMissing: no schema has been selected to create in"


def test_a_row_without_a_schema():
    (finding,) = find(seen({"acme": ()}, tenant("gone", exists=False)))
    assert (finding.id, finding.severity) == ("tenant-schema-missing:gone", "error")
    assert finding.subject == Subject(schema="gone")
    assert finding.summary == "The tenant gone has a row in customers.Client, but no schema."
    assert finding.evidence == (
        "its row is the one with the primary key 4",
        "its search path leads to the tables of public",
        STOPS,
    )


def test_one_that_is_being_made_is_left_alone():
    assert (
        find(seen({"acme": ()}, tenant("young", exists=False, creating="process 7 makes the schema"))) == ()
    )


def test_many_are_one_finding():
    (finding,) = find(seen({}, *(tenant(f"t{number:02}", exists=False) for number in range(12))))
    assert finding.id == "tenant-schema-missing:*"
    assert finding.summary == "12 tenants have rows in customers.Client, but no schemas."
    assert finding.evidence[0] == "t00, t01, t02, t03, t04, t05, t06, t07, t08, t09 and 2 others have none"


def test_the_public_schema_may_be_missing_too():
    situation = replace(seen({}), tenant=replace(PUBLIC, schema="common", exists=False), overview=None)
    (finding,) = find(situation)
    assert finding.summary == "The public schema common does not exist, so no table can be made."
    assert finding.evidence == ("PUBLIC_SCHEMA_NAME is 'common'", STOPS)


def test_schemas_that_are_there_are_well():
    situation = seen({"acme": ()})
    assert find(situation) == ()
    assert find(replace(situation, tenants=None)) == ()
