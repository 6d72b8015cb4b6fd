"""Default schemas and rights on PostgreSQL, for real: found, repaired, proved by a new connection, taken back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Outcome, Project, copy_project
from tests.roles import Roles, quoted, roles_on


@dataclass
class Place:
    """The project `library`, its database, and a role that its settings name."""

    project: Project
    roles: Roles
    role: str

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Execute statements as the superuser."""
        return self.roles.run(*statements)

    def found(self) -> dict[str, dict[str, Any]]:
        """The findings by their ids."""
        outcome = self.project.migwizard("check", "--format", "json")
        assert outcome.code < 2, outcome.stderr
        return {finding["id"]: finding for finding in outcome.json["findings"]}

    def problems(self) -> list[str]:
        """The ids of errors and warnings."""
        return [name for name, finding in self.found().items() if finding["severity"] != "info"]

    def repair(self, *what: str) -> Outcome:
        """Run a repair."""
        return self.project.migwizard("repair", *what, "--yes", "--format", "json")

    def as_role(self, role: str) -> Place:
        """The same project, connected as another role."""
        project = copy_project(
            "library", self.project.root.parent / f"as-{role[-8:]}", self.roles.login(role)
        )
        return Place(project, self.roles, role)

    def settings(self) -> list[Any]:
        """Every setting of a role, and the rights on every schema."""
        return self.run(
            "SELECT setrole::regrole::text, setconfig::text FROM pg_db_role_setting WHERE setrole <> 0"
            " UNION ALL SELECT nspname, nspacl::text FROM pg_namespace WHERE nspname !~ '^pg_toast' ORDER BY 1, 2"
        )


@pytest.fixture
def place(tmp_path: Path, new_database: Any, postgresql_server: Any) -> Iterator[Place]:
    """The project on an empty database of PostgreSQL 18, and a role that was granted nothing."""
    entry = new_database("postgresql")
    with roles_on(postgresql_server, entry) as roles:
        role = roles.make("shop")
        project = copy_project("library", tmp_path / "project", roles.login(role))
        yield Place(project, roles, role)


