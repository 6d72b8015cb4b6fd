"""Shops whose graph forks: two migrations after the last one, and models that have what both make."""

from __future__ import annotations

from pathlib import Path

from tests.running.kit import LAST, Shop, migration

NOTE = 'migrations.AddField("order", "gift", models.BooleanField(default=False))'
LABEL = 'migrations.AddField("coupon", "label", models.CharField(default="", max_length=20))'
MODELS = Path(__file__).parent.parent / "projects" / "library" / "shop" / "models.py"
BOTH = {
    "    paid = models.BooleanField(default=False)\n": "    gift = models.BooleanField(default=False)\n",
    "    code = models.CharField(max_length=20, db_index=True)\n": (
        '    label = models.CharField(max_length=20, default="")\n'
    ),
}


def models(additions: dict[str, str] = BOTH) -> str:
    """The shop's models.py with lines added after others."""
    text = MODELS.read_text()
    for line, added in additions.items():
        assert text.count(line) == 1
        text = text.replace(line, line + added)
    return text


def fork(shop: Shop, first: str, second: str, *, applied: tuple[str, ...] = ("first",)) -> None:
    """Write 0005_first and 0005_second with these operations; those in `applied` are run."""
    for name, operations in (("first", first), ("second", second)):
        if name in applied:
            add(shop, f"0005_{name}", operations)
            outcome = shop.project.manage("migrate", "--verbosity", "0")
            assert outcome.code == 0, outcome.stderr
            path(shop, f"0005_{name}").unlink()
    add(shop, "0005_first", first)
    add(shop, "0005_second", second)


def add(shop: Shop, name: str, operations: str, after: list[tuple[str, str]] = LAST, **more: str) -> None:
    """Write a migration of the shop."""
    shop.project.write({f"shop/migrations/{name}.py": migration(after, operations, **more)})


def path(shop: Shop, name: str) -> Path:
    """The file of a migration of the shop."""
    return shop.project.root / "shop" / "migrations" / f"{name}.py"


def clean(shop: Shop) -> list[str]:
    """What Django complains of."""
    found = []
    for command in (("migrate", "--check"), ("makemigrations", "--check", "--dry-run")):
        outcome = shop.project.manage(*command)
        if outcome.code:
            found.append(f"{command[0]}: {outcome.stdout}{outcome.stderr}")
    return found
