"""Migration files, read one by one: what Django's loader reads of them, and what is left when it cannot."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from migwizard.reading.syntax import migration, parse
from tests.projects import Project, fifteen_project, write_project

READ = """\
import json, sys
from migwizard.reading.files import read_files
from migwizard.reading.project import load

def report():
    files = read_files(project)
    print(json.dumps({
        "ready": project.ready,
        "files": {f"{app}.{name}": {
            "path": f.path, "dependencies": f.dependencies, "run_before": f.run_before, "replaces": f.replaces,
            "initial": f.initial, "atomic": f.atomic, "error": f.error, "digest": f.digest,
            "operations": [[o.name, o.description, o.kind, o.reversible, o.elidable, o.source] for o in f.operations],
        } for (app, name), f in files.files.items()},
        "migrations": sorted(map(".".join, files.migrations)),
        "undiscovered": [[u.app, u.reason, u.message, u.names] for u in files.undiscovered],
        "unmigrated": sorted(files.unmigrated),
    }))

project = load()
report()
"""

HEAD = "from django.conf import settings\nfrom django.db import migrations, models\n"


def source(body: str, before: str = "") -> str:
    """The text of a migration file with these lines in its class."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"{HEAD}\n{before}\n\nclass Migration(migrations.Migration):\n{lines}"


EMPTY = source("operations = []")


def project_of(
    tmp_path: Path, files: Mapping[str, str | bytes], apps: tuple[str, ...] = ("shop",), settings: str = ""
) -> Project:
    basic = ("django.contrib.contenttypes", "django.contrib.auth")
    files = {f"{app}/__init__.py": "" for app in apps if "." not in app} | files
    return write_project(tmp_path / "site", files, apps=(*basic, *apps), settings=settings)


def read(project: Project, code: str = READ) -> dict[str, Any]:
    outcome = project.run(sys.executable, "-c", code)
    assert outcome.code == 0, outcome.stderr
    answer: dict[str, Any] = outcome.json
    return answer


def test_a_file_is_read_whole(tmp_path):
    text = source(
        """
        initial = True
        atomic = False
        dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ("auth", "__first__")]
        run_before = [("contenttypes", "0002_remove_content_type_name")]
        replaces = [("shop", "0000_gone")]
        operations = []
        """.replace("        ", "")
    )
    project = project_of(tmp_path, {"shop/migrations/0001_initial.py": text})
    path = project.root / "shop/migrations/0001_initial.py"
    answer = read(project)
    assert answer["files"]["shop.0001_initial"] == {
        "path": str(path),
        "dependencies": [["auth", "__first__"], ["auth", "__first__"]],
        "run_before": [["contenttypes", "0002_remove_content_type_name"]],
        "replaces": [["shop", "0000_gone"]],
        "initial": True,
        "atomic": False,
        "error": None,
        "digest": hashlib.sha256(path.read_bytes()).hexdigest(),
        "operations": [],
    }
    assert "shop.0001_initial" in answer["migrations"]
    assert "auth.0012_alter_user_first_name_max_length" in answer["migrations"]


SOURCES = """
import json
from migwizard.reading.files import read_files
from migwizard.reading.project import load

print(json.dumps({".".join(key): file.source for key, file in read_files(load()).files.items()}))
"""


def test_the_text_of_a_file_is_kept_to_the_byte_or_not_at_all(tmp_path):
    windows = "\ufeff" + EMPTY.replace("\n", "\r\n")
    latin = ("# coding: latin-1\n# Stra\xdfe\n" + EMPTY).encode("latin-1")
    broken = "class Migration(:\n"
    names = ("0001_windows", "0002_latin", "0003_broken")
    texts = (windows.encode(), latin, broken.encode())
    project = project_of(
        tmp_path,
        {f"shop/migrations/{name}.py": text for name, text in zip(names, texts, strict=True)},
    )
    sources = read(project, SOURCES)
    assert [sources[f"shop.{name}"] for name in names] == [windows, "", broken]
    assert sources["auth.0001_initial"].startswith("import django.contrib.auth.models\n")


OPERATIONS = '''
class Odd(migrations.operations.base.Operation):
    @property
    def reversible(self):
        raise RuntimeError

    def describe(self):
        raise RuntimeError


class Loud(migrations.RunSQL):
    def describe(self):
        return "loud \\x1b[31m"


def fill(apps, schema_editor):
    """Fills."""
    sql = """
SELECT 1
"""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            sql
        )
    # done


def back(apps, schema_editor):
    pass
'''


