"""Small projects whose migrations are written by the test, on any database."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.projects import Project, write_project

DRIVER = """
import pymysql

pymysql.install_as_MySQLdb()
"""

HEAD = """\
from django.db import migrations, models
from django.db.models import Q
"""

ID = '("id", models.AutoField(primary_key=True, serialize=False))'
AF, CM, AdF = "migrations.AlterField", "migrations.CreateModel", "migrations.AddField"


def model(name: str, *fields: str, options: str = "{}") -> str:
    """The CreateModel operation of a model with an id and these fields, each `name=FieldExpression`."""
    made = "".join(f'("{field.partition("=")[0]}", models.{field.partition("=")[2]}), ' for field in fields)
    return f'migrations.CreateModel("{name}", [{ID}, {made}], options={options})'


def keyed(name: str, *fields: str, options: str = "{}") -> str:
    """The CreateModel operation of a model without an id of its own."""
    return model(name, *fields, options=options).replace(f"{ID}, ", "")


def alter(name: str, field: str) -> str:
    """An AlterField operation."""
    field_name, _, made = field.partition("=")
    return f'migrations.AlterField("{name}", "{field_name}", models.{made})'


def add(name: str, field: str) -> str:
    """An AddField operation."""
    return alter(name, field).replace("AlterField", "AddField")


def project(
    root: Path, migrations: Sequence[Sequence[str]], database: Mapping[str, Any] | None = None
) -> Project:
    """A project with one app, `shop`, of which each migration has the operations given as text."""
    files = {"shop/models.py": "", "shop/migrations/__init__.py": ""}
    for number, operations in enumerate(migrations, 1):
        after = f'[("shop", "{number - 1:04}_x")]' if number > 1 else "[]"
        body = ",\n".join(textwrap.indent(operation, "        ") for operation in operations)
        files[f"shop/migrations/{number:04}_x.py"] = (
            f"{HEAD}\n\nclass Migration(migrations.Migration):\n    dependencies = {after}\n"
            f"    operations = [\n{body}\n    ]\n"
        )
    mysql = database is not None and str(database.get("ENGINE", "")).endswith("mysql")
    return write_project(root, files, database, apps=["shop"], settings=DRIVER if mysql else "")


def findings(made: Project, *names: str) -> dict[str, Any]:
    """What `check` finds of these names, by their ids."""
    outcome = made.migwizard("check", "--format", "json", "--no-replay")
    assert outcome.code in (0, 1), outcome.stderr
    return {one["id"]: one for one in outcome.json["findings"] if not names or one["name"] in names}
