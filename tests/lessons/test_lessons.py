"""The lessons: each is broken exactly as it says, and can be mended."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from migwizard import lessons
from tests.projects import Project

ANSWERS = {"not-null-over-rows": ("--set", "fill=2026-03-31")}
"""What is answered to the repair that a lesson recommends."""

HEADINGS = ("## What happened", "## What you see", "## What to do", "## What to remember")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A function from a lesson's name to its project, made once; leave it as it is."""
    roots: dict[str, Path] = {}

    def make(name: str) -> Path:
        if name not in roots:
            roots[name] = lessons.make(name, tmp_path_factory.mktemp("lessons") / name)
        return roots[name]

    return make


@pytest.fixture
def broken(made: Callable[[str], Path], tmp_path: Path) -> Callable[[str], Project]:
    """A function from a lesson's name to its project, to do with as one likes."""

    def project(name: str) -> Project:
        root = tmp_path / name
        shutil.copytree(made(name), root)
        return Project(root)

    return project


def contents(root: Path) -> list[str]:
    """The whole database, as SQL."""
    with closing(sqlite3.connect(root / "db.sqlite3")) as connection:
        return list(connection.iterdump())


def query(root: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(root / "db.sqlite3")) as connection:
        return connection.execute(sql).fetchall()


def business_rows(root: Path) -> dict[str, int]:
    """The number of rows of each table of the shop."""
    tables = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"
    own = ("customers_", "shop_", "billing_")
    return {
        name: query(root, f'SELECT count(*) FROM "{name}"')[0][0]
        for (name,) in query(root, tables)
        if name.startswith(own)
    }


def folders() -> set[str]:
    here = Path(lessons.__file__).parent
    return {path.name for path in here.iterdir() if (path / "lesson.py").exists()}


def test_every_folder_is_a_lesson_and_every_lesson_has_a_folder():
    assert {name.replace("-", "_") for name in lessons.LESSONS} == folders()


def test_titles_are_in_order_and_fit_beside_the_name_on_a_line():
    names, titles = zip(*lessons.titles(), strict=True)
    assert names == lessons.LESSONS
    assert names[0] == lessons.FIRST
    assert titles == (
        "An inconsistent history over three apps: three records are lost, one migration never ran",
        "A table that already exists: an interrupted deploy made it, and did not record it",
        "A fake that went wrong: a recorded migration whose column does not exist",
        "A half-applied migration: its index is there, its column and its record are not",
        "Two last migrations: two branches were merged, and migrate refuses to choose",
        "A deleted file in a git repository: later migrations still depend on it",
        "A NOT NULL column over existing rows: it is missing, and four orders need a value for it",
        "An outdated override: a package was upgraded, and migrate does not see its new migration",
    )
    assert all(len(name) + 2 + len(title) <= 120 for name, title in lessons.titles())


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_an_explanation_says_what_happened_what_is_seen_what_to_do_and_what_to_remember(name):
    lines = lessons.explanation(name).splitlines()
    assert tuple(line for line in lines if line.startswith("#")) == HEADINGS


def test_importing_the_lessons_loads_neither_django_nor_textual():
    code = (
        "import sys; from migwizard import lessons; lessons.titles(); lessons.explanation(lessons.FIRST);"
        "print(*({'django', 'textual'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\n", "")


