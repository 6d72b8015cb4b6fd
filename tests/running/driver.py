"""Runs in the process of a test's project: gives commands to a workbench and prints its answers as JSON.

Commands are lists, read as one JSON list from standard input:

- `["open", {options}]`: a workbench with these options, opened; the first command, or it is opened without options.
- `["read"]`: reads everything anew; answers the ids of all findings.
- `["plan", repair, arguments, finding, settings]`: a plan, or `{"impossible": sentence}`.
- `["execute"]`: executes the plan that was made last; answers what became of it.
- `["hush"]`: takes the risks from the plan that was made last.
- `["rehearse"]`: the same, but rolled back at the end if all went well; then `remaining` is `["rehearsed"]`.
- `["sql", statement…]`: statements on the same connection, outside of any transaction.
- `["write", path, text]`: a file of the project.
- `["snapshot"]`: the live schema.
- `["clean"]`: what `migrate --check` and `makemigrations --check` complain of.
"""

from __future__ import annotations

import io
import json
import sys
from contextlib import redirect_stdout
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from django.core.management import call_command

from migwizard.core.plan import Plan, Report, Step
from migwizard.reading.reader import Options
from migwizard.running import execution
from migwizard.workbench import CannotRun, Workbench


class Driver:
    """One workbench and its last plan."""

    def __init__(self) -> None:
        self.bench = Workbench(Options(replay=False))
        self.made: Plan | None = None

    def open(self, options: dict[str, Any] | None = None) -> None:
        """Open a workbench with these options."""
        self.bench = Workbench(Options(**{"replay": False} | (options or {})))
        self.bench.open()

    def read(self) -> list[str]:
        """Read everything."""
        return [finding.id for finding in self.bench.read(replay=False).findings]

    def plan(
        self,
        repair: str,
        arguments: list[str] | None = None,
        finding: str | None = None,
        settings: dict[str, str] | None = None,
    ) -> Any:
        """Make a plan."""
        assert self.bench.reading is not None
        found = [one for one in self.bench.reading.findings if one.id == finding]
        assert finding is None or found, [one.id for one in self.bench.reading.findings]
        try:
            self.made = self.bench.plan(
                found[0] if found else None, repair, tuple(arguments or ()), settings or {}
            )
        except CannotRun as error:
            return {"impossible": str(error)}
        return plan_of(self.made)

    def hush(self) -> None:
        """Take its risks from the last plan."""
        assert self.made is not None
        self.made = replace(self.made, risks=())

    def execute(self) -> Any:
        """Execute the last plan."""
        assert self.made is not None
        return report_of(self.bench.execute(self.made))

    def rehearse(self) -> Any:
        """Execute the last plan, and roll it back at the very end."""
        real = execution.verify
        execution.verify = lambda *given: real(*given) or [("rehearsed", "rehearsed.")]
        try:
            return self.execute()
        finally:
            execution.verify = real

    def sql(self, *statements: str) -> Any:
        """Execute statements on the workbench's own connection."""
        with self.bench.reader.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        Path(path).write_text(text, encoding="utf-8")

    def snapshot(self) -> Any:
        """Read the live schema, whatever the order of its columns."""
        tables = self.bench.reader.database.snapshot().tables
        return {
            name: {
                "columns": sorted(repr(column) for column in table.columns),
                "constraints": sorted(repr(constraint) for constraint in table.constraints),
                "indexes": sorted(repr(index) for index in table.indexes),
            }
            for name, table in sorted(tables.items())
        }

    def clean(self) -> list[str]:
        """Ask Django whether anything is left to migrate or to make a migration for; answers its complaints."""
        found = []
        for command, options in (
            ("migrate", {"check_unapplied": True}),
            ("makemigrations", {"check_changes": True, "dry_run": True}),
        ):
            said = io.StringIO()
            try:
                call_command(command, verbosity=1, stdout=said, stderr=said, **options)
            except (Exception, SystemExit) as error:
                found.append(f"{command}: {type(error).__name__}: {error} {said.getvalue()}")
        return found


def plan_of(plan: Plan) -> Any:
    """A plan, without what is empty or as it is by default."""
    ordinary = {one.name: one.default for one in fields(Step)}
    steps = [
        {
            name: value
            for name, value in asdict(step).items()
            if value not in ("", (), None) and value != ordinary[name]
        }
        for step in plan.steps
    ]
    return {name: value for name, value in asdict(plan).items() if value not in ("", (), None)} | {
        "steps": steps
    }


def report_of(report: Report) -> Any:
    """What became of a plan; `ran` is (step, statement) of each statement."""
    return {
        "outcome": report.outcome,
        "message": report.message,
        "ran": [(ran.step, ran.sql) for ran in report.ran],
        "gone": report.gone,
        "remaining": report.remaining,
    }


def main() -> None:
    """Read the commands, carry them out, print the answers."""
    driver, answers = Driver(), []
    commands = json.load(sys.stdin)
    if not commands or commands[0][0] != "open":
        commands.insert(0, ["open"])
    with redirect_stdout(sys.stderr):
        for name, *arguments in commands:
            answers.append(getattr(driver, name)(*arguments))
    print(json.dumps(answers[1:], default=str))


if __name__ == "__main__":
    main()
