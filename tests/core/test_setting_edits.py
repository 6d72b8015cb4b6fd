"""Settings edited where they stand: keys of dictionaries, items of lists, and what is left to the user."""

from __future__ import annotations

import pytest

from migwizard.core.sources.setting_edits import (
    is_assigned,
    pairs,
    with_item,
    with_key,
    without_item,
    without_key,
)
from migwizard.core.sources.source_text import CannotEdit

DICTIONARIES = {
    "nothing": ("", 'M = {\n    "app": "pkg.mod",\n}\n'),
    "missing": ("X = 1\n\n\n", 'X = 1\n\nM = {\n    "app": "pkg.mod",\n}\n'),
    "empty": ("M = {}\nX = 1\n", 'M = {\n    "app": "pkg.mod",\n}\nX = 1\n'),
    "one line": ("M = {'a': 'b'}\n", "M = {'a': 'b', 'app': 'pkg.mod'}\n"),
    "one line with a comma": ('M = {"a": "b",}\n', 'M = {"a": "b", "app": "pkg.mod",}\n'),
    "annotated": ('M: dict[str, str] = {"a": "b"}\n', 'M: dict[str, str] = {"a": "b", "app": "pkg.mod"}\n'),
    "comments": (
        'M = {\n    "a": "b",  # why, not\n    # more\n}\n',
        'M = {\n    "a": "b",  # why, not\n    "app": "pkg.mod",\n    # more\n}\n',
    ),
    "no comma at the end": (
        'M = {\n    "a": "b"  # why, not\n}\n',
        'M = {\n    "a": "b",  # why, not\n    "app": "pkg.mod",\n}\n',
    ),
    "parentheses": ('M = {\n    "a": ("b")\n}\n', 'M = {\n    "a": ("b"),\n    "app": "pkg.mod",\n}\n'),
    "Windows": ("M = {\r\n  'é': 'f',\r\n}\r\n", "M = {\r\n  'é': 'f',\r\n  'app': 'pkg.mod',\r\n}\r\n"),
    "there already": ('M = {"app": "old", "b": "c"}\n', 'M = {"app": "pkg.mod", "b": "c"}\n'),
    "byte order mark": ("\ufeffM = {}\n", '\ufeffM = {\n    "app": "pkg.mod",\n}\n'),
    "others spread into it": ("M = {**B}\n", 'M = {**B, "app": "pkg.mod"}\n'),
}


@pytest.mark.parametrize(("before", "after"), DICTIONARIES.values(), ids=DICTIONARIES)
def test_a_key_is_set_and_everything_else_stays(before, after):
    assert with_key(before, "M", "app", "pkg.mod") == after
    assert pairs(after, "M")["app"] == "pkg.mod"
    names = {"B": {}}
    exec(after.removeprefix("\ufeff"), names)
    assert names["M"]["app"] == "pkg.mod"


@pytest.mark.parametrize("name", ["one line", "comments", "Windows"])
def test_a_key_that_is_taken_away_leaves_what_was_there(name):
    before, after = DICTIONARIES[name]
    assert without_key(after, "M", "app") == before


LISTS = {
    "one line": ('L = ["a", "b"]\n', 'L = ["a", "b", "n"]\n', 'L = ["a", "n", "b"]\n'),
    "lines": (
        'L = [\n    "a",\n    "b",  # x\n]\n',
        'L = [\n    "a",\n    "b",  # x\n    "n",\n]\n',
        'L = [\n    "a",\n    "n",\n    "b",  # x\n]\n',
    ),
    "tuple": ("L = ('a', 'b')\n", "L = ('a', 'b', 'n')\n", "L = ('a', 'n', 'b')\n"),
    "with others": ('L = [*A, "b"]\n', 'L = [*A, "b", "n"]\n', 'L = [*A, "n", "b"]\n'),
}


@pytest.mark.parametrize(("before", "last", "earlier"), LISTS.values(), ids=LISTS)
def test_an_item_is_added_and_taken_away(before, last, earlier):
    assert with_item(before, "L", "n") == last
    assert with_item(before, "L", "n", before="b") == earlier
    assert without_item(last, "L", "n") == before
    assert without_item(earlier, "L", "n") == before
    assert with_item(last, "L", "n") == last


def test_a_tuple_of_one_stays_a_tuple():
    text = without_item("L = ('a', 'b')\n", "L", "b")
    names = {}
    exec(text, names)
    assert names["L"] == ("a",)


REFUSED = {
    "if A:\n    M = {}\n": "sets M under a condition (line 2)",
    "M = {}\nM.update(a=1)\n": "sets or changes M in more than one place (lines 1, 2)",
    "M = {}\nM['a'] = 'b'\n": "sets or changes M in more than one place (lines 1, 2)",
    "M = {}\nM |= {}\n": "sets or changes M in more than one place (lines 1, 2)",
    "M = dict()\n": "does not write M down as a literal",
    "M = N = {}\n": "does not write M down as a literal",
    "from base import M\n": "takes M from another module (line 1)",
    "M = []\n": "does not make a dictionary of M",
    "M = {\n": "is not Python",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items())
def test_what_is_not_written_down_plainly_is_left_to_the_user(text, said):
    with pytest.raises(CannotEdit) as error:
        with_key(text, "M", "app", "pkg.mod")
    assert str(error.value) == said


def test_what_is_not_there_cannot_be_taken_away():
    with pytest.raises(CannotEdit, match="does not name x in M"):
        without_key("M = {}\n", "M", "x")
    with pytest.raises(CannotEdit, match="does not name x in L"):
        with_item("L = []\n", "L", "n", before="x")


def test_hostile_names_stay_texts():
    text = with_key("", "M", "a\"'\\\n", "b")
    names = {}
    exec(text, names)
    assert names["M"] == {"a\"'\\\n": "b"}


def test_a_setting_that_is_only_used_is_not_assigned():
    assert not is_assigned("X = M\n", "M")
