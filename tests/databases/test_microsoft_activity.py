"""What SQL Server's views say of others, told from their rows, and nothing where they may not be seen."""

from __future__ import annotations

from typing import Any

import pytest

from migwizard.core.locks import Lock, effects, stronger
from migwizard.core.plan import Ran
from migwizard.core.session import Session
from migwizard.databases.microsoft import activity

ANN = ("CORP\\ann", 51, "python\x1b[31m", "web1", "2026-01-02 03:04:05 UTC", "sleeping")
BOB = ("bob", 52, "", "", "2026-01-02 03:04:06 UTC", "running")
WHO = "CORP\\ann (process 51, python [31m, from web1, since 2026-01-02 03:04:05 UTC)"
BOB_WHO = "bob (process 52, since 2026-01-02 03:04:06 UTC)"


class Cursor:
    """Answers queries with the rows that it was given for them."""

    def __init__(self, answers: dict[str, list[Any]]) -> None:
        self.answers = answers
        self.rows: list[Any] = []
        self.asked: list[Any] = []

    def execute(self, query: str, parameters: Any = None) -> None:
        self.rows = self.answers[query]
        self.asked.append(parameters)

    def fetchall(self) -> list[Any]:
        return self.rows


@pytest.mark.parametrize(
    ("rows", "sentences"),
    [
        ([(*ANN, "IX", "dbo", "shop_order", 0.2)], ()),
        ([(*ANN, "IX", "dbo", "shop_order", 3.5)], (f"{WHO} holds IX on shop_order (sleeping).",)),
        (
            [(*ANN, "IX", "dbo", "django_migrations", 0.1)],
            (f"{WHO} holds IX on django_migrations (sleeping).",),
        ),
        ([(*BOB, "Sch-M", "dbo", "new_one", 0.1)], (f"{BOB_WHO} holds Sch-M on new_one.",)),
        ([(*BOB, "Sch-M", "other", "new_one", 0.1)], ()),
        ([(*BOB, "X", "other", "log", None)], (f"{BOB_WHO} holds X on other.log.",)),
        (
            [(*ANN, "IX", "dbo", "django_migrations", 1.5), (*ANN, "Sch-M", "dbo", "shop_order", 1.5)],
            (f"{WHO} holds Sch-M on shop_order and holds IX on django_migrations (sleeping).",),
        ),
        ([(*BOB, "X", "dbo", "elsewhere", 9.0)], ()),
    ],
)
def test_whoever_is_in_the_way_is_named(rows, sentences):
    cursor = Cursor({activity.WORK: rows})
    tables = ("shop_order", "other.log")
    assert activity.others_at_work(cursor, "django_migrations", tables, "dbo") == sentences


def test_whoever_is_waited_for_comes_first():
    cursor = Cursor(
        {
            activity.LOCKS: [(52, "shop_order", "X")],
            activity.SESSIONS: [(*ANN, 52), (*ANN, 52), (*BOB, 0)],
        }
    )
    bob, ann = activity.sessions(cursor)
    assert bob == Session(
        52, "bob", since="2026-01-02 03:04:06 UTC", state="running", holds=(("shop_order", "X"),)
    )
    assert (ann.process, ann.waits_for, ann.program) == (51, (52,), "python [31m")


def test_who_holds_a_lock_of_ours_is_found_by_its_name():
    cursor = Cursor({activity.HOLDER: [ANN]})
    assert activity.holder(cursor, "migwizard:a schema with a very long name@shop") == WHO
    assert cursor.asked == [["[migwizard:a schema with a very l]"]]
    assert activity.holder(Cursor({activity.HOLDER: []}), "x") == ""


def test_who_blocks_a_session_is_named_once():
    assert activity.blockers(Cursor({activity.BLOCKERS: [BOB, BOB]}), 51) == (BOB_WHO,)


def test_locks_say_what_they_keep_others_from():
    held = activity.locks_held(
        Cursor(
            {activity.HELD: [("IX", "t", "7", "70"), ("Sch-M", "t", "7", "70"), ("S", "u\x07", "8", "80")]}
        )
    )
    assert held[0] == Lock("7", "", "t", "IX", "70")
    told = stronger((), held)
    assert [lock.text for lock in told] == ["Sch-M on t", "S on u"]
    ran = Ran("ALTER TABLE t", 1.0, locks=tuple(lock.text for lock in told), rewrites=())
    assert effects(ran) == "blocks reads and writes of t; blocks writes of u"


def test_places_are_by_object():
    rows = [("7", "t\x1b", "70"), ("9", "v", "")]
    assert activity.storage(Cursor({activity.STORAGE: rows})) == {"7": ("t", "70"), "9": ("v", "")}
