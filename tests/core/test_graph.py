"""The graph is the one that Django builds: compared with its own loader and executor, project by project."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import django
import pytest
from django.core.management import CommandError
from django.db import migrations
from django.db.migrations import loader as django_loader
from django.db.migrations.exceptions import (
    CircularDependencyError,
    InconsistentMigrationHistory,
    NodeNotFoundError,
)
from django.db.migrations.executor import MigrationExecutor

from migwizard.core.graph import Graph, Key, MigrationFile
from migwizard.core.graph.build import build, inconsistencies

NESTED = django.VERSION >= (6, 0)


def file(key: str, *dependencies: str, **other: Iterable[str]) -> MigrationFile:
    """A migration file: keys are written `app.name`."""
    app, name = key.split(".")
    return MigrationFile(
        app,
        name,
        path="",
        dependencies=tuple(map(as_key, dependencies)),
        **{attribute: tuple(map(as_key, keys)) for attribute, keys in other.items()},
    )


def as_key(text: str) -> Key:
    app, name = text.split(".")
    return (app, name)


def keys(text: str) -> tuple[Key, ...]:
    return tuple(map(as_key, text.split()))


def graph_of(
    *files: MigrationFile, records: str = "", unmigrated: Iterable[str] = (), nested: bool = True
) -> Graph:
    return build({f.key: f for f in files}, keys(records), tuple(unmigrated), nested_squashes=nested)


class Loader(django_loader.MigrationLoader):
    """Django's loader, for files that exist in memory only."""

    def __init__(self, files: Mapping[Key, MigrationFile], unmigrated: Iterable[str]) -> None:
        self.files, self.unmigrated = files, set(unmigrated)
        super().__init__(connection=object())

    def load_disk(self) -> None:
        self.unmigrated_apps, self.disk_migrations = self.unmigrated, {}
        self.migrated_apps = {key[0] for key in self.files}
        for key, one in self.files.items():
            attributes = ("dependencies", "run_before", "replaces")
            declared = {attribute: list(getattr(one, attribute)) for attribute in attributes}
            self.disk_migrations[key] = type("Migration", (migrations.Migration,), declared)(key[1], key[0])


class Recorded(dict[Key, None]):
    """Records that can be looked up all, and iterated over one at a time."""

    only: Key | None = None

    def __iter__(self) -> Iterator[Key]:
        return iter(self.keys() if self.only is None else [self.only])


@pytest.fixture
def recorded(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """What Django's recorder says is recorded."""
    rows = Recorded()

    class Recorder:
        def __init__(self, connection: object) -> None: ...

        def applied_migrations(self) -> Recorded:
            copy = Recorded(rows)
            copy.only = rows.only
            return copy

    monkeypatch.setattr(django_loader, "MigrationRecorder", Recorder)
    return rows


def full_plan(loader: Loader) -> tuple[Key, ...]:
    executor = MigrationExecutor.__new__(MigrationExecutor)
    executor.loader = loader
    plan = executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True)
    return tuple((migration.app_label, migration.name) for migration, _ in plan)


def django_inconsistencies(loader: Loader, rows: Recorded) -> set[tuple[Key, Key]]:
    """Every pair that check_consistent_history can raise, by taking away each as it is raised."""
    found = set()

    class Connection:
        alias = "default"

    for node in [key for key in rows if key in loader.graph.nodes]:
        rows.only = node
        for parent in set(loader.graph.node_map[node].parents):
            loader.graph.node_map[node].parents = {parent}
            with suppress(InconsistentMigrationHistory):
                loader.check_consistent_history(Connection())
                continue
            found.add((node, parent.key))
    rows.only = None
    return found


def random_project(rng: random.Random, nested: bool) -> dict[Key, MigrationFile]:
    """A few apps with branches, merges, run_before, `__first__` and squashes, some whose originals are gone."""
    order: list[Key] = []
    declared: dict[Key, dict[str, list[Key]]] = {}
    apps = [f"app{number}" for number in range(rng.randint(1, 4))]
    for number in range(rng.randint(2, 22)):
        app = rng.choice(apps)
        own = [key for key in order if key[0] == app]
        key = (app, f"{rng.randint(0, 99):02}_{number}")
        dependencies = {own[-1]} if own else set()
        if len(own) > 1 and rng.random() < 0.25:
            dependencies = set(rng.sample(own, rng.randint(1, 2)))
        others = [key for key in order if key[0] != app]
        if others and rng.random() < 0.4:
            dependencies.add(rng.choice(others))
        if others and rng.random() < 0.15:
            dependencies.add((rng.choice(others)[0], rng.choice(["__first__", "__latest__"])))
        if rng.random() < 0.1:
            dependencies.add((rng.choice(["plain", app]), "__first__"))
        declared[key] = {"dependencies": sorted(dependencies), "run_before": [], "replaces": []}
        if order and rng.random() < 0.05:
            declared[key]["run_before"].append(rng.choice(order))
        order.append(key)
    add_squashes(rng, order, declared, nested)
    shuffled = sorted(declared, key=lambda key: (key[0], rng.random()))
    if nested:  # Before 6.0, Django fails unless it meets the inner squash first.
        shuffled.sort(key=lambda key: order.index(key) if declared[key]["replaces"] else -1)
    return {key: MigrationFile(*key, path="", **as_tuples(declared[key])) for key in shuffled}


