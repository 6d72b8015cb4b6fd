"""SQL Server from the outside: nothing is found in a healthy database, and every damage is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from migwizard.databases.scratches import is_left_behind
from tests.mssql import connected
from tests.projects import Project, write_project

INITIAL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    operations = [
        migrations.CreateModel(
            "Customer",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("name", models.CharField(max_length=50)),
                ("email", models.CharField(max_length=50, null=True, unique=True)),
                ("number", models.IntegerField(unique=True)),
            ],
        ),
        migrations.CreateModel(
            "Tag", [("id", models.BigAutoField(primary_key=True)), ("word", models.CharField(max_length=9))]
        ),
        migrations.CreateModel(
            "Order",
            [
                ("id", models.BigAutoField(primary_key=True)),
                ("paid", models.BooleanField(default=False)),
                ("pieces", models.PositiveIntegerField()),
                ("price", models.DecimalField(max_digits=10, decimal_places=2)),
                ("at", models.DateTimeField()),
                ("key", models.UUIDField()),
                ("data", models.JSONField(default=dict)),
                ("note", models.TextField(blank=True)),
                ("code", models.CharField(db_index=True, max_length=20)),
                ("customer", models.ForeignKey(on_delete=models.CASCADE, to="shop.customer")),
                ("gifts", models.ManyToManyField(to="shop.customer", related_name="+")),
            ],
            options={
                "unique_together": {("code", "pieces")},
                "indexes": [models.Index(fields=["-at", "code"], name="shop_order_at")],
                "constraints": [
                    models.CheckConstraint(CONDITION=models.Q(price__gte=0), name="shop_order_price"),
                    models.UniqueConstraint(
                        fields=["key"], condition=models.Q(paid=True), name="shop_order_paid_key"
                    ),
                ],
            },
        ),
    ]
"""

LATER = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0001_initial")]
    operations = [
        migrations.AddField("order", "colour", models.CharField(default="red", max_length=9)),
        migrations.AlterField("order", "note", models.TextField(null=True)),
        migrations.AlterField("customer", "name", models.CharField(max_length=80)),
        migrations.AddField("customer", "friend", models.ForeignKey(null=True, on_delete=models.SET_NULL, to="self")),
        migrations.RenameField("order", "colour", "color"),
        migrations.AddIndex("customer", models.Index(fields=["name"], name="shop_customer_name")),
        migrations.RemoveField("order", "gifts"),
    ]
"""


def shop(root, database) -> Project:
    """A project with one app, written for every version of Django."""
    import django

    condition = "condition" if django.VERSION >= (5, 1) else "check"
    return write_project(
        root,
        {
            "shop/models.py": "",
            "shop/migrations/0001_initial.py": INITIAL.replace("CONDITION", condition),
            "shop/migrations/0002_later.py": LATER,
        },
        database,
    )


@pytest.fixture
def migrated(new_database: Callable[..., Any], tmp_path: Path) -> Project:
    """The shop, migrated on a SQL Server."""
    project = shop(tmp_path / "shop", new_database("mssql"))
    done = project.manage("migrate", "--verbosity", "0")
    assert done.code == 0, done.stderr
    return project


def found(project: Project) -> dict[str, str]:
    """What `check` finds in the schema, with its severity; the project has no models to compare with."""
    done = project.migwizard("check", "--no-replay", "--format", "json")
    assert done.code in (0, 1), done.stderr
    database = done.json["database"]
    assert (database["vendor"], database["schema_compared"]) == ("microsoft", "modelled")
    findings = {one["id"]: one["severity"] for one in done.json["findings"]}
    return {key: severity for key, severity in findings.items() if not key.startswith("model-changes")}


def ask(project: Project, query: str) -> str:
    """The first value that a query returns."""
    with connected(project.databases["default"]) as cursor:
        cursor.execute(query)
        return str(cursor.fetchone()[0])


def execute(project: Project, *statements: str) -> None:
    """Run statements past Django."""
    with connected(project.databases["default"]) as cursor:
        for statement in statements:
            cursor.execute(statement)


def left_behind(project: Project) -> list[str]:
    """The scratch databases on the server whose makers are gone."""
    with connected(project.databases["default"]) as cursor:
        cursor.execute("SELECT name FROM sys.databases")
        return [name for (name,) in cursor.fetchall() if is_left_behind(name, used=True)]


def index(project: Project, table: str, start: str) -> str:
    """The name of an index, of which a server may keep only the start."""
    return ask(
        project,
        f"SELECT name FROM sys.indexes WHERE object_id = OBJECT_ID('{table}') AND name LIKE '{start}%'",
    )


def test_a_freshly_migrated_database_is_healthy(migrated):
    assert found(migrated) == {}
    rows = migrated.migwizard("status", "--no-replay", "--format", "json").json["migrations"]
    assert [(row["name"], row["state"], row["schema"]) for row in rows] == [
        ("0001_initial", "applied", "yes"),
        ("0002_later", "applied", "yes"),
    ]


def test_each_damage_is_found_and_nothing_else(migrated):
    foreign = ask(
        migrated, "SELECT name FROM sys.foreign_keys WHERE parent_object_id = OBJECT_ID('shop_order')"
    )
    at = index(migrated, "shop_order", "shop_order_at")
    email = index(migrated, "shop_customer", "shop_customer_email")
    execute(
        migrated,
        "ALTER TABLE shop_order DROP COLUMN color",
        "ALTER TABLE shop_order ALTER COLUMN note nvarchar(max) NOT NULL",
        "ALTER TABLE shop_order ALTER COLUMN price numeric(12, 2) NOT NULL",
        "ALTER TABLE shop_order ADD extra int NULL DEFAULT 7",
        "ALTER TABLE shop_order ADD DEFAULT 1 FOR paid",
        "ALTER TABLE shop_order DROP CONSTRAINT shop_order_price",
        f"ALTER TABLE shop_order DROP CONSTRAINT [{foreign}]",
        f"DROP INDEX [{at}] ON shop_order",
        f"DROP INDEX [{email}] ON shop_customer",
        "DROP TABLE shop_tag",
        "CREATE TABLE shop_tag (id bigint NOT NULL PRIMARY KEY, words nvarchar(9) NOT NULL)",
        "CREATE TABLE somebodys (id int)",
    )
    assert found(migrated) == {
        f"schema-drift:shop_customer.email:unique-missing:{email}": "error",
        "schema-drift:shop_order.color:column-missing": "error",
        f"schema-drift:shop_order.customer_id:foreign-key-missing:{foreign}": "warning",
        "schema-drift:shop_order.extra:column-unknown": "info",
        "schema-drift:shop_order.note:column-nullability": "error",
        "schema-drift:shop_order.paid:column-default": "info",
        "schema-drift:shop_order.price:column-type": "error",
        "schema-drift:shop_order:check-missing:shop_order_price": "warning",
        f"schema-drift:shop_order:index-missing:{at}": "warning",
        "schema-drift:shop_tag.id:column-identity": "error",
        "schema-drift:shop_tag.word:column-missing": "error",
        "schema-drift:shop_tag.words:column-unknown": "error",
        "unknown-tables:*": "info",
    }


WAYWARD = """
from django.db import migrations


