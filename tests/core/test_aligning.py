"""A table brought to what is expected by some of its differences and by no others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migwizard.core.schema import Column, Constraint, Index, IndexPart, Table, Trigger
from migwizard.core.schema.aligning import aligned, differences, slot_of
from migwizard.core.schema.filling import fillable
from migwizard.core.truths.lineage import holds_the_same

ID, NAME, MADE = (
    Column("id", "bigint", False),
    Column("name", "text", False, "'x'"),
    Column("made", "date", True),
)
KEY = Constraint("primary", "t_pkey", ("id",))
UNIQUE = Constraint("unique", "t_name", ("name",))
CHECK = Constraint("check", "t_check", ("name",), "name <> ''")
PARENT = Constraint("foreign", "t_fk", ("id",), references=("parent", ("id",)), deferrable="deferred")
INDEX, BY_HAND = Index("t_made", (IndexPart("made"),)), Index("by_hand", (IndexPart("id"),))
TRIGGER = Trigger("noted", "CREATE TRIGGER noted")
EXPECTED = Table("t", (ID, NAME, MADE), (KEY, UNIQUE, CHECK, PARENT), (INDEX,), (TRIGGER,), comment="a table")

CHANGES = {
    "column-missing": replace(EXPECTED, columns=(ID, NAME), indexes=()),
    "column-unknown": replace(EXPECTED, columns=(*EXPECTED.columns, Column("extra", "text", True))),
    "column-type": replace(EXPECTED, columns=(ID, replace(NAME, type="integer"), MADE)),
    "column-nullability": replace(EXPECTED, columns=(ID, replace(NAME, nullable=True), MADE)),
    "column-default": replace(EXPECTED, columns=(ID, replace(NAME, default=None), MADE)),
    "column-identity": replace(EXPECTED, columns=(replace(ID, identity="serial"), NAME, MADE)),
    "primary-key-missing": replace(EXPECTED, constraints=(UNIQUE, CHECK, PARENT)),
    "unique-missing": replace(EXPECTED, constraints=(KEY, CHECK, PARENT)),
    "unique-unknown": replace(EXPECTED, indexes=(Index("more", (IndexPart("made"),), unique=True), INDEX)),
    "check-missing": replace(EXPECTED, constraints=(KEY, UNIQUE, PARENT)),
    "foreign-key-missing": replace(EXPECTED, constraints=(KEY, UNIQUE, CHECK)),
    "foreign-key-differs": replace(
        EXPECTED, constraints=(KEY, UNIQUE, CHECK, replace(PARENT, on_delete="cascade"))
    ),
    "constraint-renamed": replace(EXPECTED, constraints=(KEY, UNIQUE, replace(CHECK, name="other"), PARENT)),
    "constraint-not-validated": replace(
        EXPECTED, constraints=(KEY, UNIQUE, CHECK, replace(PARENT, validated=False))
    ),
    "constraint-disabled": replace(
        EXPECTED, constraints=(KEY, UNIQUE, CHECK, replace(PARENT, validated=False, enforced=False))
    ),
    "index-missing": replace(EXPECTED, indexes=(replace(INDEX, valid=False),)),
    "index-unknown": replace(EXPECTED, indexes=(BY_HAND, INDEX)),
    "index-renamed": replace(EXPECTED, indexes=(replace(INDEX, name="other"),)),
    "trigger-missing": replace(EXPECTED, triggers=()),
    "trigger-unknown": replace(EXPECTED, triggers=(TRIGGER, Trigger("more", "CREATE TRIGGER more"))),
    "table-comment": replace(EXPECTED, comment="other"),
}


@pytest.mark.parametrize("kind", CHANGES)
def test_every_kind_of_difference_is_found_and_done_away_with(kind):
    live = CHANGES[kind]
    found = differences(live, EXPECTED)
    assert kind in {drift.kind for drift in found.values()}
    assert all(slot_of(found, drift) == slot for slot, drift in found.items())
    assert holds_the_same(aligned(live, EXPECTED, found), EXPECTED)
    assert holds_the_same(aligned(live, EXPECTED, ()), live)


def test_what_was_not_chosen_stays():
    live = replace(
        EXPECTED,
        columns=(ID, replace(NAME, type="integer", nullable=True), MADE, Column("extra", "text", True)),
        constraints=(KEY, PARENT),
        indexes=(BY_HAND, INDEX),
    )
    chosen = [slot for slot, drift in differences(live, EXPECTED).items() if drift.kind == "unique-missing"]
    assert aligned(live, EXPECTED, chosen) == replace(live, constraints=(KEY, PARENT, UNIQUE))
    chosen = [("column", "name", "nullability")]
    columns = (ID, replace(NAME, type="integer"), *live.columns[2:])
    assert aligned(live, EXPECTED, chosen) == replace(live, columns=columns)


def test_with_an_unknown_column_goes_what_is_on_it():
    extra = Column("extra", "text", True)
    live = replace(
        EXPECTED,
        columns=(*EXPECTED.columns, extra),
        constraints=(*EXPECTED.constraints, Constraint("check", "on_it", (), "extra <> name")),
        indexes=(Index("also", (IndexPart("extra"),)), INDEX),
    )
    assert aligned(live, EXPECTED, [("column", "extra")]) == EXPECTED


def test_nothing_is_added_on_a_column_that_is_still_missing():
    live = replace(EXPECTED, columns=(ID, NAME), indexes=())
    chosen = [slot for slot, drift in differences(live, EXPECTED).items() if drift.kind == "index-missing"]
    assert aligned(live, EXPECTED, chosen) == live


def test_values_are_asked_for_by_the_shortest_key_that_is_clear():
    one = {"t": CHANGES["column-nullability"]}
    assert fillable(one, [("t", EXPECTED)]) == {"fill": ("t", "name")}
    added = replace(EXPECTED, columns=(*EXPECTED.columns, Column("a", "text", False)))
    assert fillable(one, [("t", added)]) == {"fill.name": ("t", "name"), "fill.a": ("t", "a")}
    two = {**one, "u": replace(one["t"], name="u")}
    assert fillable(two, [("t", EXPECTED), ("u", replace(EXPECTED, name="u")), ("new", EXPECTED)]) == {
        "fill.t.name": ("t", "name"),
        "fill.u.name": ("u", "name"),
    }
