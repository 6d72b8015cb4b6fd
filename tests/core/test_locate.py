"""Where a schema really is, whatever the records say."""

from __future__ import annotations

from dataclasses import replace

from migwizard.core.graph import Record
from migwizard.core.situation import DatabaseInfo, ProjectInfo, Situation
from migwizard.core.truths.locate import Location, locate

from .tables import Chain, change, graph_of, judge, table

BARE = table("shop_order", "id integer")
NOTE = table("shop_order", "id integer", "note text?")
INDEXED = table("shop_order", "id integer", "note text?", indexes={"note_idx": "note"})
CHAIN: Chain = {
    "0001_initial": [[change(None, BARE)]],
    "0002_note": [[change(BARE, NOTE)]],
    "0003_index": [[change(NOTE, INDEXED)]],
    "0004_data": [[]],
}


def situation(recorded: tuple[str, ...], *live: object) -> Situation:
    rows, drifts = judge(CHAIN, recorded, *live, kinds={"0004_data": "python"})  # type: ignore[arg-type]
    return Situation(
        ProjectInfo("/shop", "shop.settings"),
        DatabaseInfo("default", "postgresql", "shop"),
        graph_of(CHAIN, recorded),
        tuple(Record(i, "shop", name, None) for i, name in enumerate(recorded)),
        "replayed",
        migrations=tuple(rows.values()),
        drifts=drifts,
    )


def test_a_healthy_app_is_where_its_records_say() -> None:
    [location] = locate(situation(tuple(CHAIN), INDEXED))
    assert location == Location("shop", "0004_data", "0004_data")
    assert location.agrees


def test_a_schema_ahead_of_its_records() -> None:
    [location] = locate(situation(("0001_initial",), INDEXED))
    assert location == Location("shop", "0003_index", "0001_initial")
    assert location.sentence() == "the schema is at 0003_index; recorded up to 0001_initial"


def test_a_schema_behind_its_records() -> None:
    [location] = locate(situation(("0001_initial", "0002_note", "0003_index"), NOTE))
    assert location.sentence() == "the schema is at 0002_note; recorded up to 0003_index"


def test_a_schema_with_a_hole_and_a_difference() -> None:
    odd = table("shop_order", "id integer", "extra text?", "note varchar(9)?", indexes={"note_idx": "note"})
    [location] = locate(situation(("0001_initial", "0002_note", "0003_index"), odd))
    assert location.sentence() == (
        "the schema is at 0003_index, except: column type: varchar(9); column unknown: column shop_order.extra;"
        " recorded up to 0003_index"
    )


def test_an_empty_schema_and_no_comparison() -> None:
    [location] = locate(situation(()))
    assert location.sentence() == "the schema has nothing of it; nothing is recorded"
    assert locate(replace(situation(()), compared="no")) == ()
