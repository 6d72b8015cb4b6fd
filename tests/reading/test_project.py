"""Finding and loading a project: as manage.py would, and what is left when that fails."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migwizard.reading.errors import clean, describe, mask
from tests.projects import Project, write_project

LOAD = """\
import json, sys
from pathlib import Path
from migwizard.reading.project import NoProject, ProjectUnreadable, load
root, settings = json.loads(sys.argv[1])
try:
    project = load(root and Path(root), settings)
except (NoProject, ProjectUnreadable) as error:
    print(json.dumps({type(error).__name__: str(error)}))
    sys.exit()
print(json.dumps({
    "root": project.info.root,
    "settings": project.info.settings,
    "errors": project.info.errors,
    "own": sorted(project.info.own_apps),
    "user": project.info.user_model,
    "ready": project.ready,
    "production": project.production,
    "databases": project.databases,
    "packages": {p.label: [p.module, p.migrated, p.explicit] for p in project.packages},
}))
"""

MIGRATION = """\
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = []
"""

SHOP = {"shop/migrations/0001_initial.py": MIGRATION, "shop/models.py": ""}


def load(
    project: Project,
    root: Path | None = None,
    settings: str | None = None,
    folder: str = "",
    **environment: str,
) -> dict[str, Any]:
    """What `load` makes of a project, in a process of its own, by default without DJANGO_SETTINGS_MODULE."""
    elsewhere = Project(project.root / folder, environment={"DJANGO_SETTINGS_MODULE": ""})
    arguments = json.dumps([str(root) if root else None, settings])
    outcome = elsewhere.run(sys.executable, "-c", LOAD, arguments, **environment)
    assert outcome.code == 0, outcome.stderr
    answer: dict[str, Any] = outcome.json
    return answer


def shop(tmp_path: Path, files: Mapping[str, str | bytes] = {}, **options: Any) -> Project:
    return write_project(tmp_path / "site", {**SHOP, **files}, **options)


def test_the_nearest_parent_with_manage_py_and_the_settings_that_it_sets(tmp_path):
    project = shop(tmp_path, {"shop/deep/er/x.txt": ""})
    answer = load(project, folder="shop/deep/er")
    assert answer == {
        "root": str(project.root),
        "settings": "config.settings",
        "errors": [],
        "own": ["shop"],
        "user": "auth.User",
        "ready": True,
        "production": [],
        "databases": ["default"],
        "packages": {"shop": ["shop.migrations", True, False]},
    }


def test_the_argument_wins_over_the_environment_and_that_over_manage_py(tmp_path):
    project = shop(tmp_path, {"other.py": "INSTALLED_APPS = []", "third.py": "INSTALLED_APPS = []"})
    assert load(project, DJANGO_SETTINGS_MODULE="other")["settings"] == "other"
    assert load(project, settings="third", DJANGO_SETTINGS_MODULE="other")["settings"] == "third"


def test_manage_py_is_read_and_never_executed(tmp_path):
    manage = """
        import os
        raise SystemExit("executed")
        if "test" in sys.argv:
            os.environ["DJANGO_SETTINGS_MODULE"] = "config.test"
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        """
    answer = load(shop(tmp_path, {"manage.py": manage}))
    assert (answer["settings"], answer["ready"]) == ("config.settings", True)


def test_a_folder_that_manage_py_adds_to_the_path(tmp_path):
    manage = """
        import os, sys
        from pathlib import Path
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        sys.path.append(str(Path(__file__).parent.resolve() / "apps"))
        """
    files = {"manage.py": manage, "apps/stock/__init__.py": "", "apps/stock/migrations/0001.py": MIGRATION}
    answer = load(shop(tmp_path, files, apps=["shop", "stock"]))
    assert (answer["errors"], answer["own"]) == ([], ["shop", "stock"])


def test_pyproject_says_where_and_which_and_what_is_production(tmp_path):
    project = shop(tmp_path, {"prod.py": "INSTALLED_APPS = ['shop']"})
    (tmp_path / "pyproject.toml").write_text(
        '[tool.migwizard]\nproject = "site"\nsettings = "prod"\nproduction = ["default", "db.example.com"]\n'
    )
    answer = load(Project(tmp_path))
    assert (answer["root"], answer["settings"]) == (str(project.root), "prod")
    assert answer["production"] == ["default", "db.example.com"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        (
            '[tool.migwizard]\nproduction = "yes"\n',
            "production under [tool.migwizard] in pyproject.toml is not a list of texts.",
        ),
        (
            "[tool.migwizard]\nsettings = 5\n",
            "settings under [tool.migwizard] in pyproject.toml is not a text.",
        ),
        ("[tool]\nmigwizard = 5\n", "tool.migwizard in pyproject.toml is not a table."),
        ("[[[", "pyproject.toml cannot be read: "),
    ],
)
def test_a_wrong_pyproject_is_said_and_passed_over(tmp_path, text, error):
    answer = load(shop(tmp_path, {"pyproject.toml": text}))
    assert answer["ready"]
    assert len(answer["errors"]) == 1
    assert answer["errors"][0].startswith(error)


def test_no_project_here(tmp_path):
    bare = Project(tmp_path)
    assert load(bare) == {
        "NoProject": f"There is no Django project in {tmp_path} or above it: no manage.py, and no settings named."
    }
    assert load(bare, root=tmp_path) == {
        "NoProject": f"There is no Django project in {tmp_path}: no manage.py, and no settings named."
    }
    assert load(bare, root=tmp_path / "no\x1b[2J") == {"NoProject": f"There is no folder {tmp_path}/no [2J."}


def test_a_missing_settings_module_leaves_the_files(tmp_path):
    answer = load(shop(tmp_path), settings="nope.settings")
    assert answer["errors"] == ["There is no settings module nope.settings (no module named nope)."]
    assert not answer["ready"]
    assert answer["databases"] == []
    assert answer["packages"] == {"shop": ["shop.migrations", True, False]}
    assert answer["own"] == ["shop"]


def test_manage_py_without_settings_leaves_the_files(tmp_path):
    answer = load(shop(tmp_path, {"manage.py": "import this_is_broken ("}))
    assert answer["errors"] == [
        "manage.py names no settings module: give --settings, or set DJANGO_SETTINGS_MODULE."
    ]
    assert list(answer["packages"]) == ["shop"]


def test_nothing_at_all_is_left(tmp_path):
    (tmp_path / "manage.py").write_text("")
    assert load(Project(tmp_path)) == {
        "ProjectUnreadable": "manage.py names no settings module: give --settings, or set DJANGO_SETTINGS_MODULE."
    }


def test_settings_that_raise_leave_what_their_syntax_tree_says_and_show_no_secret(tmp_path):
    base = """
        LOCAL = ["shop"]
        INSTALLED_APPS = ["django.contrib.auth", *LOCAL]
        MIGRATION_MODULES = {"auth": None}
        """
    settings = """
        PASSWORD = "hunter2hunter2"
        from .base import *
        INSTALLED_APPS += ["billing.apps.BillingConfig"]
        AUTH_USER_MODEL = "billing.Person"
        raise ValueError("no connection to postgres://shop:s3cr3t@db:5432/shop\\n\\x1b[31m" + PASSWORD)
        """
    files = {
        "config/base.py": base,
        "config/settings.py": settings,
        "billing/apps.py": "class BillingConfig(AppConfig):\n    name = 'billing'\n    label = 'money'\n",
        "billing/migrations/0001.py": MIGRATION,
    }
    answer = load(shop(tmp_path, files), DB_PASSWORD="hunter2hunter2")
    assert answer["errors"] == [
        "The settings module config.settings cannot be imported: "
        "ValueError: no connection to postgres://shop:***@db:5432/shop [31m*** (config/settings.py:6)"
    ]
    assert answer["packages"] == {
        "auth": [None, False, True],
        "shop": ["shop.migrations", True, False],
        "money": ["billing.migrations", True, False],
    }
    assert (answer["user"], answer["databases"], answer["ready"]) == ("billing.Person", [], False)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise SystemExit('stop')", "SystemExit: stop (config/settings.py:1)"),
        ("X = = 1", "SyntaxError: invalid syntax (config/settings.py:1)"),
        ("import os; os.environ['NO_SUCH_VARIABLE']", "KeyError: 'NO_SUCH_VARIABLE' (config/settings.py:1)"),
        (
            "import nothing_like_it",
            "ModuleNotFoundError: No module named 'nothing_like_it' (config/settings.py:1)",
        ),
    ],
)
def test_settings_that_cannot_be_imported(tmp_path, code, error):
    answer = load(shop(tmp_path, {"config/settings.py": code}))
    assert answer["errors"] == [f"The settings module config.settings cannot be imported: {error}"]
    assert list(answer["packages"]) == ["shop"]


def test_an_app_that_cannot_be_loaded_is_named(tmp_path):
    project = shop(
        tmp_path, {"broken/models.py": "import nothing_like_it", "broken/migrations/0001.py": MIGRATION}
    )
    answer = load(project)
    assert answer["errors"] == [
        "The app broken cannot be loaded: "
        "ModuleNotFoundError: No module named 'nothing_like_it' (broken/models.py:1)"
    ]
    assert (answer["ready"], list(answer["packages"])) == (False, ["shop", "broken"])
    assert answer["databases"] == ["default"]


def test_a_database_is_read_without_warnings_although_the_apps_are_not_ready(tmp_path):
    project = shop(tmp_path, {"broken/models.py": "1 / 0"})
    code = (
        "from migwizard.reading.project import load; load()\n"
        "from django.db import connection\n"
        "from migwizard.reading.records import read_records; print(read_records(connection))"
    )
    outcome = project.run(sys.executable, "-c", code)
    assert (outcome.stdout, outcome.stderr) == ("None\n", "")


def test_an_app_that_is_not_there_is_named_and_the_others_are_found(tmp_path):
    answer = load(shop(tmp_path, apps=["shop", "evil[/]'\x1b[2J"]))
    assert answer["errors"][0].startswith("The app evil[/]' [2J cannot be loaded: ModuleNotFoundError: ")
    assert answer["errors"][1:] == ['INSTALLED_APPS has "evil[/]\'\\x1b[2J", which cannot be found.']
    assert list(answer["packages"]) == ["shop"]


def test_own_apps_are_those_below_the_root_that_are_not_installed_there(tmp_path):
    files = {"venv/lib/site-packages/other/migrations/0001.py": MIGRATION, "venv/pyvenv.cfg": ""}
    project = shop(
        tmp_path, files, apps=["shop", "other", "django.contrib.auth", "django.contrib.contenttypes"]
    )
    path = f"{project.root / 'venv/lib/site-packages'}:{project.process_environment()['PYTHONPATH']}"
    answer = load(project, PYTHONPATH=path)
    assert (answer["errors"], answer["own"]) == ([], ["shop"])
    assert set(answer["packages"]) == {"shop", "other", "auth", "contenttypes"}


def test_what_settings_print_does_not_reach_standard_output(tmp_path):
    project = shop(tmp_path, settings="print('noise')")
    assert load(project)["ready"]


def test_importing_migwizard_loads_neither_django_nor_textual(tmp_path):
    code = (
        "import migwizard, migwizard.core.graph.build, sys; print({'django', 'textual'} & set(sys.modules))"
    )
    assert Project(tmp_path).run(sys.executable, "-c", code).stdout == "set()\n"


def test_secrets_and_control_characters_are_taken_out_of_errors(monkeypatch):
    monkeypatch.setenv("API_TOKEN", "abcdefghij")
    assert mask("redis://:p@ss/word@host/0 and http://host/a@b") == "redis://:***@host/0 and http://host/a@b"
    assert mask("connect(host='x', password='a b', token=z)") == "connect(host='x', password=***, token=***)"
    assert mask("got abcdefghij") == "got ***"
    assert clean("a\x1b]0;x\x07b\r\n c\u202e\ud800") == "a ]0;x b c"
    assert describe(ValueError("x" * 500)) == f"ValueError: {'x' * 400}…"
    assert describe(KeyError()) == "KeyError"
