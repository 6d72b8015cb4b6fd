"""Tenants as text and JSON: groups of equal ones, outliers first, and what was found in all of them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from migwizard import report
from migwizard.core.finding import Finding, Subject
from migwizard.core.tenants import Holding
from migwizard.core.tenants.across import OF_ONE_SCHEMA, OF_OVERVIEW, Across, Seen
from migwizard.core.tenants.batch import SchemaResult
from migwizard.diagnoses import DIAGNOSES, OF_TENANTS, diagnose
from tests.diagnoses.tenants import ALL, seen, tenant

STOPS = "migrate_schemas stops there with MigrationSchemaMissing: no schema has been selected to create in"
LATER = ("users.0003_name",)
PLACE = "postgresql database shop on db1:5432, schema public"
SITUATION = seen(
    {
        "acme": (),
        "bolt": (),
        "cask": LATER,
        "dune": LATER,
        "evil\x1b[31m": Holding(ALL, {"users_user": "x"}),
        "gap": ("users.0002_phone",),
        "blank": Holding(None),
    },
    tenant("gone", exists=False),
    tenant("stray", role="ownerless", row=None),
)
OVERVIEW = SITUATION.overview
assert OVERVIEW is not None


def test_the_table_has_the_outliers_first_and_the_apps_that_tell_them_apart():
    text = report.overview(SITUATION, OVERVIEW, ())
    assert text.splitlines() == [
        PLACE,
        "8 tenants: 2 at head · 2 behind at users.0002_phone · 1 not recording users.0002_phone"
        " · 1 with no tenant · 1 with users_user · 1 without a schema · 1 without django_migrations",
        "",
        "schemas                users",
        "1        blank                without django_migrations",
        "1        evil\\x1b[31m  head   with users_user",
        "1        gap           0003!  not recording users.0002_phone",
        "1        gone                 without a schema",
        "2        cask, dune    0002   behind at users.0002_phone",
        "1        stray                with no tenant",
        "1        public               at head",
        "2        acme, bolt    head   at head",
        "",
        "All other apps are at head in all schemas.",
    ]


def test_the_document_has_every_group_with_its_findings():
    findings = diagnose(SITUATION, OF_TENANTS, strict=True)
    found = json.loads(report.overview(SITUATION, OVERVIEW, findings, "json"))
    assert (found["version"], found["tenants"], found["public"], found["why_not"]) == (1, 8, "public", None)
    groups = {one["schemas"][0]: one for one in found["groups"]}
    behind = groups["cask"]
    assert {name: behind[name] for name in ("schemas", "count", "kind", "role", "exists")} == {
        "schemas": ["cask", "dune"],
        "count": 2,
        "kind": "tenant",
        "role": "tenant",
        "exists": True,
    }
    assert behind["behind"] == [
        {"app": "users", "state": "behind", "at": "0002_phone", "pending": ["0003_name"]}
    ]
    told = {name: [one["id"] for one in group["findings"]] for name, group in groups.items()}
    assert told == {
        "blank": ["tenants-behind:no-history"],
        "cask": ["tenants-behind:users.0003_name"],
        "gap": ["tenants-behind:users.0002_phone"],
        "gone": ["tenant-schema-missing:gone"],
        "evil\x1b[31m": [],
        "stray": ["schema-without-tenant:stray"],
        "public": [],
        "acme": [],
    }


@pytest.fixture
def across() -> Across:
    lost = Finding(
        "schema-drift:t.c:column-missing",
        "schema-drift",
        "error",
        Subject(app="users", table="t", column="c", schema="acme"),
        "Column t.c does not exist.",
        evidence=("t has the columns a, b",),
    )
    groups = {group.representative: group for group in OVERVIEW.groups}
    findings = diagnose(SITUATION, OF_TENANTS, strict=True)
    missing = tuple(one for one in findings if one.name == "tenant-schema-missing")
    rows = replace(
        lost, id="overlong-values:t.c", name="overlong-values", summary="1 value is too long.", evidence=()
    )
    note = replace(lost, id="note", severity="info", summary="Worth knowing.", evidence=())
    return Across(
        OVERVIEW,
        SITUATION,
        (
            Seen(groups["public"], SITUATION, missing),
            Seen(groups["cask"], SITUATION, (note, lost)),
            Seen(groups["acme"], SITUATION, (replace(lost, evidence=("told in other words",)), rows)),
        ),
        ((groups["blank"], "Its door is shut."),),
    )


def test_every_finding_of_all_schemas_is_told_once(across: Across):
    assert report.across(across).splitlines()[2:] == [
        "3 schemas were read for all that hold the same.",
        "Not read: blank: Its door is shut.",
        "",
        "error    tenant-schema-missing:gone",
        "         The tenant gone has a row in customers.Client, but no schema.",
        "           - its row is the one with the primary key 4",
        "           - its search path leads to the tables of public",
        f"           - {STOPS}",
        *(line for offer in across.findings[0].finding.repairs for line in [offered(offer)]),
        "           in gone",
        "",
        "error    schema-drift:t.c:column-missing",
        "         Column t.c does not exist.",
        "           - t has the columns a, b",
        "           in cask, dune, acme and 1 more",
        "",
        "error    overlong-values:t.c",
        "         1 value is too long.",
        "           in acme; not counted in 1 more of the same tables",
        "",
        "info     note",
        "         Worth knowing.",
        "           in cask, dune",
        "",
        "3 errors, 1 info.",
    ]


def offered(offer: object) -> str:
    name, title, safety, recommended = (
        getattr(offer, part) for part in ("name", "title", "safety", "recommended")
    )
    return f"           > {name} ({safety}{', recommended' if recommended else ''}): {title}"


def test_the_documents_of_all_schemas_have_the_schemas_of_each_finding(across: Across):
    found = json.loads(report.across(across, "json"))
    assert (found["tenants"], found["groups"], found["database"]["schema"]) == (8, 3, "public")
    assert found["unread"] == [{"schemas": ["blank"], "why": "Its door is shut."}]
    assert [(one["id"], one["schemas"], one["count"]) for one in found["findings"]] == [
        ("tenant-schema-missing:gone", ["gone"], 1),
        ("schema-drift:t.c:column-missing", ["cask", "dune", "acme", "bolt"], 4),
        ("overlong-values:t.c", ["acme"], 1),
        ("note", ["cask", "dune"], 2),
    ]
    assert [one["unknown"] for one in found["findings"]] == [0, 0, 1, 0]
    lines = report.across(across, "github").splitlines()
    assert lines[1] == (
        "::error title=schema-drift%3At.c%3Acolumn-missing::Column t.c does not exist.%0A- t has the columns a, b"
        "%0A- in 4 schemas: cask, dune, acme, bolt"
    )


def test_what_is_told_of_one_schema_or_of_others_is_found_by_diagnoses_of_that_name():
    names = {diagnosis.INFO.name for diagnosis in DIAGNOSES}
    assert {*OF_ONE_SCHEMA, *OF_OVERVIEW} <= names


def test_a_progress_bar_fits_its_terminal():
    result = SchemaResult("evil\x1b[31m", "failed", "no")
    line = report.progress(result, 50, 200, 3, 40.4)
    assert (
        report.bar(50, 200, line, 80)
        == ("[#####...............] 50/200  evil\\x1b[31m: failed  3 not done  about 40 s left"[:79])
    )
    assert report.bar(200, 200, "x" * 99, 30) == "[####################] xxxxxx"
    assert report.bar(0, 0, "", 80).startswith("[####################]")
