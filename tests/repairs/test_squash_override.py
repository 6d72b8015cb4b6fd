"""An installed app's migrations replaced by ones of the project: files, settings, records, tables, and the way back."""

from __future__ import annotations

import json

import pytest

from tests.extent import share
from tests.projects import write_project
from tests.running.kit import contents, execute, files_of, records

pytest.importorskip(
    "oauth2_provider", reason="the third-party apps are not installed (pip install '.[apps]')"
)

APP = "oauth2_provider"
MODULE = "config.overrides.oauth2"
SQUASH = "0001_squashed_0022_refreshtoken_token_family_index"
FOLDER = "config/overrides/oauth2"
APPS = ("django.contrib.auth", "django.contrib.contenttypes", APP)

SHOP = {
    "shop/models.py": """
        from django.db import models

        class Client(models.Model):
            id = models.BigAutoField(primary_key=True)
            application = models.ForeignKey("oauth2_provider.Application", models.CASCADE)
    """,
    "shop/migrations/0001_initial.py": """
        from django.db import migrations, models

        class Migration(migrations.Migration):
            dependencies = [("oauth2_provider", "0006_alter_application_client_secret")]
            operations = [
                migrations.CreateModel(
                    "Client",
                    [
                        ("id", models.BigAutoField(primary_key=True, serialize=False)),
                        ("application", models.ForeignKey("oauth2_provider.Application", models.CASCADE)),
                    ],
                )
            ]
    """,
}
"""An app whose migrations name one in the middle of those that are replaced."""

SCHEMA = """
from dataclasses import replace
from django.db import connection
from migwizard import databases

for name, table in sorted(databases.of(connection).snapshot().tables.items()):
    # A constraint of one column is named by the server when it is made with the table, and by Django afterwards.
    parts = (table.columns, [replace(one, name="") for one in table.constraints], table.indexes)
    print(name, *(sorted(map(repr, part)) for part in parts), sep="\\n")
"""

TOKENS = """
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils.timezone import now
from oauth2_provider.models import AccessToken, Application, RefreshToken

user = User.objects.create(username="ada")
application = Application.objects.create(client_type="public", authorization_grant_type="implicit", user=user)
source = RefreshToken.objects.create(user=user, token="r", application=application)

def token(text, source=None):
    with transaction.atomic():
        AccessToken.objects.create(token=text, expires=now(), source_refresh_token=source)

token("a"), token("b"), token("c", source)
try:
    token("d", source)
except IntegrityError:
    print(AccessToken.objects.filter(source_refresh_token=None).count(), "refused")
"""


def site(root, database, files=SHOP, settings=""):
    """A project with the app, and one of its own that depends on it."""
    return write_project(root, files, database, apps=[*APPS, "shop"], settings=settings)


def managed(project, *arguments):
    """Run a command of manage.py, which must go well, and return what it prints."""
    outcome = project.manage(*arguments)
    assert outcome.code == 0, outcome.stderr
    return outcome.stdout


def override(project, *arguments, command="repair"):
    """Run the repair, or `plan` it."""
    confirm = ("--yes",) if command == "repair" else ()
    return project.migwizard(command, "squash-override", APP, "--into", MODULE, *arguments, *confirm)


def everything(project, database):
    """All rows, definitions and files; the number that SQLite gave last is not taken back with its row."""
    found = contents(database) | files_of(project)
    return {name: rows for name, rows in found.items() if name != "sqlite_sequence"}


def unlike(former, present):
    """What differs, as (name, gone, new)."""
    return [
        (name, *([row for row in one if row not in two] for one, two in ((a, b), (b, a))))
        for name in sorted({*former, *present})
        if (a := former.get(name, ())) != (b := present.get(name, ()))
    ]


def complaints(project):
    """What `check` finds beside infos."""
    findings = project.migwizard("check", "--format", "json").json["findings"]
    return [one["summary"] for one in findings if one["severity"] != "info"]


def undo(project, number=1):
    """Take an execution back."""
    outcome = project.migwizard("undo", str(number), "--yes")
    assert outcome.code == 0, outcome.stdout