def as_tuples(declared: Mapping[str, list[Key]]) -> dict[str, tuple[Key, ...]]:
    return {name: tuple(keys) for name, keys in declared.items()}


def add_squashes(
    rng: random.Random, order: list[Key], declared: dict[Key, dict[str, list[Key]]], nested: bool
) -> None:
    for number in range(rng.randint(0, 3)):
        app = rng.choice(order)[0]
        own = [key for key in order if key[0] == app and (nested or not declared[key]["replaces"])]
        taken = {key for one in declared.values() for key in one["replaces"]}
        own = [key for key in own if key not in taken or rng.random() < 0.1]
        if not own:
            continue
        start = rng.randrange(len(own))
        replaces = own[start : start + rng.randint(1, 4)]
        outside = {d for key in replaces for d in declared[key]["dependencies"]} - set(replaces)
        squash = (app, f"{rng.randint(0, 99):02}_squashed_{number}")
        declared[squash] = {"dependencies": sorted(outside), "run_before": [], "replaces": replaces}
        if rng.random() < 0.3:
            order[:] = [key for key in order if key not in replaces]
            for key in replaces:
                declared.pop(key)
        if order and rng.random() < 0.5:
            child = rng.choice(order)
            if child != squash:
                declared[child]["dependencies"].append(squash)
        order.append(squash)


def check_failure(error: Exception, graph: Graph) -> str:
    """Check that the graph has what Django raised, and return what that was."""
    if isinstance(error, NodeNotFoundError):
        absent = {dependency for _, dependency in graph.missing}
        assert error.node in absent or "Unable to" in str(error)
        return "missing"
    if isinstance(error, CircularDependencyError):
        assert graph.cycles
        return "cycle"
    if isinstance(error, CommandError):
        assert graph.cycles
        return "cycle of squashes"
    assert "Dependency on" in str(error)
    assert graph.missing or graph.cycles
    return "unknown app"


def compare(files: Mapping[Key, MigrationFile], rows: Recorded) -> str:
    """Compare with Django, and return what Django made of it."""
    graph = build(files, rows, ["plain"], nested_squashes=NESTED)
    try:
        loader = Loader(files, ["plain"])
    except (NodeNotFoundError, CircularDependencyError, CommandError, ValueError) as error:
        return check_failure(error, graph)
    assert not graph.missing
    assert not graph.cycles
    assert graph.nodes == full_plan(loader)
    assert set(graph.nodes) == set(loader.graph.nodes)
    for node in graph.nodes:
        assert graph.parents[node] == tuple(sorted(p.key for p in loader.graph.node_map[node].parents))
        assert graph.children[node] == tuple(sorted(c.key for c in loader.graph.node_map[node].children))
    assert graph.effective == {key for key in loader.applied_migrations if key in loader.graph.nodes}
    assert graph.leaves() == tuple(loader.graph.leaf_nodes())
    pairs = inconsistencies(graph, rows, nested_squashes=NESTED)
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == django_inconsistencies(loader, rows)
    return "inconsistent" if pairs else "fine"


@pytest.mark.parametrize("nested", [False, True])
def test_random_projects_have_the_graph_and_the_plan_that_django_makes(
    recorded: Recorded, nested: bool
) -> None:
    outcomes: dict[str, int] = {}
    for seed in range(2500):
        rng = random.Random(seed)
        files = random_project(rng, nested)
        names = list(dict.fromkeys([*files, *(key for f in files.values() for key in f.replaces)]))
        recorded.clear()
        share = rng.choice([0, 0.5, 0.8, 1])
        recorded.update(dict.fromkeys(key for key in names if rng.random() < share))
        try:
            outcome = compare(files, recorded)
        except AssertionError as error:
            raise AssertionError(f"random project {seed}, nested={nested}") from error
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
    assert outcomes["fine"] > 500
    assert outcomes["inconsistent"] > 200
    assert outcomes["missing"] > 20
    assert outcomes["cycle"] > 20


def test_first_changes_its_meaning_while_run_before_is_read(recorded: Recorded) -> None:
    files = [
        file("c.1", "a.__first__"),
        file("a.1"),
        file("a.2", run_before=["a.1"]),
        file("d.1", "a.__first__"),
    ]
    assert compare({one.key: one for one in files}, recorded) == "fine"
    graph = graph_of(*files)
    assert (graph.parents["c", "1"], graph.parents["d", "1"]) == (keys("a.1"), keys("a.2"))