class TestNoSchema:
    @pytest.fixture(autouse=True)
    def nowhere(self, place: Place) -> None:
        name = quoted(place.roles.entry["NAME"])
        place.run(
            f"ALTER ROLE {quoted(place.role)} IN DATABASE {name} SET search_path = nowhere",
            f"CREATE SCHEMA shop AUTHORIZATION {quoted(place.role)}",
        )

    def test_it_is_told_with_the_roles_and_the_error_of_migrate(self, place: Place):
        finding = place.found()["missing-default-schema:*"]
        assert finding["severity"] == "error"
        assert finding["summary"] == (
            f"The search_path of {place.role} (nowhere) leads to no schema that exists, so no table can be made."
        )
        said = "no schema has been selected to create in"
        assert f"migrate would end with: {said} (3F000)" in finding["evidence"]
        assert (
            f"{place.role} (LOGIN ROLE): search_path nowhere; it is this connection's own"
            in finding["evidence"]
        )
        assert said in place.project.manage("migrate").stderr

    def test_the_role_helps_itself_and_migrate_goes_through(self, place: Place):
        before = place.settings()
        outcome = place.repair("missing-default-schema:*")
        assert outcome.code == 0, outcome.stdout
        assert outcome.json["message"] == "Done: 1 step, 1 finding gone. A new connection is in shop."
        assert [step["sql"] for step in outcome.json["steps"]] == [
            [
                f"ALTER ROLE {quoted(place.role)} IN DATABASE {quoted(place.roles.entry['NAME'])}"
                ' SET search_path = "shop", "nowhere"'
            ]
        ]
        assert place.problems() == []
        undone = place.project.migwizard("undo", str(outcome.json["journal"]), "--yes")
        assert undone.code == 0, undone.stdout
        assert place.settings() == before
        assert place.problems() == ["missing-default-schema:*"]
        assert place.repair("set-default-schema", place.role, "shop").code == 0
        assert place.project.manage("migrate", "--verbosity", "0").code == 0
        assert place.problems() == []
        assert place.run("SELECT count(*) > 5 FROM shop.django_migrations") == [(True,)]

    def test_a_dry_run_goes_through_and_changes_nothing(self, place: Place):
        before = place.settings()
        outcome = place.project.migwizard("dry-run", "missing-default-schema:*")
        assert outcome.code == 0
        assert "1 finding would be gone. Everything was rolled back." in outcome.stdout
        assert place.settings() == before

    def test_without_a_schema_of_its_own_it_is_told_to_be_let_into_public(self, place: Place):
        place.run("DROP SCHEMA shop", "REVOKE ALL ON SCHEMA public FROM PUBLIC")
        outcome = place.project.migwizard("plan", "missing-default-schema:*", "--sql")
        assert outcome.code == 1
        assert outcome.stdout == (
            "-- Let {role} work in public by default (set-default-schema, careful)\n"
            "-- migwizard does not execute it: {role} may not grant anything on schema public, which belongs to"
            " pg_database_owner. Let somebody who may run the script (migwizard plan … --sql).\n"
            "-- risk: Connections that are open stay where they are: restart what is connected as {role}, and"
            " poolers.\n"
            "\nBEGIN;\n\n-- 1. Grant USAGE, CREATE on schema public to {role}.\n"
            'GRANT USAGE, CREATE ON SCHEMA "public" TO "{role}";\n'
            '\n-- 2. Let {role} work in "public", "nowhere" by default.\n'
            'ALTER ROLE "{role}" IN DATABASE "{database}" SET search_path = "public", "nowhere";\n\nCOMMIT;\n'
        ).format(role=place.role, database=place.roles.entry["NAME"])
        place.run(outcome.stdout)
        assert place.problems() == []
        assert place.project.manage("migrate", "--verbosity", "0").code == 0

    @pytest.mark.parametrize("schema", ["x'; DROP SCHEMA shop; --", 'a"b', "a]b", "CORP\\Data Team", "100%s"])
    def test_a_schema_that_is_not_there_is_made_when_that_is_said(self, place: Place, schema: str):
        place.run(f"GRANT CREATE ON DATABASE {quoted(place.roles.entry['NAME'])} TO {quoted(place.role)}")
        before = place.settings()
        refused = place.repair("set-default-schema", place.role, schema)
        assert (refused.code, refused.json["message"]) == (
            1,
            f"There is no schema {schema}; say whether it shall be made.",
        )
        assert place.settings() == before
        outcome = place.repair("set-default-schema", place.role, schema, "--set", "create=yes")
        assert outcome.code == 0, outcome.stdout
        assert outcome.json["message"].endswith(f"A new connection is in {schema}.")
        undone = place.project.migwizard("undo", str(outcome.json["journal"]), "--yes")
        assert undone.code == 0, undone.stdout
        assert place.settings() == before

    def test_a_schema_that_the_role_may_not_make_is_refused_at_once(self, place: Place):
        outcome = place.repair("set-default-schema", place.role, "new")
        assert outcome.json["message"].startswith(f"{place.role} may not make a schema in ")

    def test_all_careful_repairs_heal_it_too(self, place: Place):
        outcome = place.project.migwizard("repair", "--all", "--allow", "careful", "--yes")
        assert outcome.code == 0, outcome.stdout
        assert "1 finding gone. A new connection is in shop." in outcome.stdout

    def test_a_schema_that_was_made_and_is_not_empty_stays(self, place: Place):
        place.run(f"GRANT CREATE ON DATABASE {quoted(place.roles.entry['NAME'])} TO {quoted(place.role)}")
        outcome = place.repair("set-default-schema", place.role, "new", "--set", "create=yes")
        place.run("CREATE TABLE new.t (id integer)")
        undone = place.project.migwizard("undo", str(outcome.json["journal"]), "--yes")
        assert undone.code == 1
        assert "Everything was rolled back; nothing has changed." in undone.stdout
        assert place.problems() == []


