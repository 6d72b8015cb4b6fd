"""A process that is killed with SIGKILL at any instant leaves the state before or the state after, and knows which.

Each journal line is written before or after something happens, so that a kill before and after each line is a kill
between any two things: steps, the commit, the renaming of files.
"""

from __future__ import annotations

import json
import sys

import pytest

from tests.repairs.branching import LABEL, NOTE, fork, models

from .kit import LAST, contents, files_of, migration

pytest_plugins = ["tests.running.fixtures"]

VIP = '        migrations.AddField("customer", "vip", models.BooleanField(default=False)),'


def two_leaves(shop):
    """A plan with a file and a record."""
    fork(shop, NOTE, LABEL, applied=("first", "second"))
    shop.project.write({"shop/models.py": models()})
    return ["merge", ["shop"]]


def pending(shop):
    """A plan with operations, signals and a record."""
    shop.project.write({"shop/migrations/0005_vip.py": migration(LAST, VIP)})
    return ["migrate", []]


def ghost(shop):
    """A plan that removes a row."""
    shop.run(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0009_gone', '2019-12-24 18:30:00')"
    )
    return ["prune", ["shop"]]


def killed(shop, plan, number, when):
    """Execute a plan in a process that kills itself; tell whether it did."""
    commands = [["read"], ["plan", *plan], ["die", number, when], ["execute"]]
    outcome = shop.project.run(
        sys.executable, "-m", "tests.running.driver", input=json.dumps(commands), LANG="C"
    )
    assert outcome.code in (0, -9), outcome.stderr
    return outcome.code == -9


def everything(shop):
    """Database and files, and what waits beside them."""
    return contents(shop.entry), files_of(shop.project)


def without_moments(found):
    """The same with whatever differs from run to run taken out: dates and sequences of history rows."""
    database, files = found
    return repr(
        {
            name: [row[1:3] if isinstance(row, tuple) else row.split(",")[1:3] for row in rows]
            if "django_migrations" in name
            else rows
            for name, rows in database.items()
            # The texts of SQLite's catalogue may differ where what they say does not: the shape is compared.
            if name not in ("", "sqlite_sequence")
        }
    ), files


@pytest.mark.parametrize("scenario", [two_leaves, pending, ghost])
def test_killed_at_any_instant(shop, new_shop, kind, scenario):
    plan = scenario(shop)
    before, (shape,) = everything(shop), shop.bench(["snapshot"])
    number, seen = 0, set()
    while True:
        number += 1
        alive = False
        # What lies between two lines is run through twice where files are involved; once is enough elsewhere.
        for when in ("before", "after") if scenario is two_leaves else ("before",):
            if not killed(shop, plan, number, when):
                alive = True
                break
            found, told, journal = shop.bench(["read"], ["told"], ["journal"])
            entry = journal[0] if journal else None
            now = everything(shop)
            if entry is None or entry["outcome"] == "rolled-back":
                assert set(now[1]) == set(before[1]), (number, when, entry)
                assert now == before, (number, when)
                seen.add("before")
                assert entry is None or told[str(entry["id"])].endswith("nothing of it is in.")
                continue
            name = f"unfinished-repair:{entry['id']}"
            if entry.get("outcome") == "interrupted":
                # The commit went through, and a file is not in its place.
                seen.add("between")
                assert name in found
                assert "the commit went through, but " in told[str(entry["id"])]
                *_, report, journal, left = shop.bench(
                    ["read"], ["plan", "resume", [], name], ["execute"], ["journal"], ["read"]
                )
                assert report["outcome"] == "done", report
                assert name not in left
                assert journal[1]["outcome"] == "done"
            else:
                assert entry["outcome"] == "done"
                seen.add("after")
            after = everything(shop)
            assert after != before
            *_, clean = shop.bench(["read"], ["clean"])
            # The models of the second scenario never learn of the column.
            assert [one for one in clean if scenario is not pending or not one.startswith("make")] == []
            (undone,) = shop.bench(["read"], ["plan", "undo", [str(entry["id"])]], ["execute"])[2:]
            assert undone["outcome"] == "done", undone
            assert set(everything(shop)[1]) == set(before[1]), (number, when)
            assert without_moments(everything(shop)) == without_moments(before)
            assert shop.bench(["snapshot"]) == [shape]
            before = everything(shop)
        if alive:
            break
    assert seen >= {"before", "after"}
    assert ("between" in seen) == (scenario is two_leaves)
    assert number > 5
