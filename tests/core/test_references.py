"""Migration files edited where they name others, with everything else as it was."""

from __future__ import annotations

import pytest

from migwizard.core.sources.references import mentions, redirected, references, without_replaces
from migwizard.core.sources.source_text import CannotEdit

SQUASH = ("shop", "0001_squashed_0003")
TARGETS = {("shop", "0002_note"): SQUASH, ("shop", "0003_paid"): SQUASH}

FILE = """\
# Written by häand.
from django.conf import settings
from django.db import migrations


class Migration(migrations.Migration):
    'Ünicode.'; initial = True

    dependencies = [
        ("shop", "0002_note"),  # the note
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('shop', '0003_paid'),  # and the rest
        ("auth", "0001_initial"),
    ]
    run_before = [("blog", "0002_note"), ("shop", "0003_paid")]

    operations = [migrations.RunPython(lambda *args: ("shop", "0002_note"))]
"""


def test_references_are_redirected_where_they_stand_and_none_is_named_twice():
    assert redirected(FILE, TARGETS) == FILE.replace(
        '        ("shop", "0002_note"),  # the note', '        ("shop", "0001_squashed_0003"),  # the note'
    ).replace("        ('shop', '0003_paid'),  # and the rest\n", "").replace(
        '("shop", "0003_paid")]', '("shop", "0001_squashed_0003")]'
    )


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('[("shop", "0002_note"), ("shop", "0003_paid")]', '[("shop", "0001_squashed_0003")]'),
        ('[("shop", "0002_note"), ("shop", "0003_paid"), ]', '[("shop", "0001_squashed_0003"), ]'),
        (
            "[('shop', '0002_note'), ('shop', '0003_paid'), ('a', 'b')]",
            "[('shop', '0001_squashed_0003'), ('a', 'b')]",
        ),
        (
            '[["shop", "0002_note"]] + [("é", "0003_paid")]',
            '[["shop", "0001_squashed_0003"]] + [("é", "0003_paid")]',
        ),
        ('[("shop", "0002" "_note")]', '[("shop", "0001_squashed_0003")]'),
        ('[("shop", r"0002_note")]', '[("shop", "0001_squashed_0003")]'),
        (
            '[\n        ("shop", "0001_squashed_0003"),\n        ("shop", "0003_paid"),\n    ]',
            '[\n        ("shop", "0001_squashed_0003"),\n    ]',
        ),
        (
            '[\n        ("shop", "0001_squashed_0003"),\n        ("shop", "0003_paid")\n    ]',
            '[\n        ("shop", "0001_squashed_0003")\n    ]',
        ),
    ],
)
def test_every_way_to_write_a_list_keeps_its_form(before, after, start, end):
    text = start + "class Migration:\n    x = 'ä'\n    dependencies = {}\n".replace("\n", end)
    given, wanted = text.format(before.replace("\n", end)), text.format(after.replace("\n", end))
    assert redirected(given, TARGETS) == wanted


def test_a_file_that_names_none_of_them_stays_as_it_is():
    assert redirected(FILE, {("shop", "0009_gone"): SQUASH}) == FILE


def test_references_say_where_they_are():
    found = references(FILE)
    assert [(one.attribute, one.key, one.line) for one in found] == [
        ("dependencies", ("shop", "0002_note"), 10),
        ("dependencies", ("shop", "0003_paid"), 12),
        ("dependencies", ("auth", "0001_initial"), 13),
        ("run_before", ("blog", "0002_note"), 15),
        ("run_before", ("shop", "0003_paid"), 15),
    ]
    assert FILE[found[1].start : found[1].end] == "('shop', '0003_paid')"
    assert FILE[found[1].name_start : found[1].name_end] == "'0003_paid'"


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_replaces_goes_with_its_lines(end):
    given = (
        "class Migration(migrations.Migration):\n\n"
        '    replaces = [\n        ("shop", "0001_initial"),\n        ("shop", "0002_note"),\n    ]  # for now\n\n'
        "    initial = True\n"
    )
    assert without_replaces(given.replace("\n", end)) == (
        "class Migration(migrations.Migration):\n\n    initial = True\n".replace("\n", end)
    )
    line = given.replace(
        given[given.index("    replaces") : given.index("    initial")], "    replaces = X\n"
    )
    assert without_replaces(line) == "class Migration(migrations.Migration):\n\n    initial = True\n"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("replaces = A; initial = True", "has `replaces` on one line with something else"),
        ("initial = True; replaces = A", "has `replaces` on one line with something else"),
        ("initial = True", "does not say `replaces = […]` exactly once in its class Migration"),
        (
            "replaces = A\n    replaces += B\n    replaces = C",
            "does not say `replaces = […]` exactly once in its class Migration",
        ),
        (
            "replaces = A\n    replaces += B",
            "does not say `replaces = […]` exactly once in its class Migration",
        ),
        ("replaces = [", "is not Python"),
    ],
)
def test_what_cannot_be_edited_is_refused(body, reason):
    with pytest.raises(CannotEdit) as caught:
        without_replaces(f"class Migration:\n    {body}\n")
    assert str(caught.value) == reason


def test_a_file_without_a_migration_is_refused():
    with pytest.raises(CannotEdit, match=r"^has no Migration class$"):
        references("x = 1\n")


def test_a_text_that_imports_a_migration_is_found_and_a_dependency_is_not():
    source = (
        FILE + '\nold = import_module("shop.migrations.0002_note")\nolder = import_module(".0003_paid", x)\n'
    )
    assert mentions(source, ("0002_note", "0003_paid")) == ((19, "0002_note"), (20, "0003_paid"))
    assert mentions(FILE, ("0002_note",)) == ()
