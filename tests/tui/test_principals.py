"""Users, groups and roles, in the database panel."""

from __future__ import annotations

from dataclasses import replace

from migwizard.core.rights.principals import Principal, Rights
from migwizard.tui.look import Look
from migwizard.tui.principals import principals
from tests.diagnoses.rights import BY_GROUP, ENTRA, ROLE

from .fakes import FakeWorkbench
from .stage import play


def drawn(rights: Rights, vendor: str = "microsoft", width: int = 78) -> list[str]:
    return [
        "".join(text for text, _ in line).rstrip() for line in principals(rights, vendor, Look()).build(width)
    ]


def test_the_principals_of_the_article_with_ours_marked() -> None:
    assert drawn(BY_GROUP) == [
        "users and groups of shop",
        "  ann@tenant came in through MicrosoftEntraGroupName; SCHEMA_NAME() is NULL;",
        "  no table can be made",
        "    name                     type               default schema",
        "  > MicrosoftEntraGroupName  X  EXTERNAL_GROUP  NULL",
        "    dbo                      E  EXTERNAL_USER   dbo",
        "    a]b                      S  SQL_USER        dbo",
        "    x'; DROP                 S  SQL_USER        sales",
        "    CORP\\Data Team           G  WINDOWS_GROUP   NULL",
    ]


def test_roles_of_postgresql() -> None:
    team = Principal("team", "", "ROLE", "team, public", ours=True)
    assert drawn(replace(ROLE, principals=(*ROLE.principals, team)), "postgresql") == [
        "roles of shop",
        '  shop came in; search_path is "$user", public; no table may be made in',
        "  public",
        "    name  type        search_path",
        "  > shop  LOGIN ROLE",
        "  > team  ROLE        team, public",
    ]


def test_long_names_are_cut_and_a_crowd_is_told_by_its_number() -> None:
    long = replace(ENTRA, name="g" * 200, type_desc="d" * 200, default_schema="s" * 200)
    lines = drawn(replace(BY_GROUP, principals=(long,) * 40), width=60)
    assert max(len(line) for line in lines) <= 60
    assert lines[-1] == "    and 10 more"
    assert sum(line.startswith("  > ggg") for line in lines) == 30


async def test_the_panel_lists_them_whatever_they_are_called() -> None:
    bench = FakeWorkbench()
    hostile = Principal("[/]\x1b[31m", "S", "SQL_USER", "[bold]", ours=True)
    made = replace(bench.situation, rights=replace(BY_GROUP, principals=(hostile, *BY_GROUP.principals)))
    bench.situation = made
    async with play(bench) as wizard:
        await wizard.press("2", "G")
        assert "CORP\\Data Team" in wizard.text()
        assert "[/]" in wizard.text()
        assert "\x1b" not in wizard.text()
