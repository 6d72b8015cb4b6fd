"""What the dependencies force, and what a schema can say of branches that may have run in either order."""

from __future__ import annotations

import pytest

from migwizard.core.graph import Graph, Key, MigrationFile, Operation, Touch
from migwizard.core.graph.branches import overtaken
from migwizard.core.graph.build import build
from migwizard.core.graph.order import Order
from migwizard.core.schema import Snapshot, Table
from migwizard.core.truths.lineage import from_effects
from migwizard.core.truths.verdicts import examine

from .tables import Chain, change, effects_of, table

BARE = table("shop_order", "id integer", "note varchar(50)")
LONG = table("shop_order", "id integer", "note varchar(200)")
TEXT = table("shop_order", "id integer", "note text")


def fork(*, merged: bool) -> Graph:
    """`0001`, two branches that alter the same column, and `0003` that joins them or not."""
    alters = Operation("AlterField", "Alter field", "schema", touches=(Touch("alters", "order", "note"),))
    files = [
        MigrationFile("shop", "0001", "", operations=(Operation("Op", "Make", "schema"),)),
        MigrationFile("shop", "0002_a", "", (("shop", "0001"),), operations=(alters,)),
        MigrationFile("shop", "0002_b", "", (("shop", "0001"),), operations=(alters,)),
    ]
    if merged:
        files.append(MigrationFile("shop", "0003", "", (("shop", "0002_a"), ("shop", "0002_b"))))
    return build({file.key: file for file in files}, set())


def truths(recorded: set[str], live: Table, *, merged: bool) -> dict[str, str]:
    """What a live table says of each migration; the lineage is in the graph's order."""
    graph = fork(merged=merged)
    chain: Chain = {"0001": [[change(None, BARE)]]}
    made, before = {"0002_a": LONG, "0002_b": TEXT}, BARE
    for _, name in graph.nodes:
        if name in made:
            chain[name] = [[change(before, made[name])]]
            before = made[name]
    applied = frozenset((("shop", name), 0) for name in recorded)
    verdicts = examine(from_effects(effects_of(chain)), Snapshot("public", {live.name: live}), applied, graph)
    return {key[1]: truth.truth for (key, _), truth in verdicts.operations.items()}


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize(("ran", "live"), [("0002_a", LONG), ("0002_b", TEXT)])
def test_one_branch_proves_nothing_of_the_other(merged, ran, live):
    other = {"0002_a": "0002_b", "0002_b": "0002_a"}[ran]
    assert truths({"0001", ran}, live, merged=merged) == {"0001": "yes", ran: "yes", other: "no"}


@pytest.mark.parametrize("live", [LONG, TEXT])
def test_both_branches_may_have_run_in_either_order(live):
    everything = {"0001", "0002_a", "0002_b"}
    assert truths(everything, live, merged=True) == dict.fromkeys(everything, "yes")


def test_what_neither_branch_has_touched_disproves_both():
    assert truths({"0001"}, BARE, merged=True) == {"0001": "yes", "0002_a": "no", "0002_b": "no"}


def test_only_dependencies_force_an_order():
    order = Order(fork(merged=True))
    first, a, b, last = (("shop", name) for name in ("0001", "0002_a", "0002_b", "0003"))
    assert [order.forced(*pair) for pair in ((first, a), (a, last), (first, last), (a, a))] == [True] * 4
    assert [order.forced(*pair) for pair in ((a, b), (b, a))] == [False] * 2


def test_an_app_that_is_one_line_is_never_searched():
    files = {
        ("shop", name): MigrationFile("shop", name, "", dependencies)
        for name, dependencies in (("0001", ()), ("0002", (("shop", "0001"),)))
    }
    order = Order(build(files, set()))
    assert order.forced(("shop", "0001"), ("shop", "0002"))
    assert order.before == {}


@pytest.mark.parametrize(
    ("here", "late", "found"),
    [
        (("0001", "0002_a", "0002_b"), {"0002_b"}, [("0002_a", 0)]),
        (("0001", "0002_b", "0002_a"), {"0002_a"}, []),
        (("0001", "0002_a", "0002_b"), {"0001"}, []),
    ],
)
def test_what_ran_first_and_comes_last_runs_once_more(here, late, found):
    graph = fork(merged=True)
    keys: list[Key] = [("shop", name) for name in here]
    again = overtaken(graph.files, graph.nodes, keys, {("shop", name) for name in late})
    assert [(key[1], index) for key, index in again] == found
