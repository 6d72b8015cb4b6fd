"""schema-without-tenant: a schema has a history, but no row names it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.finding import Subject
from migwizard.core.situation import Situation
from migwizard.core.tenants import Holding, Stray, Tenant
from migwizard.core.tenants.groups import overview
from migwizard.diagnoses.schema_without_tenant import find
from tests.diagnoses.build import key
from tests.diagnoses.tenants import ALL, PUBLIC, SETTINGS, graph_for, seen, tenant

FATE = (
    "migrate_schemas passes it over",
    "a new tenant of that name would get it as it is: django-tenants makes no schema where there is one",
)
FOREIGN = frozenset({key("blog.0001_initial")})


def stray(name: str, **given: object) -> Tenant:
    return tenant(name, **{"role": "ownerless", "row": None} | given)


def overseen(tenants: list[Tenant], holding: Holding, strays: dict[str, Stray], why: str = "") -> Situation:
    """Public, and some schemas that all hold the same."""
    holdings = {one.schema: holding for one in tenants} | {"public": Holding(ALL)}
    found = overview(SETTINGS, [PUBLIC, *tenants], holdings, graph_for, why)
    return replace(seen({}), overview=replace(found, strays=strays))


@pytest.mark.parametrize(
    ("holding", "strays", "said"),
    [
        (
            Holding(ALL),
            {"old": Stray(12, 4310, "2023-01-02", "2025-04-05")},
            (
                "it records 5 migrations, of which this project has all, from 2023-01-02 to 2025-04-05",
                "12 tables, about 4310 rows",
            ),
        ),
        (
            Holding(ALL | FOREIGN),
            {"old": Stray(1)},
            ("it records 6 migrations, of which this project has 5", "1 table"),
        ),
        (
            Holding(FOREIGN),
            {"old": Stray(1, 1)},
            ("it records 1 migration, of which this project has none", "1 table, about 1 row"),
        ),
        (Holding(frozenset()), {}, ("it records 0 migrations",)),
        (Holding(None), {}, ("what it records cannot be read",)),
    ],
)
def test_it_is_told_with_how_old_it_is_and_what_is_in_it(
    holding: Holding, strays: dict[str, Stray], said: tuple[str, ...]
) -> None:
    (finding,) = find(overseen([tenant("acme"), stray("old")], holding, strays))
    assert (finding.id, finding.severity) == ("schema-without-tenant:old", "info")
    assert finding.subject == Subject(schema="old")
    assert (
        finding.summary
        == "The schema old has a history of migrations, but no row of customers.Client names it."
    )
    assert finding.evidence == (*said, *FATE)
    assert finding.repairs == ()


def test_many_are_one_finding() -> None:
    names = [f"t{number:02}" for number in range(12)]
    strays = {
        name: Stray(3, 10, "2024-01-01", f"2025-01-{number + 1:02}") for number, name in enumerate(names)
    }
    (finding,) = find(overseen([stray(name) for name in names], Holding(ALL), strays))
    assert finding.id == "schema-without-tenant:*"
    assert (
        finding.summary
        == "12 schemas have a history of migrations, but no row of customers.Client names them."
    )
    assert finding.evidence == (
        "t00, t01, t02, t03, t04, t05, t06, t07, t08, t09 and 2 others have none",
        "the last migration in any of them was recorded on 2025-01-12",
        "about 120 rows in all",
        *FATE,
    )


def test_what_is_or_may_be_a_tenant_s_is_left_alone() -> None:
    young, extra = stray("young", creating="process 7 makes the schema"), stray("shared")
    situation = overseen([tenant("acme"), young, extra, stray("bare", history=False)], Holding(ALL), {})
    assert situation.overview is not None
    settings = replace(SETTINGS, extra_schemas=("shared",))
    situation = replace(situation, overview=replace(situation.overview, settings=settings))
    assert find(situation) == ()
    unlisted = overseen([stray("acme")], Holding(ALL), {}, why="There is no table customers_client.")
    assert find(unlisted) == ()
    assert find(replace(unlisted, overview=None)) == ()
