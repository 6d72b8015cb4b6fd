"""Runs in the process of a test's project: gives commands to a workbench and prints its answers as JSON.

Commands are lists, read as one JSON list from standard input:

- `["open", {options}]`: a workbench with these options, opened; the first command, or it is opened without options.
- `["read"]`: reads everything anew; answers the ids of all findings.
- `["plan", repair, arguments, finding, settings]`: a plan, or `{"impossible": sentence}`.
- `["execute"]`: executes the plan that was made last; answers what became of it.
- `["hush"]`: takes the risks from the plan that was made last.
- `["rehearse"]`: the same, but rolled back at the end if all went well; then `remaining` is `["rehearsed"]`.
- `["dry_run"]`: tries the plan that was made last; answers what would have become of it.
- `["instants", last]`: goes through the instants of the next execution, and ends the process at the one of this name,
  if one is given; `["passed"]`: what was gone through (see `instants`).
- `["connect"]` and `["close"]`: opens the connection to the database, and closes it.
- `["fill_disk", number]`: nothing from this line of the journal on can be written.
- `["lose", when]`: the server ends the connection `before` or `after` the next commit, and the commit fails.
- `["secret", text]`: the connection's password, as its settings say it.
- `["told"]`: what is said of interrupted executions, by their numbers.
- `["journal"]`: the journal of the database, the newest first.
- `["sql", statement…]`: statements on the same connection, outside of any transaction.
- `["write", path, text]`: a file of the project.
- `["sessions"]`: who else is connected, as (program, locks).
- `["snapshot"]`: the live schema.
- `["clean"]`: what `migrate --check` and `makemigrations --check` complain of.
"""

from __future__ import annotations

import errno
import io
import json
import sys
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import Error

from migwizard.core.plan import Plan, Report, Step
from migwizard.reading.options import Options
from migwizard.running import execution
from migwizard.running.journal import entries
from migwizard.running.journal.form import encode
from migwizard.workbench import CannotRun, Workbench
from tests.running.instants import Instants


class Driver:
    """One workbench and its last plan."""

    def __init__(self) -> None:
        self.bench = Workbench(Options(replay=False))
        self.made: Plan | None = None
        self.impossible = ""
        self.gone_through: Instants | None = None

    def connect(self) -> None:
        """Open the connection to the database."""
        self.bench.reader.connect()

    def close(self) -> None:
        """Close the connection to the database."""
        self.bench.close()

    def instants(self, last: str = "") -> None:
        """Go through the instants of the next execution, and die at one of them."""
        self.gone_through = Instants(self.bench.reader.connection, last)

    def passed(self) -> Any:
        """What was gone through."""
        assert self.gone_through is not None
        return {name: getattr(self.gone_through, name) for name in ("counting", "standings")}

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
        self.made = None
        try:
            self.made = self.bench.plan(
                found[0] if found else None, repair, tuple(arguments or ()), settings or {}
            )
        except CannotRun as error:
            self.impossible = str(error)
            return {"impossible": str(error)}
        return plan_of(self.made)

    def hush(self) -> None:
        """Take its risks from the last plan."""
        assert self.made is not None
        self.made = replace(self.made, risks=())

    def execute(self) -> Any:
        """Execute the last plan."""
        assert self.made is not None, self.impossible
        return report_of(self.bench.execute(self.made))

    def rehearse(self) -> Any:
        """Execute the last plan, and roll it back at the very end."""
        real = execution.verify
        execution.verify = lambda *given: real(*given) or [("rehearsed", "rehearsed.")]
        try:
            return self.execute()
        finally:
            execution.verify = real

    def told(self) -> Any:
        """What was read of interrupted executions, by their numbers."""
        assert self.bench.reading is not None
        return {str(entry.id): entry.message for entry in self.bench.reading.situation.unfinished}

    def dry_run(self) -> Any:
        """Try the last plan."""
        assert self.made is not None
        return report_of(self.bench.dry_run(self.made))

    def journal(self) -> Any:
        """Read the journal."""
        return [encode(entry) for entry in self.bench.journal()]

    def fill_disk(self, number: int) -> None:
        """Have the disk full for the journal."""
        real, calls = entries.Writer.write, []

        def full(*arguments: Any) -> None:
            calls.append(arguments)
            if len(calls) >= number:
                raise OSError(errno.ENOSPC, "No space left on device")
            real(*arguments)

        entries.Writer.write = full  # type: ignore[method-assign]

    def secret(self, text: str) -> None:
        """Set the password."""
        self.bench.reader.connection.settings_dict["PASSWORD"] = text

    def lose(self, when: str) -> None:
        """Have the server end the connection at the next commit."""
        connection = self.bench.reader.connection
        commit = connection._commit

        def losing() -> None:
            if when == "after":
                commit()
            with suppress(Error):
                connection.connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
            commit()

        connection._commit = losing

    def sql(self, *statements: str) -> Any:
        """Execute statements on the workbench's own connection."""
        with self.bench.reader.connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def write(self, path: str, text: str) -> None:
        """Write a file of the project."""
        Path(path).write_text(text, encoding="utf-8")

    def sessions(self) -> Any:
        """Ask who else is connected."""
        return [(one.program, one.holds) for one in self.bench.sessions()]

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
