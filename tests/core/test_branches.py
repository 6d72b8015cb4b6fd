"""Where two branches get in each other's way."""

from __future__ import annotations

import pytest

from migwizard.core.graph import MigrationFile, Operation, Touch
from migwizard.core.graph.branches import Overlap, branches, clash_of, fails, fork, meet, overlaps
from migwizard.core.graph.build import build

ADD = Touch("makes", "order", "gift")
ALTER = Touch("alters", "order", "gift")
REMOVE = Touch("removes", "order", "gift")
RENAME = Touch("renames", "order", "gift")
INDEX = Touch("uses", "order", "gift")
DELETE = Touch("removes", "order")
RENAME_MODEL = Touch("renames", "order")
TARGET = Touch("uses", "order")


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        (ADD, ADD, "always"),
        (REMOVE, REMOVE, "always"),
        (REMOVE, RENAME, "always"),
        (DELETE, RENAME_MODEL, "always"),
        (REMOVE, ALTER, "order"),
        (RENAME, INDEX, "order"),
        (DELETE, ADD, "order"),
        (RENAME_MODEL, ALTER, "order"),
        (DELETE, REMOVE, "order"),
        (DELETE, TARGET, "order"),
        (ALTER, ALTER, "never"),
        (ALTER, INDEX, "never"),
    ],
)
def test_what_fails_after_what(one, other, clash):
    assert meet(one, other)
    assert meet(other, one)
    assert (clash_of(one, other), clash_of(other, one)) == (clash, clash)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ADD, Touch("makes", "order", "label")),
        (ADD, Touch("makes", "coupon", "gift")),
        (INDEX, INDEX),
        (TARGET, TARGET),
        (TARGET, ADD),
        (ADD, Touch("alters", "order", "option unique_together")),
    ],
)
def test_what_has_nothing_to_do_with_each_other(one, other):
    assert not meet(one, other)
    assert not meet(other, one)


def migration(name: str, after: str, *touches: Touch) -> MigrationFile:
    operations = (Operation("X", f"{name}'s", "schema", touches=touches),) if touches else ()
    dependencies = tuple(("shop", parent) for parent in after.split())
    return MigrationFile("shop", name, f"/{name}.py", dependencies, operations=operations)


def graph(*files: MigrationFile):
    return build({file.key: file for file in files}, ())


def test_branches_begin_after_what_all_have_in_common_and_share_nothing_of_each_other():
    made = graph(
        migration("1", ""),
        migration("2", "1", ALTER),
        migration("3a", "2", DELETE),
        migration("3b", "2", REMOVE),
        migration("2c", "1", ADD),
    )
    found = branches(made, "shop")
    assert fork(made, "shop") == ("shop", "1")
    assert {branch.leaf[1]: [name for _, name in branch.own] for branch in found} == {
        "2c": ["2c"],
        "3a": ["2", "3a"],
        "3b": ["2", "3b"],
    }
    pairs = {
        (one.first[1], one.second[1]): (one.what, one.clash, one.breaker) for one in overlaps(made, found)
    }
    assert pairs == {
        ("2c", "2"): ("order.gift", "never", None),
        ("2c", "3a"): ("order.gift", "order", ("shop", "3a")),
        ("2c", "3b"): ("order.gift", "order", ("shop", "3b")),
        ("3a", "3b"): ("order.gift", "order", ("shop", "3a")),
    }


def test_what_depends_on_the_order_fails_in_that_order_alone():
    first, second = ("shop", "a"), ("shop", "b")
    overlap = Overlap("order", first, second, ("", ""), "order", second)
    assert not fails(overlap, [(first, second)])
    assert fails(overlap, [(first, second), (second, first)])
    assert not fails(Overlap("order", first, second, ("", ""), "never"), [(second, first)])
    assert fails(Overlap("order", first, second, ("", ""), "always"), [])


def test_a_model_of_another_app_is_not_the_one_of_the_same_name():
    delete = Touch("removes", "user")
    for target, expected in (("auth.user", []), ("shop.user", ["user"])):
        made = graph(
            migration("1", ""), migration("2a", "1", Touch("uses", target)), migration("2b", "1", delete)
        )
        assert [one.what for one in overlaps(made, branches(made, "shop"))] == expected