def test_a_run_that_came_halfway_is_replaced_migrated_and_taken_back(tmp_path, new_database, database):
    kind = "sqlite" if database["ENGINE"].endswith("sqlite3") else "postgresql"
    original = site(tmp_path / "original", new_database(kind))
    managed(original, "migrate", "--verbosity", "0")
    project = site(tmp_path / "site", database)
    managed(project, "migrate", APP, "0005", "--verbosity", "0")
    managed(project, "migrate", "auth", "--verbosity", "0")
    before = everything(project, database)

    outcome = override(project)
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert (
        (project.root / "config/settings.py")
        .read_text()
        .endswith(f'\nMIGRATION_MODULES = {{\n    "{APP}": "{MODULE}",\n}}\n')
    )
    written = [path.name for path in sorted((project.root / FOLDER).glob("*.py"))]
    assert written == [f"{SQUASH}.py", "__init__.py"]
    assert records(database, APP) == []
    assert not [name for name in contents(database) if "oauth2" in name]
    assert complaints(project) == []

    assert project.migwizard("repair", "migrate", "--yes").code == 0
    assert managed(project, "makemigrations", "--check", "--dry-run") == "No changes detected\n"
    assert complaints(project) == []
    assert project.python(SCHEMA).stdout == original.python(SCHEMA).stdout
    undo(project, 2)
    undo(project, 1)
    # What receivers of post_migrate wrote about the models stays, as after any migrate.
    left = {name.rpartition(".")[2] for name, *_ in unlike(before, everything(project, database))}
    assert left == {"auth_permission", "django_content_type"}
    assert not (project.root / "config/overrides").exists()

    assert override(project).code == 0
    managed(project, "migrate", "--verbosity", "0")
    assert project.python(TOKENS).stdout == "2 refused\n"


def test_where_all_is_applied_the_squash_is_recorded_and_rows_stay(tmp_path, database):
    project = site(tmp_path / "site", database)
    managed(project, "migrate", "--verbosity", "0")
    assert project.python(TOKENS).stdout == "2 refused\n"
    before = everything(project, database)
    plan = override(project, "--format", "json", command="plan").json
    assert [step["kind"] for step in plan["steps"]] == ["record", "file", "file", "file", "file"]
    assert plan["safety"] == "careful"
    assert override(project).code == 0
    assert records(database, APP)[-1] == SQUASH
    assert len(records(database, APP)) == 23
    assert complaints(project) == []
    assert "No migrations to apply" in managed(project, "migrate")
    undo(project)
    assert unlike(before, everything(project, database)) == []


def test_on_a_fresh_database_only_files_are_written(tmp_path, database):
    project = site(tmp_path / "site", database)
    outcome = override(project)
    assert outcome.code == 0, outcome.stdout
    assert contents(database).keys() == contents(database).keys() - {"public.django_migrations"}
    managed(project, "migrate", "--verbosity", "0")
    assert complaints(project) == []


def test_rows_of_a_run_that_came_halfway_are_kept_if_no_code_would_move_them(tmp_path, database):
    project = site(tmp_path / "site", database)
    managed(project, "migrate", APP, "0020", "--verbosity", "0")
    managed(project, "migrate", "shop", "--verbosity", "0")
    managed(project, "migrate", "auth", "--verbosity", "0")
    add_application(database)
    plan = override(project, "--format", "json", command="plan").json
    assert plan["safety"] == "careful", plan
    assert override(project).code == 0
    assert complaints(project) == []
    assert "No migrations to apply" in managed(project, "migrate")
    assert execute(database, "SELECT client_id FROM oauth2_provider_application") == [("x",)]
    undo(project)
    assert records(database, APP)[-1].startswith("0020")
    assert execute(database, "SELECT client_id FROM oauth2_provider_application") == [("x",)]


def test_rows_that_code_would_have_moved_are_not_altered_over(tmp_path, database):
    project = site(tmp_path / "site", database)
    managed(project, "migrate", APP, "0011", "--verbosity", "0")
    managed(project, "migrate", "auth", "--verbosity", "0")
    add_application(database, cimd=False)
    outcome = override(project)
    assert outcome.code == 1
    assert "Operation 3 of oauth2_provider.0012_add_token_checksum" in outcome.stdout
    assert "finish with migrate oauth2_provider first" in outcome.stdout
    plan = override(project, "--set", "partial=zero", "--format", "json", command="plan").json
    assert plan["safety"] == "destructive"
    ran = "oauth2_provider.0006_alter_application_client_secret"
    assert f"What the code of {ran} wrote into tables of other apps stays." in plan["risks"]
    assert "oauth2_provider_application (1 row) goes." in plan["risks"]


def add_application(database, cimd=True):
    """Put a row into the table of applications."""
    values = {
        "client_id": "'x'",
        "redirect_uris": "''",
        "client_type": "'public'",
        "authorization_grant_type": "'implicit'",
        "client_secret": "''",
        "name": "''",
        "skip_authorization": "false",
        "created": "'2026-01-01 00:00:00'",
        "updated": "'2026-01-01 00:00:00'",
        "algorithm": "''",
        "post_logout_redirect_uris": "''",
        "hash_client_secret": "true",
        "allowed_origins": "''",
        **({"registration_source": "'manual'"} if cimd else {}),
    }
    execute(
        database,
        f"INSERT INTO oauth2_provider_application ({', '.join(values)}) VALUES ({', '.join(values.values())})",
    )


