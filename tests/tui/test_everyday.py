"""Everyday repairs from the screen alone, in real terminals: small ones and large ones, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import copy_project
from tests.repairs.branching import LABEL, fork
from tests.repairs.test_restore_file import committed
from tests.repairs.test_rollback import ROWS
from tests.repairs.test_squashes import NAME, SQUASH
from tests.running.kit import Shop, records

from .terminal import Terminal

pytest_plugins = ["tests.running.fixtures"]

WHERE = pytest.mark.parametrize(
    ("kind", "size"),
    [("sqlite", (80, 24)), ("postgresql", (160, 50))],
    ids=["sqlite-80x24", "postgresql-160x50"],
)
HEALED = (
    ("\r", "previews the repair"),
    ("\r", "tries it, rolls back"),
    ("\r", "asks whether to run it"),
    ("\r", "y runs, any other key does not"),
    ("y", "in the journal"),
)
"""From the problem to the end of its repair."""


def opened(terminals: Callable[..., Terminal], shop: Shop, size: tuple[int, int], says: str) -> Terminal:
    """Start the wizard, and wait until everything has been read."""
    terminal = terminals(shop, size=size)
    assert says.encode() in terminal.read(until=says.encode(), limit=60)
    terminal.read(quiet=1)
    return terminal


@pytest.mark.slow
@WHERE
def test_two_branches_that_touch_the_same_field(
    kind: str, size: tuple[int, int], new_shop: Callable[..., Shop], terminals: Callable[..., Terminal]
) -> None:
    shop = new_shop(kind)
    first = 'migrations.AlterField("order", "note", models.CharField(default="", max_length=200)),'
    second = 'migrations.AlterField("order", "note", models.TextField(default="")),\n' + LABEL
    fork(shop, first, second)
    terminal = opened(terminals, shop, size, "conflicting-leaves")
    terminal.walk(("\r", "both branches deal with order.note"), *HEALED[1:])
    assert (Path(shop.project.root) / "shop/migrations/0006_second.py").exists()
    terminal.walk(("u", "tries it"), ("x", "y runs, any other key does not"), ("y", "in the journal"))
    assert not (Path(shop.project.root) / "shop/migrations/0006_second.py").exists()
    assert "conflicting-leaves:shop" in shop.check("--no-replay")[0]


@pytest.mark.slow
@WHERE
def test_a_rollback_of_twelve_migrations_names_what_is_lost_and_asks_for_the_name(
    kind: str,
    size: tuple[int, int],
    tmp_path: Path,
    new_database: Callable[..., dict[str, str]],
    terminals: Callable[..., Terminal],
) -> None:
    entry = new_database(kind)
    shop = Shop(copy_project("guild", tmp_path / "guild", entry), entry)
    assert shop.project.manage("migrate", "--verbosity", "0").code == 0
    shop.run(*ROWS)
    terminal = opened(terminals, shop, size, "othing is wrong")
    name = entry["NAME"].rsplit("/", 1)[-1]
    before = shop.contents()
    terminal.walk(
        (":rollback people 0001\r", "What is lost"),
        ("x", "Data will be lost:"),
        ("not the name\r", "Nothing was run."),
    )
    assert shop.contents() == before
    terminal.walk(("x", "Data will be lost:"), (f"{name}\r", "in the journal"))
    assert records(entry, "people") == ["0001_initial"]
    assert [records(entry, app) for app in ("orders", "places", "press")] == [[], [], []]


@pytest.mark.slow
@WHERE
def test_a_file_of_another_branch_comes_back(
    kind: str, size: tuple[int, int], new_shop: Callable[..., Shop], terminals: Callable[..., Terminal]
) -> None:
    shop = new_shop(kind)
    last = Path(shop.project.root) / "shop/migrations/0005_last.py"
    source = (
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        '    dependencies = [("shop", "0004_coupon")]\n    operations = [migrations.AddField('
        '"order", "late", models.BooleanField(default=False))]\n'
    )

    def on_a_branch(git: Callable[..., None]) -> None:
        git("checkout", "--quiet", "-b", "feature/late")
        last.write_text(source)
        assert shop.project.manage("migrate", "--verbosity", "0").code == 0

    git = committed(shop, ("Late", on_a_branch))
    git("checkout", "--quiet", "main")
    assert not last.exists()
    terminal = opened(terminals, shop, size, "missing-file")
    terminal.walk(HEALED[0], ("\r", "branch feature/late"), *HEALED[2:])
    assert last.read_text() == source


@pytest.mark.slow
@WHERE
def test_a_partial_squash_is_finished(
    kind: str, size: tuple[int, int], new_shop: Callable[..., Shop], terminals: Callable[..., Terminal]
) -> None:
    shop = new_shop(kind, {f"shop/migrations/{NAME}.py": SQUASH})
    shop.run("DROP TABLE shop_coupon")
    shop.forget("shop.0004_coupon")
    terminal = opened(terminals, shop, size, "partial-squash")
    terminal.walk(*HEALED)
    assert records(shop.entry, "shop")[-2:] == ["0004_coupon", NAME]
    assert shop.check("--no-replay")[0] == []
