"""One plan, whose process is killed at one instant after the other, and what has to be true after each."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from typing import Any

from .cases import Case
from .forks import Room
from .kit import Shop, files_of
from .scenes import Scenes
from .standing import Standing, rows_of, standing, twice

NOTHING = ("takes back the whole.", "changed nothing that could be taken back.")
"""Ends of the sentences that refuse an undo where there is nothing to be taken back."""

Look = tuple[list[str], dict[str, str], list[dict[str, Any]]]
"""What a process that has just begun sees: findings, what it tells of interrupted executions, the journal."""


def past(journal: list[dict[str, Any]], before: int) -> list[tuple[Any, ...]]:
    """How the executions before a number ended, and by which they were taken back."""
    return [
        (one["id"], one.get("outcome", "running"), one.get("undone_by"))
        for one in journal
        if one["id"] < before
    ]


@dataclass(frozen=True)
class State:
    """All that can be seen of a shop."""

    standing: Standing
    shape: Any
    """The schema, however it came about."""
    files: dict[str, bytes]
    found: list[str]
    told: dict[str, str]
    journal: list[dict[str, Any]]


class Trial:
    """One case on one database."""

    def __init__(self, case: Case, shop: Shop, room: Room, scenes: Scenes) -> None:
        self.shop = shop
        self.room = room
        self.scenes = scenes
        self.origin = self.state()
        if case.first:
            room.fork(*case.first)
            scenes.wait()
            room.here(["open"])
        self.before = self.state()
        self.number = len(self.before.journal) + 1
        """The number of the execution in the journal."""
        if case.repair != "resume":
            self.origin = self.before
        *_, self.plan = room.here(["read"], ["plan", case.repair, case.arguments])
        assert self.plan.get("steps"), self.plan
        self.start = scenes.keep()
        self.moved = True
        """Whether the database may be another one than at the start."""
        self.known: frozenset[str] = frozenset()
        self.instants, self.parts = self.go_through()
        self.after = self.state()

    def look(self) -> Look:
        """Look at everything in a process that has just begun."""
        found, told, journal = self.room.run(["read"], ["told"], ["journal"])
        return found, told, journal

    def state(self) -> State:
        """Return all that can be seen."""
        found, told, journal, shape = self.room.run(["read"], ["told"], ["journal"], ["snapshot"])
        return State(standing(self.shop.entry), shape, files_of(self.shop.project), found, told, journal)

    def go_through(self) -> tuple[list[str], dict[int, Standing]]:
        """Run the plan to its end; return the instants that count, and what is committed after so many steps."""
        _, report, passed = self.room.run(["instants"], ["execute"], ["passed"])
        assert report["outcome"] == "done", report
        parts = {int(steps): found for steps, found in passed["standings"].items()}
        return passed["counting"], {0: self.before.standing} | parts

    def same(self, found: Standing, expected: Standing) -> None:
        """Assert that a database is as it was, history rows of this run by their names alone."""
        assert found["schema"] == expected["schema"]
        former = self.before.standing
        assert rows_of(found, former) == rows_of(expected, former)

    def kill(self, instant: str) -> str:
        """Kill the process at an instant, and see that everything comes right; return what was in at first."""
        self.scenes.bring_back(self.start, database=self.moved)
        self.moved = True
        ended = self.room.fork(["instants", instant], ["execute"])
        assert ended.code == -signal.SIGKILL, ended
        self.scenes.wait()
        left = standing(self.shop.entry)
        assert set(twice(left)) <= set(twice(self.before.standing))
        found, told, journal = self.look()
        entry = next((one for one in journal if one["id"] == self.number), {"outcome": "none"})
        said = told.pop(str(self.number), "")
        assert (f"unfinished-repair:{self.number}" in found) == bool(said)
        if entry["outcome"] in ("none", "rolled-back"):
            assert said in self.nothing(entry["outcome"])
            self.nothing_is_in(
                left, again=bool(said) and (not self.is_known(left, journal) or "midst" in instant)
            )
            return "nothing"
        if self.is_known(left, journal):
            return entry["outcome"]
        if entry["outcome"] == "done":
            assert not said or said.endswith("everything is in.")
            self.all_is_in(left)
            return "done"
        assert entry["outcome"] == "interrupted"
        self.a_part_is_in(left, said, journal)
        return "interrupted"

    def is_known(self, left: Standing, journal: list[dict[str, Any]]) -> bool:
        """Tell whether another instant has left the very same, of which it is known already what follows."""
        ends = [
            tuple(one.get(name) for name in ("id", "outcome", "done_steps", "begun_steps", "undone_by"))
            for one in journal
        ]
        rows = rows_of(left, self.before.standing)
        state = repr((left["schema"], rows, files_of(self.shop.project), ends))
        known, self.known = state in self.known, self.known | {state}
        return known

    def nothing(self, outcome: str) -> tuple[str, ...]:
        """What may be said when nothing is in."""
        if outcome == "none":
            return ("",)
        return (
            "It was interrupted before its commit; nothing of it is in.",
            "It was interrupted before its first file was in place; nothing of it is in.",
            "It was interrupted when only pre_migrate had been sent; nothing of it is in.",
            *(("It was interrupted; its files are left to number 1.",) if self.before.told else ()),
        )

    def nothing_is_in(self, left: Standing, *, again: bool) -> None:
        """Assert that all is as before, and that this is told once."""
        assert left == self.before.standing
        assert files_of(self.shop.project) == self.before.files
        self.moved = False
        if not again:
            return
        found, told, journal = self.look()
        assert (found, told) == (self.before.found, self.before.told)
        assert past(journal, self.number) == past(self.before.journal, self.number)

    def all_is_in(self, left: Standing) -> None:
        """Assert that all is as after the plan, that this is told once, and that it can be taken back."""
        self.same(left, self.after.standing)
        assert files_of(self.shop.project) == self.after.files
        found, told, journal = self.look()
        assert (found, told) == (self.after.found, self.after.told)
        assert past(journal, self.number + 1) == past(self.after.journal, self.number + 1)
        self.take_back(journal)

    def resume(self) -> None:
        """Bring the execution to its end."""
        name = f"unfinished-repair:{self.number}"
        _, plan, *report = self.room.fork(["read"], ["plan", "resume", [], name], ["execute"]).answers
        assert report, plan
        assert report[0]["outcome"] == "done", (plan, report)

    def take_back(self, journal: list[dict[str, Any]]) -> None:
        """Undo what was done, the last execution first, and assert that all is as it was."""
        first = 1 if self.origin is not self.before else self.number
        for entry in journal:
            in_place = entry["outcome"] in ("done", "interrupted") and "undone_by" not in entry
            if entry["id"] < first or not in_place:
                continue
            _, plan, *report = self.room.fork(
                ["read"], ["plan", "undo", [str(entry["id"])]], ["execute"]
            ).answers
            if plan.get("impossible", "").endswith(NOTHING):
                continue
            assert report, plan
            assert report[0]["outcome"] == "done", (plan, report)
        now = self.state()
        assert rows_of(now.standing) == rows_of(self.origin.standing)
        assert now.shape == self.origin.shape
        assert now.files == self.origin.files
        assert (now.found, now.told) == (self.origin.found, self.origin.told)

    def a_part_is_in(self, left: Standing, said: str, journal: list[dict[str, Any]]) -> None:
        """Assert that what is told is what is in, and that it can be brought to its end and taken back."""
        entry = journal[0]
        done, begun = entry.get("done_steps", 0), entry.get("begun_steps", 0)
        unsure = begun > done and not self.plan["steps"][done].get("atomic", True)
        if unsure:
            assert f"step {done + 1} was begun, and may be in by a part" in said
        else:
            self.same(left, self.parts[done])
        now = files_of(self.shop.project)
        for path in self.before.files.keys() | self.after.files.keys():
            there = now.get(path) == self.after.files.get(path)
            assert (f"/{path}" in said) == (done == len(self.plan["steps"]) and not there), (path, said)
        here = self.scenes.keep()
        self.resume()
        self.all_is_in(standing(self.shop.entry))
        if not unsure:
            self.scenes.bring_back(here)
            self.take_back(journal)
        self.scenes.forget(here)
