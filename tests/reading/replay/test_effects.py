"""What each operation did, on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from migwizard.core.schema import Table
from migwizard.core.truths.effects import TableChange
from tests.projects import Project, write_project

from .conftest import Replayed

HEAD = """
from django.db import migrations, models
from django.db.models import Q

def key(*, big=True):
    return ("id", (models.BigAutoField if big else models.AutoField)(primary_key=True))
"""


def migration(operations: str, *dependencies: str, extra: str = "") -> str:
    """A migration file with these operations."""
    needs = ", ".join(repr(tuple(each.split("."))) for each in dependencies)
    return f"{HEAD}\n\nclass Migration(migrations.Migration):\n" + "\n    ".join(
        ["", f"dependencies = [{needs}]", extra, f"operations = [{operations}]", ""]
    )


def project_of(root: Path, database: Any, *migrations: str, **options: Any) -> Project:
    """A project with one app and these migrations."""
    files = {f"shop/migrations/{number:04}_x.py": text for number, text in enumerate(migrations, start=1)}
    return write_project(root, files, database, **options)


def is_sqlite(database: Any) -> bool:
    return str(database["ENGINE"]).endswith("sqlite3")


def only(changes: tuple[TableChange, ...]) -> TableChange:
    (change,) = changes
    return change


def there(change: TableChange) -> Table:
    assert change.table is not None
    return change.table


def named(table: Table) -> tuple[set[str], set[str]]:
    """The columns of foreign keys and of indexes and unique constraints, joined."""
    foreign = {"+".join(each.columns) for each in table.constraints if each.kind == "foreign"}
    unique = {"+".join(each.columns) for each in table.constraints if each.kind == "unique"}
    indexes = {"+".join(part.column or "?" for part in index.parts) for index in table.indexes}
    return foreign, unique | indexes


CREATE = migration(
    """
    migrations.CreateModel("Tag", [key(), ("name", models.CharField(max_length=20, unique=True))]),
    migrations.CreateModel("Order", [
        key(),
        ("no", models.IntegerField(db_index=True)),
        ("year", models.IntegerField()),
        ("tag", models.ForeignKey("shop.Tag", models.CASCADE)),
    ], options={
        "unique_together": {("no", "year")},
        "indexes": [models.Index(fields=["year", "no"], name="shop_year_no")],
    }),
    migrations.AddField("Order", "parent", models.ForeignKey("shop.Order", models.CASCADE, null=True)),
    migrations.AddField("Order", "tags", models.ManyToManyField("shop.Tag", related_name="+")),
    migrations.AddField("Order", "size", models.IntegerField(default=3)),
    migrations.AlterModelOptions("Order", {"ordering": ["no"]}),
    migrations.AddConstraint("Order", models.UniqueConstraint(fields=["size"], condition=Q(no__gt=1), name="part")),
    """
)


def test_deferred_keys_and_indexes_belong_to_the_operation_that_asked_for_them(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    replayed = replay(project_of(tmp_path / "project", every_database, CREATE))
    tag, order, parent, tags, size, options, constraint = replayed.changes("shop.0001_x")

    assert (only(tag).before, only(tag).after) == (None, "shop_tag")
    assert "name" in named(there(only(tag)))[1]
    assert (only(order).before, only(order).after) == (None, "shop_order")
    assert named(there(only(order))) == ({"tag_id"}, {"no", "tag_id", "no+year", "year+no"})
    assert named(there(only(parent))) == (
        {"tag_id", "parent_id"},
        {"no", "tag_id", "no+year", "year+no", "parent_id"},
    )
    assert (only(tags).before, only(tags).after) == (None, "shop_order_tags")
    assert named(there(only(tags))) == ({"order_id", "tag_id"}, {"order_id+tag_id", "order_id", "tag_id"})
    assert only(size).before == only(size).after == "shop_order"
    grown = there(only(size))
    assert grown.column("size")
    assert not there(only(parent)).column("size")
    assert set(grown.constraints) == set(there(only(parent)).constraints)
    assert grown.indexes == there(only(parent)).indexes
    assert options == ()
    assert {index.name for index in there(only(constraint)).indexes} - {
        index.name for index in grown.indexes
    } == {"part"}


def test_what_was_replayed_is_what_migrate_makes(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    project = project_of(tmp_path / "project", every_database, CREATE)
    replayed = replay(project)
    outcome = project.manage("migrate")
    assert outcome.code == 0, outcome.stderr
    outcome = project.python(
        """
        import json
        from django.db import connection
        from migwizard import databases
        from migwizard.core.schema.codec import encode
        tables = databases.of(connection).snapshot().tables
        print(json.dumps([encode(table) for name, table in sorted(tables.items()) if name != "django_migrations"]))
        """
    )
    from migwizard.core.schema.codec import decode_table

    live = {table.name: table for table in map(decode_table, outcome.json)}
    assert live == replayed.tables()


RENAMES = (
    migration(
        """
        migrations.CreateModel("Tag", [key(), ("name", models.CharField(max_length=20))]),
        migrations.CreateModel("Order", [
            key(),
            ("no", models.IntegerField(db_index=True)),
            ("tag", models.ForeignKey("shop.Tag", models.CASCADE)),
            ("tags", models.ManyToManyField("shop.Tag", related_name="orders")),
            ("friends", models.ManyToManyField("self")),
        ]),
        migrations.CreateModel("Fixed", [key(), ("tags", models.ManyToManyField("shop.Tag"))],
                               options={"db_table": "fixed"}),
        """
    ),
    migration('migrations.RenameField("Order", "no", "number")', "shop.0001_x"),
    migration('migrations.RenameField("Order", "tag", "label")', "shop.0002_x"),
    migration('migrations.RenameModel("Tag", "Label")', "shop.0003_x"),
    migration('migrations.RenameModel("Order", "Sale")', "shop.0004_x"),
    migration('migrations.AlterModelTable("Sale", "sales")', "shop.0005_x"),
    migration(
        'migrations.AlterField("Sale", "number", models.IntegerField(db_index=True, db_column="num"))',
        "shop.0006_x",
    ),
    migration('migrations.RenameField("Sale", "tags", "labels")', "shop.0007_x"),
    migration(
        """
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterModelTable("Fixed", "shop_moved"),
                migrations.RenameField("Label", "name", "title"),
                migrations.AlterModelTable("Fixed", "shop_fixed"),
            ],
            state_operations=[
                migrations.AlterModelTable("Fixed", None),
                migrations.RenameField("Label", "name", "title"),
            ],
        )
        """,
        "shop.0008_x",
    ),
    migration(
        """
        migrations.RunSQL(
            'ALTER TABLE "shop_label" RENAME TO "labels"',
            state_operations=[migrations.AlterModelTable("Label", "labels")],
        )
        """,
        "shop.0009_x",
    ),
    migration(
        """
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RenameField("Sale", "label", "main")]),
        migrations.RunSQL("SELECT 1", state_operations=[migrations.RenameModel("Fixed", "Never")]),
        """,
        "shop.0010_x",
    ),
)

RENAMED: dict[int, dict[str, tuple[str, tuple[tuple[str, str], ...]]]] = {
    2: {"shop_order": ("shop_order", (("no", "number"),))},
    3: {"shop_order": ("shop_order", (("tag_id", "label_id"),))},
    4: {
        "shop_tag": ("shop_label", ()),
        "shop_order_tags": ("shop_order_tags", (("tag_id", "label_id"),)),
        "fixed_tags": ("fixed_tags", (("tag_id", "label_id"),)),
    },
    5: {
        "shop_order": ("shop_sale", ()),
        "shop_order_tags": ("shop_sale_tags", (("order_id", "sale_id"),)),
        "shop_order_friends": (
            "shop_sale_friends",
            (("from_order_id", "from_sale_id"), ("to_order_id", "to_sale_id")),
        ),
    },
    6: {
        "shop_sale": ("sales", ()),
        "shop_sale_tags": ("sales_tags", ()),
        "shop_sale_friends": ("sales_friends", ()),
    },
    7: {"sales": ("sales", (("number", "num"),))},
    8: {"sales_tags": ("sales_labels", ())},
    9: {
        "fixed": ("shop_fixed", ()),
        "fixed_tags": ("shop_fixed_tags", ()),
        "shop_label": ("shop_label", (("name", "title"),)),
    },
    10: {"shop_label": ("labels", ())},
    11: {},
}


def test_renames_are_told_from_drops_and_creations(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    replayed = replay(project_of(tmp_path / "project", every_database, *RENAMES))
    assert replayed.effects is not None
    assert replayed.effects.failure == ""
    for number, expected in RENAMED.items():
        changes = [change for each in replayed.changes(f"shop.{number:04}_x") for change in each]
        assert None not in {change.before for change in changes} | {change.after for change in changes}
        found = {
            change.before: (change.after, tuple(sorted(change.columns)))
            for change in changes
            if change.before != change.after or change.columns
        }
        assert found == expected, f"shop.{number:04}_x"


def test_a_renamed_table_changes_those_that_point_to_it(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    replayed = replay(project_of(tmp_path / "project", every_database, *RENAMES[:4]))
    changes = {change.after: there(change) for change in replayed.changes("shop.0004_x")[0]}
    references = {each.references for each in changes["shop_order"].constraints if each.kind == "foreign"}
    assert references == {("shop_label", ("id",))}


OPAQUE = (
    migration(
        """
        migrations.CreateModel("Order", [key()]),
        migrations.RunSQL('ALTER TABLE shop_order ADD COLUMN extra integer'),
        migrations.RunPython(make),
        migrations.RunPython(nothing),
        migrations.RunSQL("INSERT INTO shop_order (extra) VALUES (1)"),
        migrations.RunSQL('DROP TABLE by_hand'),
        Custom(),
        migrations.DeleteModel("Order"),
        """
    ).replace(
        "class Migration",
        """
