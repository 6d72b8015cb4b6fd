"""What is replayed again, and what is not."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project

from .conftest import Replayed, run, scratch_databases
from .test_effects import is_sqlite, migration, project_of

# The data matter: a migration that is run on a rebuilt database finds what those before it wrote, under the same keys.
FIRST = migration(
    """
    migrations.CreateModel("Tag", [key(), ("name", models.CharField(max_length=90, unique=True))]),
    migrations.CreateModel("Order", [
        key(), ("no", models.FloatField(db_index=True)), ("tag", models.ForeignKey("shop.Tag", models.CASCADE)),
        ("tags", models.ManyToManyField("shop.Tag", related_name="+")),
    ]),
    migrations.RunPython(fill),
    """
).replace(
    "class Migration",
    """
def fill(apps, schema_editor):
    from django.db import IntegrityError, transaction

    Tag, Order = apps.get_model("shop", "Tag"), apps.get_model("shop", "Order")
    Tag.objects.bulk_create([Tag(name=name) for name in ("a", "it's", "100 %s %", 'q"', "ü\\\\n", "")])
    try:
        with transaction.atomic():
            Tag.objects.create(name="lost")
            Tag.objects.create(name="a")
    except IntegrityError:
        pass
    tag = Tag.objects.get(name="it's")
    Order.objects.create(no=0.1 + 0.2, tag=tag).tags.set(Tag.objects.all())
    Tag.objects.filter(name="").update(name="was empty")
    with schema_editor.connection.cursor() as cursor:
        cursor.executemany("INSERT INTO shop_tag (name) VALUES (%s)", [["x%"], ["y"]])
        cursor.execute("CREATE TABLE raw (a integer)")
        cursor.execute("INSERT INTO raw (a) VALUES (1), (2)")


class Migration""",
)
SECOND = migration('migrations.AddField("Order", "size", models.IntegerField(default=3))', "shop.0001_x")
OUTSIDE = migration(
    """
    migrations.RunPython(lost, atomic=False),
    migrations.AddField("Tag", "size", models.IntegerField(db_index=True, null=True)),
    migrations.RunSQL("UPDATE shop_tag SET size = 100 % 7"),
    """,
    "shop.0002_x",
    extra="atomic = False",
).replace(
    "class Migration",
    """
def lost(apps, schema_editor):
    from django.db import transaction

    Tag = apps.get_model("shop", "Tag")
    try:
        with transaction.atomic():
            Tag.objects.create(name="rolled back")
            raise ValueError
    except ValueError:
        Tag.objects.create(name="kept")


class Migration""",
)
# Fails unless the rebuilt database is what the migrations before would have left.
LAST = migration(
    "migrations.RunPython(look)",
    "shop.0003_x",
).replace(
    "class Migration",
    """
def look(apps, schema_editor):
    Tag, Order = apps.get_model("shop", "Tag"), apps.get_model("shop", "Order")
    names = set(Tag.objects.values_list("name", flat=True))
    assert names == {"a", "it's", "100 %s %", 'q"', "ü\\\\n", "was empty", "x%", "y", "kept"}, names
    assert set(Tag.objects.values_list("size", flat=True)) == {2}
    order = Order.objects.get()
    assert (order.no, order.tag.name, order.tags.count(), order.size) == (0.1 + 0.2, "it's", 6, 3)
    Tag.objects.create(name="next key")
    from django.db.migrations.recorder import MigrationRecorder
    applied = MigrationRecorder(schema_editor.connection).applied_migrations()
    assert set(applied) == {("shop", "0001_x"), ("shop", "0002_x"), ("shop", "0003_x")}, applied


