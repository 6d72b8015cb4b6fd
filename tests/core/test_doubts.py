"""Differences that a migration without a file may explain."""

from __future__ import annotations

import pytest

from migwizard.core.drift.doubts import doubted
from migwizard.core.situation import Drift
from migwizard.core.truths.lineage import Lineage, Version
from tests.diagnoses.build import chain, key, migration, situation

LINEAGES = (
    Lineage("shop_order", (Version((key("shop.0001"), 0), "shop_order"),)),
    Lineage("blog_post", (Version((key("blog.0001"), 0), "blog_post"),)),
)
KINDS = ("column-unknown", "column-type", "column-missing")


def certain(files, recorded):
    """What is certain, of one difference of each kind in two tables."""
    made = situation(files, recorded)
    drifts = [Drift(kind, table, "c", "", "", "") for table in ("shop_order", "blog_post") for kind in KINDS]
    found = doubted(drifts, made.graph, made.recorded, LINEAGES)
    return [(drift.table, drift.kind, drift.explained_by) for drift in found if not drift.confirmed]


GONE, ZERO = (key("shop.0009_gone"),), (key("shop.0000"),)


@pytest.mark.parametrize(
    ("files", "recorded", "unsure"),
    [
        (chain("shop.0001", "shop.0002"), "shop.0001 shop.0002", []),
        (
            chain("shop.0001"),
            "shop.0001 shop.0009_gone",
            [("shop_order", "column-unknown", GONE), ("shop_order", "column-type", GONE)],
        ),
        ([migration("shop.0001", "shop.0000")], "shop.0001", [("shop_order", kind, ZERO) for kind in KINDS]),
        ([migration("shop.0001", "auth.__first__")], "shop.0001", []),
    ],
    ids=["complete", "a record without a file", "a dependency without a file", "an app without migrations"],
)
def test_only_what_a_lost_migration_may_have_done_is_doubted(files, recorded, unsure):
    assert certain(files, recorded) == unsure