def greet(apps, schema_editor):
    customers = apps.get_model("shop", "Customer")
    customers.objects.create(name="replayed", number=1)


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_later")]
    operations = [
        migrations.RunPython(greet),
        migrations.RunSQL("CREATE TABLE shop_extra (id int NOT NULL, name nvarchar(9) NULL)"),
        migrations.RunSQL("INSERT INTO shop_extra (id) VALUES (1)"),
    ]
"""


def test_a_replay_runs_everything_in_a_database_of_its_own(migrated):
    migrated.write({"shop/migrations/0003_wayward.py": WAYWARD})
    execute(migrated, "INSERT INTO shop_customer (name, number) VALUES ('mine', 7)")
    done = migrated.migwizard("replay")
    assert (done.code, done.stdout) == (0, "The effects of 3 migrations are known.\n"), done.stderr
    assert ask(migrated, "SELECT COUNT(*) FROM shop_customer") == "1"
    assert ask(migrated, "SELECT COUNT(*) FROM sys.tables WHERE name = 'shop_extra'") == "0"
    assert left_behind(migrated) == []
    status = migrated.migwizard("status", "--format", "json").json
    assert status["database"]["schema_compared"] == "replayed"
    assert [(row["name"], row["state"], row["schema"]) for row in status["migrations"]] == [
        ("0001_initial", "applied", "yes"),
        ("0002_later", "applied", "yes"),
        ("0003_wayward", "pending", "no"),
    ]


def test_a_replay_does_not_follow_a_migration_into_the_live_database(migrated):
    name = migrated.databases["default"]["NAME"]
    statement = f"DELETE FROM {name}.dbo.shop_customer"
    migrated.write(
        {
            "shop/migrations/0003_wayward.py": WAYWARD.replace(
                "INSERT INTO shop_extra (id) VALUES (1)", statement
            )
        }
    )
    execute(migrated, "INSERT INTO shop_customer (name, number) VALUES ('mine', 7)")
    done = migrated.migwizard("replay")
    assert done.code == 2
    assert f"names the database '{name}', which is not the scratch database, was stopped" in done.stderr
    assert ask(migrated, "SELECT name FROM shop_customer") == "mine"
    assert left_behind(migrated) == []


MORE = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("shop", "0002_later")]
    operations = [migrations.AddField("tag", "more", models.IntegerField(default=4))]
"""


def test_history_schema_and_what_is_pending_are_repaired(migrated):
    execute(migrated, "DELETE FROM django_migrations WHERE name = '0002_later'")
    done = migrated.migwizard("repair", "fake", "shop", "0002_later", "--yes", "--format", "json")
    assert (done.code, done.json["outcome"]) == (0, "done"), done.stderr
    assert found(migrated) == {}
    execute(
        migrated,
        "ALTER TABLE shop_order DROP CONSTRAINT shop_order_price",
        "ALTER TABLE shop_order ALTER COLUMN note nvarchar(max) NOT NULL",
        "INSERT INTO shop_tag (word) VALUES ('kept')",
    )
    done = migrated.migwizard("repair", "align-schema", "shop_order", "--yes", "--format", "json")
    assert (done.code, done.json["outcome"]) == (0, "done"), done.stderr
    migrated.write({"shop/migrations/0003_more.py": MORE})
    done = migrated.migwizard("repair", "migrate", "shop", "--yes", "--format", "json")
    assert (done.code, done.json["outcome"]) == (0, "done"), done.stderr
    assert ask(migrated, "SELECT more FROM shop_tag") == "4"
    assert found(migrated) == {}
