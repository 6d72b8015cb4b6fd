"""docs/rights.md, proved on PostgreSQL: roles with exactly the rights that its scripts grant, and no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.projects import Project, copy_project
from tests.roles import Roles, quoted, roles_on
from tests.running.kit import contents

DOCUMENT = Path(__file__).parent.parent / "docs" / "rights.md"


def script(name: str) -> str:
    """The script of that name in the document."""
    match = re.search(rf"<!-- {name} -->\n```sql\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)
    assert match is not None
    return match[1]


@dataclass
class Place:
    """A migrated database whose tables belong to a role of their own, and no right for anybody else."""

    roles: Roles
    owner: str
    folder: Path

    def grant(self, name: str) -> str:
        """Run a script of the document under names of our own, and return the role that it has made."""
        kind = name.split()[1]
        role = f"{kind}_{self.owner[-8:]}"
        self.roles.made.append(role)
        text = (
            script(name).replace(f"migwizard_{kind}", quoted(role)).replace("shop_owner", quoted(self.owner))
        )
        text = text.replace("DATABASE shop", f"DATABASE {quoted(self.roles.entry['NAME'])}")
        assert "shop" not in text.replace(quoted(self.owner), "")
        self.roles.run(text)
        return role

    def project(self, role: str, **options: str) -> Project:
        """The project, connected as a role."""
        entry = self.roles.login(role, OPTIONS=options) if options else self.roles.login(role)
        return copy_project("library", self.folder / f"{role}{len(list(self.folder.iterdir()))}", entry)

    def privileges(self) -> list[Any]:
        """Who owns what, and who was granted what."""
        return self.roles.run(
            "SELECT relname, relowner::regrole::text, relacl::text FROM pg_class"
            " WHERE relnamespace = 'public'::regnamespace ORDER BY 1"
        )


@pytest.fixture
def place(tmp_path: Path, new_database: Callable[..., Any], postgresql_server: Any) -> Iterator[Place]:
    entry = new_database("postgresql")
    with roles_on(postgresql_server, entry) as roles:
        database = quoted(entry["NAME"])
        owner = roles.make("owner")
        roles.run(
            f"REVOKE ALL ON DATABASE {database} FROM PUBLIC",
            "REVOKE ALL ON SCHEMA public FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {database} TO {quoted(owner)}",
            f"GRANT USAGE, CREATE ON SCHEMA public TO {quoted(owner)}",
        )
        made = Place(roles, owner, tmp_path)
        migrated = made.project(owner).manage("migrate", "--verbosity", "0")
        assert migrated.code == 0, migrated.stderr
        yield made


class TestChecker:
    def test_it_finds_what_a_superuser_finds_and_changes_nothing(self, place: Place):
        place.roles.run(
            "ALTER TABLE shop_order DROP COLUMN note", "DELETE FROM django_migrations WHERE app = 'billing'"
        )
        before = contents(place.roles.entry)
        checker = place.project(place.grant("postgresql checker"))
        seen = [
            project.migwizard("check", "--format", "json", "--no-replay").json["findings"]
            for project in (checker, place.project("postgres"))
        ]
        # That it may make no table is told of the checker alone, as an info.
        own = [one for one in seen[0] if one["name"] == "no-create-permission"]
        assert [one["severity"] for one in own] == ["info"]
        ids = [[one["id"] for one in findings if one not in own] for findings in seen]
        assert ids[0] == ids[1]
        assert any(name.startswith("applied-not-recorded") for name in ids[0])
        assert checker.migwizard("status", "--no-replay").code == 0
        assert checker.migwizard("plan", ids[0][0], "--no-replay").code == 0
        assert contents(place.roles.entry) == before

    def test_its_schema_is_compared_in_temporary_tables(self, place: Place):
        checker = place.project(place.grant("postgresql checker"))
        found = checker.migwizard("check", "--format", "json", "--no-replay").json
        assert found["database"]["schema_compared"] == "modelled"
        assert found["findings"] == []

    def test_without_temporary_tables_the_schema_is_not_compared(self, place: Place):
        role = place.grant("postgresql checker")
        place.roles.run(
            f"REVOKE TEMPORARY ON DATABASE {quoted(place.roles.entry['NAME'])} FROM {quoted(role)}"
        )
        found = place.project(role).migwizard("check", "--format", "json", "--no-replay").json
        assert found["database"]["schema_compared"] == "no"
        assert f"{role!r} may make neither a schema nor a temporary table" in found["database"]["why_not"]

    def test_a_replay_needs_createdb_and_says_so(self, place: Place):
        checker = place.project(place.grant("postgresql checker"))
        outcome = checker.migwizard("replay")
        assert outcome.code == 2
        assert "may not create a database" in outcome.stderr

    @pytest.mark.parametrize(
        "right",
        ["USAGE ON SCHEMA public", "SELECT ON TABLE public.django_migrations"],
        ids=["schema", "table"],
    )
    def test_each_right_is_needed(self, place: Place, right: str):
        role = place.grant("postgresql checker")
        place.roles.run(f"REVOKE {right} FROM {quoted(role)}")
        outcome = place.project(role).migwizard("check", "--format", "json", "--no-replay")
        if right.startswith("USAGE"):
            # Then Django sees no history either, and would make one.
            assert "missing-default-schema:*" in [one["id"] for one in outcome.json["findings"]]
        else:
            assert outcome.code == 2
            assert "permission denied for table django_migrations" in outcome.stderr

    def test_a_repair_is_refused_and_nothing_has_changed(self, place: Place):
        place.roles.run("DELETE FROM django_migrations WHERE app = 'billing' AND name <> '0001_initial'")
        before = contents(place.roles.entry)
        checker = place.project(place.grant("postgresql checker"))
        outcome = checker.migwizard("repair", "fake", "billing", "--yes", "--no-replay")
        assert outcome.code == 1
        assert "lacks a permission" in outcome.stdout
        assert contents(place.roles.entry) == before


class TestRepairer:
    def test_it_repairs_and_takes_back_what_the_owner_owns(self, place: Place):
        role = place.grant("postgresql repairer")
        project = place.project(role, assume_role=place.owner)
        before, owned = contents(place.roles.entry), place.privileges()
        place.roles.run("DROP TABLE billing_invoice CASCADE")
        problems = [
            one["id"]
            for one in project.migwizard("check", "--format", "json", "--no-replay").json["findings"]
        ]
        dry = project.migwizard("dry-run", problems[0], "--no-replay")
        assert dry.code == 0, dry.stdout
        outcome = project.migwizard("repair", problems[0], "--yes", "--format", "json", "--no-replay")
        assert outcome.code == 0, outcome.stdout
        assert project.migwizard("check", "--no-replay").code == 0
        assert contents(place.roles.entry) == before
        assert place.privileges() == owned
        undone = project.migwizard("undo", str(outcome.json["journal"]), "--yes")
        assert undone.code == 0, undone.stdout

    def test_without_assuming_the_owner_new_tables_would_be_its_own(self, place: Place):
        role = place.grant("postgresql repairer")
        place.roles.run(
            f"GRANT CREATE ON SCHEMA public TO {quoted(role)}", "DROP TABLE billing_invoice CASCADE"
        )
        project = place.project(role)
        (problem, *_) = project.migwizard("check", "--format", "json", "--no-replay").json["findings"]
        assert project.migwizard("repair", problem["id"], "--yes", "--no-replay").code == 0
        owner = "SELECT relowner::regrole::text FROM pg_class WHERE relname = 'billing_invoice'"
        assert place.roles.run(owner) == [(role,)]

    def test_replay_takes_createdb_alone(self, place: Place):
        role = place.grant("postgresql repairer")
        project = place.project(role, assume_role=place.owner)
        assert project.migwizard("replay").code == 2
        place.roles.run(f"ALTER ROLE {quoted(place.owner)} CREATEDB")
        assert project.migwizard("replay").code == 0


def test_readme_leads_to_the_document():
    assert "(docs/rights.md)" in (DOCUMENT.parent.parent / "README.md").read_text()
