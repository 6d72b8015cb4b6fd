"""Each kind of schema has its own truth: tenant types, a renamed public schema, replays by kind, damage."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.projects import write_project
from tests.tenants.conftest import USERS, Place, rental
from tests.tenants.kit import QUOTES, ROW, article, copies, done


def test_a_public_schema_that_is_not_there_is_told(tmp_path: Path, new_database: Callable[..., Any]):
    entry = new_database("postgresql-18")
    place = Place(rental(tmp_path / "project", entry), entry)
    assert place.findings() == [
        ("error", "tenant-schema-missing:common", "common"),
        ("info", USERS, None),
    ]


def test_fresh_schemas_of_every_kind_have_no_findings_and_each_kind_is_replayed_for_itself(types: Place):
    assert [one for one in types.findings("--all-schemas") if one[1] != USERS] == []
    for schema, tables in (("s1", True), ("c1", False)):
        outcome = types.project.migwizard("status", "--schema", schema, "--format", "json")
        assert outcome.json["database"]["schema"] == schema
        rows = {f"{one['app']}.{one['name']}": one for one in outcome.json["migrations"]}
        assert rows["shop.0001_initial"]["state"] == "applied"
        assert rows["shop.0001_initial"]["schema"] == ("yes" if tables else "unobservable")
    done(types.project.migwizard("replay", "--schema", "c1"))
    done(types.project.migwizard("replay"))
    compared = [
        types.project.migwizard("check", "--no-replay", "--format", "json", *schema).json["database"][
            "schema_compared"
        ]
        for schema in ((), ("--schema", "s2"), ("--schema", "c1"))
    ]
    assert compared == ["replayed"] * 3
    assert [one for one in types.findings("--all-schemas", "--no-replay") if one[1] != USERS] == []


def test_a_replay_file_is_for_one_kind_of_schema(types: Place, tmp_path: Path):
    file = str(tmp_path / "effects.json")
    done(types.project.migwizard("replay", "--schema", "s1", "--output", file))
    outcome = types.project.migwizard("check", "--schema", "s2", "--replay", file, "--format", "json")
    assert outcome.json["database"]["schema_compared"] == "replayed"
    outcome = types.project.migwizard("check", "--schema", "c1", "--replay", file, "--format", "json")
    assert outcome.json["database"]["schema_compared"] == "modelled"


def test_damage_in_one_type_is_found_there_and_nowhere_else(types: Place):
    types.execute(
        "ALTER TABLE s2.shop_order DROP COLUMN note",
        "DROP TABLE c1.clinic_patient_relatives",
        "ALTER TABLE s1.shop_archive RENAME COLUMN of_order TO of",
    )
    found = {(one[1], *one[2]) for one in types.findings("--all-schemas") if one[1] != USERS}
    names = {(id.split(":")[0], schemas) for id, *schemas_ in found for schemas in schemas_}
    assert {schema for _, schema in names} == {"s1", "s2", "c1"}
    assert any("shop_order.note" in id for id, *schemas in found if schemas == ["s2"])
    assert any(
        "clinic_patient_relatives" in id or "clinic.0001" in id for id, *schemas in found if schemas == ["c1"]
    )
    assert any("shop_archive" in id for id, *schemas in found if schemas == ["s1"])


def test_a_type_that_the_settings_do_not_know_is_told(types: Place):
    types.execute(
        "CREATE SCHEMA odd", "INSERT INTO common.tenancy_client (schema_name, kind) VALUES ('odd', 'farm')"
    )
    outcome = types.project.migwizard("check", "--schema", "odd")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "migwizard: The schema 'odd' is of the type 'farm', which TENANT_TYPES does not have, so its tables are not"
        " known.\n"
    )
    outcome = types.project.migwizard("check", "--all-schemas", "--format", "json", "--no-replay")
    assert outcome.code == 1
    assert [one["schemas"] for one in outcome.json["unread"]] == [["odd"]]


def test_what_the_router_once_refused_is_recorded_and_not_there(place: Place):
    place.execute("DROP TABLE bolt.reports_report")
    assert place.findings("--schema", "bolt", "--no-replay") == [
        ("error", "recorded-not-applied:reports.0001_initial", "bolt")
    ]
    repaired = place.project.migwizard(
        "repair", "recorded-not-applied:reports.0001_initial", "--schema", "bolt", "--yes"
    )
    assert repaired.code == 0, repaired.stdout + repaired.stderr
    assert place.findings("--schema", "bolt", "--no-replay") == []
    ((count,),) = place.execute("SELECT count(*) FROM pg_class WHERE relname = 'reports_report'")
    assert count == 6


def test_a_half_applied_migration_in_one_tenant_is_found_there(place: Place):
    place.execute(
        "DELETE FROM cask.django_migrations WHERE app = 'checklists'",
        "DROP TABLE cask.checklists_checklist_documents",
    )
    found = [id for _, id, schema in place.findings("--schema", "cask", "--no-replay") if schema == "cask"]
    assert found == ["half-applied:checklists.0001_initial"]
    spread = place.findings("--all-schemas", "--no-replay")
    assert ("error", "half-applied:checklists.0001_initial", ["cask"]) in spread
    assert ("error", "tenants-behind:checklists.0001_initial", ["cask"]) in spread


TO_PUBLIC = "users_user_tenant_id_3b8bb614_fk_tenants_tenant_id"

LINKED = """
SELECT n.nspname::text FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace
WHERE k.conname = 'users_user_tenant_id_3b8bb614_fk_tenants_tenant_id'
  AND k.confrelid = 'public.tenants_tenant'::regclass ORDER BY 1