@pytest.mark.parametrize(
    "settings",
    ["if DATABASES:\n    MIGRATION_MODULES = {}\n", "MIGRATION_MODULES = dict(other=None)\n"],
    ids=["condition", "call"],
)
def test_settings_that_code_makes_are_left_to_the_user(tmp_path, new_database, settings):
    project = site(tmp_path / "site", new_database("sqlite"), settings=settings)
    before = (project.root / "config/settings.py").read_bytes()
    outcome = override(project)
    assert outcome.code == 0, outcome.stdout
    assert (project.root / "config/settings.py").read_bytes() == before
    shown = override(project, command="plan").stdout
    assert f'MIGRATION_MODULES = {{"{APP}": "{MODULE}"}}' in shown or "already" in shown
    with (project.root / "config/settings.py").open("a") as file:
        file.write(f'MIGRATION_MODULES["{APP}"] = "{MODULE}"\n')
    managed(project, "migrate", "--verbosity", "0")
    assert complaints(project) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("shop",), "shop is the project's own; squash it in place: manage.py squashmigrations shop."),
        ((APP, "--into", "no-name.x"), "'no-name.x' is no name of a package."),
        ((APP, "--into", "django.overrides"), "which is not in the project."),
        ((APP, "--into", "shop.migrations"), "There is a package shop.migrations with files in it already"),
        ((APP, "--set", "code.0012_add_token_checksum.3=maybe"), "takes keep or drop, not maybe."),
        ((APP, "--set", "nonsense=1"), "--set nonsense answers nothing that is asked here"),
        ((APP, "--set", "partial=half"), "--set partial answers nothing that is asked here"),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_reason(tmp_path, new_database, arguments, said):
    project = site(tmp_path / "site", new_database("sqlite"))
    outcome = project.migwizard("plan", "squash-override", *arguments)
    assert outcome.code in (1, 2)
    assert said in outcome.stdout + outcome.stderr
    assert not (project.root / "config/overrides").exists()


def test_a_second_override_is_refused(tmp_path, new_database):
    project = site(tmp_path / "site", new_database("sqlite"))
    assert override(project).code == 0
    outcome = override(project)
    assert outcome.code == 1
    assert f"{APP} has an override already" in outcome.stdout


PACKAGES = {
    "allauth": ("account",),
    "django_celery_beat": ("django_celery_beat",),
    "django_celery_results": ("django_celery_results",),
    "filer": ("filer", "easy_thumbnails"),
    "social_django": ("social_django",),
    "waffle": ("waffle",),
}
"""Well-known packages, with the apps of them whose migrations are replaced."""

INSTALLED = (
    *(
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sites",
        "allauth",
        "allauth.account",
    ),
    *("django_celery_beat", "django_celery_results", "easy_thumbnails", "filer", "social_django", "waffle"),
)

MIDDLEWARE = """
MIDDLEWARE = ["allauth.account.middleware.AccountMiddleware"]
SITE_ID = 1
"""


@pytest.mark.slow
def test_the_migrations_of_well_known_packages_lead_to_the_same_schema(tmp_path, new_database, database):
    for package in PACKAGES:
        pytest.importorskip(package)
    kind = "sqlite" if database["ENGINE"].endswith("sqlite3") else "postgresql"
    original = write_project(
        tmp_path / "original", {}, new_database(kind), apps=INSTALLED, settings=MIDDLEWARE
    )
    managed(original, "migrate", "--verbosity", "0")
    project = write_project(tmp_path / "site", {}, database, apps=INSTALLED, settings=MIDDLEWARE)
    apps = share(kind, [app for packages in PACKAGES.values() for app in packages])
    for app in apps:
        outcome = project.migwizard("repair", "squash-override", app, "--no-replay", "--yes")
        assert outcome.code == 0, outcome.stdout + outcome.stderr
    settings = (project.root / "config/settings.py").read_text()
    assert settings.count("config.migration_overrides.") == len(apps)
    managed(project, "migrate", "--verbosity", "0")
    assert managed(project, "makemigrations", "--check", "--dry-run") == "No changes detected\n"
    assert project.python(SCHEMA).stdout == original.python(SCHEMA).stdout
    assert complaints(project) == []


BASE = """
from config.base import *

DEBUG = True
"""


