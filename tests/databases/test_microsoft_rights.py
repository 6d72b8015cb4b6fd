"""Users and default schemas on a server that speaks TDS, where the environment names one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from migwizard.databases import of
from tests.mssql import SQLServer, connected
from tests.projects import Project, copy_project

PASSWORD = "Migwizard-2"
HOSTILE = ["x'; DROP TABLE t; --", "a b", 'a"b']


@dataclass
class Place:
    """A database, with users in it that are gone with the test."""

    server: SQLServer
    entry: dict[str, Any]
    logins: list[str] = field(default_factory=list)

    def run(self, *statements: str) -> list[Any]:
        """Execute statements as the administrator, and return the rows of the last one."""
        with connected(self.entry) as cursor:
            for statement in statements:
                cursor.execute(statement)
            return list(cursor.fetchall()) if cursor.description else []

    def user(self, name: str) -> str:
        """A login with a user of the same name, which gets a random end."""
        name = f"{name}{secrets.token_hex(4)}"
        self.run(f"CREATE LOGIN [{name}] WITH PASSWORD = '{PASSWORD}'")
        self.logins.append(name)
        self.run(f"CREATE USER [{name}] FOR LOGIN [{name}]")
        return name

    def login(self, name: str) -> dict[str, Any]:
        """The entry of DATABASES for a user."""
        return {**self.entry, "USER": name, "PASSWORD": PASSWORD}

    def default(self, name: str) -> str:
        """The default schema of a user, as the server has it."""
        ((default,),) = self.run(
            "SELECT SCHEMA_NAME(SCHEMA_ID(default_schema_name)) FROM sys.database_principals"
            f" WHERE name = '{name.replace(chr(39), chr(39) * 2)}'"
        )
        return str(default)


@pytest.fixture
def place(mssql_server: SQLServer, new_database: Any) -> Iterator[Place]:
    """An empty database on the server."""
    made = Place(mssql_server, new_database("mssql"))
    yield made
    mssql_server.drop_database(made.entry["NAME"])
    with mssql_server.connect() as cursor:
        for name in made.logins:
            # Who is thrown out is gone a moment later; a login that stays harms nobody.
            with suppress(Exception):
                cursor.execute(f"DROP LOGIN [{name}]")


def test_what_the_administrator_is_told(place: Place, connect: Any):
    name = place.user("shop")
    rights = of(connect(place.entry)).rights()
    assert (rights.schema, rights.wanted, rights.may_create) == ("dbo", "dbo", True)
    assert rights.entrance.name == "dbo"
    assert rights.principal(name).type_desc == "SQL_USER"
    assert rights.principal(name).may_alter


def test_what_a_user_is_told_of_itself(place: Place, connect: Any):
    name = place.user("shop")
    place.run("CREATE SCHEMA [sales]", f"ALTER USER [{name}] WITH DEFAULT_SCHEMA = [sales]")
    rights = of(connect(place.login(name))).rights()
    assert (rights.login, rights.user, rights.schema, rights.wanted) == (name, name, "sales", "sales")
    assert (rights.entrance.name, rights.entrance.default_schema) == (name, "sales")
    assert not rights.may_create


@pytest.mark.parametrize("name", HOSTILE)
def test_a_user_and_a_schema_of_hostile_names(place: Place, tmp_path: Path, name: str):
    user = place.user(name)
    project: Project = copy_project("library", tmp_path / "project", place.entry)
    outcome = project.migwizard("repair", "set-default-schema", user, name, "--yes", "--set", "create=yes")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert place.default(user).casefold() == name.casefold()
    undone = project.migwizard("undo", "1", "--yes")
    assert undone.code == 0, undone.stdout + undone.stderr
    assert place.default(user) == "dbo"
    assert place.run("SELECT COUNT(*) FROM sys.schemas WHERE name NOT IN ('dbo', 'guest', 'sys')")[0][0] == 0


def test_a_dry_run_changes_nothing(place: Place, tmp_path: Path):
    user = place.user("shop")
    project = copy_project("library", tmp_path / "project", place.entry)
    place.run("CREATE SCHEMA [sales]")
    outcome = project.migwizard("dry-run", "set-default-schema", user, "sales")
    assert outcome.code == 0, outcome.stdout + outcome.stderr
    assert place.default(user) == "dbo"


def test_a_user_that_may_make_no_table_is_told(place: Place, tmp_path: Path):
    user = place.user("shop")
    project = copy_project("library", tmp_path / "project", place.login(user))
    outcome = project.migwizard("check", "--format", "json", "--no-schema")
    assert outcome.code == 1, outcome.stderr
    found = {one["id"]: one for one in outcome.json["findings"]}
    assert {"missing-default-schema:*", "no-create-permission:*"} <= found.keys()
    summary = f"{user} may not make tables in its default schema dbo."
    assert found["missing-default-schema:*"]["summary"] == summary
    plan = project.migwizard("plan", "missing-default-schema:*", "--sql", "--no-schema")
    assert f"GRANT CREATE TABLE TO [{user}];" in plan.stdout
    assert f"ON SCHEMA::[dbo] TO [{user}];" in plan.stdout