class Migration""",
)
CHAIN = (FIRST, SECOND, OUTSIDE, LAST)


@pytest.fixture
def project(tmp_path: Path, database: Any) -> Project:
    return project_of(tmp_path / "project", database, *CHAIN)


def whole(replayed: Replayed) -> Replayed:
    assert replayed.error == ""
    assert replayed.effects is not None
    assert replayed.effects.failure == ""
    return replayed


def test_a_whole_replay_is_cached(project: Project, replay: Callable[..., Replayed]) -> None:
    assert run(project, "cached").effects is None
    first = whole(replay(project))
    assert first.ran == ["shop.0001_x", "shop.0002_x", "shop.0003_x", "shop.0004_x"]
    cached = run(project, "cached")
    assert cached.effects == first.effects
    again = replay(project)
    assert again.progress == [], "no process is started"
    assert again.effects == first.effects


def test_everything_is_replayed_again_if_asked_for(project: Project, replay: Callable[..., Replayed]) -> None:
    first = whole(replay(project))
    again = whole(run(project, "replay", "again"))
    assert len(again.ran) == 4
    assert again.effects == first.effects


def test_only_its_owner_may_read_the_cache(project: Project, replay: Callable[..., Replayed]) -> None:
    file = replay(project).file
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_one_more_migration_is_the_only_one_that_runs(
    tmp_path: Path, every_database: Any, replay: Callable[..., Replayed]
) -> None:
    project = project_of(tmp_path / "project", every_database, *CHAIN[:3])
    whole(replay(project))
    project.write({"shop/migrations/0004_x.py": LAST})
    assert run(project, "cached").effects is None
    more = whole(replay(project))
    assert more.ran == ["shop.0004_x"]
    fresh = project_of(tmp_path / "fresh", every_database, *CHAIN)
    assert replay(fresh).effects == more.effects


def test_an_interrupted_replay_goes_on_where_it_was(
    project: Project, replay: Callable[..., Replayed]
) -> None:
    stopped = replay(project, MIGWIZARD_TEST_STOP_AFTER="2")
    assert stopped.error == "ReplayCancelled: The replay was stopped."
    resumed = whole(replay(project))
    done = [
        ".".join(json.loads(line)["name"])
        for line in resumed.file.read_text().splitlines()
        if '"name"' in line
    ]
    assert done == ["shop.0001_x", "shop.0002_x", "shop.0003_x", "shop.0004_x"]
    assert len(resumed.ran) <= 2


def test_a_line_that_was_cut_off_is_run_again(project: Project, replay: Callable[..., Replayed]) -> None:
    first = whole(replay(project))
    lines = first.file.read_bytes().splitlines(keepends=True)
    first.file.write_bytes(b"".join(lines[:2]) + lines[2][:-40])
    resumed = whole(replay(project))
    assert resumed.ran == ["shop.0003_x", "shop.0004_x"]
    assert resumed.effects == first.effects
    assert run(project, "cached").effects == first.effects


def test_an_edited_migration_and_what_follows_are_run_again(
    project: Project, replay: Callable[..., Replayed]
) -> None:
    first = whole(replay(project))
    edited = SECOND.replace("default=3", "default=3, db_index=True")
    project.write({"shop/migrations/0002_x.py": edited})
    changed = whole(replay(project))
    assert changed.ran == ["shop.0002_x", "shop.0003_x", "shop.0004_x"]
    assert changed.effects != first.effects
    project.write({"shop/migrations/0002_x.py": SECOND})
    back = replay(project)
    assert back.ran == [], "as after the change of a branch, and back"
    assert back.effects == first.effects


def test_independent_migrations_keep_their_place_in_the_cache(
    tmp_path: Path, database: Any, replay: Callable[..., Replayed]
) -> None:
    model = 'migrations.CreateModel("Thing", [key()])'
    project = project_of(tmp_path / "project", database, migration(model), apps=["shop", "early"])
    project.write({"early/migrations/0001_x.py": migration(model)})
    assert whole(replay(project)).ran == ["early.0001_x", "shop.0001_x"]
    more = migration('migrations.AddField("Thing", "a", models.IntegerField(null=True))', "early.0001_x")
    project.write({"early/migrations/0002_x.py": more})
    grown = whole(replay(project))
    assert grown.ran == ["early.0002_x"], "although `migrate` would run it before shop.0001_x"
    assert grown.effects is not None
    assert [".".join(each.key) for each in grown.effects.migrations] == [
        "early.0001_x",
        "shop.0001_x",
        "early.0002_x",
    ]


def test_a_setting_that_migrations_read_makes_another_cache(
    project: Project, replay: Callable[..., Replayed]
) -> None:
    whole(replay(project))
    settings = project.root / "config" / "settings.py"
    settings.write_text(settings.read_text() + "DEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n")
    assert run(project, "cached").effects is None
    assert len(replay(project).ran) == 4


def test_a_rebuilt_schema_that_differs_is_thrown_away(
    project: Project, replay: Callable[..., Replayed]
) -> None:
    """As when a driver's own cursor made a table, which nobody heard."""
    behind = migration("migrations.RunPython(make)", "shop.0003_x").replace(
        "class Migration",
        "def make(apps, schema_editor):\n"
        "    schema_editor.connection.connection.cursor().execute('CREATE TABLE behind (a integer)')\n\n\n"
        "class Migration",
    )
    project.write({"shop/migrations/0004_x.py": behind})
    assert "behind" in whole(replay(project)).tables()
    project.write({"shop/migrations/0005_x.py": migration("", "shop.0004_x")})
    again = whole(replay(project))
    assert again.ran == ["shop.0001_x", "shop.0002_x", "shop.0003_x", "shop.0004_x", "shop.0005_x"]
    assert "behind" in again.tables()


