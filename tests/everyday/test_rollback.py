"""Going back over twelve migrations of four apps with rows in the way, forwards again, and taken back."""

from __future__ import annotations

import pytest

from tests.everyday.kit import complaints, found, repair, run, state, told, undo
from tests.projects import copy_project
from tests.repairs.test_rollback import GONE, ROWS
from tests.running.kit import Shop, migration

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


CODE = """
def shout(apps, editor):
    for one in apps.get_model("people", "Team").objects.using(editor.connection.alias).all():
        type(one).objects.using(editor.connection.alias).filter(id=one.id).update(name=one.name.upper())


def whisper(apps, editor):
    for one in apps.get_model("people", "Team").objects.using(editor.connection.alias).all():
        type(one).objects.using(editor.connection.alias).filter(id=one.id).update(name=one.name.lower())
"""
LAST = [("people", "0004_full_name")]


def test_python_is_run_backwards_where_it_can_and_named_where_it_cannot(guild):
    guild.project.write(
        {
            "people/migrations/0005_loud.py": migration(LAST, "migrations.RunPython(shout, whisper),", CODE),
            "people/migrations/0006_more.py": migration(
                [("people", "0005_loud")], "migrations.RunPython(shout),", CODE
            ),
        }
    )
    migrate(guild)
    before = state(guild)
    (refused,) = run(guild, ["repair", "rollback", "people", "0004", "--yes"])
    assert (refused.code, refused.stdout.splitlines()[0]) == (
        1,
        "refused: This operation has no reverse: operation 1 of people.0006_more (Raw Python operation). Give the file"
        " one (reverse_code=migrations.RunPython.noop or reverse_sql=migrations.RunSQL.noop where nothing has to be"
        " undone), or go back less far.",
    )
    assert state(guild) == before
    guild.project.write(
        {
            "people/migrations/0006_more.py": migration(
                [("people", "0005_loud")],
                "migrations.RunPython(shout, migrations.RunPython.noop),",
                CODE,
            )
        }
    )
    assert guild.run("SELECT name FROM people_team") == [("RED",)]
    done = repair(guild, "rollback", "people", "0004")
    assert [risk.split(" (")[0] for risk in done.json["risks"]] == [
        "people.0006_more runs Python backwards",
        "people.0005_loud runs Python backwards",
    ]
    assert guild.run("SELECT name FROM people_team") == [("red",)]
    assert found(guild) == {}
    undo(guild, 1)
    after = state(guild)
    # What Python wrote stays, and the undo says so.
    assert after.history == before.history
    assert after.without("people_team").rows == before.without("people_team").rows
    assert guild.run("SELECT name FROM people_team") == [("red",)]


BLOCKED = {
    "null": (
        ("press", "0002"),
        "UPDATE press_article SET title = NULL",
        "1 row of press_article has no title (NULL), which must not be empty: id 1; taking back press.0003_title"
        " fails on that.",
    ),
    "long": (
        ("people", "0003"),
        f"UPDATE people_person SET full_name = '{'x' * 60}' WHERE id = 2",
        "In 1 row of people_person, full_name does not fit character varying(50): id 2; taking back"
        " people.0004_full_name fails on that.",
    ),
    "twice": (
        ("people", "0004"),
        "INSERT INTO people_team (id, name) VALUES (2, 'red')",
        "2 rows of people_team are alike in (name): red; taking back people.0005_same fails on that.",
    ),
}
"""Where to go back to, what is in the way, and how it is told."""


@pytest.mark.parametrize("case", BLOCKED)
def test_rows_that_make_the_way_back_fail_are_told_before_and_nothing_changes(guild, case):
    if case == "twice":
        same = 'migrations.AlterField("team", "name", models.CharField(max_length=20)),'
        guild.project.write({"people/migrations/0005_same.py": migration(LAST, same)})
        migrate(guild)
    target, damage, said = BLOCKED[case]
    guild.run(damage)
    before = state(guild)
    plan, tried = run(
        guild,
        ["plan", "rollback", *target, "--format", "json"],
        ["repair", "rollback", *target, "--yes", "--format", "json"],
    )
    risks = [risk for risk in plan.json["risks"] if "taking back" in risk]
    if case == "long" and guild.sqlite:
        # SQLite does not look at lengths.
        assert (risks, tried.code) == ([], 0)
        return
    assert risks == [said]
    assert (tried.code, tried.json["outcome"]) == (1, "failed")
    assert tried.json["message"].endswith("Everything was rolled back; nothing has changed.")
    assert state(guild) == before