def test_operations_have_their_kind_and_what_will_run(tmp_path):
    text = source(
        """
operations = [
    migrations.CreateModel("Real", [("id", models.AutoField(primary_key=True))]),
    migrations.CreateModel("Proxy", [], options={"proxy": True}, bases=("shop.real",)),
    migrations.AlterModelOptions("real", {"ordering": ["id"]}),
    migrations.AddField("real", "a", models.IntegerField(null=True)),
    migrations.RunPython(fill, back, elidable=True),
    migrations.RunPython(functools.partial(fill, 1)),
    migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),
    migrations.RunPython(lambda apps, editor: None),
    migrations.RunPython(Called()),
    migrations.RunSQL("SELECT 1"),
    Loud(["SELECT 1;", ("SELECT %s", ["x"])], reverse_sql=""),
    migrations.SeparateDatabaseAndState([migrations.RunSQL("DROP TABLE x")], []),
    Odd(),
]
""",
        before=f"import functools\nfrom shop.code import Called\n{OPERATIONS}",
    )
    called = "class Called:\n    def __call__(self, apps, schema_editor):\n        pass\n"
    answer = read(project_of(tmp_path, {"shop/migrations/0001.py": text, "shop/code.py": called}))
    operations = answer["files"]["shop.0001"]["operations"]
    fill = OPERATIONS[OPERATIONS.index("def fill") : OPERATIONS.index("def back")].rstrip()
    assert [(name, kind, reversible, elidable) for name, _, kind, reversible, elidable, _ in operations] == [
        ("CreateModel", "schema", True, False),
        ("CreateModel", "state", True, False),
        ("AlterModelOptions", "state", True, False),
        ("AddField", "schema", True, False),
        ("RunPython", "python", True, True),
        ("RunPython", "python", False, False),
        ("RunPython", "python", True, False),
        ("RunPython", "python", False, False),
        ("RunPython", "python", False, False),
        ("RunSQL", "sql", False, False),
        ("Loud", "sql", True, False),
        ("SeparateDatabaseAndState", "separate", True, False),
        ("Odd", "custom", True, False),
    ]
    assert [source for *_, source in operations] == [
        *[""] * 4,
        f"{fill}\n# Reversed by back",
        f"{fill}\n# Not reversible",
        "# RunPython.noop does nothing\n# Reversed by RunPython.noop",
        "migrations.RunPython(lambda apps, editor: None),\n# Not reversible",
        called.rstrip() + "\n# Not reversible",
        "SELECT 1",
        "SELECT 1;\nSELECT %s;  -- parameters: ['x']",
        "DROP TABLE x",
        "",
    ]
    descriptions = [description for _, description, *_ in operations]
    assert descriptions[0] == "Create model Real"
    assert descriptions[10] == "loud [31m"
    assert descriptions[12] == "Odd"


BROKEN: dict[str, str | bytes] = {
    "0001_fine.py": EMPTY,
    "0002_syntax.py": "class Migration(:\n",
    "0003_binary.py": bytes(range(256)) * 4,
    "0004_null.py": b"x = 1\x00\n",
    "0005_encoding.py": b"x = '\xff\xfe'\n",
    "0006_nothing.py": "x = 1\n",
    "0007_raises.py": source(
        """
initial = True
dependencies = [("shop", "0001_fine"), migrations.swappable_dependency(settings.AUTH_USER_MODEL), *LATER]
replaces = [("shop", "0000_a")]
operations = [migrations.AddField("a", "b", models.IntegerField()), RunPython(f)]
""",
        before='LATER = [("auth", "0001_initial")]\nraise RuntimeError("a[/]b \\x1b[2J\\nc")',
    ),
    "0008_exits.py": "import sys\nsys.exit(3)\n" + EMPTY,
    "0009_shape.py": source('dependencies = ["shop.0001_fine"]\noperations = []'),
    "0010_class.py": "class Migration:\n    pass\n",
    "0011_stale.pyc": b"\x00" * 32,
    "0012_quote'[b]\n.py": EMPTY,
    "_helper.py": "raise RuntimeError",
    "~0001_backup.py": "raise RuntimeError",
    "package/__init__.py": "raise RuntimeError",
    "0013_last.py": EMPTY,
}


def broken_project(tmp_path: Path, settings: str = "") -> Project:
    return project_of(
        tmp_path, {f"shop/migrations/{name}": content for name, content in BROKEN.items()}, settings=settings
    )


