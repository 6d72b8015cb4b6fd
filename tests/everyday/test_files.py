"""Deleted migration files brought back from a branch, a stash and the history, byte for byte, and taken away again."""

from __future__ import annotations

import pytest

from tests.everyday.kit import complaints, found, repair, run, state, undo
from tests.repairs.branching import MODELS
from tests.repairs.test_restore_file import committed

pytest_plugins = ["tests.running.fixtures"]

LAST = "shop/migrations/0005_late.py"
NAME = "shop.0005_late"
SOURCE = (
    "# Späte Bestellungen \N{SNOWMAN}\r\n"
    "from django.db import migrations, models\r\n\r\n\r\n"
    "class Migration(migrations.Migration):\r\n"
    '    dependencies = [("shop", "0004_coupon")]\r\n'
    '    operations = [migrations.AddField("order", "late", models.BooleanField(default=False))]'
).encode()
"""A file that nobody would write again by hand as it was: other line ends, no end of the last line."""

PAID = "    paid = models.BooleanField(default=False)\n"
WHERE = {"branch": "branch feature/late", "stash": "stash@{0}", "history": "deleted by "}


def hidden(shop, where, *, recorded):
    """Write the migration, run it if it is to be recorded, and leave it only at one place of the repository."""
    path = shop.project.root / LAST
    models = shop.project.root / "shop/models.py"
    wanted = MODELS.read_text().replace(PAID, f"{PAID}    late = models.BooleanField(default=False)\n")

    def write(git=None):
        path.write_bytes(SOURCE)
        if recorded:
            outcome = shop.project.manage("migrate", "--verbosity", "0")
            assert outcome.code == 0, outcome.stderr

    def on_a_branch(git):
        git("checkout", "--quiet", "-b", "feature/late")
        write()

    # Line ends are what is stored, whatever the machine's own configuration says.
    (shop.project.root / ".gitattributes").write_text("* -text\n")
    if where == "branch":
        committed(shop, ("Late", on_a_branch))("checkout", "--quiet", "main")
    elif where == "stash":
        git = committed(shop)
        write()
        git("stash", "push", "--quiet", "--include-untracked")
    else:
        committed(shop, ("Late", write), ("Tidied", lambda git: path.unlink()))
    assert not path.exists()
    models.write_text(wanted)
    return path


@pytest.mark.parametrize("where", WHERE)
def test_a_recorded_migration_gets_its_file_back(shop, where):
    path = hidden(shop, where, recorded=True)
    shop.run("UPDATE shop_order SET late = true WHERE id = 2")
    before = state(shop)
    assert found(shop)[f"missing-file:{NAME}"] == ["restore-file", "prune"]
    done = repair(shop, f"missing-file:{NAME}")
    assert WHERE[where] in done.json["steps"][0]["why"]
    assert path.read_bytes() == SOURCE
    assert complaints(shop) == []
    assert [bool(late) for (late,) in shop.run("SELECT late FROM shop_order ORDER BY id")] == [
        False,
        True,
        False,
    ]
    undo(shop, 1)
    assert state(shop).unlike(before) == []


@pytest.mark.parametrize("where", WHERE)
def test_a_migration_that_others_need_and_that_is_not_recorded_is_run_after_it(shop, where):
    path = hidden(shop, where, recorded=False)
    needs = path.with_name("0006_more.py")
    needs.write_text(
        "from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n"
        '    dependencies = [("shop", "0005_late")]\n    operations = []\n'
    )
    before = state(shop)
    assert found(shop) == {f"missing-dependency:{NAME}": ["restore-file"]}
    (plan,) = run(shop, ["plan", f"missing-dependency:{NAME}", "--format", "json"])
    assert plan.json["risks"] == [
        f"{NAME} is not recorded: it is pending then, and the next migrate runs it."
    ]
    repair(shop, f"missing-dependency:{NAME}")
    assert path.read_bytes() == SOURCE
    repair(shop, "pending-migrations:*")
    assert complaints(shop) == []
    assert shop.run("SELECT count(*) FROM shop_order WHERE late") == [(0,)]
    undo(shop, 2, 1)
    assert state(shop).unlike(before) == []
