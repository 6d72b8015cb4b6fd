"""What breaks on SQL Server, case by case: told before it fails, and nothing is left behind or claimed afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project, write_project

KEY = '("id", models.BigAutoField(primary_key=True))'
NULLABLE = "models.CharField(max_length=9, null=True{})"
PENDING = {"pending-migrations:*": "info"}


@dataclass(frozen=True)
class Case:
    """Two migrations, what is found before the second one, and how that ends."""

    first: str
    second: str
    told: str = ""
    """The finding about the second migration, which is an error; empty where it is a sound one."""
    error: str = ""
    """How `migrate` fails; empty where it does not."""


def model(*fields: str, options: str = "") -> str:
    """The operation that creates a model."""
    return f'migrations.CreateModel("A", [{", ".join(fields)}], options={{{options}}})'


CASES = {
    "identity is lost (D59)": Case(
        model('("id", models.AutoField(primary_key=True))', '("x", models.IntegerField())'),
        'migrations.AlterField("a", "id", models.IntegerField(primary_key=True))',
        "identity-change:shop.0002_second:1",
        "NotImplementedError: the backend doesn't support altering from AutoField to IntegerField.",
    ),
    "a nullable column becomes unique (D60)": Case(
        model(KEY, f'("x", {NULLABLE.format("")})'),
        f'migrations.AlterField("a", "x", {NULLABLE.format(", unique=True")})',
    ),
    "a nullable column is not unique any more (D62)": Case(
        model(KEY, f'("x", {NULLABLE.format(", unique=True")})'),
        f'migrations.AlterField("a", "x", {NULLABLE.format("")})',
    ),
    "a column with an index is renamed and altered (D64)": Case(
        model(
            KEY,
            '("x", models.CharField(max_length=9))',
            options='"indexes": [models.Index(fields=["x"], name="shop_a_x_ix")]',
        ),
        'migrations.RenameField("a", "x", "y"),\n'
        '        migrations.AlterField("a", "y", models.CharField(max_length=20))',
        "refused-operation:shop.0002_second:2",
        "FieldDoesNotExist: A has no field named 'x'",
    ),
    "a nullable column of a unique_together becomes NOT NULL (D65)": Case(
        model(
            KEY,
            f'("x", {NULLABLE.format("")})',
            '("y", models.IntegerField(null=True))',
            options='"unique_together": {("x", "y")}',
        ),
        'migrations.AlterField("a", "x", models.CharField(default="", max_length=9))',
    ),
    "a numbered key is added (D66)": Case(
        model('("code", models.CharField(max_length=9, primary_key=True))'),
        'migrations.AlterField("a", "code", models.CharField(max_length=9)),\n'
        '        migrations.AddField("a", "id", models.BigAutoField(primary_key=True))',
    ),
    "a foreign key becomes NOT NULL (D68)": Case(
        model(KEY, '("a", models.ForeignKey("shop.a", null=True, on_delete=models.CASCADE))'),
        'migrations.AlterField("a", "a", models.ForeignKey("shop.a", on_delete=models.CASCADE))',
    ),
}


@pytest.fixture(params=CASES.values(), ids=CASES.keys())
def case(request: pytest.FixtureRequest) -> Any:
    """One case after the other."""
    return request.param


def project_of(case: Case, root: Path, database: Any) -> Project:
    """A project with the two migrations of a case."""
    text = (
        "from django.db import migrations, models\n\n\n"
        "class Migration(migrations.Migration):\n    dependencies = {}\n    operations = [\n        {},\n    ]\n"
    )
    return write_project(
        root,
        {
            "shop/models.py": "",
            "shop/migrations/0001_first.py": text.format([], case.first),
            "shop/migrations/0002_second.py": text.format([("shop", "0001_first")], case.second),
        },
        database,
    )


def found(project: Project) -> dict[str, str]:
    """What `check` finds but for the models, of which there are none."""
    done = project.migwizard("check", "--no-replay", "--format", "json")
    assert done.code in (0, 1), done.stderr
    assert done.json["database"]["schema_compared"] == "modelled"
    findings = {one["id"]: one["severity"] for one in done.json["findings"]}
    return {key: severity for key, severity in findings.items() if not key.startswith("model-changes")}


def test_what_breaks_is_told_before_and_what_does_not_leaves_nothing_to_tell(
    case: Case, tmp_path: Path, new_database: Callable[..., Any]
) -> None:
    project = project_of(case, tmp_path / "project", new_database("mssql"))
    first = project.manage("migrate", "shop", "0001", "--verbosity", "0")
    assert first.code == 0, first.stderr
    before = PENDING | ({case.told: "error"} if case.told else {})
    assert found(project) == before
    second = project.manage("migrate", "--verbosity", "0")
    if case.error:
        assert second.stderr.strip().endswith(case.error)
        assert found(project) == before
    else:
        assert second.code == 0, second.stderr
        assert found(project) == {}
