"""The benchmarks measure what they say: sound projects, real processes, and limits that break."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing

import pytest

from tests.benchmarks import __main__ as command
from tests.benchmarks.measure import CannotMeasure, Measurement, Run, medians, run
from tests.benchmarks.synthetic import Shape, synthetic_project, write_synthetic
from tests.benchmarks.terminal import Terminal, TooLate
from tests.projects import Project

SHAPE = Shape(apps=2, migrations=14, models=3)


def schema(project: Project) -> dict[str, object]:
    """Columns, names of indexes, and foreign keys, by table; not the order, which Django changes as it rebuilds."""
    with closing(sqlite3.connect(project.root / "db.sqlite3")) as connection:
        names = "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'app%'"
        return {
            name: (
                sorted(row[1:4] for row in connection.execute(f'PRAGMA table_info("{name}")')),
                sorted(row[1] for row in connection.execute(f'PRAGMA index_list("{name}")')),
                sorted(row[2:5] for row in connection.execute(f'PRAGMA foreign_key_list("{name}")')),
            )
            for (name,) in connection.execute(names)
        }


def test_a_synthetic_project_is_where_its_migrations_lead(tmp_path):
    made = synthetic_project(tmp_path / "made", SHAPE)
    migrated = write_synthetic(tmp_path / "migrated", SHAPE)
    assert migrated.manage("migrate", "--verbosity", "0").stderr == ""
    assert schema(made) == schema(migrated)
    assert len(schema(made)) == SHAPE.tables
    shown = made.manage("showmigrations").stdout
    assert (shown.count("[X]"), shown.count("[ ]")) == (SHAPE.total, 0)
    assert made.manage("makemigrations", "--check", "--dry-run").stdout == "No changes detected\n"


def test_check_finds_nothing_in_a_synthetic_project(tmp_path, database):
    if database["ENGINE"].endswith("sqlite3"):
        project = synthetic_project(tmp_path / "made", SHAPE)
    else:
        project = synthetic_project(tmp_path / "made", SHAPE, database)
    outcome = project.migwizard("check", "--no-replay", "--format", "json")
    assert (outcome.code, outcome.json["findings"]) == (0, [])


MEASURED = """
import json, sys
from dataclasses import asdict
from pathlib import Path
from tests.benchmarks.measure import run
from tests.projects import Project

code = "import time; block = bytearray(80_000_000); time.sleep(0.2); print('done')"
print(json.dumps(asdict(run(Project(Path(sys.argv[1])), sys.executable, "-c", code))))
"""


def test_a_run_has_the_time_the_memory_and_the_output_of_one_process(tmp_path):
    # Linux counts the memory of whoever starts a process as that process's, which is little in a benchmark.
    done = Project(tmp_path).run(sys.executable, "-c", MEASURED, str(tmp_path)).json
    assert done["stdout"] == "done\n"
    assert 0.2 <= done["seconds"] < 10
    assert 80 < done["megabytes"] < 200


def test_a_command_that_fails_is_not_measured(tmp_path):
    with pytest.raises(
        CannotMeasure, match=r"^`-c 1/0` ended with 1: .*ZeroDivisionError: division by zero$"
    ):
        run(Project(tmp_path), sys.executable, "-c", "1/0")


def test_what_is_slow_is_measured_once_and_the_rest_three_times_after_a_warm_up():
    calls: list[str] = []

    def function(name: str, *seconds: float):
        def measured() -> Run:
            calls.append(name)
            return Run(seconds[min(calls.count(name), len(seconds)) - 1], 0, 0, "")

        return measured

    fast, slow = medians(function("fast", 9, 3, 1, 2), function("slow", 30, 25))
    assert (fast.seconds, slow.seconds) == (2, 25)
    assert (calls.count("fast"), calls.count("slow")) == (4, 2)


@pytest.mark.parametrize(
    ("measured", "limit", "at_least", "good"),
    [(1.5, 1.5, False, True), (1.51, 1.5, False, False), (20, 20, True, True), (19.9, 20, True, False)],
)
def test_a_limit_is_the_most_or_the_least(measured, limit, at_least, good):
    assert Measurement("x", measured, limit, "s", at_least).good == good


def test_the_command_fails_when_a_limit_is_broken_or_nothing_could_be_measured(monkeypatch, capsys):
    def failing(places):
        raise CannotMeasure("no such thing")
        yield

    monkeypatch.setattr(
        command,
        "BENCHMARKS",
        {
            "good": lambda places: iter([Measurement("good", 1.25, 2, "s", detail="one and a quarter")]),
            "bad": lambda places: iter([Measurement("bad", 19, 20, "×", at_least=True)]),
            "failing": failing,
        },
    )
    assert command.main(["good"]) == 0
    assert command.main(["good", "bad"]) == 1
    assert command.main(["failing"]) == 1
    assert command.main([]) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[1] == ["good", "1.25", "s", "≤", "2.00", "s", "ok", "one", "and", "a", "quarter"]
    assert lines[4] == ["bad", "19.00", "×", "≥", "20.00", "×", "too", "slow"]
    assert lines[6] == ["failing", "not", "measured:", "no", "such", "thing"]


def test_an_unknown_benchmark_is_a_sentence(capsys):
    assert command.main(["nothing"]) == 2
    assert capsys.readouterr().err == (
        "There is no benchmark 'nothing' (there are: status, check, live-schema, growth, memory, replay, first-frame,"
        " keys, tenants).\n"
    )


def test_a_terminal_shows_the_words_without_their_escapes_and_times_the_answer(tmp_path):
    code = (
        "import sys, time, tty; tty.setraw(0); sys.stdout.write('\\x1b]0;title\\x07\\x1b[1;31mready\\x1b[0m');"
        "sys.stdout.flush(); key = sys.stdin.read(1); time.sleep(0.2); print('got', key, flush=True); time.sleep(9)"
    )
    with Terminal([sys.executable, "-c", code], tmp_path, {"PATH": ""}) as terminal:
        assert terminal.wait_for(lambda text: text == "ready", 10) > terminal.started
        assert 0.2 <= terminal.press(b"x", "got") < 5
        assert "got x" in terminal.text
        assert terminal.cpu < 5
        with pytest.raises(TooLate, match="got x"):
            terminal.wait_for(lambda text: "never" in text, 0.1)
