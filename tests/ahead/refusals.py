"""Chains of operations rehearsed by mssql-django as it is installed, which needs no server for it.

Imported in the process of a project, where Django is configured.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

from django.db import migrations, models
from django.db.migrations.state import ProjectState
from django.db.models import Q

from migwizard.core.dialects.rehearsed import Ahead
from migwizard.core.dialects.unable import troubles
from migwizard.core.graph import MigrationFile
from migwizard.core.graph.build import build
from migwizard.databases.offline.connection import offline
from migwizard.reading.ahead import microsoft
from migwizard.reading.rehearsal import Rehearsal

from .reality import BIG, Chain, char, check, connection, index, made, to, unique

SMALL = models.IntegerField(primary_key=True)


def chains() -> dict[str, Chain]:
    """Every chain by its name: migrations, each with its operations."""
    alter, add, rename = migrations.AlterField, migrations.AddField, migrations.RenameField
    text = models.TextField
    number = made("T", n=models.IntegerField())
    wider = alter("P", "id", BIG)
    with_check = {"constraints": [check(Q(n__gte=0))]}
    return {
        "number becomes counted": [
            [made("T", id=SMALL)],
            [alter("T", "id", models.AutoField(primary_key=True))],
        ],
        "counted becomes a number": [[made("T")], [alter("T", "id", SMALL)]],
        "counted becomes wider": [[made("P"), made("C", p=to("P"))], [wider]],
        "counted becomes wider, many to many": [
            [made("P"), made("C", p=models.ManyToManyField("shop.P"))],
            [wider],
        ],
        "small becomes counted": [
            [made("T", id=models.SmallAutoField(primary_key=True))],
            [alter("T", "id", models.AutoField(primary_key=True))],
        ],
        "counted becomes wider, conditional rule": [
            [
                made(
                    "P", n=models.IntegerField(), options={"constraints": [unique("n", condition=Q(n__gt=0))]}
                )
            ],
            [wider],
        ],
        "counted becomes wider, unique null": [[made("P", c=char(9, null=True, unique=True))], [wider]],
        "counted becomes wider, indexed child": [
            [made("P"), made("C", p=to("P"), n=models.IntegerField(), options={"indexes": [index("n")]})],
            [wider],
        ],
        "counted becomes wider, one to one": [
            [made("P"), made("C", p=models.OneToOneField("shop.P", models.CASCADE))],
            [wider],
        ],
        "text unique": [[made("T", c=text(unique=True))]],
        "text indexed": [[made("T", c=text(db_index=True))]],
        "json unique": [[made("T", c=models.JSONField(unique=True))]],
        "bytes in an index": [[made("T", c=models.BinaryField(), options={"indexes": [index("c")]})]],
        "bytes with a length": [[made("T", c=models.BinaryField(max_length=20, unique=True))]],
        "text": [[made("T", c=text())], [alter("T", "c", text(null=True))]],
        "unique becomes text": [[made("T", c=char(20, unique=True))], [alter("T", "c", text(unique=True))]],
        "unique null": [[made("T", c=char(20, unique=True, null=True))]],
        "unique together null": [
            [
                made(
                    "T",
                    c=char(20, null=True),
                    n=models.IntegerField(),
                    options={"unique_together": {("c", "n")}},
                )
            ]
        ],
        "rule over null": [[made("T", c=char(20, null=True), options={"constraints": [unique("c")]})]],
        "rule over null with a condition": [
            [
                made(
                    "T",
                    c=char(20, null=True),
                    options={"constraints": [unique("c", condition=Q(c__isnull=False))]},
                )
            ]
        ],
        "rule with or": [[number], [migrations.AddConstraint("T", unique("n", condition=Q(n=1) | Q(n=2)))]],
        "checked and altered": [
            [made("T", n=models.IntegerField(), options=with_check)],
            [alter("T", "n", models.BigIntegerField())],
        ],
        "checked and renamed": [
            [made("T", n=models.IntegerField(), options=with_check)],
            [rename("T", "n", "m")],
        ],
        "positive and renamed": [[made("T", n=models.PositiveIntegerField())], [rename("T", "n", "m")]],
        "positive and altered": [
            [made("T", n=models.PositiveIntegerField())],
            [alter("T", "n", models.PositiveBigIntegerField())],
        ],
        "rule and longer": [
            [made("T", c=char(20), options={"constraints": [unique("c")]})],
            [alter("T", "c", char(30))],
        ],
        "rule and shorter": [
            [made("T", c=char(20), options={"constraints": [unique("c")]})],
            [alter("T", "c", char(10))],
        ],
        "indexed and shorter": [
            [made("T", c=char(20, db_index=True))],
            [alter("T", "c", char(10, db_index=True))],
        ],
        "indexed, unique and not null": [
            [made("T", c=char(20, null=True, unique=True))],
            [alter("T", "c", char(20, unique=True))],
        ],
        "unique becomes null": [
            [made("T", c=char(20, unique=True))],
            [alter("T", "c", char(20, unique=True, null=True))],
        ],
        "unique null no more": [
            [made("T", c=char(20, unique=True, null=True))],
            [alter("T", "c", char(20, null=True))],
        ],
        "renamed and altered, indexed": [
            [made("T", c=char(20), options={"indexes": [index("c")]})],
            [rename("T", "c", "d"), alter("T", "d", char(10))],
        ],
        "unique twice": [
            [
                made(
                    "T",
                    c=char(20, unique=True),
                    n=models.IntegerField(),
                    options={"unique_together": {("c", "n")}},
                )
            ],
            [alter("T", "c", char(10, unique=True))],
        ],
        "counted and added": [
            [made("T", c=char(20, primary_key=True))],
            [alter("T", "c", char(20)), add("T", "id", models.AutoField(primary_key=True))],
        ],
        "key of 901 bytes": [[made("T", c=char(451, primary_key=True))]],
        "key of 900 bytes": [[made("T", c=char(450, primary_key=True))]],
        "plain changes": [
            [made("P"), made("T", p=to("P"), n=models.IntegerField(db_index=True), c=char(20, null=True))],
            [
                alter("T", "n", models.BigIntegerField(db_index=True)),
                alter("T", "c", char(30, default="")),
                alter("T", "p", to("P", null=True)),
                add("T", "q", to("P", null=True, related_name="+")),
                add("T", "d", models.DateTimeField(null=True)),
                migrations.RenameModel("T", "U"),
                rename("U", "c", "e"),
                migrations.RemoveField("U", "n"),
                migrations.AlterModelTable("U", "renamed"),
                migrations.DeleteModel("U"),
            ],
        ],
    }


def run(chain: Chain) -> list[tuple[str, str]]:
    """Return what the rules say of the last migration."""
    real: dict[tuple[str, str], Any] = {}
    for number, part in enumerate(chain, 1):
        migration = migrations.Migration(f"{number:04}_x", "shop")
        migration.operations = list(part)
        migration.dependencies = list(real)[-1:]
        real["shop", migration.name] = migration
    files = {key: MigrationFile(*key, "", dependencies=tuple(one.dependencies)) for key, one in real.items()}
    graph = build(files, set(), frozenset())
    answers = {"sql_server_version": 2022, "to_azure_sql_db": False}
    connection = offline(import_module("mssql.base").DatabaseWrapper, "default", answers)
    *history, last = graph.nodes
    found = tuple(Rehearsal(graph, real, connection).run((last,), history))
    notes = [("note", one.note) for one in found if one.note and "cannot do this" not in one.note]
    return notes + [(one.name, one.severity) for one in troubles(Ahead(microsoft(2022), found))]


def main() -> None:
    """Rehearse every chain, and print what is said of it."""
    print(json.dumps({name: run(chain) for name, chain in chains().items()}))


def left(chain: Chain) -> list[str]:
    """Run a chain on the connected server, and return what indexes and constraints there are at the end."""
    state = ProjectState()
    for number, part in enumerate(chain, 1):
        migration = migrations.Migration(f"{number:04}_x", "shop")
        migration.operations = list(part)
        with connection.schema_editor() as editor:
            state = migration.apply(state, editor)
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            for one in connection.introspection.get_constraints(cursor, table).values():
                kind = "foreign" if one["foreign_key"] else "unique" if one["unique"] else "other"
                if not one["default"] and not one["primary_key"]:
                    found.append(f"{table} {kind} {','.join(one['columns'])}")
    return sorted(found)
