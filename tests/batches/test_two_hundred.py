"""Two hundred tenants, five of them broken in five ways: one command repairs all, killed or not, and no other."""

from __future__ import annotations

from pathlib import Path

from tests.batches.clinic import NewClinic
from tests.batches.lingering import FILES, killed, started

NAMES = tuple(f"clinic{number:03}" for number in range(200))
DAMAGES = {
    "records": "clinic017",
    "half": "clinic042",
    "column": "clinic099",
    "ghost": "clinic123",
    "gone": "clinic180",
}
BROKEN = tuple(DAMAGES.values())

MULTI = """
    HAS_MULTI_TYPE_TENANTS = True
    MULTI_TYPE_DATABASE_FIELD = "type"
    PUBLIC_SCHEMA_NAME = "shared stuff"
    TENANT_TYPES = {
        "shared stuff": {"APPS": SHARED_APPS, "URLCONF": "config.urls"},
        "clinic": {"APPS": ["django.contrib.contenttypes", "records"], "URLCONF": "config.urls"},
        "plain": {"APPS": ["django.contrib.contenttypes"], "URLCONF": "config.urls"},
    }
"""


def test_each_broken_one_is_named_and_one_command_repairs_all_although_it_is_killed(
    new_clinic: NewClinic,
) -> None:
    clinic = new_clinic(*NAMES, **FILES)
    clinic.damage(**DAMAGES)
    healthy = [name for name in ("public", *NAMES) if name not in BROKEN]
    before = clinic.states(healthy)
    shown = clinic.migwizard("tenants", "--format", "json").json
    told = {tuple(group["schemas"]): group["headline"] for group in shown["groups"] if group["count"] == 1}
    assert {name for (name,) in told if name != "public"} == set(BROKEN)
    assert shown["tenants"] == 200

    all_of_it = ("repair", "--all", "--all-schemas", "--allow", "careful", "--yes")
    killed(clinic, DAMAGES["column"], started(clinic, DAMAGES["column"], *all_of_it))
    shape = clinic.shape("clinic000")
    done = [name for name in BROKEN if clinic.schemas(name) and clinic.shape(name) == shape]
    assert 0 < len(done) < len(BROKEN), done
    kept = clinic.states(done)

    outcome = clinic.migwizard("repair", "resume", "batch-1", "--yes")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    table = {
        line.split()[0]: line.split()[1] for line in outcome.stdout.splitlines()[2:] if "done" in line[:40]
    }
    assert {name: table.get(name) for name in BROKEN} == dict.fromkeys(BROKEN, "done")
    assert "5 done. 196 schemas had nothing to be done, and were not touched." in outcome.stdout
    assert clinic.states(done) == kept
    assert {clinic.shape(name) == shape for name in BROKEN} == {True}
    assert clinic.states(healthy) == before
    after = clinic.migwizard("tenants", "--format", "json").json
    assert sorted(group["count"] for group in after["groups"]) == [1, 200]


def test_types_a_renamed_public_schema_and_hostile_names(new_clinic: NewClinic, tmp_path: Path) -> None:
    models = """
        from django.db import models
        from django_tenants.models import DomainMixin, TenantMixin


        class Client(TenantMixin):
            name = models.CharField(max_length=50, default="")
            type = models.CharField(max_length=20, default="clinic")


        class Domain(DomainMixin):
            pass
    """
    added = """
        from django.db import migrations, models


        class Migration(migrations.Migration):
            dependencies = [("customers", "0001_initial")]
            operations = [
                migrations.AddField("client", "type", models.CharField(default="clinic", max_length=20)),
            ]
    """
    types = {"one": "clinic", "two": "clinic", "bare": "plain", "three": "clinic", "four": "clinic"}
    clinic = new_clinic(
        *types,
        types=types,
        settings=MULTI,
        **{"customers/models.py": models, "customers/migrations/0002_type.py": added},
    )
    public = "shared stuff"
    clinic.run(
        'ALTER SCHEMA three RENAME TO "a""b"',
        'ALTER SCHEMA four RENAME TO "x]; drop"',
        "UPDATE customers_client SET schema_name = 'a\"b' WHERE schema_name = 'three'",
        "UPDATE customers_client SET schema_name = 'x]; drop' WHERE schema_name = 'four'",
        schema=public,
    )
    assert clinic.migwizard("check", "--all-schemas").code == 0
    clinic.run("ALTER TABLE records_patient DROP COLUMN phone", schema='a"b')
    clinic.run("DELETE FROM django_migrations WHERE name = '0004_paid'", schema="x]; drop")
    clinic.run("DROP SCHEMA two CASCADE", schema=public)
    before = {name: clinic.state(name) for name in (public, "one", "bare")}
    outcome = clinic.migwizard(
        "repair", "--all", "--all-schemas", "--allow", "careful", "--yes", "--format", "json"
    )
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    done = {one["schema"]: one["outcome"] for one in outcome.json["schemas"]}
    assert done == {'a"b': "done", "x]; drop": "done", "two": "done"}
    shape = clinic.shape("one")
    assert [clinic.shape(name) == shape for name in done] == [True, True, True]
    assert {name: clinic.state(name) for name in (public, "one", "bare")} == before
    back = clinic.migwizard("undo", "batch-1", "--yes", "--format", "json")
    assert back.code == 0, back.stdout + back.stderr
    assert clinic.run("SELECT count(*) FROM pg_namespace WHERE nspname IN ('two', 'x]; drop')") == [(1,)]

    one = clinic.migwizard(
        "repair", "--all", "--schemas", "x]; drop", "--schemas", 'a"b', "--allow", "careful", "--yes"
    )
    assert one.code == 0, one.stdout + one.stderr
    assert [clinic.shape(name) == shape for name in ('a"b', "x]; drop")] == [True, True]
