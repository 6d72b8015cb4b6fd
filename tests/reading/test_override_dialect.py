"""What a database cannot make of a model, made otherwise without the state knowing of it."""

from __future__ import annotations

import django
import pytest
from django.conf import settings

if not settings.configured:
    settings.configure(USE_TZ=True, TIME_ZONE="Europe/Berlin")
    django.setup()

from django.db import models
from django.db.migrations import operations as ops
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.state import ProjectState

from migwizard.reading.overriding.dialect import Dialect, WrongLength, adapted

KEY = ("id", models.BigAutoField(primary_key=True))
OLD = Dialect("microsoft", nulls_are_equal=True)
"""A backend that makes a UNIQUE constraint over a column that may be NULL."""
NEW = Dialect("microsoft", nulls_are_equal=False)


def token(**fields):
    """A CreateModel with these fields."""
    return ops.CreateModel("Token", [KEY, *fields.items()], {})


def states(operations):
    """The states that operations lead to, and those that what the database runs of them would lead to."""
    said, made = ProjectState(), ProjectState()
    for operation in operations:
        operation.state_forwards("app", said)
        for inner in getattr(operation, "database_operations", [operation]):
            inner.state_forwards("app", made)
    return said, made


def is_the_same(one, other):
    """Whether `makemigrations` would find nothing to write between two states."""
    return MigrationAutodetector(one, other)._detect_changes() == {}


def test_a_unique_column_that_may_be_null_gets_an_index_that_leaves_null_out():
    before = [token(code=models.CharField(max_length=9, null=True, unique=True), name=models.TextField())]
    found = adapted(before, OLD, {}, {})
    said, made = states(found.operations)
    assert is_the_same(states(before)[0], said)
    assert not made.models["app", "token"].fields["code"].unique
    (constraint,) = made.models["app", "token"].options["constraints"]
    assert (constraint.fields, constraint.condition) == (("code",), models.Q(code__isnull=False))
    assert found.notes == (
        "token.code is unique and may be NULL: a unique index that leaves NULL out is made for it, since a constraint"
        " would allow one NULL alone.",
    )


def test_one_to_one_fields_become_foreign_keys_for_the_database_alone():
    before = [
        token(),
        ops.AddField("token", "next", models.OneToOneField("app.Token", models.CASCADE, null=True)),
    ]
    found = adapted(before, OLD, {}, {})
    said, made = states(found.operations)
    assert is_the_same(states(before)[0], said)
    assert type(made.models["app", "token"].fields["next"]) is models.ForeignKey


@pytest.mark.parametrize("dialect", [NEW, Dialect("postgresql", False), Dialect("sqlite", False)])
def test_nothing_is_changed_where_the_backend_does_it_by_itself(dialect):
    before = [token(code=models.CharField(max_length=9, null=True, unique=True))]
    assert adapted(before, dialect, {}, {}).operations == tuple(before)


@pytest.mark.parametrize(
    "operation",
    [
        token(text=models.TextField(unique=True)),
        token(text=models.TextField(db_index=True)),
        ops.CreateModel("Token", [KEY, ("text", models.TextField())], {"unique_together": {("id", "text")}}),
        ops.CreateModel(
            "Token",
            [KEY, ("text", models.TextField())],
            {"indexes": [models.Index(fields=["-text"], name="x")]},
        ),
    ],
    ids=["unique", "index", "together", "Meta.indexes"],
)
def test_a_text_in_a_key_gets_a_length_for_the_database_alone(operation):
    found = adapted([operation], NEW, {"length.token.text": "400"}, {})
    said, made = states(found.operations)
    assert is_the_same(states([operation])[0], said)
    column = made.models["app", "token"].fields["text"]
    assert (type(column), column.max_length) == (models.CharField, 400)
    assert [(one.key, one.answer) for one in found.questions] == [("length.token.text", "400")]
    assert found.notes == (
        "token.text is a TextField in a key, which SQL Server cannot index: its column is made for 400 characters,"
        " while the state keeps the TextField.",
    )


def test_a_text_that_is_in_no_key_stays_one():
    before = [token(text=models.TextField())]
    assert adapted(before, NEW, {}, {}) == adapted(before, Dialect("postgresql", False), {}, {})


@pytest.mark.parametrize(
    ("longest", "proposed", "said"),
    [
        ({}, "255", "How many characters may token.text have (there is none yet)?"),
        (
            {"token.text": 12},
            "255",
            "How many characters may token.text have (the longest value there has 12)?",
        ),
        (
            {"token.text": 300},
            "850",
            "How many characters may token.text have (the longest value there has 300)?",
        ),
    ],
)
def test_the_length_is_asked_for_with_what_is_there(longest, proposed, said):
    found = adapted([token(text=models.TextField(unique=True))], NEW, {}, longest)
    assert [(one.text, one.answer) for one in found.questions] == [(said, proposed)]


@pytest.mark.parametrize("answer", ["0", "851", "many", "-1", "٣"])
def test_a_length_that_no_index_takes_is_refused(answer):
    with pytest.raises(WrongLength, match="takes a number from 1 to 850"):
        adapted([token(text=models.TextField(unique=True))], NEW, {"length.token.text": answer}, {})
