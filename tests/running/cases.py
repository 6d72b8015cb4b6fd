"""One small plan for each repair that writes anything, and how a shop gets into the state that it is made for.

The fewer steps a plan has, the fewer instants there are at which its process can be killed.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.repairs.branching import add, models

from .kit import LAST, Shop

TIME = "2026-01-02 03:04:05.678901"
SECOND = [("shop", "0002_note")]
A = '        migrations.AddField("order", "a", models.IntegerField(null=True)),'
B = '        migrations.AddField("order", "b", models.IntegerField(null=True)),'
BY_A = '        migrations.AddIndex("order", models.Index(fields=["a"], name="by_a")),'
CONCURRENT = '        AddIndexConcurrently("order", models.Index(fields=["a"], name="by_a")),'
IMPORT = "from django.contrib.postgres.operations import AddIndexConcurrently"
NAMED = 'migrations.AlterModelOptions("{model}", {{"verbose_name": "{model}s"}})'
SQUASH = "0003_paid_squashed_0004_coupon"
BOTH = """\
        migrations.AddField("order", "paid", models.BooleanField(default=False)),
        migrations.CreateModel("Coupon", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("code", models.CharField(db_index=True, max_length=20)),
            ("order", models.ForeignKey(on_delete=models.CASCADE, to="shop.order")),
        ]),
        migrations.AddIndex("coupon", models.Index(fields=["order", "code"], name="coupon_order_code")),"""


@dataclass(frozen=True)
class Case:
    """A plan, and the state that it is made for."""

    repair: str
    arguments: tuple[str, ...]
    arrange: Callable[[Shop], None]
    variant: str = ""
    """What tells it from other cases of the same repair."""
    first: tuple[tuple[Any, ...], ...] = field(default=())
    """Commands (see `driver`) that come before; the process that carries them out may be killed by one."""

    @property
    def id(self) -> str:
        """Its name among the tests."""
        return "-".join(filter(None, (self.repair, self.variant)))


def installed(shop: Shop) -> None:
    """One of the apps comes from an installed package."""
    root = shop.project.root
    (root / "site-packages").mkdir()
    (root / "billing").rename(root / "site-packages" / "billing")
    settings = root / "config" / "settings.py"
    place = "sys.path.insert(0, str(Path(__file__).parents[1] / 'site-packages'))"
    settings.write_text(f"import sys\nfrom pathlib import Path\n{place}\n{settings.read_text()}")


def insert(shop: Shop, *names: str) -> None:
    """Record migrations, named as `shop.0002_note`."""
    for name in names:
        app, label = name.split(".")
        shop.run(f"INSERT INTO django_migrations (app, name, applied) VALUES ('{app}', '{label}', '{TIME}')")


def later(shop: Shop, operations: str, code: str = "", body: str = "") -> None:
    """Write a migration that comes after all others."""
    add(shop, "0005_more", operations, LAST, code=code, body=body)


def holed(shop: Shop) -> None:
    """A history that lacks one migration which the schema has, and one which it has not."""
    shop.forget("shop.0002_note", "shop.0003_paid")
    shop.run("ALTER TABLE shop_order DROP COLUMN paid")


def forgotten(shop: Shop) -> None:
    """A migration that is applied and not recorded."""
    shop.forget("shop.0004_coupon")


def without_history(shop: Shop) -> None:
    """No table of history rows."""
    shop.run("DROP TABLE django_migrations")


def without_table(shop: Shop) -> None:
    """A migration that is recorded, and its table is gone."""
    shop.run("DROP TABLE shop_coupon")


def pending(shop: Shop) -> None:
    """A migration that is to be run."""
    later(shop, f"{A}\n{BY_A}")


def half(shop: Shop) -> None:
    """A migration that is in by halves."""
    later(shop, f"{A}\n{B}")
    shop.run("ALTER TABLE shop_order ADD COLUMN a integer NULL")


def without_coupons(shop: Shop) -> None:
    """No rows in a table that goes."""
    shop.run("DELETE FROM shop_coupon")


def with_null(shop: Shop) -> None:
    """A column that takes NULL, which no migration says."""
    shop.run(
        "ALTER TABLE shop_order DROP COLUMN number",
        "ALTER TABLE shop_order ADD COLUMN number integer NULL",
        "UPDATE shop_order SET number = id",
    )


def deleted(shop: Shop) -> None:
    """A file that only git has."""
    path = shop.project.root / "shop/migrations/0003_paid.py"
    owner = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for command in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "All")):
        subprocess.run(["git", *owner, *command], cwd=shop.project.root, check=True, capture_output=True)
    path.unlink()


def ghost(shop: Shop) -> None:
    """A record without a file."""
    insert(shop, "shop.0009_gone")


def renamed(shop: Shop) -> None:
    """A record under the name that its file had before."""
    shop.run("UPDATE django_migrations SET name = '0004_auto' WHERE app = 'shop' AND name = '0004_coupon'")


def doubled(shop: Shop) -> None:
    """A migration that is recorded twice."""
    insert(shop, "shop.0002_note")


def two_leaves(shop: Shop) -> None:
    """Two branches that are both applied."""
    for name, model in (("first", "order"), ("second", "coupon")):
        add(shop, f"0005_{name}", NAMED.format(model=model))
        insert(shop, f"shop.0005_{name}")


def changed_models(shop: Shop) -> None:
    """Models that have what no migration makes."""
    shop.project.write({"shop/models.py": models()})


def partly_squashed(shop: Shop) -> None:
    """A squash of which one original is not recorded."""
    squashed(shop)
    shop.forget("shop.0004_coupon")


def squashed(shop: Shop) -> None:
    """A squash whose originals are recorded."""
    replaces = 'replaces = [("shop", "0003_paid"), ("shop", "0004_coupon")]'
    add(shop, SQUASH, BOTH, SECOND, body=replaces)


def finished_squash(shop: Shop) -> None:
    """A squash that is recorded, and only one of its originals is still there."""
    squashed(shop)
    insert(shop, f"shop.{SQUASH}")
    (shop.project.root / "shop/migrations/0003_paid.py").unlink()


def in_parts(shop: Shop) -> None:
    """A migration of which two operations are run without a transaction; its record is written in one."""
    operations = f"{A}\n{BY_A if shop.sqlite else CONCURRENT}"
    later(shop, operations, "" if shop.sqlite else IMPORT, "atomic = False")


MERGE = (("read",), ("plan", "merge", ("shop",)))
FINISH_SQUASH = (("read",), ("plan", "finish-squash", ("shop", SQUASH)))
ROLLBACK = (("read",), ("plan", "rollback", ("shop", "0003")))
IN_PARTS = (("read",), ("plan", "migrate", ("shop",)))
EXECUTE = ("execute",)

CASES = (
    Case("repair-history", (), holed),
    Case("fake", ("shop", "0004"), forgotten),
    Case("fake-initial", (), without_history),
    Case("unfake", ("shop", "0004"), without_table),
    Case("migrate", ("shop",), pending),
    Case("migrate", ("shop",), in_parts, "in-parts"),
    Case("finish", ("shop", "0005"), half),
    Case("take-back", ("shop", "0005"), half),
    Case("rollback", ("shop", "0003"), without_coupons),
    Case("align-schema", ("shop_order",), with_null),
    Case("restore-file", ("shop", "0003_paid"), deleted),
    Case("prune", ("shop",), ghost),
    Case("rename-record", ("shop", "0004_auto", "0004_coupon"), renamed),
    Case("remove-duplicates", ("shop",), doubled),
    Case("merge", ("shop",), two_leaves),
    Case("rebase", ("shop", "0005_second"), two_leaves),
    Case("make-migration", ("shop",), changed_models),
    Case("record-squash", ("shop", SQUASH), partly_squashed),
    Case("finish-squash", ("shop", SQUASH), finished_squash),
    Case("squash-override", ("billing", "config.overrides.billing"), installed),
    Case("resume", ("1",), two_leaves, first=(*MERGE, ("instants", "before committed"), EXECUTE)),
    Case(
        "resume",
        ("1",),
        in_parts,
        "in-parts",
        first=(*IN_PARTS, ("instants", "before done 2"), EXECUTE),
    ),
    Case("undo", ("1",), without_coupons, "tables", first=(*ROLLBACK, EXECUTE)),
    Case("undo", ("1",), finished_squash, "files", first=(*FINISH_SQUASH, EXECUTE)),
)

ON_BOTH = tuple(case for case in CASES if case.id in ("migrate", "rebase", "undo-tables"))
"""The cases that are run on every server in any case: operations, files beside them, and a journal to take back."""

ALIKE = {
    "update-override": "squash-override",
    "add-app": "squash-override",
    "remove-app": "squash-override",
    "set-default-schema": "align-schema",
    "create-schema": "migrate",
    "recreate-schema": "migrate",
}
"""Repairs that need more than a shop, and one whose plan has steps of the same kinds: files, statements, operations.

Those of tenants are killed in `tests/batches/test_killed.py` too.
"""
