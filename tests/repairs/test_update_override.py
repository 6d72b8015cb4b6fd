"""A package whose next version has more migrations than the project's override of them."""

from __future__ import annotations

import pytest

from tests.repairs.tokens import KINDS, NEWER, install, tokens_project

FOLDER = "config/migration_overrides/tokens"
SETTING = '\nMIGRATION_MODULES = {\n    "tokens": "config.migration_overrides.tokens",\n}\n'


@pytest.fixture
def overridden(tmp_path, new_database):
    """A migrated project whose override of `tokens` was made from version 1.2."""
    project = tokens_project(tmp_path / "site", new_database("sqlite"))
    outcome = project.migwizard("repair", "squash-override", "tokens", "--yes")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert project.manage("migrate", "--verbosity", "0").code == 0
    return project


def findings(project):
    """What `check` finds beside infos, as (id, severity, summary)."""
    outcome = project.migwizard("check", "--format", "json")
    return {one["id"]: one for one in outcome.json["findings"] if one["severity"] != "info"}


def test_an_override_that_knows_all_is_not_reported(overridden):
    assert findings(overridden) == {}
    outcome = overridden.migwizard("plan", "update-override", "tokens")
    assert outcome.code == 1
    assert "config.migration_overrides.tokens knows all that django-tokens 1.2 has." in outcome.stdout


def test_what_a_package_has_new_is_told_and_brought_in(overridden):
    install(overridden.root, NEWER, "1.3")
    found = findings(overridden)["outdated-override:tokens"]
    assert found["severity"] == "error"
    assert found["summary"] == (
        "config.migration_overrides.tokens, which has the migrations of tokens, lacks 1 migration (0004_note) of"
        " django-tokens 1.3."
    )
    assert found["evidence"][0] == "0004_note: add field note to token"
    assert [one["name"] for one in found["repairs"]] == ["update-override"]
    before = {path.name for path in (overridden.root / FOLDER).glob("*.py")}

    outcome = overridden.migwizard("repair", "outdated-override:tokens", "--yes")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    text = (overridden.root / FOLDER / "0004_note.py").read_text()
    assert text.startswith("# Made from django-tokens 1.3:\n#\n#     0004_note  sha256:")
    assert "from tokens.names import default_name" in text
    assert overridden.manage("migrate", "--verbosity", "0").code == 0
    assert overridden.manage("makemigrations", "--check", "--dry-run").code == 0
    assert findings(overridden) == {}
    assert before < {path.name for path in (overridden.root / FOLDER).glob("*.py")}


def test_an_update_is_taken_back(overridden):
    install(overridden.root, NEWER, "1.3")
    before = {path.name: path.read_bytes() for path in (overridden.root / FOLDER).glob("*.py")}
    assert overridden.migwizard("repair", "update-override", "--yes").code == 0
    assert overridden.migwizard("undo", "2", "--yes").code == 0
    assert {path.name: path.read_bytes() for path in (overridden.root / FOLDER).glob("*.py")} == before
    assert "outdated-override:tokens" in findings(overridden)


def test_files_that_changed_and_lead_to_the_same_are_noted(overridden):
    changed = overridden.root.parent / "site-packages/tokens/migrations/0003_title.py"
    changed.write_text(changed.read_text() + "\n# Tidied.\n")
    found = findings(overridden)["outdated-override:tokens"]
    assert found["severity"] == "warning"
    assert "was made from other versions of 0003_title of django-tokens 1.2." in found["summary"]
    assert overridden.migwizard("repair", "update-override", "tokens", "--yes").code == 0
    assert findings(overridden) == {}


def test_files_that_changed_and_lead_elsewhere_are_for_a_person(overridden):
    changed = overridden.root.parent / "site-packages/tokens/migrations/0003_title.py"
    changed.write_text(
        changed.read_text().replace("models.CharField(max_length=20)", "models.CharField(max_length=30)")
    )
    outcome = overridden.migwizard("plan", "update-override", "tokens")
    assert outcome.code == 1
    assert "The result would not be the same: Alter field name on kind." in outcome.stdout


def test_code_comes_along_with_its_imports(overridden):
    install(
        overridden.root,
        {"tokens/migrations/_helpers.py": "NAMES = ['a', 'b']\n", "tokens/migrations/0004_kinds.py": KINDS},
        "1.3",
    )
    found = findings(overridden)["outdated-override:tokens"]
    assert found["severity"] == "warning"
    assert overridden.migwizard("repair", "update-override", "tokens", "--yes").code == 0
    assert overridden.manage("migrate", "--verbosity", "0").code == 0
    names = overridden.python(
        "from tokens.models import Kind; print(*Kind.objects.values_list('name', flat=True))"
    )
    assert names.stdout == "a b\n"


def test_an_override_made_by_hand_is_judged_by_its_names(tmp_path, new_database):
    project = tokens_project(tmp_path / "site", new_database("sqlite"), settings=SETTING)
    originals = tmp_path / "site-packages/tokens/migrations"
    copies = {
        f"{FOLDER}/{path.name}": path.read_text().replace("..names", "tokens.names")
        for path in originals.glob("*.py")
    }
    del copies[f"{FOLDER}/0003_title.py"]
    project.write(copies)
    assert "lacks 1 migration (0003_title)" in findings(project)["outdated-override:tokens"]["summary"]
    assert project.migwizard("repair", "update-override", "--yes").code == 0
    assert "outdated-override:tokens" not in findings(project)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [((), "No override is outdated."), (("holders",), "The migrations of holders are its own")],
)
def test_what_is_no_override_is_refused(overridden, arguments, said):
    outcome = overridden.migwizard("plan", "update-override", *arguments)
    assert outcome.code in (1, 2)
    assert said in outcome.stdout + outcome.stderr


def test_a_package_that_is_not_there_is_told(tmp_path, new_database):
    project = tokens_project(tmp_path / "site", new_database("sqlite"), settings=SETTING)
    found = findings(project)["undiscovered-migrations:tokens"]
    assert found["severity"] == "error"
    assert found["summary"] == (
        "MIGRATION_MODULES names config.migration_overrides.tokens for tokens, and there is no such package."
    )
