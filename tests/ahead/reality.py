"""Chains of operations that are rehearsed, and then really run: what the rules say, and what the server says.

Imported in the process of a project, where Django is configured, and its database may be emptied.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django import VERSION
from django.db import connections, migrations, models
from django.db.migrations.state import ProjectState
from django.db.models import F, Q
from django.db.models.functions import Lower, Now

from migwizard.core.dialects.rehearsed import Ahead
from migwizard.core.dialects.unable import troubles
from migwizard.core.graph import MigrationFile
from migwizard.core.graph.build import build
from migwizard.databases.offline.connection import same_backend
from migwizard.reading.ahead import answers_of, dialect_of, emptied
from migwizard.reading.rehearsal import Rehearsal

connection: Any = connections["default"]
Chain = Sequence[Sequence[Any]]


def made(name: str, *, options: dict[str, Any] | None = None, **fields: Any) -> Any:
    """The CreateModel operation of a model; without a primary key among its fields, with an `id`."""
    if not any(field.primary_key for field in fields.values()):
        fields = {"id": models.AutoField(primary_key=True), **fields}
    return migrations.CreateModel(name, list(fields.items()), options or {})


def char(length: int, **options: Any) -> Any:
    return models.CharField(max_length=length, **options)


def to(name: str, **options: Any) -> Any:
    return models.ForeignKey(f"shop.{name}", models.CASCADE, **options)


def parent(name: str, **options: Any) -> Any:
    return models.OneToOneField(f"shop.{name}", models.CASCADE, parent_link=True, primary_key=True, **options)


def index(*fields: str, **options: Any) -> Any:
    return models.Index(fields=fields, name="an_index", **options)


def unique(*fields: Any, **options: Any) -> Any:
    return models.UniqueConstraint(fields=fields, name="a_rule", **options)


BIG = models.BigAutoField(primary_key=True)
WIDER = migrations.AlterField("P", "id", BIG)
STATE_ONLY = migrations.SeparateDatabaseAndState(state_operations=[WIDER])
SOME = Q(n__gt=1)


def chains() -> dict[str, Chain]:
    """Every chain by its name: migrations, each with its operations."""
    alter, add = migrations.AlterField, migrations.AddField
    plain = made("T", n=models.IntegerField())
    return {
        "wider key, foreign key": [[made("P"), made("C", p=to("P"))], [WIDER]],
        "wider key, many to many": [[made("P"), made("C", p=models.ManyToManyField("shop.P"))], [WIDER]],
        "wider key, child": [[made("P"), made("C", p=parent("P")), made("F", c=to("C"))], [WIDER]],
        "key wider in the state alone": [[made("P")], [STATE_ONLY], [made("C", p=to("P"))]],
        "key wider in the state alone, no constraint": [
            [made("P")],
            [STATE_ONLY],
            [made("C", p=to("P", db_constraint=False))],
        ],
        "unique 768": [[made("T", c=char(768, unique=True))]],
        "unique 769": [[made("T", c=char(769, unique=True))]],
        "indexed 769": [[made("T", c=char(769, db_index=True))]],
        "key 768": [[made("T", c=char(768, primary_key=True))]],
        "key 769": [[made("T", c=char(769, primary_key=True))]],
        "index on 384 and 384": [
            [made("T", c=char(384), d=char(384), options={"indexes": [index("c", "d")]})]
        ],
        "index on 500 and 500": [
            [made("T", c=char(500), d=char(500), options={"indexes": [index("c", "d")]})]
        ],
        "index on 800 and a number": [
            [made("T", c=char(800), d=models.IntegerField(), options={"indexes": [index("c", "d")]})]
        ],
        "unique together 500 and 500": [
            [made("T", c=char(500), d=char(500), options={"unique_together": {("c", "d")}})]
        ],
        "rule on 500 and 500": [
            [made("T", c=char(500), d=char(500))],
            [migrations.AddConstraint("T", unique("c", "d"))],
        ],
        "text unique": [[made("T", c=models.TextField(unique=True))]],
        "text indexed": [[made("T", c=models.TextField(db_index=True))]],
        "text in an index": [[made("T", c=models.TextField(), options={"indexes": [index("c")]})]],
        "text and number in an index": [
            [made("T", c=models.TextField(), n=models.IntegerField(), options={"indexes": [index("c", "n")]})]
        ],
        "text and long text in an index": [
            [made("T", c=models.TextField(), d=char(700), options={"indexes": [index("c", "d")]})]
        ],
        "text key": [[made("T", c=models.TextField(primary_key=True))]],
        "json unique": [[made("T", c=models.JSONField(unique=True))]],
        "bytes unique": [[made("T", c=models.BinaryField(unique=True))]],
        "text becomes unique": [[made("T", c=char(20))], [alter("T", "c", models.TextField(unique=True))]],
        "unique becomes text": [
            [made("T", c=char(20, unique=True))],
            [alter("T", "c", models.TextField(unique=True))],
        ],
        "key becomes longer": [
            [made("T", c=char(20, primary_key=True))],
            [alter("T", "c", char(800, primary_key=True))],
        ],
        "rule with a condition": [
            [made("T", n=models.IntegerField(), options={"constraints": [unique("n", condition=SOME)]})]
        ],
        "index on an expression": [
            [made("T", c=char(20), options={"indexes": [models.Index(Lower("c"), name="an_index")]})]
        ],
        "added without a default": [[plain], "row", [add("T", "m", models.IntegerField())]],
        "added without a default, no row": [[plain], [add("T", "m", models.IntegerField())]],
        "added with a default": [[plain], "row", [add("T", "m", models.IntegerField(default=1), False)]],
        "added without a default, text": [[plain], "row", [add("T", "m", models.TextField())]],
        "added blank": [[plain], "row", [add("T", "m", char(5, blank=True))]],
        "added with a default, text": [[plain], "row", [add("T", "m", models.TextField(default="x"))]],
        "added null": [[plain], "row", [add("T", "m", models.IntegerField(null=True))]],
        "added without a default, date": [[plain], "row", [add("T", "m", models.DateField())]],
        "added foreign key": [[plain, made("P")], "row", [add("T", "p", to("P"))]],
        "added foreign key, no row": [[plain, made("P")], [add("T", "p", to("P"))]],
        "added unique": [[plain], "row", "row", [add("T", "m", models.IntegerField(unique=True))]],
        "added unique, one row": [[plain], "row", [add("T", "m", models.IntegerField(unique=True))]],
        "renamed and altered": [
            [made("T", c=char(20, unique=True))],
            [migrations.RenameField("T", "c", "d"), alter("T", "d", char(30, unique=True))],
            [migrations.RenameModel("T", "U"), alter("U", "d", char(30))],
        ],
    } | (since_five(plain) if VERSION >= (5, 0) else {})


def since_five(plain: Any) -> dict[str, Chain]:
    """The chains that older Djangos do not know how to write."""
    return {
        "rule with a condition, default": [
            [
                made(
                    "T",
                    n=models.IntegerField(db_default=5),
                    options={"constraints": [unique("n", condition=SOME)]},
                )
            ]
        ],
        "rule with a condition, computed default": [
            [
                made(
                    "T",
                    n=models.DateTimeField(db_default=Now()),
                    options={"constraints": [unique("n", condition=Q(n__isnull=False))]},
                )
            ]
        ],
        "rule with a condition added, default": [
            [made("T", n=models.IntegerField(db_default=5))],
            [migrations.AddConstraint("T", unique("n", condition=SOME))],
        ],
        "index on an expression, default": [
            [
                made(
                    "T",
                    c=char(20, db_default="x"),
                    options={"indexes": [models.Index(Lower("c"), name="an_index")]},
                )
            ]
        ],
        "check and default": [
            [
                made(
                    "T",
                    n=models.IntegerField(db_default=5),
                    options={"constraints": [check(Q(n__gte=0))]},
                )
            ]
        ],
        "generated": [
            [plain],
            "row",
            [
                migrations.AddField(
                    "T",
                    "m",
                    models.GeneratedField(
                        expression=F("n") + 1, output_field=models.IntegerField(), db_persist=True
                    ),
                )
            ],
        ],
    }


def check(condition: Any) -> Any:
    """A check, by the name that its argument has in this Django."""
    try:
        return models.CheckConstraint(condition=condition, name="a_check")
    except TypeError:
        return models.CheckConstraint(check=condition, name="a_check")


def empty() -> None:
    """Drop every table."""
    with connection.cursor() as cursor:
        cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        for name in connection.introspection.table_names(cursor):
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(name)}")
        cursor.execute("SET FOREIGN_KEY_CHECKS = 1")


def run(chain: Chain) -> tuple[list[tuple[str, str]], str]:
    """Rehearse each migration before it runs; return what the rules say of the last, and the server's error."""
    empty()
    real: dict[tuple[str, str], Any] = {}
    state, said, error = ProjectState(), [], ""
    for part in chain:
        if part == "row":
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO shop_t (n) VALUES (1)")
            continue
        name = f"{len(real) + 1:04}_x"
        migration = migrations.Migration(name, "shop")
        migration.operations = list(part)
        migration.dependencies = [("shop", before) for _, before in list(real)[-1:]]
        applied = set(real)
        real["shop", name] = migration
        said = rehearse(real, applied)
        try:
            with connection.schema_editor(atomic=False) as editor:
                state = migration.apply(state, editor)
        except Exception as failure:
            error = f"{type(failure).__name__}: {failure}"
            break
    return said, error


def rehearse(real: dict[tuple[str, str], Any], applied: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    files = {
        key: MigrationFile(*key, "", dependencies=tuple(migration.dependencies))
        for key, migration in real.items()
    }
    graph = build(files, set(applied), frozenset())
    offline = same_backend(connection, answers_of(connection))
    pending = [key for key in graph.nodes if key not in graph.effective]
    found = tuple(Rehearsal(graph, real, offline).run(pending, [k for k in graph.nodes if k not in pending]))
    from migwizard import databases

    crowds = tuple(emptied(databases.of(connection), found))
    ahead = Ahead(dialect_of(connection), found, crowds)
    return [(one.name, one.severity) for one in troubles(ahead)]


def main() -> None:
    """Run every chain, and print what came of it."""
    print(json.dumps({name: run(chain) for name, chain in chains().items()}))