def test_a_squash_stands_for_what_it_replaces() -> None:
    graph = graph_of(
        file("a.1"),
        file("a.2", "a.1"),
        file("a.1_2", replaces=["a.1", "a.2"]),
        file("b.1", "a.2"),
    )
    assert graph.nodes == keys("a.1_2 b.1")
    assert graph.replaced == {("a", "1"): ("a", "1_2"), ("a", "2"): ("a", "1_2")}
    assert graph.partial == {}


def test_a_squash_of_squashes_stands_for_everything_below_it() -> None:
    files = [
        file("a.1"),
        file("a.2", "a.1"),
        file("a.1_2", replaces=["a.1", "a.2"]),
        file("a.3", "a.1_2"),
        file("a.1_3", replaces=["a.1_2", "a.3"]),
    ]
    graph = graph_of(*files)
    assert graph.nodes == keys("a.1_3")
    assert set(graph.replaced.values()) == {("a", "1_3")}
    assert graph_of(*files, records="a.1").nodes == keys("a.1 a.2 a.3")
    assert graph_of(*files, records="a.1 a.2 a.3").effective == {("a", "1_3")}


def test_a_partly_applied_squash_is_kept_out_and_says_what_is_recorded() -> None:
    graph = graph_of(
        file("a.1_2", replaces=["a.1", "a.2"]), file("a.3", "a.2"), file("b.1"), records="a.1 b.1"
    )
    assert graph.partial == {("a", "1_2"): keys("a.1")}
    assert graph.nodes == keys("a.3 b.1")
    assert graph.missing == ((("a", "3"), ("a", "2")),)


def test_missing_dependencies_are_collected_and_the_rest_is_ordered() -> None:
    graph = graph_of(
        file("a.2", "a.1", "gone.1", "ghost.__first__", "plain.__first__"),
        file("b.1", "a.2", run_before=["c.9"]),
        unmigrated=["plain"],
    )
    assert graph.nodes == keys("a.2 b.1")
    assert set(graph.missing) == {
        (("a", "2"), ("a", "1")),
        (("a", "2"), ("gone", "1")),
        (("a", "2"), ("ghost", "__first__")),
        (("b", "1"), ("c", "9")),
    }


def test_every_cycle_is_found_once_and_cut() -> None:
    graph = graph_of(
        file("a.1", "b.1"), file("b.1", "c.1"), file("c.1", "a.1"), file("d.1", "d.1"), file("e.1", "a.1")
    )
    assert graph.cycles == (keys("a.1 c.1 b.1"), keys("d.1"))
    assert sorted(graph.nodes) == sorted(graph.files)
    for node, parents in graph.parents.items():
        assert all(graph.nodes.index(parent) < graph.nodes.index(node) for parent in parents)


def test_squashes_that_replace_each_other_are_a_cycle() -> None:
    graph = graph_of(
        file("a.1", replaces=["a.2"]), file("a.2", replaces=["a.1"]), file("a.3", replaces=["a.3"])
    )
    assert graph.cycles == (keys("a.1 a.2"), keys("a.3"))
    assert ("a", "3") in graph.nodes
    assert ("a", "3") not in graph.effective


def test_all_inconsistencies_are_found_and_a_squash_counts_by_what_it_replaces() -> None:
    files = [
        file("a.1"),
        file("a.2", "a.1"),
        file("b.1", "a.2"),
        file("s.1_2", replaces=["s.1", "s.2"]),
        file("t.1", "s.1_2"),
    ]
    graph = graph_of(*files, records="a.2 b.1 s.1 s.2 t.1")
    assert inconsistencies(graph, keys("a.2 b.1 s.1 s.2 t.1")) == (keys("a.2 a.1"),)
    assert inconsistencies(graph, keys("b.1 t.1")) == (keys("b.1 a.2"), keys("t.1 s.1_2"))
    assert inconsistencies(graph, ()) == ()


def test_five_thousand_migrations_take_well_under_a_third_of_a_second() -> None:
    files = {}
    for app in range(50):
        for number in range(100):
            dependencies = [(f"app{app}", f"{number - 1:04}")] if number else []
            dependencies += [(f"app{app - 1}", f"{number:04}"), (f"app{app - 1}", "__first__")] if app else []
            one = MigrationFile(f"app{app}", f"{number:04}", path="", dependencies=tuple(dependencies))
            files[one.key] = one
    seconds = []
    for _ in range(3):
        start = time.process_time()
        graph = build(files, files)
        assert inconsistencies(graph, files) == ()
        seconds.append(time.process_time() - start)
    assert min(seconds) < 0.3
    assert len(graph.nodes) == 5000


def test_a_chain_deeper_than_the_recursion_limit_is_no_problem() -> None:
    chain = [file("a.0"), *(file(f"a.{n}", f"a.{n - 1}") for n in range(1, 3000))]
    assert graph_of(*chain).nodes == tuple(one.key for one in chain)
    squashes = [file(f"s.{n}", replaces=[f"s.{n - 1}"]) for n in range(1, 3000)]
    assert graph_of(*squashes).nodes == keys("s.2999")