def test_files_that_cannot_be_imported_cost_nothing_but_themselves(tmp_path):
    answer = read(broken_project(tmp_path))
    files = {key[5:]: file for key, file in answer["files"].items() if key.startswith("shop.")}
    errors = {name: file["error"] for name, file in files.items()}
    folder = "shop/migrations"
    # Python before 3.12 raises ValueError for a null byte, and words all three in its own way.
    for name in ("0003_binary", "0004_null", "0005_encoding"):
        start = f"{folder}/{name}.py cannot be imported: "
        assert errors.pop(name).startswith((f"{start}SyntaxError: ", f"{start}ValueError: "))
    assert errors == {
        "0001_fine": None,
        "0002_syntax": f"{folder}/0002_syntax.py cannot be imported: "
        f"SyntaxError: invalid syntax ({folder}/0002_syntax.py:1)",
        "0006_nothing": f"{folder}/0006_nothing.py has no Migration class.",
        "0007_raises": f"{folder}/0007_raises.py cannot be imported: "
        f"RuntimeError: a[/]b [2J c ({folder}/0007_raises.py:5)",
        "0008_exits": f"{folder}/0008_exits.py cannot be imported: SystemExit: 3 ({folder}/0008_exits.py:2)",
        "0009_shape": f"{folder}/0009_shape.py cannot be used: "
        "dependencies has 'shop.0001_fine', which is not (app, name).",
        "0010_class": f"{folder}/0010_class.py cannot be imported: TypeError: Migration() takes no arguments",
        "0011_stale": f"{folder}/0011_stale.pyc is a stale .pyc file of another Python version.",
        "0012_quote'[b]\n": None,
        "0013_last": None,
    }
    imported = [key[5:] for key in answer["migrations"] if key.startswith("shop.")]
    assert imported == ["0001_fine", "0012_quote'[b]\n", "0013_last"]


def test_a_file_that_raises_is_read_from_its_syntax_tree(tmp_path):
    file = read(broken_project(tmp_path))["files"]["shop.0007_raises"]
    assert file["dependencies"] == [["shop", "0001_fine"], ["auth", "__first__"], ["auth", "0001_initial"]]
    assert (file["replaces"], file["initial"], file["atomic"]) == ([["shop", "0000_a"]], True, True)
    assert file["operations"] == [
        ["AddField", "AddField", "unread", True, False, ""],
        ["RunPython", "RunPython", "unread", True, False, ""],
    ]


def test_without_settings_every_file_is_read_from_its_syntax_tree(tmp_path):
    answer = read(broken_project(tmp_path, settings="AUTH_USER_MODEL = 'people.Person'\nraise RuntimeError"))
    assert (answer["ready"], answer["migrations"]) == (False, [])
    assert answer["files"]["shop.0001_fine"]["error"] == (
        "shop/migrations/0001_fine.py was read without importing it, because the settings cannot be imported."
    )
    assert ["people", "__first__"] in answer["files"]["shop.0007_raises"]["dependencies"]
    auth = answer["files"]["auth.0002_alter_permission_name_max_length"]
    assert (auth["dependencies"], auth["operations"][0][0]) == ([["auth", "0001_initial"]], "AlterField")


def test_an_app_that_fails_does_not_keep_migrations_from_being_imported(tmp_path):
    files = {"shop/migrations/0001.py": EMPTY, "bad/models.py": "1 / 0", "bad/migrations/0001.py": EMPTY}
    answer = read(project_of(tmp_path, files, apps=("shop", "bad")))
    assert not answer["ready"]
    assert {"shop.0001", "bad.0001"} <= set(answer["migrations"])


