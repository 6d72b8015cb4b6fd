"""Which lists of apps work is told beforehand, and then tried: migrate_schemas says the same of every layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project, write_project
from tests.tenants.kit import done, tenants_entry

SETTINGS = """
AUTH_USER_MODEL = "users.User"
SHARED_APPS = {shared!r}
TENANT_APPS = {tenant!r}
INSTALLED_APPS = list(SHARED_APPS) + [app for app in TENANT_APPS if app not in SHARED_APPS]
TENANT_MODEL = "tenancy.Client"
TENANT_DOMAIN_MODEL = "tenancy.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
MIGRATION_MODULES = {modules!r}
SILENCED_SYSTEM_CHECKS = ["admin.E403", "admin.E406", "admin.E408", "admin.E409", "admin.E410", "models.W042"]
"""

MODELS = {
    "tenancy": """
        from django.db import models
        from django_tenants.models import DomainMixin, TenantMixin

        class Client(TenantMixin):
            pass

        class Domain(DomainMixin):
            pass
        """,
    "users": """
        from django.contrib.auth.models import AbstractUser

        class User(AbstractUser):
            pass
        """,
    "notes": """
        from django.conf import settings
        from django.db import models

        class Note(models.Model):
            author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
        """,
    "billing": """
        from django.db import models

        class Bill(models.Model):
            note = models.ForeignKey("notes.Note", on_delete=models.CASCADE)
        """,
    "links": """
        from django.db import models

        class Link(models.Model):
            notes = models.ManyToManyField("notes.Note")
            loose = models.ForeignKey("billing.Bill", on_delete=models.CASCADE, db_constraint=False)
        """,
}
LONG = {"ct": "django.contrib.contenttypes", "auth": "django.contrib.auth", "admin": "django.contrib.admin"}

TRY = """
import json
from django.core.management import call_command
from django.db import ProgrammingError
from tenancy.models import Client

def lacks(work):
    try:
        work()
    except ProgrammingError as error:
        return str(error).split('"')[1]

found = {"public": lacks(lambda: call_command("migrate_schemas", shared=True, verbosity=0))}
if found["public"] is None:
    found["tenant"] = lacks(lambda: Client(schema_name="acme").save(verbosity=0))
print(json.dumps(found))
"""

EVERYTHING = "ct auth users admin"
LAYOUTS: dict[str, tuple[str, str, dict[str, str | None]]] = {
    "everything in both": (f"{EVERYTHING} notes", f"{EVERYTHING} notes", {}),
    "users of tenants alone, an admin for all": ("ct auth admin", EVERYTHING, {"public": "users_user"}),
    "users and admin in public alone": (EVERYTHING, "notes", {}),
    "users and admin in tenants alone": ("ct", f"{EVERYTHING} notes", {}),
    "an admin in public alone": (EVERYTHING, "ct auth users notes", {}),
    "users in public alone, an admin in tenants": ("ct auth users", "ct admin notes", {}),
    "a shared app points into tenants": (
        f"{EVERYTHING} billing",
        f"{EVERYTHING} notes",
        {"public": "notes_note"},
    ),
    "no content types in public": ("auth users", EVERYTHING, {"public": "django_content_type"}),
    "no groups in public": ("ct users", EVERYTHING, {"public": "auth_group"}),
    "many to many, and a foreign key without a constraint": (
        "ct auth users links",
        "notes",
        {"public": "notes_note"},
    ),
    "an app that is in no list": (EVERYTHING, "billing", {"tenant": "notes_note"}),
}


def layout(
    root: Path, entry: Any, shared: str, tenant: str, modules: dict[str, None] | None = None
) -> Project:
    """A project with these lists, and the migrations of its apps."""
    lists = [["django_tenants", "tenancy", *shared.split()], tenant.split()]
    apps = [[LONG.get(name, name) for name in names] for names in lists]
    used = [name for name in MODELS if any(name in names for names in lists)]
    if "billing" in used or "links" in used:
        used = [*dict.fromkeys([*used, "notes"])]
    if "links" in used:
        used = [*dict.fromkeys([*used, "billing"])]
    settings = SETTINGS.format(shared=apps[0], tenant=apps[1], modules=modules or {})
    settings += f"INSTALLED_APPS += [app for app in {used!r} if app not in INSTALLED_APPS]\n"
    files = {f"{name}/models.py": MODELS[name] for name in used}
    project = write_project(root, files, tenants_entry(entry), settings=settings)
    names = [name for name in used if name not in (modules or {})]
    done(project.manage("makemigrations", "--verbosity", "0", *names))
    return project


def predicted(project: Project) -> dict[str, str]:
    """By kind of schema, the table that is not there for the first foreign key that fails."""
    outcome = project.migwizard("check", "--no-schema", "--format", "json")
    assert outcome.code in (0, 1), outcome.stderr
    found: dict[str, str] = {}
    for one in outcome.json["findings"]:
        if one["name"] == "tenant-app-split" and one["severity"] == "error":
            kind = one["id"].split(":")[1]
            (relation,) = (
                line.split('"')[1] for line in one["evidence"] if line.startswith("migrate_schemas ends")
            )
            found.setdefault(kind, relation)
    return found


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_is_told_beforehand_is_what_happens(tmp_path: Path, new_database: Callable[..., Any], name: str):
    shared, tenant, expected = LAYOUTS[name]
    project = layout(tmp_path / "project", new_database("postgresql-18"), shared, tenant)
    told = predicted(project)
    assert told == expected
    happened = json.loads(done(project.python(TRY)).stdout.splitlines()[-1])
    assert {kind: table for kind, table in happened.items() if table is not None} == expected
    if "public" in expected:
        again = project.migwizard("check", "--no-replay", "--format", "json").json["findings"]
        (finding,) = (
            one for one in again if one["name"] == "tenant-app-split" and one["severity"] == "error"
        )
        assert any(line.startswith("it has stopped there") for line in finding["evidence"])


def test_users_without_migrations_have_their_table_nowhere(tmp_path: Path, new_database: Callable[..., Any]):
    entry = new_database("postgresql-18")
    project = layout(tmp_path / "project", entry, EVERYTHING, EVERYTHING, {"users": None})
    assert predicted(project) == {"public": "users_user", "tenant": "users_user"}
    happened = json.loads(done(project.python(TRY)).stdout.splitlines()[-1])
    assert happened == {"public": "users_user"}
