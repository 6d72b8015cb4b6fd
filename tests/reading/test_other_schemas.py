"""Models that name their schema in `db_table`, as `audit"."entry`: compared without false alarms, damaged, repaired."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project, write_project
from tests.running.kit import execute

MODELS = """
from django.db import models


class Customer(models.Model):
    name = models.CharField(max_length=50)


class Entry(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE)
    parent = models.ForeignKey("self", models.CASCADE, null=True)
    code = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=20, db_index=True)
    number = models.IntegerField(default=0)
    readers = models.ManyToManyField(Customer, related_name="read")

    class Meta:
        db_table = 'audit"."entry'
        indexes = [models.Index(fields=["kind", "number"], name="entry_kind_number")]
        constraints = [models.CheckConstraint({condition}=models.Q(number__gte=0), name="entry_number")]


class Mark(models.Model):
    entry = models.ForeignKey(Entry, models.CASCADE)

    class Meta:
        db_table = '"audit"."mark"'


class Note(models.Model):
    entry = models.ForeignKey(Entry, models.CASCADE)
    text = models.TextField()
"""


@pytest.fixture
def project(tmp_path: Path, new_database: Callable[..., Any]) -> Project:
    """A project with two models in another schema, migrated on PostgreSQL."""
    import django

    condition = "condition" if django.VERSION >= (5, 1) else "check"
    entry = new_database("postgresql")
    execute(entry, "CREATE SCHEMA audit")
    made = write_project(
        tmp_path / "project",
        {"shop/models.py": MODELS.format(condition=condition), "shop/migrations/__init__.py": ""},
        entry,
    )
    assert made.manage("makemigrations", "shop").code == 0
    outcome = made.manage("migrate", "--verbosity", "0")
    assert outcome.code == 0, outcome.stderr
    return made


def run(project: Project, *statements: str) -> list[Any]:
    return execute(project.databases["default"], *statements)


def found(project: Project, *options: str) -> list[str]:
    outcome = project.migwizard("check", "--format", "json", *options)
    assert outcome.code < 2, outcome.stderr
    return [one["id"] for one in outcome.json["findings"]]


@pytest.mark.parametrize("options", [(), ("--no-replay",)], ids=["replayed", "modelled"])
def test_freshly_migrated_nothing_is_found(project: Project, options: tuple[str, ...]):
    if not options:
        assert project.migwizard("replay").code == 0
    assert found(project, *options) == [], project.migwizard("check", *options).stdout


DAMAGES = {
    "column": 'ALTER TABLE audit.entry DROP COLUMN "number"',
    "index": "DROP INDEX audit.entry_kind_number",
    "unique": "ALTER TABLE audit.entry DROP CONSTRAINT {unique}",
    "foreign key": "ALTER TABLE audit.entry DROP CONSTRAINT {foreign}",
    "foreign key to it": "ALTER TABLE shop_note DROP CONSTRAINT {foreign_to}",
    "type": "ALTER TABLE audit.entry ALTER kind TYPE text",
    "null": "ALTER TABLE audit.entry ALTER kind DROP NOT NULL",
    "table": "DROP TABLE audit.mark",
}

NAMED = """
SELECT conname FROM pg_constraint WHERE contype = '{kind}' AND conrelid = '{table}'::regclass
AND conkey = (SELECT array_agg(attnum) FROM pg_attribute WHERE attrelid = conrelid AND attname = '{column}')
"""


def damaged(project: Project, damage: str) -> None:
    names = {
        "unique": run(project, NAMED.format(kind="u", table="audit.entry", column="code")),
        "foreign": run(project, NAMED.format(kind="f", table="audit.entry", column="customer_id")),
        "foreign_to": run(project, NAMED.format(kind="f", table="shop_note", column="entry_id")),
    }
    run(project, damage.format(**{key: rows[0][0] for key, rows in names.items()}))


@pytest.mark.parametrize("options", [(), ("--no-replay",)], ids=["replayed", "modelled"])
@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damage_is_found_and_repaired(project: Project, damage: str, options: tuple[str, ...]):
    if not options:
        assert project.migwizard("replay").code == 0
    before = shape(project)
    damaged(project, damage)
    problems = found(project, *options)
    assert problems
    outcome = project.migwizard("repair", problems[0], "--yes", *options)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert found(project, *options) == [], project.migwizard("check", *options).stdout
    assert shape(project) == before


def shape(project: Project) -> list[Any]:
    """The columns, constraints and indexes of both schemas, whatever the order of the columns."""
    return run(
        project,
        "SELECT table_schema, table_name, column_name, data_type, is_nullable, NULL FROM information_schema.columns"
        " WHERE table_schema IN ('public', 'audit')"
        " UNION ALL SELECT 'c', conrelid::regclass::text, pg_get_constraintdef(oid), conname, NULL, NULL"
        " FROM pg_constraint"
        " UNION ALL SELECT schemaname, tablename, indexname, NULL, NULL, NULL FROM pg_indexes"
        " WHERE schemaname IN ('public', 'audit') ORDER BY 1, 2, 3",
    )


def test_an_operation_of_a_later_migration_is_seen_and_rolled_back(project: Project):
    models = project.root / "shop" / "models.py"
    models.write_text(
        models.read_text().replace("text = models.TextField()", "text = models.CharField(max_length=9)")
    )
    models.write_text(
        models.read_text().replace("default=0)", "default=0)\n    place = models.TextField(null=True)")
    )
    assert project.manage("makemigrations", "shop", "--name", "place").code == 0
    assert found(project) == ["pending-migrations:*"]
    before = shape(project)
    assert project.migwizard("repair", "migrate", "--yes").code == 0
    assert found(project) == []
    run(project, "DELETE FROM django_migrations WHERE name = '0002_place'")
    assert found(project) == ["applied-not-recorded:shop.0002_place"]
    assert project.migwizard("repair", "applied-not-recorded:shop.0002_place", "--yes").code == 0
    outcome = project.migwizard("repair", "rollback", "shop", "0001", "--yes")
    assert outcome.code == 0, outcome.stdout
    assert shape(project) == before
    assert found(project) == ["pending-migrations:*"]


def test_an_undo_of_a_repair_gives_the_table_its_former_shape(project: Project):
    run(project, "DROP INDEX audit.entry_kind_number")
    before = shape(project)
    (problem,) = found(project)
    outcome = project.migwizard("repair", problem, "--yes", "--format", "json")
    assert project.migwizard("undo", str(outcome.json["journal"]), "--yes").code == 0
    assert shape(project) == before


def test_a_schema_that_is_not_there_is_told_before_migrate_fails_of_it(project: Project):
    run(project, "DROP SCHEMA audit CASCADE", "DELETE FROM django_migrations WHERE app = 'shop'")
    run(project, "DROP TABLE shop_note", "DROP TABLE shop_customer CASCADE")
    assert found(project, "--no-replay") == ["no-create-permission:audit.*", "pending-migrations:*"]
    failed = project.manage("migrate")
    assert 'schema "audit" does not exist' in failed.stderr
    run(project, "CREATE SCHEMA audit")
    assert found(project, "--no-replay") == ["pending-migrations:*"]
    assert project.manage("migrate", "--verbosity", "0").code == 0