def make(apps, schema_editor):
    # Behind Django's back: on the driver's own cursor.
    cursor = schema_editor.connection.connection.cursor()
    cursor.execute("CREATE TABLE by_hand (a integer, b varchar(10) DEFAULT 'x')")
    cursor.close()


def nothing(apps, schema_editor):
    apps.get_model("shop", "Order").objects.create()


class Custom(migrations.operations.base.Operation):
    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute("CREATE TABLE custom (a integer)")


class Migration""",
    ),
)


def test_opaque_operations_are_seen_through(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    replayed = replay(project_of(tmp_path / "project", every_database, *OPAQUE))
    created, extra, made, nothing, insert, dropped, custom, deleted = replayed.changes("shop.0001_x")
    assert only(created).after == "shop_order"
    assert [column.name for column in there(only(extra)).columns] == ["id", "extra"]
    assert [column.name for column in there(only(made)).columns] == ["a", "b"]
    assert nothing == insert == ()
    assert only(dropped) == TableChange("by_hand", None, None)
    assert (only(custom).before, only(custom).after) == (None, "custom")
    assert only(deleted) == TableChange("shop_order", None, None)


def test_dropping_a_table_takes_the_foreign_keys_to_it(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed]
) -> None:
    first = migration(
        """
        migrations.CreateModel("Tag", [key()]),
        migrations.CreateModel("Order", [key(), ("tag", models.ForeignKey("shop.Tag", models.CASCADE))]),
        """
    )
    drop = migration("""migrations.RunSQL("DROP TABLE shop_tag CASCADE")""", "shop.0001_x")
    replayed = replay(project_of(tmp_path / "project", new_database("postgresql"), first, drop))
    order, tag = sorted(replayed.changes("shop.0002_x")[0], key=lambda change: change.before or "")
    assert tag == TableChange("shop_tag", None, None)
    assert named(there(order)) == (set(), {"tag_id"})


def test_operations_outside_of_a_transaction(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed]
) -> None:
    first = migration('migrations.CreateModel("Order", [key(), ("no", models.IntegerField())])')
    second = migration(
        """
        AddIndexConcurrently("Order", models.Index(fields=["no"], name="no_i")),
        migrations.AddField("Order", "size", models.IntegerField(db_index=True, default=1)),
        migrations.RunPython(lambda apps, schema_editor: apps.get_model("shop", "Order").objects.create(no=1)),
        """,
        "shop.0001_x",
        extra="atomic = False",
    ).replace(
        "from django.db import",
        "from django.contrib.postgres.operations import AddIndexConcurrently\nfrom django.db import",
        1,
    )
    replayed = replay(project_of(tmp_path / "project", new_database("postgresql"), first, second))
    concurrently, size, python = replayed.changes("shop.0002_x")
    assert {index.name for index in there(only(concurrently)).indexes} == {"no_i"}
    assert named(there(only(size)))[1] == {"no", "size"}
    assert python == ()


def test_routers_decide_by_the_real_alias(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed]
) -> None:
    databases = {"default": new_database("sqlite"), "other": new_database("sqlite")}
    first = migration('migrations.CreateModel("Order", [key()]), migrations.CreateModel("Tag", [key()])')
    router = """
    class Router:
        def allow_migrate(self, db, app_label, model_name=None, **hints):
            return (model_name == "tag") == (db == "other")
    """
    project = project_of(
        tmp_path / "project", databases, first, settings="DATABASE_ROUTERS = ['config.routers.Router']"
    )
    project.write({"config/routers.py": router})
    assert set(replay(project).tables()) == {"shop_order"}
    assert set(replay(project, MIGWIZARD_TEST_ALIAS="other").tables()) == {"shop_tag"}


def test_receivers_of_signals_are_told_apart(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    first = migration('migrations.CreateModel("Order", [key()])')
    project = project_of(
        tmp_path / "project",
        every_database,
        first,
        apps=["shop", "django.contrib.auth", "django.contrib.contenttypes"],
    )
    project.write(
        {
            "shop/models.py": "",
            "shop/apps.py": """
            from django.apps import AppConfig
            from django.db import connections
            from django.db.models.signals import post_migrate, pre_migrate

            def early(using, plan, apps, stdout, **kwargs):
                stdout.write("A receiver may write to what migrate writes to.")
                assert ("shop", "0001_x") in [(migration.app_label, migration.name) for migration, _ in plan]
                with connections[using].cursor() as cursor:
                    cursor.execute("CREATE TABLE early (a integer)")

            def late(using, apps, **kwargs):
                assert apps.get_model("shop", "Order").objects.using(using).count() == 0
                with connections[using].cursor() as cursor:
                    cursor.execute("CREATE TABLE late (a integer)")

            class Shop(AppConfig):
                name = "shop"

                def ready(self):
                    pre_migrate.connect(early, sender=self)
                    post_migrate.connect(late, sender=self)
            """,
        }
    )
    replayed = replay(project)
    assert replayed.effects is not None
    assert replayed.effects.failure == ""
    assert [(change.before, change.after) for change in replayed.effects.signals] == [
        (None, "early"),
        (None, "late"),
    ]
    assert "early" not in replayed.tables()


def test_apps_without_migrations_have_their_tables_but_no_effects(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    first = migration(
        """migrations.CreateModel("Order", [key(), ("old", models.ForeignKey("old.Thing", models.CASCADE))])"""
    )
    project = project_of(tmp_path / "project", every_database, first, apps=["shop", "old"])
    project.write({"old/models.py": "from django.db import models\nclass Thing(models.Model):\n    pass\n"})
    replayed = replay(project)
    assert replayed.effects is not None
    assert replayed.effects.failure == ""
    assert set(replayed.tables()) == {"shop_order"}


def test_a_squash_runs_in_place_of_what_it_replaces(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    project = project_of(
        tmp_path / "project",
        every_database,
        migration('migrations.CreateModel("Order", [key()])'),
        migration('migrations.AddField("Order", "no", models.IntegerField(null=True))', "shop.0001_x"),
        migration(
            'migrations.CreateModel("Order", [key(), ("no", models.IntegerField(null=True))]),'
            "migrations.RunPython(see)",
            extra='replaces = [("shop", "0001_x"), ("shop", "0002_x")]',
        ).replace(
            "class Migration",
            """
