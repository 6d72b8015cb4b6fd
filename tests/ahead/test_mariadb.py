"""What is said to fail on MariaDB fails there, and nothing else does."""

from __future__ import annotations

import json

import pytest

from .kit import project

SILENT = {
    "added without a default": "implicit-default",
    "added without a default, text": "implicit-default",
    "added without a default, date": "implicit-default",
    "added unique, one row": "implicit-default",
}
"""What goes through, but wrong."""

FAILING = {
    "key wider in the state alone": ("foreign-key-type-mismatch", "(1005, "),
    "key 769": ("key-too-long", "(1071, "),
    "index on 500 and 500": ("key-too-long", "(1071, "),
    "index on 800 and a number": ("key-too-long", "(1071, "),
    "text and number in an index": ("key-too-long", "(1071, "),
    "text and long text in an index": ("key-too-long", "(1071, "),
    "text key": ("unindexable-column", "(1170, "),
    "key becomes longer": ("key-too-long", "(1071, "),
    "rule with a condition, default": ("broken-statement", "(1064, "),
    "added foreign key": ("implicit-default", "(1452, "),
    "added unique": ("implicit-default", "(1062, "),
}


@pytest.fixture(scope="module")
def outcomes(mariadb_server, tmp_path_factory):
    entry = mariadb_server.create_database()
    made = project(tmp_path_factory.mktemp("reality") / "p", [], entry)
    outcome = made.python("from tests.ahead.reality import main\nmain()")
    mariadb_server.drop_database(entry["NAME"])
    assert outcome.code == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_an_error_is_said_exactly_where_the_server_reports_one(outcomes):
    said = {
        name for name, (found, _) in outcomes.items() if any(severity == "error" for _, severity in found)
    }
    met = {name: error for name, (_, error) in outcomes.items() if error}
    assert said == met.keys(), {name: (outcomes[name]) for name in said ^ met.keys()}


def test_what_fails_has_the_name_and_the_error_that_it_should(outcomes):
    known = {name: what for name, what in FAILING.items() if name in outcomes}
    for name, (finding, error) in known.items():
        found, met = outcomes[name]
        assert [finding, "error"] in found, (name, found)
        assert error in met, (name, met)
    assert known.keys() == {name for name, (_, error) in outcomes.items() if error}


def test_what_goes_wrong_without_a_word_is_a_warning(outcomes):
    warned = {
        name: found[0][0]
        for name, (found, error) in outcomes.items()
        if not error and any(severity == "warning" for _, severity in found)
    }
    assert warned == SILENT