def test_a_statement_of_the_cache_that_fails_is_no_end(
    project: Project, replay: Callable[..., Replayed]
) -> None:
    first = whole(replay(project))
    lines = [json.loads(line) for line in first.file.read_text().splitlines()]
    lines[0]["sql"][0][1].insert(0, "DROP TABLE nonsense")
    first.file.write_text("".join(json.dumps(line) + "\n" for line in lines if line["kind"] == "migration"))
    again = whole(replay(project))
    assert len(again.ran) == 4
    assert again.effects == first.effects


def test_a_migration_that_fails_keeps_those_before_it(
    project: Project, database: Any, replay: Callable[..., Replayed]
) -> None:
    project.write(
        {"shop/migrations/0003_x.py": migration('migrations.RunSQL("DROP TABLE nowhere")', "shop.0002_x")}
    )
    failed = replay(project)
    assert failed.effects is not None
    assert failed.effects.failed_at == ("shop", "0003_x")
    missing = "no such table: nowhere" if is_sqlite(database) else 'table "nowhere" does not exist'
    error = "OperationalError" if is_sqlite(database) else "ProgrammingError"
    assert failed.effects.failure == f"Raw SQL operation: {error}: {missing}"
    assert failed.ran == ["shop.0001_x", "shop.0002_x"]
    assert [migration.key[1] for migration in failed.effects.migrations] == ["0001_x", "0002_x"]
    assert run(project, "cached").effects == failed.effects
    again = replay(project)
    assert (again.ran, again.effects) == ([], failed.effects), "it is tried again, and fails again"
    project.write({"shop/migrations/0003_x.py": OUTSIDE})
    assert whole(replay(project)).ran == ["shop.0003_x", "shop.0004_x"]
    if not is_sqlite(database):
        assert scratch_databases(database) == []


def test_a_file_that_cannot_be_imported_costs_only_what_depends_on_it(
    tmp_path: Path, database: Any, replay: Callable[..., Replayed]
) -> None:
    model = 'migrations.CreateModel("Thing", [key()])'
    project = project_of(tmp_path / "project", database, migration(model), apps=["shop", "early"])
    project.write({"early/migrations/0001_x.py": "import nowhere\n" + migration(model)})
    replayed = replay(project)
    assert replayed.effects is not None
    assert [".".join(each.key) for each in replayed.effects.migrations] == ["shop.0001_x"]
    assert replayed.effects.failed_at == ("early", "0001_x")
    assert (
        replayed.effects.failure
        == "The file cannot be imported: ModuleNotFoundError: No module named 'nowhere'"
    )


def test_a_cache_folder_that_cannot_be_made_is_done_without(
    project: Project, replay: Callable[..., Replayed], tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert len(whole(replay(project, XDG_CACHE_HOME=str(blocked))).ran) == 4
    assert len(whole(replay(project, XDG_CACHE_HOME=str(blocked))).ran) == 4
