"""Going back over twelve migrations of four apps with rows in the way, forwards again, and taken back."""

from __future__ import annotations

import pytest

from tests.everyday.kit import complaints, found, repair, run, state, told, undo
from tests.projects import copy_project
from tests.repairs.test_rollback import GONE, ROWS
from tests.running.kit import Shop

pytest_plugins = ["tests.running.fixtures"]


@pytest.fixture
def guild(kind, tmp_path, new_database):
    """A migrated copy of the project `guild`, with rows in every table."""
    entry = new_database(kind)
    made = Shop(copy_project("guild", tmp_path / "guild", entry), entry)
    migrate(made)
    made.run(*ROWS)
    return made


def migrate(shop, *arguments):
    outcome = shop.project.manage("migrate", "--verbosity", "0", *arguments)
    assert outcome.code == 0, outcome.stderr


def test_what_goes_is_counted_and_everything_else_comes_back_with_the_undo(guild):
    before = state(guild)
    (plan,) = run(guild, ["plan", "rollback", "people", "0001", "--format", "json"])
    assert sorted(risk for risk in plan.json["risks"] if "row" in risk) == [
        "orders_purchase (2 rows) goes.",
        "people_person.address is filled in 3 rows, which are lost.",
        "people_person.team_id is filled in 1 row, which is lost.",
        "people_team (1 row) goes.",
        "places_place (2 rows) goes.",
        "places_place_visitors (3 rows) goes.",
        "press_article (1 row) goes.",
    ]
    assert state(guild).unlike(before) == []
    done = repair(guild, "rollback", "people", "0001")
    assert (done.json["risks"], done.json["safety"]) == (plan.json["risks"], "destructive")
    assert found(guild) == {}
    names = [f"{app}.{name}" for _, app, name, _ in state(guild).history]
    assert not set(GONE) & set(names)
    (refused,) = run(guild, ["undo", "1", "--yes"])
    assert refused.stdout.splitlines()[0] == (
        "refused: 3 rows of people_person would have no address, which must not be empty: id 1, 2, 3"
        " (--set fill=VALUE fills them)."
    )
    undo(guild, 1, answers=["fill=unknown"])
    lost = told(plan)
    assert state(guild).without(*lost).unlike(before.without(*lost)) == []
    assert guild.run("SELECT id, full_name, address FROM people_person ORDER BY id") == [
        (1, "Ada", "unknown"),
        (2, "Grace", "unknown"),
        (3, "Alan", "unknown"),
    ]
    assert complaints(guild) == []


def test_after_going_back_the_way_forwards_is_open(guild):
    repair(guild, "rollback", "people", "0001")
    repair(guild, "pending-migrations:*")
    assert complaints(guild) == []
    assert guild.run("SELECT id, full_name FROM people_person ORDER BY id") == [
        (1, "Ada"),
        (2, "Grace"),
        (3, "Alan"),
    ]


def test_a_renamed_model_and_its_rows_come_back_under_the_former_name(guild):
    before = state(guild)
    done = repair(guild, "rollback", "orders", "0002")
    assert done.json["risks"] == []
    assert guild.run("SELECT count(*) FROM orders_order") == [(2,)]
    (back,) = run(guild, ["plan", "undo", "1", "--format", "json"])
    assert back.json["risks"] == [
        "What RunPython, RunSQL or receivers of signals wrote into tables that were there already stays as it is."
    ]
    assert back.json["loses"] == []
    undo(guild, 1)
    # Permissions for the former name, which post_migrate has made, are what stays.
    assert state(guild).without("auth_permission").unlike(before.without("auth_permission")) == []
    assert complaints(guild) == []


def test_a_renamed_column_keeps_its_values_through_undo_and_undo_of_the_undo(guild):
    before = state(guild)
    repair(guild, "rollback", "people", "0003")
    back = state(guild)
    assert guild.run("SELECT name FROM people_person ORDER BY id") == [("Ada",), ("Grace",), ("Alan",)]
    undo(guild, 1)
    assert state(guild).unlike(before) == []
    undo(guild, 2)
    assert state(guild).unlike(back) == []