class TestNoRight:
    def test_the_role_is_told_what_it_lacks_and_who_may_grant_it(self, place: Place):
        finding = place.found()["no-create-permission:*"]
        assert finding["severity"] == "error"
        assert finding["summary"] == f"{place.role} may not make tables in schema public."
        assert finding["evidence"] == [
            "migrate would end with: permission denied for schema public (42501)",
            "schema public belongs to pg_database_owner, which alone may grant something on it",
            f"{place.role} lacks CREATE on it",
        ]
        assert "permission denied for schema public" in place.project.manage("migrate").stderr
        outcome = place.repair("no-create-permission:*")
        assert outcome.code == 1
        assert [step["kind"] for step in outcome.json["steps"]] == ["advice"]

    def test_the_owner_grants_it_and_only_it(self, place: Place):
        owner = place.roles.make("owner")
        place.roles.give_database(owner)
        by_owner, before = place.as_role(owner), place.settings()
        outcome = by_owner.repair("set-default-schema", place.role, "public")
        assert outcome.code == 0, outcome.stdout
        assert [step["sql"] for step in outcome.json["steps"]] == [
            [f'GRANT CREATE ON SCHEMA "public" TO {quoted(place.role)}']
        ]
        nothing = by_owner.repair("set-default-schema", place.role, "public")
        assert nothing.json["message"] == f"{place.role} makes its tables in public already, and may."
        undone = by_owner.project.migwizard("undo", str(outcome.json["journal"]), "--yes")
        assert undone.code == 0, undone.stdout
        assert place.settings() == before
        assert by_owner.repair("set-default-schema", place.role, "public").code == 0
        assert place.project.manage("migrate", "--verbosity", "0").code == 0
        assert place.problems() == []

    def test_a_role_that_may_make_schemas_gets_one_of_its_own(self, place: Place):
        place.run(f"GRANT ALL ON DATABASE {quoted(place.roles.entry['NAME'])} TO {quoted(place.role)}")
        finding = place.found()["no-create-permission:*"]
        assert finding["evidence"][-1].startswith(f"{place.role} may make schemas in")
        outcome = place.repair("no-create-permission:*", "--set", "create=yes")
        assert outcome.code == 0, outcome.stdout
        assert [step["sql"] for step in outcome.json["steps"]] == [[f"CREATE SCHEMA {quoted(place.role)}"]]
        assert outcome.json["message"].endswith(f"A new connection is in {place.role}.")
        assert place.project.manage("migrate", "--verbosity", "0").code == 0
        assert place.problems() == []

    def test_a_role_that_only_reads_is_not_alarmed(self, place: Place):
        place.run(f"GRANT CREATE ON SCHEMA public TO {quoted(place.role)}")
        assert place.project.manage("migrate", "--verbosity", "0").code == 0
        reader = place.roles.make("reader")
        place.run(f"GRANT pg_read_all_data TO {quoted(reader)}")
        reading = place.as_role(reader)
        assert reading.found() == {}
        place.run("DELETE FROM django_migrations WHERE app = 'billing'")
        found = reading.found()
        assert "no-create-permission:*" not in reading.problems()
        assert found["no-create-permission:*"]["severity"] == "info"

    def test_tables_of_others_that_a_pending_migration_changes(self, place: Place):
        place.run(f"GRANT CREATE ON SCHEMA public TO {quoted(place.role)}")
        assert place.project.manage("migrate", "shop", "0001", "--verbosity", "0").code == 0
        place.run("ALTER TABLE shop_order OWNER TO postgres", "CREATE TABLE unrelated (id integer)")
        place.run(f"GRANT ALL ON shop_order TO {quoted(place.role)}")
        finding = place.found()["no-create-permission:postgres"]
        assert finding["summary"] == f"{place.role} may not change shop_order, as postgres owns it."
        assert "migrate would end with: must be owner of table shop_order (42501)" in finding["evidence"]
        assert "must be owner of table shop_order" in place.project.manage("migrate").stderr


class TestHistoryElsewhere:
    @pytest.fixture(autouse=True)
    def migrated(self, place: Place) -> None:
        place.run(f"GRANT CREATE ON SCHEMA public TO {quoted(place.role)}")
        assert place.project.manage("migrate", "--verbosity", "0").code == 0
        place.run(f"CREATE SCHEMA shop AUTHORIZATION {quoted(place.role)}")

    def path(self, place: Place, path: str) -> None:
        name = quoted(place.roles.entry["NAME"])
        place.run(f"ALTER ROLE {quoted(place.role)} IN DATABASE {name} SET search_path = {path}")

    def test_the_path_does_not_lead_to_it(self, place: Place):
        self.path(place, "shop")
        (records,) = place.run("SELECT count(*) FROM django_migrations")[0]
        finding = place.found()["history-elsewhere:public"]
        assert finding["severity"] == "error"
        assert finding["summary"] == "The history is in schema public, but Django looks for it in shop."
        assert finding["evidence"][0].startswith(f"public.django_migrations has {records} records, ")
        assert finding["evidence"][1] == "the search_path is shop"
        outcome = place.repair("history-elsewhere:public")
        assert outcome.code == 0, outcome.stdout
        assert outcome.json["message"].endswith("A new connection is in public.")
        assert place.problems() == []
        assert place.project.manage("migrate", "--check").code == 0

    def test_tables_would_be_made_in_another_schema_than_the_history_is_in(self, place: Place):
        self.path(place, "shop, public")
        finding = place.found()["history-elsewhere:public"]
        assert finding["summary"] == (
            "Django finds the history in schema public, but would make tables in schema shop."
        )
        assert place.repair("history-elsewhere:public").code == 0
        assert place.problems() == []

    def test_a_second_history_that_has_more(self, place: Place):
        place.run("CREATE TABLE shop.django_migrations AS TABLE public.django_migrations")
        place.run(f"ALTER TABLE shop.django_migrations OWNER TO {quoted(place.role)}")
        assert place.found() == {}
        place.run("DELETE FROM public.django_migrations WHERE app = 'billing'")
        finding = place.found()["history-elsewhere:shop"]
        assert (finding["severity"], finding["repairs"]) == ("warning", [])
        assert finding["summary"].startswith("There is a second history in schema shop, with ")

    def test_that_of_another_project_is_not_meant(self, place: Place):
        place.run(
            "CREATE TABLE shop.django_migrations (id integer, app text, name text)",
            "INSERT INTO shop.django_migrations VALUES (1, 'contenttypes', '0001_initial'), (2, 'blog', '0001')",
            f"GRANT ALL ON shop.django_migrations TO {quoted(place.role)}",
        )
        assert place.found() == {}

    def test_schemas_of_tenants_are_not_elsewhere(self, place: Place):
        self.path(place, "shop")
        settings = place.project.root / "config" / "settings.py"
        settings.write_text(f"{settings.read_text()}\nTENANT_MODEL = 'customers.Client'\n")
        assert not [
            name for name in place.found() if name.startswith(("history-elsewhere", "missing-default"))
        ]


