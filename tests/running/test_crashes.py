"""A process that is killed with SIGKILL at any instant leaves the state before or the state after, and knows which.

For each repair there is a plan (`cases`), and for each plan the instants at which what is left behind differs
(`instants`). The process is killed at each of them; then `check` says what is in, and `resume` or `undo` brings it to
the whole or takes it back (`trials`).
"""

from __future__ import annotations

import traceback

import pytest

from migwizard.repairs import REPAIRS
from tests.extent import spread
from tests.projects import copy_project

from .cases import ALIKE, CASES, ON_BOTH
from .forks import Nursery
from .kit import Library, Shop
from .scenes import Scenes
from .standing import standing
from .trials import Trial

pytest_plugins = ["tests.running.fixtures"]


def test_each_repair_is_killed_in_the_midst_of_it():
    killed = {case.repair for case in CASES}
    assert killed.isdisjoint(ALIKE)
    assert killed >= set(ALIKE.values())
    assert killed | ALIKE.keys() == {repair.INFO.name for repair in REPAIRS}


class SmallLibrary(Library):
    """The same project without apps of Django's, which is read in half the time."""

    def project(self, folder, entry):
        project = copy_project("library", folder, entry)
        path = project.root / "config" / "settings.py"
        text = path.read_text()
        apps = '"django.contrib.contenttypes", "django.contrib.auth", '
        assert apps in text
        path.write_text(text.replace(apps, ""))
        return project


@pytest.fixture(scope="module")
def nursery(tmp_path_factory):
    """The process that all others are forked from."""
    nursery = Nursery(tmp_path_factory.mktemp("nursery"))
    yield nursery
    nursery.close()


@pytest.fixture(scope="module")
def small_library(library):
    """Databases of the small project, migrated once."""
    return SmallLibrary(library.create)


@pytest.fixture
def trial(kind, tmp_path, small_library, nursery, new_database, postgresql_servers):
    """A function from a case to its trial."""
    rooms = []

    def make(case):
        entry = new_database(kind, template=small_library.template(kind, tmp_path / "migrated"))
        shop = Shop(small_library.project(tmp_path / "shop", entry), entry)
        scenes = Scenes(shop, lambda: postgresql_servers("postgresql-18"), tmp_path)
        case.arrange(shop)
        rooms.append(nursery.room(shop.project))
        return Trial(case, shop, rooms[0], scenes)

    yield make
    for room in rooms:
        room.close()


@pytest.mark.parametrize(
    ("kind", "case"),
    [
        pytest.param(kind.partition("-")[0], case, id=f"{kind}-{case.id}")
        for kind, case in spread(CASES, ON_BOTH)
    ],
)
def test_killed_at_any_instant(case, trial):
    made = trial(case)
    wrong, seen = [], set()
    for instant in made.instants:
        try:
            seen.add(made.kill(instant))
        except (AssertionError, LookupError):
            wrong.append(f"{instant}: {traceback.format_exc(limit=-3):.1500}")
    assert not wrong, "\n\n".join(wrong)
    assert {"nothing", "done"} <= seen


@pytest.mark.parametrize("kind", ["postgresql"])
def test_an_index_that_a_kill_left_invalid_is_built_anew(trial):
    made = trial(next(case for case in CASES if case.id == "migrate-in-parts"))
    made.scenes.bring_back(made.start)
    assert made.room.fork(["instants", "after begin 2"], ["execute"]).code < 0
    made.scenes.wait()
    # As the server leaves it when it notices that its client is gone.
    made.shop.run(
        "CREATE INDEX by_a ON shop_order (a)",
        "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'by_a'::regclass",
    )
    found, told, _ = made.look()
    assert "unfinished-repair:1" in found
    assert "step 3 was begun, and may be in by a part" in told["1"]
    made.resume()
    made.all_is_in(standing(made.shop.entry))
