"""All tenants at once: what is equal is one group, and what is not says why."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.running.kit import connected
from tests.tenants.conftest import OWED, TENANTS, Place
from tests.tenants.kit import ROW, copies, quoted

HOSTILE = ('a"b', "x]; drop", "Ünï cödé", "\x1b[31mred")


def test_freshly_made_schemas_have_no_findings(place: Place):
    assert place.findings() == []
    assert place.findings("--schema", "public") == []
    assert place.findings("--schema", "acme") == []
    assert place.findings("--schema", "bolt", "--no-replay") == []
    assert place.findings("--all-schemas") == []


def test_equal_tenants_are_one_group(place: Place):
    outcome = place.project.migwizard("tenants")
    assert (outcome.code, outcome.stderr) == (0, "")
    assert outcome.stdout.splitlines()[1:] == [
        "6 tenants: 6 at head",
        "",
        "schemas",
        "1        public                       at head",
        "6        acme, bolt, cask and 3 more  at head",
        "",
        "All apps are at head in all schemas.",
    ]


def test_each_outlier_is_named_for_what_it_is(place: Place):
    copies(place.entry, "acme", ("gale",), ROW)
    place.execute(
        "ALTER TABLE bolt.reports_report DROP COLUMN name",
        "DELETE FROM cask.django_migrations WHERE app = 'audit'",
        "INSERT INTO dune.django_migrations (app, name, applied) VALUES ('users', '0009_gone', now())",
        "DROP SCHEMA echo CASCADE",
        "DROP TABLE fern.audit_entry",
        "CREATE SCHEMA stray; CREATE TABLE stray.django_migrations (id int, app text, name text)",
        "CREATE SCHEMA nobodys; CREATE TABLE nobodys.thing (id int)",
    )
    outcome = place.project.migwizard("tenants", "--format", "json")
    assert outcome.code == 0, outcome.stderr
    found = outcome.json
    assert (found["version"], found["tenants"], found["public"]) == (1, 7, "public")
    told = {one["schemas"][0]: (one["count"], one["headline"]) for one in found["groups"]}
    assert told == {
        "bolt": (1, "with another reports_report"),
        "cask": (1, "without a record of audit"),
        "dune": (1, "recording users.0009_gone"),
        "echo": (1, "without a schema"),
        "fern": (1, "without audit_entry"),
        "stray": (1, "with no tenant"),
        "public": (1, "at head"),
        "acme": (2, "at head"),
    }
    groups = {one["schemas"][0]: one for one in found["groups"]}
    assert groups["cask"]["behind"] == [
        {"app": "audit", "state": "none", "at": "", "pending": ["0001_initial"]}
    ]
    assert [one["id"] for one in groups["cask"]["findings"]] == ["tenants-behind:audit.0001_initial"]
    assert [one["id"] for one in groups["echo"]["findings"]] == ["tenant-schema-missing:echo"]
    assert [one["id"] for one in groups["stray"]["findings"]] == ["schema-without-tenant:stray"]


def test_what_a_deleted_tenant_left_is_told_with_public_and_never_touched(place: Place):
    place.execute(
        "ANALYZE",
        "UPDATE bolt.django_migrations SET applied = '2024-05-06 10:00+00'",
        "DELETE FROM public.tenants_tenant WHERE schema_name IN ('bolt', 'cask')",
        "CREATE SCHEMA empty; CREATE TABLE empty.django_migrations (id int, app text, name text)",
    )
    outcome = place.project.migwizard("check", "--format", "json")
    assert outcome.code == 0, outcome.stderr
    found = {one["id"]: one for one in outcome.json["findings"] if one["id"] != OWED}
    assert set(found) == {f"schema-without-tenant:{name}" for name in ("bolt", "cask", "empty")}
    told = found["schema-without-tenant:bolt"]
    assert (told["severity"], told["subject"]["schema"], told["repairs"]) == ("info", "bolt", [])
    assert told["evidence"][0].endswith(
        " migrations, of which this project has all, from 2024-05-06 to 2024-05-06"
    )
    assert re.fullmatch(r"\d+ tables, about [1-9]\d* rows", told["evidence"][1])
    assert found["schema-without-tenant:empty"]["evidence"][:2] == [
        "it records 0 migrations",
        "1 table, about 0 rows",
    ]
    assert place.findings("--all-schemas") == [("info", id, [id.partition(":")[2]]) for id in found]
    refused = place.project.migwizard("plan", "schema-without-tenant:bolt")
    assert refused.code == 1
    assert "There is no repair for this that migwizard can do by itself." in refused.stdout
    everything = place.project.migwizard(
        "repair", "--all", "--all-schemas", "--allow", "destructive", "--yes", "--format", "json"
    )
    assert everything.code == 0, everything.stderr
    assert everything.json["schemas"] == []


def test_check_of_public_tells_of_tenants_behind_and_of_missing_schemas(place: Place):
    place.execute(
        "DELETE FROM cask.django_migrations WHERE app = 'audit'",
        "DELETE FROM dune.django_migrations WHERE app = 'audit'",
        "DROP TABLE dune.audit_entry",
        "DROP SCHEMA echo CASCADE",
    )
    outcome = place.project.migwizard("check", "--format", "json")
    assert outcome.code == 1
    found = {one["id"]: one for one in outcome.json["findings"] if one["id"] != OWED}
    assert set(found) == {"tenant-schema-missing:echo", "tenants-behind:audit.0001_initial"}
    behind = found["tenants-behind:audit.0001_initial"]
    assert behind["severity"] == "error"
    assert behind["summary"] == "2 tenants are behind: they lack audit.0001_initial."
    assert behind["evidence"] == [
        "2 schemas: cask and dune",
        "audit (1): 0001_initial",
        "public records more, so showmigrations shows more as applied",
        "3 tenants are further: acme, bolt and fern",
    ]
    assert found["tenant-schema-missing:echo"]["subject"]["schema"] == "echo"


def test_records_alone_tell_who_is_behind(place: Place):
    place.execute("DELETE FROM cask.django_migrations WHERE app = 'audit'", "DROP SCHEMA echo CASCADE")
    assert place.findings("--no-schema") == [
        ("error", "tenant-schema-missing:echo", "echo"),
        ("error", "tenants-behind:audit.0001_initial", "cask"),
    ]


def test_tables_that_cannot_be_compared_in_time_leave_the_records(place: Place):
    place.execute("DELETE FROM cask.django_migrations WHERE app = 'audit'")
    code = """
    import sys
    from migwizard.databases.postgresql import many
    many.DIGESTS = "SELECT 1 / 0 -- %(spaces)s %(tables)s"
    from migwizard.__main__ import main
    sys.argv = ["migwizard", "tenants", "--format", "json"]
    main()
    """
    outcome = place.project.python(code)
    assert outcome.code == 0, outcome.stderr
    assert outcome.json["why_not"].startswith("The tables of tenants could not be compared: ")
    assert [one["headline"] for one in outcome.json["groups"]] == [
        "without a record of audit",
        "at head",
        "at head",
    ]


def test_every_finding_of_all_schemas_is_told_once_with_its_schemas(place: Place):
    place.execute(
        *(f"ALTER TABLE {name}.reports_report DROP COLUMN name" for name in ("bolt", "cask")),
        "DELETE FROM dune.django_migrations WHERE app = 'audit'",
        "DROP SCHEMA echo CASCADE",
    )
    assert place.findings("--all-schemas", "--no-replay") == [
        ("error", "tenant-schema-missing:echo", ["echo"]),
        ("error", "tenants-behind:audit.0001_initial", ["dune"]),
        ("error", "applied-not-recorded:audit.0001_initial", ["dune"]),
        ("error", "schema-drift:reports_report.name:column-missing", ["bolt", "cask"]),
    ]


def test_a_foreign_key_to_public_is_told_from_one_to_the_own_schema(place: Place):
    name = "accreditation_programme_owner_id_c21eba3d_fk_users_user_id"
    place.execute(
        f"ALTER TABLE bolt.accreditation_programme DROP CONSTRAINT {name}, ADD CONSTRAINT {name}"
        " FOREIGN KEY (owner_id) REFERENCES public.users_user (id) DEFERRABLE INITIALLY DEFERRED"
    )
    outcome = place.project.migwizard("tenants", "--format", "json")
    told = {one["headline"]: one["schemas"] for one in outcome.json["groups"] if one["role"] == "tenant"}
    assert told["with another accreditation_programme"] == ["bolt"]
    assert len(told["at head"]) == 5
    (found,) = place.findings("--schema", "bolt", "--no-replay")
    assert found[1].startswith("schema-drift:accreditation_programme.owner_id:foreign-key-missing")


def test_columns_in_another_order_and_dropped_ones_are_no_difference(place: Place):
    place.execute(
        "ALTER TABLE bolt.reports_report ADD COLUMN later int",
        "ALTER TABLE bolt.reports_report DROP COLUMN later",
        "ALTER TABLE bolt.reports_report RENAME COLUMN name TO old",
        "ALTER TABLE bolt.reports_report ADD COLUMN name varchar(100) NOT NULL",
        "ALTER TABLE bolt.reports_report DROP COLUMN old",
    )
    outcome = place.project.migwizard("tenants")
    assert outcome.stdout.splitlines()[1] == "6 tenants: 6 at head"


def test_hostile_names_are_names_like_others(place: Place):
    copies(place.entry, "acme", HOSTILE, ROW)
    outcome = place.project.migwizard("tenants", "--format", "json")
    (group,) = (one for one in outcome.json["groups"] if one["role"] == "tenant")
    assert group["schemas"] == sorted([*TENANTS, *HOSTILE])
    assert "\x1b" not in place.project.migwizard("tenants").stdout
    for name in HOSTILE:
        assert place.findings("--schema", name, "--no-replay") == []
        place.execute(f"ALTER TABLE {quoted(name)}.reports_report DROP COLUMN name")
        assert place.findings("--schema", name, "--no-replay") == [
            ("error", "schema-drift:reports_report.name:column-missing", name)
        ]
    assert place.findings("--schema", "acme", "--no-replay") == []


def test_a_schema_that_another_session_is_at_work_in_is_said_to_be(place: Place):
    place.execute("INSERT INTO public.tenants_tenant (schema_name, name) VALUES ('young', 'y')")
    with connected(place.entry) as other:
        process = other.info.backend_pid
        other.execute('BEGIN; CREATE SCHEMA "young"')
        other.execute("SELECT 1")
        told = place.project.migwizard("tenants").stdout
        assert "without a schema" in told
        other.execute("ROLLBACK")
        other.execute(
            "BEGIN; INSERT INTO bolt.django_migrations (app, name, applied) VALUES ('a', 'b', now())"
        )
        told = place.project.migwizard("tenants").stdout
        assert f"being worked on (process {process} makes or changes something there)" in told
        other.execute("ROLLBACK")
    with connected(place.entry) as other:
        other.execute("BEGIN")
        other.execute('CREATE SCHEMA "young"')
        told = place.project.migwizard("tenants").stdout
        assert f"being worked on (process {other.info.backend_pid} makes the schema)" in told
        assert place.findings() == []
        other.execute("ROLLBACK")


def test_a_history_that_is_locked_costs_only_itself(place: Place):
    with connected(place.entry) as other:
        other.execute("BEGIN; LOCK TABLE dune.django_migrations IN ACCESS EXCLUSIVE MODE")
        outcome = place.project.migwizard("tenants", "--format", "json")
        assert outcome.code == 0, outcome.stderr
        groups = {one["schemas"][0]: one for one in outcome.json["groups"] if one["role"] == "tenant"}
        other.execute("ROLLBACK")
    assert groups["acme"]["count"] == 5
    assert groups["dune"]["unreadable"]


def test_histories_that_may_not_be_read_are_one_group(place: Place):
    place.execute(
        "DROP ROLE IF EXISTS overseer",
        "CREATE ROLE overseer LOGIN",
        "GRANT USAGE ON SCHEMA public, acme, bolt TO overseer",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public, acme TO overseer",
    )
    try:
        databases = {"default": {**place.project.databases["default"], "USER": "overseer"}}
        outcome = replace(place.project, databases=databases).migwizard("tenants", "--format", "json")
        assert outcome.code == 0, outcome.stderr
        groups = {one["schemas"][0]: one for one in outcome.json["groups"] if one["role"] == "tenant"}
        assert (groups["acme"]["count"], groups["acme"]["headline"]) == (1, "at head")
        assert (groups["bolt"]["count"], groups["bolt"]["headline"]) == (5, "that cannot be read")
        assert groups["bolt"]["unreadable"] == "Our role may not read django_migrations there."
    finally:
        place.execute("DROP OWNED BY overseer", "DROP ROLE overseer")


def test_a_name_that_is_neither_a_schema_nor_a_tenant_is_refused(place: Place):
    outcome = place.project.migwizard("check", "--schema", "nix")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert (
        outcome.stderr == "migwizard: There is no schema 'nix' in the database, and no tenant of that name.\n"
    )
    outcome = place.project.migwizard("check", "--schema", "acme", "--all-schemas")
    assert (outcome.code, outcome.stdout) == (2, "")


def test_a_tenant_without_a_schema_is_told_and_nothing_else(place: Place):
    place.execute("DROP SCHEMA echo CASCADE")
    assert place.findings("--schema", "echo") == [("error", "tenant-schema-missing:echo", "echo")]


def test_a_schema_that_tenants_are_cloned_from_is_no_stray_one(place: Place):
    settings = place.project.root / "config" / "settings.py"
    cloned = 'TENANT_CREATION_FAKES_MIGRATIONS = True\nTENANT_BASE_SCHEMA = "mould"\n'
    settings.write_text(f"{settings.read_text()}\n{cloned}")
    copies(place.entry, "acme", ("mould", "stray"))
    groups = place.project.migwizard("tenants", "--format", "json").json["groups"]
    told = {one["schemas"][0]: (one["role"], one["headline"]) for one in groups}
    assert told["mould"] == ("template", "at head")
    assert told["stray"] == ("ownerless", "with no tenant")
    assert place.findings("--schema", "mould", "--no-replay") == []
