"""Tables whose names need quotes, and others that point to them: a healthy database has no difference."""

from __future__ import annotations

from collections.abc import Callable
from textwrap import indent

import pytest

from tests.projects import Project
from tests.running.kit import LAST, Shop, migration

pytest_plugins = ["tests.running.fixtures"]

# A quote inside a name, and on PostgreSQL a percent sign, is beyond Django itself.
NAMES = ("orders", "Ord er", "ord.er", "ORDER", "it's", "[order]", '"order"', "Größe;--", "select")


def operations(text: str) -> str:
    return indent(text, "        ")


def renamed(name: str) -> dict[str, str]:
    """A migration that renames an order's number and table, between others that point to it in every way."""
    before = operations(
        """migrations.CreateModel("Urgent", [], options={"proxy": True}, bases=("shop.order",)),
migrations.CreateModel("Label", [
    ("id", models.BigAutoField(primary_key=True)),
    ("orders", models.ManyToManyField("shop.order")),
    ("again", models.ManyToManyField("shop.order", related_name="+", db_table="shop_la bel.s")),
    ("urgent", models.ForeignKey("shop.urgent", models.CASCADE, null=True, related_name="+")),
]),
migrations.AddField("order", "before", models.ForeignKey("self", models.CASCADE, null=True, db_column="Be fore")),
migrations.AddField("order", "customers", models.ManyToManyField("shop.customer", related_name="+", db_table="Cu'st")),
"""
    )
    rename = operations(
        f"migrations.RenameField('order', 'number', 'numb er'),\nmigrations.AlterModelTable('order', {name!r}),\n"
    )
    return {
        "shop/migrations/0005_more.py": migration(LAST, before),
        "shop/migrations/0006_rename.py": migration([("shop", "0005_more")], rename),
        "shop/migrations/0007_key.py": migration(
            [("shop", "0006_rename")], operations("migrations.AlterModelTable('label', 'Lab el'),")
        ),
    }


def differences(project: Project, *options: str) -> tuple[str, list[str]]:
    """How the schema was compared, and what `check` finds, what the models lack aside."""
    found = project.migwizard("check", "--format", "json", *options).json
    ids = [finding["id"] for finding in found["findings"]]
    return found["database"]["schema_compared"], [id for id in ids if not id.startswith("model-changes")]


@pytest.mark.parametrize("name", NAMES)
def test_a_renamed_table_is_as_expected(name: str, kind: str, new_shop: Callable[..., Shop]) -> None:
    shop = new_shop(kind, renamed(name))
    outcome = shop.project.manage("migrate", "--verbosity", "0")
    assert outcome.code == 0, outcome.stderr
    assert differences(shop.project, "--no-replay") == ("modelled", [])
    assert shop.project.migwizard("replay").code == 0
    assert differences(shop.project) == ("replayed", [])


def test_a_table_under_its_former_name_is_told(kind: str, new_shop: Callable[..., Shop]) -> None:
    shop = new_shop(kind, renamed("Ord er"))
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    shop.run('ALTER TABLE "Ord er" RENAME TO shop_order')
    assert differences(shop.project, "--no-replay") == ("modelled", ["half-applied:shop.0006_rename"])
    assert shop.project.migwizard("replay").code == 0
    assert differences(shop.project) == ("replayed", ["schema-drift:shop_order:table-renamed"])


def test_a_rename_that_was_only_faked_is_told(kind: str, new_shop: Callable[..., Shop]) -> None:
    files = renamed("Ord er")
    del files["shop/migrations/0007_key.py"]
    files["shop/migrations/0006_rename.py"] = migration(
        [("shop", "0005_more")], operations("migrations.AlterModelTable('order', 'Ord er'),")
    )
    shop = new_shop(kind, files)
    assert shop.project.manage("migrate", "shop", "0005", "--verbosity", "0").code == 0
    assert differences(shop.project, "--no-replay") == ("modelled", ["pending-migrations:*"])
    assert shop.project.manage("migrate", "--fake", "--verbosity", "0").code == 0
    told = ["recorded-not-applied:shop.0006_rename"]
    assert differences(shop.project, "--no-replay") == ("modelled", told)
    assert shop.project.migwizard("replay").code == 0
    assert differences(shop.project) == ("replayed", told)