def test_a_path_that_the_settings_fix_is_to_be_changed_there(place: Place):
    place.project.databases["default"]["OPTIONS"] = {"options": "-c search_path=nowhere"}
    finding = place.found()["missing-default-schema:*"]
    assert finding["repairs"] == []
    by = "the connection's own options (OPTIONS in DATABASES, a service file, or PGOPTIONS)"
    assert f"the search_path is set by {by}" in finding["evidence"]
    outcome = place.repair("set-default-schema", place.role, "public")
    assert outcome.json["message"] == (
        f"The search_path (nowhere) is set by {by}; no default of {place.role} changes it. Set it there."
    )


@pytest.mark.parametrize("name", ["x'; DROP SCHEMA public; --", 'a"b', "CORP\\Data Team", "\x1b[31mred"])
def test_another_role_of_a_hostile_name_is_given_a_default_and_it_is_taken_back(place: Place, name: str):
    role = place.roles.make(name)
    place.run("CREATE SCHEMA team")
    admin, before = place.as_role("postgres"), place.settings()
    outcome = admin.repair("set-default-schema", role, "team")
    assert outcome.code == 0, outcome.stdout
    assert "A new connection" not in outcome.json["message"]
    place.run(f"GRANT CONNECT ON DATABASE {quoted(place.roles.entry['NAME'])} TO {quoted(role)}")
    with place.roles.server.connect(place.roles.entry["NAME"]) as connection:
        connection.execute(f"SET SESSION AUTHORIZATION {quoted(role)}")
        assert connection.execute("SELECT has_schema_privilege('team', 'CREATE')").fetchone() == (True,)
    undone = admin.project.migwizard("undo", str(outcome.json["journal"]), "--yes")
    assert undone.code == 0, undone.stdout
    assert [row for row in place.settings() if row[0] != "team"] == [
        row for row in before if row[0] != "team"
    ]


def test_an_undo_is_refused_once_the_default_is_another(place: Place):
    role, name = place.roles.make("other"), quoted(place.roles.entry["NAME"])
    place.run("CREATE SCHEMA team")
    admin = place.as_role("postgres")
    outcome = admin.repair("set-default-schema", role, "team")
    place.run(f"ALTER ROLE {quoted(role)} IN DATABASE {name} SET search_path = public")
    undone = admin.project.migwizard("undo", str(outcome.json["journal"]), "--yes")
    assert undone.code == 1
    assert "cannot be taken back, because something has changed since" in undone.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name a user and a schema: set-default-schema USER SCHEMA."),
        (("nobody", "public"), "There is no user or group 'nobody' in this database (there is: "),
    ],
)
def test_wrong_arguments_are_said(place: Place, arguments: tuple[str, ...], said: str):
    outcome = place.repair("set-default-schema", *arguments)
    assert outcome.code == 2
    assert said in outcome.stderr


def test_sqlite_has_no_users(tmp_path: Path, new_database: Any):
    project = copy_project("library", tmp_path / "project", new_database("sqlite"))
    outcome = project.migwizard("repair", "set-default-schema", "a", "b", "--yes")
    assert "This database has no users with a default schema." in outcome.stdout
