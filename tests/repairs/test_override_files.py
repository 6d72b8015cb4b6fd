"""What the package of an override holds: circles broken, code kept or left out, and the same schema in the end."""

from __future__ import annotations

import pytest

from tests.projects import Project
from tests.repairs.test_squash_override import SCHEMA
from tests.repairs.tokens import KINDS, tokens_project

FOLDER = "config/migration_overrides/tokens"
MORE = {
    "tokens/migrations/_helpers.py": "NAMES = ['a', 'b']\n",
    "tokens/migrations/0004_kinds.py": KINDS,
}
KIND_NAMES = (
    "from tokens.models import Kind; print(*Kind.objects.order_by('name').values_list('name', flat=True))"
)


@pytest.fixture
def same_on_both(tmp_path, new_database, database):
    """A function that makes the override of `tokens` with these answers, and migrates with it and without it.

    It returns the project, and says whether both came to the same schema.
    """

    def make(more=None, *answers: str) -> tuple[Project, bool]:
        kind = "sqlite" if database["ENGINE"].endswith("sqlite3") else "postgresql"
        project = tokens_project(tmp_path / "site", new_database(kind), more)
        assert project.manage("migrate", "--verbosity", "0").code == 0
        expected = schema(project)
        project = Project(project.root, databases={"default": database})
        outcome = project.migwizard("repair", "squash-override", "tokens", *answers, "--yes")
        assert outcome.code == 0, outcome.stdout + outcome.stderr
        outcome = project.manage("migrate", "--verbosity", "0")
        assert outcome.code == 0, outcome.stderr
        assert project.manage("makemigrations", "--check", "--dry-run").code == 0
        return project, schema(project) == expected

    return make


def schema(project):
    """The schema that a project's migrations made.

    When a key becomes a BigAutoField, SQLite leaves the columns that point to it as they were.
    """
    return project.python(SCHEMA).stdout.replace("type='integer'", "type='bigint'")


def written(project):
    """The files of the override by their names."""
    return {path.name: path.read_text() for path in sorted((project.root / FOLDER).glob("[0-9_]*_*.py"))}


def test_a_circle_through_another_app_makes_two_of_one(same_on_both):
    project, same = same_on_both()
    assert same
    files = written(project)
    del files["__init__.py"]
    first, second = files.values()
    assert list(files) == ["0001_squashed_0001_initial.py", "0002_squashed_0003_title.py"]
    assert "models.BigAutoField" in first
    assert "('title'," in first
    assert "'holder'" not in first
    assert "name='holder'" in second
    assert "AlterField" not in first + second
    assert "('tokens', '0001_squashed_0001_initial')" in second
    assert "('holders', '0001_initial')" in second
    assert "0002_code, operation 4: It only moves rows, and there are none in a new table." in second
    assert "Made from django-tokens 1.2:" in first


def test_code_that_makes_rows_is_kept_at_its_place_with_its_imports(same_on_both):
    project, same = same_on_both(MORE)
    assert same
    files = written(project)
    assert "from tokens.migrations import _helpers" in files["_0004_kinds.py"]
    assert "_0004_kinds.Migration.operations[0]," in files["0002_squashed_0004_kinds.py"]
    assert "CREATE INDEX tokens_kind_name" in files["0002_squashed_0004_kinds.py"]
    assert "models.BigAutoField" in files["0001_squashed_0001_initial.py"]
    assert project.python(KIND_NAMES).stdout == "a b\n"


ALTERED = """
    from django.db import migrations, models

    class Migration(migrations.Migration):
        dependencies = [("tokens", "0004_kinds")]
        operations = [migrations.AlterField("kind", "name", models.CharField(max_length=20))]
"""


def test_what_is_altered_behind_code_that_stays_is_altered_in_a_migration_of_its_own(same_on_both):
    project, same = same_on_both(MORE | {"tokens/migrations/0005_altered.py": ALTERED})
    assert same
    assert [name for name in written(project) if "squashed" in name] == [
        "0001_squashed_0001_initial.py",
        "0002_squashed_0003_title.py",
        "0004_squashed_0004_kinds.py",
        "0005_squashed_0005_altered.py",
    ]


def test_code_can_be_left_out_by_an_answer(same_on_both):
    project, same = same_on_both(MORE, "--set", "code.0004_kinds.1=drop", "--set", "code.0004_kinds.2=drop")
    assert not same
    files = written(project)
    assert "_0004_kinds.py" not in files
    assert "0004_kinds, operation 1: So it was decided." in files["0002_squashed_0004_kinds.py"]
    assert project.python(KIND_NAMES).stdout == "\n"


CONCURRENT = """
    from django.db import migrations

    class Migration(migrations.Migration):
        atomic = False
        dependencies = [("tokens", "0003_title")]
        operations = [
            migrations.RunSQL(
                "CREATE INDEX CONCURRENTLY tokens_name ON tokens_kind (name)", "DROP INDEX tokens_name"
            ),
        ]
"""


def test_what_no_transaction_may_hold_has_a_file_of_its_own(tmp_path, new_database):
    more = {"tokens/migrations/0004_concurrent.py": CONCURRENT}
    project = tokens_project(tmp_path / "site", new_database("postgresql"), more)
    assert project.migwizard("repair", "squash-override", "tokens", "--yes").code == 0
    files = written(project)
    assert "atomic = False" in files["0004_squashed_0004_concurrent.py"]
    assert "atomic = False" not in files["0002_squashed_0003_title.py"]
    assert project.manage("migrate", "--verbosity", "0").code == 0
    assert project.manage("makemigrations", "--check", "--dry-run").code == 0