@pytest.mark.parametrize(
    ("base", "own", "edited"),
    [
        ("MIGRATION_MODULES = {}\n", "", "config/base.py"),
        ("", "", "config/settings.py"),
        ("MIGRATION_MODULES = {}\n", "MIGRATION_MODULES = {}\n", "config/settings.py"),
    ],
    ids=["where it is", "nowhere", "the last word"],
)
def test_the_settings_file_that_has_the_last_word_is_edited(tmp_path, new_database, base, own, edited):
    project = site(tmp_path / "site", new_database("sqlite"))
    path = project.root / "config/settings.py"
    (project.root / "config/base.py").write_text(path.read_text() + base)
    path.write_text(BASE + own)
    assert override(project).code == 0
    names = ("config/base.py", "config/settings.py")
    assert [name for name in names if MODULE in (project.root / name).read_text()] == [edited]
    managed(project, "migrate", "--verbosity", "0")
    assert records(project.databases["default"], APP)[-1] == SQUASH


def test_one_process_sees_the_new_migrations_and_after_an_undo_the_old_ones(tmp_path, new_database):
    project = site(tmp_path / "site", new_database("sqlite"))
    commands = [
        ["open", {}],
        ["read"],
        ["plan", "squash-override", [APP, MODULE], None, {}],
        ["execute"],
        ["read"],
        ["plan", "migrate", [APP], None, {}],
        ["plan", "undo", ["1"], None, {}],
        ["execute"],
        ["read"],
        ["plan", "migrate", [APP], None, {}],
        ["plan", "squash-override", [APP, MODULE], None, {}],
        ["execute"],
    ]
    outcome = project.fork("-m", "tests.running.driver", input=json.dumps(commands))
    assert outcome.code == 0, outcome.stderr
    answers = outcome.json
    assert SQUASH in answers[4]["title"]
    assert SQUASH not in answers[8]["title"]
    assert len(answers[4]["steps"]) < len(answers[8]["steps"])
    assert answers[10]["outcome"] == "done", answers[10]


def test_without_a_look_at_the_schema_only_what_needs_none_is_done(tmp_path, new_database):
    project = site(tmp_path / "site", new_database("sqlite"))
    managed(project, "migrate", APP, "0005", "--verbosity", "0")
    outcome = override(project, "--no-schema")
    assert outcome.code == 1
    assert "A part of oauth2_provider is recorded, and the schema was not compared" in outcome.stdout
    managed(project, "migrate", "--verbosity", "0")
    plan = override(project, "--no-schema", "--format", "json", command="plan").json
    assert [step["kind"] for step in plan["steps"]] == ["record", "file", "file", "file", "file"]
    assert plan["risks"][0] == (
        "The schema was not compared, so nobody knows whether the tables are what the records say."
    )


NULLS = """
from django.db import IntegrityError, connection, transaction

DAY = "'2026-01-01'"
ROWS = (
    "auth_user (password, is_superuser, username, first_name, last_name, email, is_staff, is_active, date_joined)"
    f" VALUES ('', 0, 'ada', '', '', '', 0, 1, {DAY})",
    "oauth2_provider_application (client_id, redirect_uris, client_type, authorization_grant_type, client_secret, name,"
    " skip_authorization, created, updated, algorithm, post_logout_redirect_uris, hash_client_secret, allowed_origins,"
    f" registration_source) VALUES ('x', '', 'public', 'implicit', '', '', 0, {DAY}, {DAY}, '', '', 1, '', 'manual')",
    "oauth2_provider_refreshtoken (token, created, updated, application_id, user_id, token_checksum, resource)"
    f" SELECT 'r', {DAY}, {DAY}, a.id, u.id, 'c', '[]' FROM oauth2_provider_application a, auth_user u",
)

def insert(row):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {row}")

def token(name, source):
    insert(
        "oauth2_provider_accesstoken (token, expires, created, updated, scope, token_checksum, resource,"
        f" source_refresh_token_id) SELECT '{name}', {DAY}, {DAY}, {DAY}, '', '{name}', '[]', {source}"
    )

for row in ROWS:
    insert(row)
token("a", "NULL"), token("b", "NULL"), token("c", "max(id) FROM oauth2_provider_refreshtoken")
try:
    token("d", "max(id) FROM oauth2_provider_refreshtoken")
except IntegrityError:
    print("refused")
"""
"""As `TOKENS`, but by hand: what stands in for the server does not take a NULL as the parameter of a date."""


def test_the_story_on_sql_server(tmp_path, new_database):
    project = site(tmp_path / "site", new_database("mssql"))
    managed(project, "migrate", APP, "0005", "--verbosity", "0")
    outcome = override(project, "--no-replay")
    assert outcome.code == 0, outcome.stdout
    managed(project, "migrate", "--verbosity", "0")
    assert managed(project, "makemigrations", "--check", "--dry-run") == "No changes detected\n"
    assert complaints(project) == []
    assert project.python(NULLS).stdout == "refused\n"