"""


@pytest.mark.parametrize("replay", [[], ["--no-replay"]], ids=["replayed", "modelled"])
def test_a_foreign_key_to_public_is_missed_and_made_again(place: Place, replay: list[str]):
    linked = place.execute(LINKED)
    assert len(linked) == 7
    place.execute(f"ALTER TABLE bolt.users_user DROP CONSTRAINT {TO_PUBLIC}")
    finding = f"schema-drift:users_user.tenant_id:foreign-key-missing:{TO_PUBLIC}"
    assert place.findings("--schema", "bolt", *replay) == [("warning", finding, "bolt")]
    assert place.findings("--schema", "cask", *replay) == []
    repaired = place.project.migwizard("repair", finding, "--schema", "bolt", "--yes", *replay)
    assert repaired.code == 0, repaired.stdout + repaired.stderr
    assert place.execute(LINKED) == linked


def test_another_difference_leaves_a_foreign_key_to_public_alone(place: Place):
    linked = place.execute(LINKED)
    place.execute("ALTER TABLE bolt.users_user DROP COLUMN phone", "DELETE FROM bolt.users_user")
    repaired = place.project.migwizard("repair", "align-schema", "users_user", "--schema", "bolt", "--yes")
    assert repaired.code == 0, repaired.stdout + repaired.stderr
    assert place.execute(LINKED) == linked
    undone = place.project.migwizard("undo", "1", "--schema", "bolt", "--yes")
    assert undone.code == 0, undone.stdout + undone.stderr
    assert place.execute(LINKED) == linked


def test_pending_migrations_of_one_tenant_are_applied_in_it_alone(place: Place):
    place.execute("DELETE FROM dune.django_migrations WHERE app = 'audit'", "DROP TABLE dune.audit_entry")
    before = place.execute("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'i', 'S')")
    repaired = place.project.migwizard("repair", "migrate", "audit", "--schema", "dune", "--yes")
    assert repaired.code == 0, repaired.stdout + repaired.stderr
    assert place.findings("--all-schemas", "--no-replay") == []
    after = place.execute("SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'i', 'S')")
    assert after[0][0] > before[0][0]
    assert place.execute("SELECT count(*) FROM dune.audit_entry") == [(0,)]


def test_an_engine_that_knows_no_tenants_is_told(place: Place):
    entry = {**place.project.databases["default"], "ENGINE": "django.db.backends.postgresql"}
    outcome = replace(place.project, databases={"default": entry}).migwizard("check")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr == (
        "migwizard: The ENGINE of the database 'default' is django.db.backends.postgresql, which knows no tenants:"
        " django-tenants, its router and migrate_schemas need django_tenants.postgresql_backend.\n"
    )


def test_a_project_of_which_an_app_fails_is_read_as_far_as_it_can_be(place: Place):
    place.project.write({"reports/models.py": "import nowhere\n"})
    found = [id for _, id, _ in place.findings("--no-schema")]
    assert found == ["project-unreadable:config.settings"]
    outcome = place.project.migwizard("tenants", "--format", "json")
    assert outcome.code == 0, outcome.stderr
    (group,) = (one for one in outcome.json["groups"] if one["role"] == "tenant")
    assert (group["count"], group["headline"]) == (6, "at head")


def test_lists_that_do_not_fit_are_told_of_a_project_of_which_an_app_fails(tmp_path: Path, place: Place):
    settings = place.project.root / "config" / "settings.py"
    settings.write_text(settings.read_text().replace("    'users',\n]\n\nTENANT", "]\n\nTENANT"))
    place.project.write({"reports/models.py": "import nowhere\n"})
    place.execute("DELETE FROM public.django_migrations WHERE app = 'admin'")
    assert "tenant-app-split:public:users" in [id for _, id, _ in place.findings("--no-schema")]


def test_a_name_that_an_earlier_release_would_not_quote_is_refused(place: Place):
    name = "x'; DROP SCHEMA acme; --"
    copies(place.entry, "acme", [name], ROW)
    if QUOTES:
        assert place.findings("--schema", name, "--no-replay") == []
    code = f"""
    from django_tenants import utils
    vars(utils).pop("quote_schema_name", None)
    from migwizard.__main__ import main
    import sys
    sys.argv = ["migwizard", "check", "--schema", {name!r}]
    main()
    """
    outcome = place.project.python(code)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(
        "migwizard: The installed release of django-tenants does not quote the name of"
    )
    assert place.execute("SELECT count(*) FROM acme.audit_entry") == [(0,)]


def test_apps_are_found_in_the_lists_of_settings_that_cannot_be_imported(place: Place):
    settings = place.project.root / "config" / "settings.py"
    settings.write_text(f"import nowhere\n{settings.read_text()}")
    outcome = place.project.migwizard("status", "--format", "json")
    assert outcome.code == 0, outcome.stderr
    apps = {one["app"] for one in outcome.json["migrations"]}
    assert {"tenants", "core", "users", "audit", "auth", "admin"} <= apps


def test_lists_that_no_router_heeds_make_no_tenants(place: Place):
    plain = {"default": {**place.project.databases["default"], "ENGINE": "django.db.backends.postgresql"}}
    settings = place.project.root / "config" / "settings.py"
    settings.write_text(
        f"{settings.read_text()}\nDATABASE_ROUTERS = []\nINSTALLED_APPS.remove('django_tenants')\n"
    )
    outcome = replace(place.project, databases=plain).migwizard("tenants")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert "has no tenants" in outcome.stderr


def test_a_database_without_tenants_has_none_to_show(tmp_path: Path):
    project = write_project(tmp_path / "project", {"shop/models.py": "", "shop/migrations/__init__.py": ""})
    done(project.manage("migrate", "--verbosity", "0"))
    for command in (("tenants",), ("check", "--all-schemas")):
        outcome = project.migwizard(*command)
        assert (outcome.code, outcome.stdout) == (2, "")
        assert outcome.stderr == (
            "migwizard: The database 'default' of this project has no tenants: there is no TENANT_MODEL for it.\n"
        )


def test_before_the_first_migration_there_is_nobody_to_list(tmp_path: Path, new_database: Callable[..., Any]):
    entry = new_database("postgresql-18")
    place = Place(article(tmp_path / "project", entry), entry)
    found = place.project.migwizard("tenants", "--format", "json").json
    assert (found["tenants"], [one["headline"] for one in found["groups"]]) == (
        0,
        ["without django_migrations"],
    )
    assert (
        found["why_not"]
        == "There is no table tenants_tenant in public that could be read; it lists the tenants."
    )
    assert ("error", "tenant-app-split:public:users", "public") in place.findings()


def test_a_search_path_that_is_set_once_a_connection_is_the_right_one(place: Place):
    settings = place.project.root / "config" / "settings.py"
    settings.write_text(f"{settings.read_text()}\nTENANT_LIMIT_SET_CALLS = True\n")
    place.execute("ALTER TABLE bolt.reports_report DROP COLUMN name")
    found = [("error", "schema-drift:reports_report.name:column-missing", ["bolt"])]
    assert place.findings("--all-schemas", "--no-replay") == found
    repaired = place.project.migwizard("repair", found[0][1], "--schema", "bolt", "--yes")
    assert repaired.code == 0, repaired.stdout + repaired.stderr
    assert place.findings("--all-schemas") == []
