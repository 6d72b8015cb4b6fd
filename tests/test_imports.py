"""What is imported when: the commands do without Textual, and the package alone without Django."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import pytest

pytest_plugins = ["tests.running.fixtures"]

HEAVY = {"django", "textual", "rich", "sqlparse", "click", "psycopg"}


def loaded_by(code: str) -> set[str]:
    """Which heavy packages are loaded after some code, in a fresh process."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys, json\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return HEAVY & set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import migwizard", set()),
        ("import migwizard.workbench", set()),
        ("import migwizard.core.situation, migwizard.core.plan, migwizard.core.truths", set()),
        ("import migwizard.diagnoses, migwizard.repairs, migwizard.report", set()),
        ("import migwizard.reading.options", set()),
        ("import migwizard.__main__", set()),
        ("import migwizard.cli", {"click"}),
    ],
)
def test_importing_loads_no_more_than_it_needs(code, heavy):
    assert loaded_by(code) == heavy


def test_no_command_but_the_wizard_imports_textual(new_shop):
    shop = new_shop("sqlite")
    shop.forget("shop.0002_note")
    code = """
        import json, sys
        from migwizard.cli import run

        for arguments in (
            ["check"], ["check", "--no-schema"], ["status"], ["graph"], ["graph", "--format", "svg"],
            ["plan", "repair-history"], ["repair", "repair-history", "--yes"], ["replay"], ["demo", "--list"],
        ):
            code = run(arguments)
            textual = {"textual", "rich"} & {name.split(".")[0] for name in sys.modules}
            print(json.dumps(["ended", arguments, code, sorted(textual)]))
    """
    outcome = shop.project.run(sys.executable, "-c", textwrap.dedent(code))
    ends = [json.loads(line)[1:] for line in outcome.stdout.splitlines() if line.startswith('["ended"')]
    assert [textual for _, _, textual in ends] == [[]] * 9, ends
    assert [code for _, code, _ in ends] == [1, 1, 0, 0, 0, 0, 0, 0, 0], outcome.stderr
