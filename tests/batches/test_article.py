"""The project whose admin is in every schema and whose users are in those of tenants alone, from end to end."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.projects import copy_project
from tests.running.kit import execute

FINDING = "tenant-app-split:public:users"
ALL = ("--all-schemas", "--allow", "careful", "--yes")
SUPERUSERS = """
    from django.contrib.auth import get_user_model
    from django_tenants.utils import schema_context

    for schema in ("public", "acme"):
        with schema_context(schema):
            get_user_model().objects.create_superuser("root", "root@example.com", "secret")
"""
TENANT = """
    from tenants.models import Tenant

    Tenant(schema_name="acme", **{
        field.name: "Acme" for field in Tenant._meta.fields
        if field.name not in ("id", "schema_name") and not field.has_default() and not field.null
        and field.get_internal_type() == "CharField"
    }).save()
"""


def errors(project: Any, *arguments: str) -> list[str]:
    """Return the ids of the errors that `check` finds."""
    found = project.migwizard("check", "--format", "json", *arguments).json["findings"]
    return [finding["id"] for finding in found if finding["severity"] == "error"]


@pytest.mark.parametrize("ran", [False, True], ids=["before the run", "after the failed run"])
def test_the_article_s_project_is_found_repaired_and_works(
    tmp_path: Path, new_database: Callable[..., Any], ran: bool
) -> None:
    pytest.importorskip("django_tenants")
    entry = {**new_database(), "ENGINE": "django_tenants.postgresql_backend"}
    project = copy_project("accreditation", tmp_path / "accreditation", entry)
    if ran:
        failed = project.manage("migrate_schemas", "--shared")
        assert failed.code != 0
        assert 'relation "users_user" does not exist' in failed.stderr
    assert FINDING in errors(project)

    settings = tmp_path / "accreditation" / "config" / "settings.py"
    before = settings.read_text()
    shown = project.migwizard("plan", FINDING)
    assert "+    'users'," in shown.stdout
    assert settings.read_text() == before

    outcome = project.migwizard("repair", "--all", *ALL)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    lists = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(settings.read_text()).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("SHARED_APPS", "TENANT_APPS")
    }
    assert lists["SHARED_APPS"][0] == "django_tenants"
    assert lists["SHARED_APPS"][-1] == "users"
    assert "users" in lists["TENANT_APPS"]
    assert errors(project) == []

    made = project.python(TENANT)
    assert made.code == 0, made.stderr
    found = execute(entry, "SELECT schemaname FROM pg_tables WHERE tablename = 'users_user' ORDER BY 1")
    assert found == [("acme",), ("public",)]
    made = project.python(SUPERUSERS)
    assert made.code == 0, made.stderr
    assert errors(project) == []
    assert errors(project, "--schema", "acme") == []
