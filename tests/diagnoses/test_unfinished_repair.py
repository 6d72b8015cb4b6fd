"""Executions of which the journal knows no end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone

from migwizard.core.journal import Entry
from migwizard.core.plan import Step
from migwizard.diagnoses import unfinished_repair

from .build import situation

ENTRY = Entry(
    7,
    "sqlite:///shop.sqlite3",
    "/srv/shop",
    "deploy@web1",
    datetime(2026, 3, 1, 10, 0, tzinfo=timezone.utc),
    "merge",
    "Join the leaves of shop",
    "careful",
    outcome="interrupted",
    message="It was interrupted: step 1 of 2 is in; step 2 is not.",
    steps=(Step("record", "Record it."), Step("file", "Write it.", path="/srv/shop/0014.py", content="")),
    begun_steps=2,
    done_steps=1,
)


def test_nothing_is_found_where_nothing_was_interrupted():
    assert unfinished_repair.find(situation()) == ()


def test_what_is_in_is_told_step_by_step_and_can_be_ended_or_taken_back():
    (found,) = unfinished_repair.find(replace(situation(), unfinished=(ENTRY,)))
    assert (found.id, found.severity, found.confirmed) == ("unfinished-repair:7", "error", True)
    assert found.summary == (
        "Number 7 in the journal (Join the leaves of shop) did not come to its end. "
        "It was interrupted: step 1 of 2 is in; step 2 is not."
    )
    assert found.evidence == (
        "begun 2026-03-01 10:00 by deploy@web1",
        "1. Record it. (in)",
        "2. Write it. (begun)",
    )
    assert [(offer.name, offer.recommended) for offer in found.repairs] == [("resume", True), ("undo", False)]


def test_what_was_settled_is_told_and_needs_nothing():
    settled = replace(ENTRY, outcome="rolled-back", message="Nothing of it is in.", done_steps=0)
    (found,) = unfinished_repair.find(replace(situation(), unfinished=(settled,)))
    assert (found.severity, found.repairs) == ("info", ())
    assert found.summary.endswith("Nothing of it is in.")