def test_what_django_does_not_see_is_told(tmp_path):
    migrations_folder = {
        "spaced/migrations/0001.py": EMPTY,
        "known/models.py": "import known.migrations",
        "known/migrations/x/y.py": "",
        "spaced/migrations/0002.py": EMPTY,
        "spaced/migrations/notes.py": "x = 1",
        "off/migrations/0001.py": EMPTY,
        "flat/migrations.py": EMPTY,
        "lost/models.py": "",
        "empty/models.py": "",
        "odd/migrations/__init__.py": "import odd.migrations.missing",
        "odd/migrations/0001.py": EMPTY,
    }
    apps = ("spaced", "known", "off", "flat", "lost", "empty", "odd")
    settings = "MIGRATION_MODULES = {'off': None, 'lost': 'nowhere.at_all'}"
    project = project_of(tmp_path, migrations_folder, apps, settings)
    (project.root / "spaced/migrations/__init__.py").unlink()
    (project.root / "known/migrations/__init__.py").unlink()
    answer = read(project)
    assert answer["unmigrated"] == sorted(apps)
    assert answer["undiscovered"] == [
        [
            "spaced",
            "namespace",
            "spaced/migrations has no __init__.py, so Django does not see its 2 migrations.",
            ["0001", "0002"],
        ],
        [
            "off",
            "disabled",
            "MIGRATION_MODULES says None for off, so Django ignores 1 migration in off/migrations.",
            ["0001"],
        ],
        [
            "flat",
            "module",
            "flat/migrations.py is a module, and Django looks for migrations in packages alone.",
            [],
        ],
        [
            "lost",
            "missing",
            "MIGRATION_MODULES names nowhere.at_all for lost, and there is no such package.",
            [],
        ],
        [
            "odd",
            "missing",
            "The package odd.migrations cannot be imported, which Django takes for an app without migrations and so "
            "ignores 1 migration: "
            "ModuleNotFoundError: No module named 'odd.migrations.missing' (odd/migrations/__init__.py:1)",
            ["0001"],
        ],
    ]


def test_a_package_that_raises_leaves_its_files_to_their_syntax_tree(tmp_path):
    answer = read(
        project_of(tmp_path, {"shop/migrations/__init__.py": "1 / 0", "shop/migrations/0001.py": EMPTY})
    )
    assert answer["files"]["shop.0001"]["error"] == (
        "The package shop.migrations cannot be imported: "
        "ZeroDivisionError: division by zero (shop/migrations/__init__.py:1)"
    )


def test_migration_modules_and_extended_packages_are_followed(tmp_path):
    files = {
        "moved/elsewhere/0001.py": EMPTY,
        "shop/migrations/0001.py": EMPTY,
        "shop/migrations/__init__.py": "import os\n__path__.append(os.path.join(os.path.dirname(__file__), 'more'))",
        "shop/migrations/more/0002.py": EMPTY,
    }
    project = project_of(tmp_path, files, settings="MIGRATION_MODULES = {'auth': 'moved.elsewhere'}")
    (project.root / "shop/migrations/more/__init__.py").unlink()
    answer = read(project)
    assert answer["files"]["auth.0001"]["path"] == str(project.root / "moved/elsewhere/0001.py")
    assert {"auth.0001", "shop.0001", "shop.0002"} <= set(answer["migrations"])


def test_read_again_a_file_that_changed_is_run_again_and_a_new_one_is_found(tmp_path):
    project = project_of(tmp_path, {"shop/migrations/0001.py": EMPTY, "shop/migrations/0002.py": EMPTY})
    changes = READ + (
        "import os\n"
        "from pathlib import Path\n"
        "folder = Path(project.info.root, 'shop/migrations')\n"
        "text = folder.joinpath('0001.py').read_text()\n"
        # As long as before, and in the same second: its cached byte code still looks fresh.
        "stat = folder.joinpath('0001.py').stat()\n"
        "folder.joinpath('0001.py').write_text(text.replace('operations = []', 'initial =  True'))\n"
        "os.utime(folder / '0001.py', (stat.st_atime, stat.st_mtime))\n"
        "folder.joinpath('0002.py').unlink()\n"
        "folder.joinpath('0003.py').write_text(text)\n"
        "report()\n"
    )
    outcome = project.run(sys.executable, "-c", changes, PYTHONDONTWRITEBYTECODE="")
    assert outcome.code == 0, outcome.stderr
    reports = [parse_report(line) for line in outcome.stdout.splitlines()]
    assert [(report["shop.0001"]["initial"], sorted(report)) for report in reports] == [
        (None, ["shop.0001", "shop.0002"]),
        (True, ["shop.0001", "shop.0003"]),
    ]


def parse_report(line: str) -> dict[str, Any]:
    return {key: file for key, file in json.loads(line)["files"].items() if key.startswith("shop.")}


