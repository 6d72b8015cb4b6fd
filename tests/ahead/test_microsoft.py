"""What mssql-django, as it is installed, refuses, forgets or leaves in the way; and that nothing else is said."""

from __future__ import annotations

import importlib.util
import json

import pytest

from .kit import project

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mssql") is None,
    reason="mssql-django is not installed (pip install 'migwizard[mssql]')",
)

SAID = {
    "number becomes counted": ("identity-change", "error"),
    "counted becomes a number": ("identity-change", "error"),
    # The foreign key from the table in the middle.
    "counted becomes wider, many to many": ("lost-index", "warning"),
    "counted becomes wider, conditional rule": ("lost-index", "warning"),
    "counted becomes wider, unique null": ("lost-index", "warning"),
    "counted becomes wider, indexed child": ("lost-index", "warning"),
    "counted becomes wider, one to one": ("dependent-objects", "error"),
    "text unique": ("unindexable-column", "error"),
    "text indexed": ("unindexable-column", "error"),
    "json unique": ("unindexable-column", "error"),
    "bytes in an index": ("unindexable-column", "error"),
    "unique becomes text": ("unindexable-column", "error"),
    "rule over null": ("unique-null-mismatch", "warning"),
    "rule with or": ("refused-operation", "error"),
    "checked and altered": ("dependent-objects", "error"),
    "checked and renamed": ("dependent-objects", "error"),
    "rule and shorter": ("dependent-objects", "error"),
    "renamed and altered, indexed": ("refused-operation", "error"),
    "unique twice": ("lost-index", "warning"),
    "key of 901 bytes": ("key-too-long", "warning"),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    made = project(tmp_path_factory.mktemp("refusals") / "p", [])
    outcome = made.python("from tests.ahead.refusals import main\nmain()")
    assert outcome.code == 0, outcome.stderr
    return json.loads(outcome.stdout)


def test_each_chain_is_judged_as_it_is(outcomes):
    said = {name: [tuple(one) for one in found] for name, found in outcomes.items()}
    assert said == {name: [SAID[name]] if name in SAID else [] for name in said}
    assert SAID.keys() <= said.keys()


@pytest.mark.parametrize(
    ("chain", "kept", "gone"),
    [
        ("counted becomes wider", "shop_c foreign p_id", ""),
        ("counted becomes wider, many to many", "shop_c_p foreign c_id", "shop_c_p foreign p_id"),
        ("counted becomes wider, conditional rule", "", "shop_p unique n"),
        ("counted becomes wider, unique null", "", "shop_p unique c"),
        ("counted becomes wider, indexed child", "shop_c foreign p_id", "shop_c other n"),
        ("unique twice", "shop_t unique c", "shop_t unique c,n"),
        ("indexed, unique and not null", "shop_t unique c", ""),
    ],
)
def test_what_is_said_to_be_lost_is_lost_on_a_server(tmp_path, new_database, chain, kept, gone):
    made = project(tmp_path / "p", [], new_database("mssql"))
    code = f"from tests.ahead.refusals import chains, left\nprint(*left(chains()[{chain!r}]), sep='\\n')"
    outcome = made.python(code)
    assert outcome.code == 0, outcome.stderr
    found = outcome.stdout.splitlines()
    assert not kept or kept in found
    assert gone not in found


@pytest.mark.parametrize(
    ("chain", "error"),
    [
        ("number becomes counted", "NotImplementedError"),
        ("rule with or", "NotImplementedError"),
        ("renamed and altered, indexed", "FieldDoesNotExist"),
    ],
)
def test_what_is_said_to_be_refused_is_refused_on_a_server(tmp_path, new_database, chain, error):
    made = project(tmp_path / "p", [], new_database("mssql"))
    outcome = made.python(f"from tests.ahead.refusals import chains, left\nleft(chains()[{chain!r}])")
    assert outcome.stderr.splitlines()[-1].rpartition(": ")[0].rpartition(".")[2].startswith(error)
