"""Models that name their schema in `db_table` on SQL Server, in both forms that mssql-django takes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.mssql import SQLServer, connected
from tests.projects import Project, write_project

MODELS = """
from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=50)


class Entry(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    code = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20, db_index=True)
    number = models.IntegerField(default=0)
{more}
    class Meta:
        db_table = {table!r}


class Note(models.Model):
    entry = models.ForeignKey(Entry, models.CASCADE)
"""


READERS = '    readers = models.ManyToManyField(Customer, related_name="read")\n'


# The table of a many-to-many field is named after the model's: `[audit].[entry]_readers`, which no server understands.
@pytest.fixture(params=[("audit].[entry", READERS), ("[audit].[entry]", "")], ids=["half", "whole"])
def project(
    request: pytest.FixtureRequest, mssql_server: SQLServer, new_database: Any, tmp_path: Path
) -> Project:
    """A project with a model in another schema, migrated."""
    table, more = request.param
    entry = new_database("mssql")
    with connected(entry) as cursor:
        cursor.execute("CREATE SCHEMA [audit]")
    made = write_project(
        tmp_path / "project",
        {"shop/models.py": MODELS.format(table=table, more=more), "shop/migrations/__init__.py": ""},
        entry,
    )
    assert made.manage("makemigrations", "shop").code == 0
    outcome = made.manage("migrate", "--verbosity", "0")
    assert outcome.code == 0, outcome.stderr
    return made


def found(project: Project) -> list[str]:
    outcome = project.migwizard("check", "--format", "json", "--no-replay")
    assert outcome.code < 2, outcome.stderr
    assert outcome.json["database"]["schema_compared"] == "modelled", outcome.stdout
    return [one["id"] for one in outcome.json["findings"] if one["severity"] != "info"]


def test_freshly_migrated_nothing_is_found_and_a_damage_is_found_and_repaired(project: Project):
    assert found(project) == []
    with connected(project.databases["default"]) as cursor:
        cursor.execute("ALTER TABLE [audit].[entry] DROP COLUMN [number]")
    (problem,) = found(project)
    assert problem == "schema-drift:audit.entry.number:column-missing"
    outcome = project.migwizard("repair", problem, "--yes", "--no-replay")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert found(project) == []


def test_a_constraint_that_mssql_django_leaves_behind_is_told(project: Project):
    models = project.root / "shop" / "models.py"
    models.write_text(models.read_text().replace("max_length=20, unique=True", "max_length=20"))
    assert project.manage("makemigrations", "shop").code == 0
    # It finds no constraint in the default schema, and says nothing.
    assert project.manage("migrate", "--verbosity", "0").code == 0
    assert found(project) == ["recorded-not-applied:shop.0002_alter_entry_code"]