COMPARE = """\
import json
from migwizard.core.graph.build import build
from migwizard.reading.files import read_files
from migwizard.reading.project import load
project = load()
files = read_files(project)
import django
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.executor import MigrationExecutor
loader = MigrationLoader(None)
executor = MigrationExecutor.__new__(MigrationExecutor)
executor.loader = loader
plan = executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True)
graph = build(files.files, (), files.unmigrated, nested_squashes=django.VERSION >= (6, 0))
print(json.dumps({
    "errors": project.info.errors + tuple(f.error for f in files.files.values() if f.error),
    "files": set(files.files) == set(loader.disk_migrations),
    "unmigrated": files.unmigrated == loader.unmigrated_apps,
    "nodes": list(graph.nodes) == [(m.app_label, m.name) for m, _ in plan],
    "parents": all(set(graph.parents[n]) == {p.key for p in loader.graph.node_map[n].parents} for n in graph.nodes),
    "instances": all(files.migrations[m.app_label, m.name] == m for m, _ in plan),
    "count": len(graph.nodes),
}))
"""


def test_the_fifteen_app_project_is_read_as_django_reads_it(tmp_path):
    pytest.importorskip("wagtail", reason="the third-party apps are not installed (pip install '.[apps]')")
    answer = read(fifteen_project(tmp_path / "fifteen"), COMPARE)
    count = answer.pop("count")
    assert answer == {
        "errors": [],
        "files": True,
        "unmigrated": True,
        "nodes": True,
        "parents": True,
        "instances": True,
    }
    assert count > 200


def test_syntax_trees_yield_what_is_literal_and_pass_over_the_rest():
    text = """
import os
from django.db import migrations
BASE = [("a", "1")]
BASE += [("b", "1")]
if os.name:
    BASE.append(("c", "1"))

class Migration(migrations.Migration):
    dependencies: list = BASE + unknown() + [("d", "1"), ("e", name), other(), 5]
    run_before = [("f", "1")]
    replaces = compute()
    atomic = False
    operations = [migrations.RunSQL(""), *[migrations.RunPython(f) for f in x], build()] + [X()]
"""
    declared = migration(parse(text.encode()), lambda name: None)
    assert declared is not None
    assert declared.dependencies == [("a", "1"), ("b", "1"), ("c", "1"), ("d", "1")]
    assert (declared.run_before, declared.replaces) == ([("f", "1")], [])
    assert (declared.initial, declared.atomic) == (None, False)
    assert declared.operations == ["RunSQL", "build", "X"]
    assert migration(parse(b"x = 1"), lambda name: None) is None


TOUCHES = """
import json
from migwizard.reading.files import read_files
from migwizard.reading.project import load

file = read_files(load()).files["shop", "0001_initial"]
print(json.dumps([[[t.act, t.model, t.part] for t in operation.touches] for operation in file.operations]))
"""


def test_operations_say_what_they_deal_with(tmp_path):
    operations = (
        'migrations.CreateModel("Order", [("id", models.AutoField(primary_key=True)),'
        ' ("by", models.ForeignKey("auth.User", models.CASCADE)), ("up", models.ForeignKey("self", models.CASCADE))])',
        'migrations.AddField("Order", "Note", models.TextField())',
        'migrations.AlterField("order", "note", models.TextField())',
        'migrations.RenameField("order", "note", "remark")',
        'migrations.RemoveField("order", "remark")',
        'migrations.AddIndex("order", models.Index(fields=["-by"], name="i"))',
        'migrations.RenameIndex("order", "j", old_name="i")',
        'migrations.AddConstraint("order", models.UniqueConstraint(fields=["by"], name="u"))',
        'migrations.RemoveConstraint("order", "u")',
        'migrations.AlterUniqueTogether("order", {("by", "up")})',
        'migrations.AlterModelTable("order", "o")',
        'migrations.SeparateDatabaseAndState([migrations.DeleteModel("a")], [migrations.RunSQL("")])',
        'migrations.RenameModel("Order", "Buy")',
    )
    text = source(f"operations = [{', '.join(operations)}]")
    assert read(project_of(tmp_path, {"shop/migrations/0001_initial.py": text}), TOUCHES) == [
        [["makes", "order", ""], ["uses", "auth.user", ""]],
        [["makes", "order", "note"]],
        [["alters", "order", "note"]],
        [["renames", "order", "note"], ["makes", "order", "remark"]],
        [["removes", "order", "remark"]],
        [["makes", "order", "index i"], ["uses", "order", "by"]],
        [["renames", "order", "index i"], ["makes", "order", "index j"]],
        [["makes", "order", "index u"], ["uses", "order", "by"]],
        [["removes", "order", "index u"]],
        [["alters", "order", "option unique_together"], ["uses", "order", "by"], ["uses", "order", "up"]],
        [["alters", "order", "option AlterModelTable"]],
        [["removes", "a", ""]],
        [["renames", "order", ""], ["makes", "buy", ""]],
    ]