def see(apps, schema_editor):
    from django.db.migrations.recorder import MigrationRecorder
    assert MigrationRecorder(schema_editor.connection).applied_migrations() == {}

class Migration""",
        ),
    )
    replayed = replay(project)
    assert replayed.effects is not None
    assert replayed.effects.failure == ""
    assert replayed.ran == ["shop.0003_x"]


def test_deferred_statements_follow_renames_in_the_same_migration(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    """They are executed with the last names, and shown with those of the time when they were asked for."""
    together = migration(
        """
        migrations.CreateModel("Tag", [key()]),
        migrations.CreateModel("Order", [
            key(), ("no", models.IntegerField(db_index=True)), ("tag", models.ForeignKey("shop.Tag", models.CASCADE)),
        ], options={"unique_together": {("no", "tag")}}),
        migrations.RenameField("Order", "tag", "label"),
        migrations.RenameField("Order", "no", "number"),
        migrations.RenameModel("Order", "Sale"),
        """
    )
    replayed = replay(project_of(tmp_path / "project", every_database, together))
    _, order, label, number, sale = replayed.changes("shop.0001_x")
    assert there(only(order)).name == "shop_order"
    # SQLite makes the table anew for the renamed foreign key, and with it those of its indexes that name the column.
    at_first = {"no"} if is_sqlite(every_database) else {"no", "tag_id", "no+tag_id"}
    assert named(there(only(order))) == ({"tag_id"}, at_first)
    assert only(label).columns == (("tag_id", "label_id"),)
    assert named(there(only(label))) == ({"label_id"}, {"no", "label_id", "no+label_id"})
    assert only(number).columns == (("no", "number"),)
    assert (only(sale).before, only(sale).after) == ("shop_order", "shop_sale")
    assert named(there(only(sale))) == ({"label_id"}, {"number", "label_id", "number+label_id"})


def test_a_change_that_leaves_no_trace_in_the_tables_own_rows_is_still_seen(
    tmp_path: Path, new_database: Callable[..., Any], replay: Callable[..., Replayed]
) -> None:
    """The whole schema is compared at the end; then all is replayed again, with every table read each time."""
    first = migration(
        """
        migrations.RunSQL("CREATE TYPE mood AS ENUM ('sad', 'ok')"),
        migrations.RunSQL("CREATE TABLE person (mood mood)"),
        migrations.RunSQL("ALTER TYPE mood RENAME TO feeling"),
        migrations.CreateModel("Order", [key()]),
        """
    )
    replayed = replay(project_of(tmp_path / "project", new_database("postgresql"), first))
    kind, person, renamed, order = replayed.changes("shop.0001_x")
    assert kind == ()
    assert [column.type for column in there(only(person)).columns] == ["mood"]
    assert [column.type for column in there(only(renamed)).columns] == ["feeling"]
    assert only(order).after == "shop_order"