def source_files(name: str, *parts: str) -> dict[Path, bytes]:
    """The files that there are for a lesson's project, those that came later over the first."""
    package = Path(lessons.__file__).parent
    folder = package / name.replace("-", "_")
    shared = [package / "projects" / one for one in lessons.lesson(name).PROJECT]
    return {
        path.relative_to(source): path.read_bytes()
        for source in (*shared, *(folder / part for part in parts or ("project", "changes")))
        for path in sorted(source.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_a_project_is_its_source_files_and_a_sound_database(made, name):
    root = made(name)
    files = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    written = {
        name: path.read_bytes()
        for name, path in files.items()
        if name != Path("db.sqlite3") and name.parts[0] != ".git"
    }
    expected = source_files(name)
    if name == "deleted-file":
        del expected[Path("shop/migrations/0003_order_note.py")]
    assert written == expected
    assert Path("db.sqlite3") in files
    assert query(root, "PRAGMA integrity_check") == [("ok",)]
    assert query(root, "PRAGMA foreign_key_check") == []
    assert query(root, "SELECT count(*) FROM shop_order") == [(4,)]


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_a_lesson_is_the_same_every_time(made, tmp_path, name):
    assert contents(lessons.make(name, tmp_path / "again")) == contents(made(name))


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_without_the_damage_the_project_is_healthy(broken, name):
    project = broken(name)
    shutil.rmtree(project.root)
    project.write({str(path): content for path, content in source_files(name, "project").items()})
    assert project.manage("migrate", "--verbosity", "0").stderr == ""
    assert project.manage("makemigrations", "--check", "--dry-run").stdout == "No changes detected\n"
    assert project.manage("check").code == 0


def test_an_inconsistent_history_makes_every_command_refuse_and_name_one_violation(broken):
    project = broken("inconsistent-history")
    before = contents(project.root)
    for arguments in (
        ["migrate"],
        ["migrate", "--plan"],
        ["migrate", "--fake", "customers", "0002"],
        ["makemigrations", "--check"],
    ):
        outcome = project.manage(*arguments)
        assert outcome.code == 1
        assert outcome.stderr.splitlines()[-1] == (
            "django.db.migrations.exceptions.InconsistentMigrationHistory: Migration shop.0002_order is applied before"
            " its dependency customers.0002_address on database 'default'."
        )
    assert contents(project.root) == before


def test_an_inconsistent_history_has_four_violations_over_three_apps(broken):
    code = """
        from django.db import connection
        from django.db.migrations.loader import MigrationLoader

        loader = MigrationLoader(connection, ignore_no_migrations=True)
        for node in sorted(loader.applied_migrations):
            for parent in sorted(loader.graph.node_map[node].parents):
                if parent.key not in loader.applied_migrations:
                    print(*node, *parent.key)
    """
    assert broken("inconsistent-history").python(code).stdout.splitlines() == [
        "billing 0002_payment billing 0001_initial",
        "billing 0002_payment customers 0003_loyalty_card",
        "shop 0002_order customers 0002_address",
        "shop 0004_order_line_once shop 0003_order_note",
    ]


def test_three_of_the_missing_records_are_in_the_schema_and_the_fourth_is_not(made):
    root = made("inconsistent-history")
    tables = {name for (name,) in query(root, "SELECT name FROM sqlite_master WHERE type = 'table'")}
    assert {"customers_address", "billing_invoice"} <= tables
    assert "note" in {row[1] for row in query(root, "PRAGMA table_info(shop_order)")}
    assert "customers_loyaltycard" not in tables


def test_a_table_that_exists_stops_migrate_at_every_try(broken):
    project = broken("table-exists")
    before = contents(project.root)
    for _ in range(2):
        outcome = project.manage("migrate")
        assert outcome.code == 1
        assert outcome.stdout.endswith("  Applying billing.0002_payment...")
        assert outcome.stderr.splitlines()[-1] == (
            'django.db.utils.OperationalError: table "billing_payment" already exists'
        )
    assert contents(project.root) == before
    assert query(project.root, "SELECT count(*) FROM billing_payment") == [(2,)]


def test_a_table_that_exists_is_the_one_that_the_migration_makes(broken):
    project = broken("table-exists")
    sql = "SELECT name, sql FROM sqlite_master WHERE tbl_name = 'billing_payment' ORDER BY name"
    live = query(project.root, sql)
    (project.root / "db.sqlite3").unlink()
    project.manage("migrate")
    assert live == query(project.root, sql)
    assert [name for name, _ in live] == [
        "billing_payment",
        "billing_payment_invoice_id_998dd3c5",
        "payment_received",
    ]


def test_after_a_fake_that_went_wrong_migrate_has_nothing_to_do_and_orders_cannot_be_read(broken):
    project = broken("fake-gone-wrong")
    outcome = project.manage("migrate")
    assert outcome.code == 0
    assert outcome.stdout.splitlines()[-1].strip() == "No migrations to apply."
    assert "[ ]" not in project.manage("showmigrations").stdout
    outcome = project.manage("dumpdata", "shop.order")
    assert outcome.stderr == "CommandError: Unable to serialize database: no such column: shop_order.note\n"
    assert "barcode" in {row[1] for row in query(project.root, "PRAGMA table_info(shop_product)")}


def test_of_a_half_applied_migration_the_index_is_there_and_the_column_is_not(broken):
    project = broken("half-applied")
    before = contents(project.root)
    outcome = project.manage("migrate")
    assert outcome.stderr.splitlines()[-1] == (
        "django.db.utils.OperationalError: index order_placed already exists"
    )
    assert contents(project.root) == before
    assert "note" not in {row[1] for row in query(project.root, "PRAGMA table_info(shop_order)")}


def test_with_two_last_migrations_migrate_refuses(broken):
    project = broken("two-leaves")
    refused = (
        "CommandError: Conflicting migrations detected; multiple leaf nodes in the migration graph: (0003_order_note,"
        " 0003_product_barcode in shop).\nTo fix them run 'python manage.py makemigrations --merge'\n"
    )
    assert project.manage("migrate").stderr == refused
    assert project.manage("makemigrations").stderr == refused


def test_a_deleted_file_stops_every_command_and_is_in_the_commit_before(broken):
    project = broken("deleted-file")
    assert project.manage("showmigrations").stderr.splitlines()[-1] == (
        "django.db.migrations.exceptions.NodeNotFoundError: Migration shop.0004_product_barcode dependencies reference"
        " nonexistent parent node ('shop', '0003_order_note')"
    )
    log = ("log", "--format=%an|%ad|%s", "--date=iso", "--name-status", "--diff-filter=D")
    assert project.run("git", *log).stdout.split("\n\n") == [
        "Robin Hood|2026-03-16 17:05:00 +0000|Tidy up old migrations",
        "D\tshop/migrations/0003_order_note.py\n",
    ]
    assert project.run("git", "status", "--porcelain").stdout == ""


def test_a_deleted_file_needs_git_and_nothing_of_the_configuration_of_whoever_takes_it(tmp_path, monkeypatch):
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "pre-commit").write_text("#!/bin/sh\nexit 1\n")
    (hooks / "pre-commit").chmod(0o755)
    (tmp_path / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {hooks}\n[commit]\n\tgpgSign = true\n[init]\n\ttemplateDir = {hooks}\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert (lessons.make("deleted-file", tmp_path / "new") / ".git").is_dir()
    assert not (tmp_path / "elsewhere").exists()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(lessons.LessonError) as caught:
        lessons.make("deleted-file", tmp_path / "newer")
    assert str(caught.value) == (
        "The lesson deleted-file cannot be made: git is not installed, which this lesson needs."
    )
    assert not (tmp_path / "newer").exists()


def test_a_column_that_is_missing_cannot_simply_be_added(broken):
    project = broken("not-null-over-rows")
    assert project.manage("migrate").stdout.splitlines()[-1].strip() == "No migrations to apply."
    outcome = project.manage("dumpdata", "shop.order")
    assert outcome.stderr == "CommandError: Unable to serialize database: no such column: shop_order.due\n"
    with pytest.raises(
        sqlite3.OperationalError, match="Cannot add a NOT NULL column with default value NULL"
    ):
        query(project.root, "ALTER TABLE shop_order ADD COLUMN due date NOT NULL")


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_check_finds_what_the_lesson_expects(broken, name):
    project = broken(name)
    before = contents(project.root)
    outcome = project.migwizard("check", "--format", "json", "--project", str(project.root))
    assert outcome.code == 1, outcome.stderr
    grave = [finding["id"] for finding in outcome.json["findings"] if finding["severity"] != "info"]
    assert sorted(grave) == sorted(lessons.lesson(name).EXPECTS)
    assert contents(project.root) == before


@pytest.mark.parametrize("name", lessons.LESSONS)
def test_the_recommended_repair_heals_it_and_keeps_every_row(broken, name):
    project = broken(name)
    before = business_rows(project.root)
    finding = lessons.lesson(name).EXPECTS[0]
    repaired = project.migwizard("repair", finding, *ANSWERS.get(name, ()), "--yes")
    assert repaired.code == 0, repaired.stdout + repaired.stderr
    migrated = project.manage("migrate")
    assert migrated.code == 0, migrated.stderr
    assert project.migwizard("check", "--fail-on", "warning").code == 0
    assert business_rows(project.root) | before == business_rows(project.root)
    assert query(project.root, "PRAGMA foreign_key_check") == []
    assert project.manage("dumpdata").code == 0
    models = query(project.root, "SELECT count(*) FROM django_content_type")[0][0]
    assert query(project.root, "SELECT count(*) FROM auth_permission") == [(4 * models,)]


def test_by_default_a_lesson_is_made_in_a_new_temporary_folder(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    root = lessons.make(lessons.FIRST)
    assert root.parent == tmp_path.resolve()
    assert root.name.startswith("migwizard-demo-")
    assert (root / "manage.py").exists()


def test_using_a_lesson_writes_nothing_into_the_installed_package(tmp_path):
    def listing() -> set[Path]:
        package = Path(lessons.__file__).parent
        parts = [folder for part in ("projects", "*/project", "*/changes") for folder in package.glob(part)]
        assert len(parts) > len(lessons.LESSONS) / 2
        return {path for folder in parts for path in folder.rglob("*")}

    before = listing()
    root = lessons.make("table-exists", tmp_path / "new")
    assert not list(root.rglob("__pycache__"))
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "DJANGO_SETTINGS_MODULE": lessons.SETTINGS}
    subprocess.run([sys.executable, "manage.py", "showmigrations"], cwd=root, env=environment, check=True)
    assert list(root.rglob("__pycache__"))
    assert listing() == before


def test_the_settings_of_another_project_do_not_matter(tmp_path, monkeypatch):
    other = tmp_path / "other" / "config"
    other.mkdir(parents=True)
    (other / "__init__.py").touch()
    (other / "settings.py").write_text("raise RuntimeError('not these')")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "other.settings")
    monkeypatch.setenv("PYTHONPATH", str(other.parent))
    assert (lessons.make("table-exists", tmp_path / "new") / "db.sqlite3").exists()


def test_the_folder_may_be_empty_and_its_parents_need_not_exist(tmp_path):
    (tmp_path / "empty").mkdir()
    assert lessons.make("table-exists", tmp_path / "empty") == tmp_path / "empty"
    assert (lessons.make("table-exists", tmp_path / "a" / "b") / "manage.py").exists()


def test_an_unknown_lesson_is_refused_with_the_names_of_those_there_are(tmp_path):
    text = f"There is no lesson 'x[/]' (there are: {', '.join(lessons.LESSONS)})."
    for call in (lambda: lessons.make("x[/]", tmp_path / "new"), lambda: lessons.explanation("x[/]")):
        with pytest.raises(lessons.LessonError, match=f"^{re.escape(text)}$"):
            call()
    assert not list(tmp_path.iterdir())


def test_a_folder_with_something_in_it_is_refused_and_left_alone(tmp_path):
    (tmp_path / "mine").write_text("precious")
    with pytest.raises(lessons.LessonError, match=f"^The folder {re.escape(str(tmp_path))} is not empty\\.$"):
        lessons.make(lessons.FIRST, tmp_path)
    with pytest.raises(
        lessons.LessonError, match=f"^{re.escape(str(tmp_path))}/mine is a file, not a folder\\.$"
    ):
        lessons.make(lessons.FIRST, tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    assert (tmp_path / "mine").read_text() == "precious"


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(
        lessons.LessonError, match=r"^The folder .*/file/new cannot be used: Not a directory\.$"
    ):
        lessons.make(lessons.FIRST, tmp_path / "file" / "new")


@pytest.mark.parametrize("existed", [False, True])
def test_nothing_is_left_where_django_cannot_migrate_the_project(tmp_path, monkeypatch, existed):
    interpreter = tmp_path / "python"
    interpreter.write_text(
        "#!/bin/sh\necho 'some line' >&2\necho 'ModuleNotFoundError: no Django' >&2\nexit 3\n"
    )
    interpreter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(interpreter))
    root = tmp_path / "new"
    if existed:
        root.mkdir()
    with pytest.raises(lessons.LessonError) as caught:
        lessons.make(lessons.FIRST, root)
    assert str(caught.value) == f"The project in {root} cannot be migrated: ModuleNotFoundError: no Django"
    assert root.exists() == existed
    assert not existed or not list(root.iterdir())
