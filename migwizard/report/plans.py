"""Plans and what became of them, as plain text, and as a script of SQL that can be run by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..core.finding import Finding
from ..core.locks import blocked, effects
from ..core.plan import Plan, Question, Ran, Report, Step, only_reads
from ..core.schema.names import quoted
from ..core.sources.diffs import unified
from .safe import is_harmless, one_line, visible, visible_lines
from .words import counts, plural


def plan(made: Plan) -> str:
    """Return a plan step by step: why, what it runs, how to take it back, the equivalent command."""
    lines = [f"{visible(made.title)} ({made.repair}, {made.safety})"]
    if made.refusal:
        lines.append(f"It cannot be executed: {visible(made.refusal)}")
    for number, step in enumerate(made.steps, 1):
        lines += ["", *_step(number, step)]
    lines += [*_listed("It risks", made.risks), *_listed("It locks", made.locks)]
    lines += _listed("It asks", (_asked(question) for question in made.asks))
    lines += _listed("Afterwards these must be gone", made.expects)
    return "\n".join(lines)


def _asked(question: Question) -> str:
    """Return a question with how it is answered."""
    choices = f" ({' or '.join(question.choices)})" if question.choices else ""
    answer = f"; now {question.answer}" if question.answer is not None else ""
    return f"{question.text}{choices} --set {question.key}=…{answer}"


def _step(number: int, step: Step) -> list[str]:
    lines = [f"{number}. {visible(step.why)}"]
    lines += [_indented(visible_lines(statement)) for statement in step.sql]
    if step.path:
        lines.append(f"   {'writes' if step.content is not None else 'deletes'} {visible(step.path)}")
        lines += [_indented(visible_lines(line)) for line in difference(step)]
    if step.note:
        lines.append(_indented(visible_lines(step.note)))
    if step.undo:
        lines.append(f"   undo: {visible(step.undo)}")
    if step.command:
        lines.append(f"   command: {visible(step.command)}")
    return lines


def difference(step: Step) -> tuple[str, ...]:
    """Return what a step changes in its file, as the lines of a unified diff without its head."""
    return unified(step.path, step.former, step.content)[2:]


def _indented(text: str) -> str:
    return "\n".join(f"   | {line}".rstrip() for line in text.split("\n"))


def _listed(head: str, items: Iterable[str]) -> list[str]:
    lines = [f"  - {visible(item)}" for item in items]
    return ["", f"{head}:", *lines] if lines else []


def result(report: Report) -> str:
    """Return what became of a plan: every statement with its time and rows, and what became of the findings."""
    lines = [f"{report.outcome}: {visible(report.message)}"]
    if report.ran:
        lines += ["", *_statements(report)]
        lines += _listed("It blocks, until it is committed", blocked(report.ran))
    lines += _listed("Gone", report.gone)
    lines += _listed("Came up", report.new)
    lines += _listed("Still there", report.remaining)
    if report.journal is not None:
        lines += ["", f"It is number {report.journal} in the journal."]
    return "\n".join(lines)


def _statements(report: Report) -> list[str]:
    """Return the executed statements; of those with which receivers of signals only look, no more than their number.

    They would push the outcome out of the terminal; `--format json` has each of them.
    """
    lines: list[str] = []
    reads: list[Ran] = []
    for ran in report.ran:
        quiet = only_reads(report.plan, ran) and not effects(ran)
        if reads and (not quiet or ran.step != reads[0].step):
            lines.append(_reads(reads))
            reads = []
        if quiet:
            reads.append(ran)
        else:
            lines += _statement(ran)
    return [*lines, _reads(reads)] if reads else lines


def _reads(reads: Sequence[Ran]) -> str:
    """Return statements that only read, in one line."""
    seconds = sum(ran.seconds for ran in reads)
    text = f"{plural(len(reads), 'statement')} that only read{'s' if len(reads) == 1 else ''}"
    return f"  {seconds:8.3f} s{'':>10}  {text} (--format json lists all)"


def _statement(ran: Ran) -> list[str]:
    rows = "" if ran.rows is None else f"  {plural(ran.rows, 'row')}"
    effect = effects(ran)
    return [
        f"  {ran.seconds:8.3f} s{rows:>10}  {one_line(ran.sql)}",
        *([f"{'':22}{one_line(effect)}"] if effect else []),
    ]


def results(reports: Sequence[Report], left: Sequence[Finding]) -> str:
    """Return what became of several plans, one after the other, and what is left."""
    lines = []
    for report in reports:
        about = report.plan.finding or report.plan.action or report.plan.repair
        lines.append(f"{report.outcome:12} {visible(about)}: {visible(report.message)}")
    if not reports:
        lines.append("There was nothing to repair.")
    return "\n".join([*lines, *_listed("Left", (finding.id for finding in left)), "", counts(left)])


BEGINNINGS: Mapping[str, tuple[str, ...]] = {
    "microsoft": (
        "-- Run it with sqlcmd -b, which ends with the first error, so that everything is rolled back.",
        "SET XACT_ABORT ON;",
        "BEGIN TRANSACTION;",
        "GO",
    )
}
"""How a script begins a transaction, by `connection.vendor`, where BEGIN alone does not."""

SENT: Mapping[str, tuple[str, ...]] = {"microsoft": ("GO",)}
"""What has to follow a statement so that the next one may use what it makes."""


def script(made: Plan, vendor: str = "", path: Sequence[str] = ()) -> str:
    """Return a plan as a script for the database's own shell, with a search path that it sets where it needs one.

    Whatever is no SQL is a comment; so is a statement with control characters in it, which no terminal may see.
    """
    lines = [f"-- {one_line(made.title)} ({made.repair}, {made.safety})"]
    if made.refusal:
        lines.append(f"-- migwizard does not execute it: {one_line(made.refusal)}")
    lines += [f"-- risk: {one_line(risk)}" for risk in made.risks]
    lines += ["", *BEGINNINGS.get(vendor, ("BEGIN;",))]
    if path:
        # Whoever runs it is in another schema than the plan was made for.
        lines.append(f"SET LOCAL search_path = {', '.join(map(quoted, path))};")
    for number, step in enumerate(made.steps, 1):
        lines += ["", f"-- {number}. {one_line(step.why)}", *_scripted(step, SENT.get(vendor, ()))]
    return "\n".join([*lines, "", "COMMIT;", *SENT.get(vendor, ())])


def _scripted(step: Step, sent: tuple[str, ...]) -> list[str]:
    """Return what one step is in a script."""
    lines = [f"--    {visible(line)}" for line in step.note.splitlines()]
    if step.path:
        lines.append(
            f"--    by hand: {'write' if step.content is not None else 'delete'} the file {one_line(step.path)}"
        )
        lines += [f"--      {visible(line)}".rstrip() for line in difference(step)]
    for statement in step.sql:
        if is_harmless(statement):
            text = statement.strip()
            lines.append(text if text.endswith(";") or text.startswith("--") else f"{text};")
            lines += sent
        else:
            lines.append(f"--    left out, as it holds control characters: {one_line(statement)}")
    if not step.sql and step.kind == "operation":
        lines.append(
            f"--    no SQL; run it with: {one_line(step.command)}" if step.command else "--    no SQL"
        )
    return lines
